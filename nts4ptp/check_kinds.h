/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of files that nts4ptp check knows. Nothing here changes a file or asks a server. */
#ifndef NTS_NTS4PTP_CHECK_KINDS_H
#define NTS_NTS4PTP_CHECK_KINDS_H

#include "nts4ptp/check_found.h"

/* c->conf as a ptp4l.conf: the NTS side of it, and the files that it names. */
void check_ptp4l(struct check *c);

/* c->path as an nts-ked.conf, and the files that it names; c->conf has its lines. */
void check_ked(struct check *c);

#endif
