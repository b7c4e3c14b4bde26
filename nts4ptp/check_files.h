/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keys that a configuration names: are they there, good, and of each other? */
#ifndef NTS_NTS4PTP_CHECK_FILES_H
#define NTS_NTS4PTP_CHECK_FILES_H

#include "nts4ptp/check_found.h"

/* Own certificate, key and CA, each by the line that names it; any may be NULL. */
struct check_files {
	const struct conf_line *ca, *cert, *key, *crl;
	bool server;		/* else a client's */
	const char *user;	/* who must be able to read the key, or NULL: its owner */
};

void check_credentials(struct check *c, const struct check_files *files);

#endif
