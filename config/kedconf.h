/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nts-ked.conf, read and checked: a [server] section, perhaps [authorization], and any number of
 * [group NAME] and [unicast NAME] sections.
 * A struct kedconf that was handed out is whole and within its ranges, and never changes: a
 * reload reads another one.
 *
 * Reads the configuration file and its deny_file, and nothing else: whether certificates and
 * stores that it names are there is for those who use them.
 */
#ifndef NTS_CONFIG_KEDCONF_H
#define NTS_CONFIG_KEDCONF_H

#include "config/kedconf_errors.h"
#include "config/kedconf_text.h"
#include "config/kedconf_types.h"

/*
 * Reads a file. Every error goes to report, in the order of lines, then what is wrong with the
 * whole; at most KEDCONF_ERRORS. *out is freed with kedconf_free.
 * ST_FILE_OPEN (reported too), ST_CONFIG, ST_NO_MEMORY.
 */
enum status kedconf_load(const char *path, kedconf_report report, void *ctx,
			 struct kedconf **out) MUST_CHECK;

/* conf may be NULL. */
void kedconf_free(struct kedconf *conf);

#endif
