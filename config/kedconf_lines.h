/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the sections and options of an nts-ked.conf, each by itself. Used by kedconf.c only. */
#ifndef NTS_CONFIG_KEDCONF_LINES_H
#define NTS_CONFIG_KEDCONF_LINES_H

#include <stdio.h>

#include "config/kedconf_errors.h"
#include "config/kedconf_types.h"

/*
 * Into conf, which is zeros: the sections that there are, each whole with its defaults, whatever
 * errors there were. *last is the number of the file's last line. ST_NO_MEMORY.
 */
enum status kedconf_read_lines(FILE *file, struct kedconf *conf, struct kedconf_errors *errors,
			       int *last) MUST_CHECK;

#endif
