/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the edited copy of linuxptp's config.c needs to know first (edit-config, link.mk). */
#ifndef NTS_CONFIG_PRELUDE_H
#define NTS_CONFIG_PRELUDE_H

#include <stdio.h>

#include "config/ptp4l_options.h"

/* fgets, and "nts_x = y" becomes "nts_x y"; in place, size octets at most, as fgets. */
char *nts_fgets(char *line, int size, FILE *fp);

#endif
