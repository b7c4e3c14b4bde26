/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with an nts-ked.conf as a whole. Used by kedconf.c only. */
#ifndef NTS_CONFIG_KEDCONF_CHECK_H
#define NTS_CONFIG_KEDCONF_CHECK_H

#include "config/kedconf_errors.h"
#include "config/kedconf_types.h"
#include "util/status.h"

/*
 * Checks what is missing and what contradicts itself, names each group's association, and loads
 * what is denied. last is the number of the file's last line. ST_NO_MEMORY; the rest is in errors.
 */
enum status kedconf_check(struct kedconf *conf, struct kedconf_errors *errors,
			  int last) MUST_CHECK;

#endif
