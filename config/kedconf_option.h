/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of nts-ked.conf: one table, one function that sets an option from text. Used in
 * config/ only, and to print the table.
 */
#ifndef NTS_CONFIG_KEDCONF_OPTION_H
#define NTS_CONFIG_KEDCONF_OPTION_H

#include <stddef.h>

#include "config/kedconf_value.h"

enum kedconf_section {
	KEDCONF_SERVER,
	KEDCONF_AUTHORIZATION,
	KEDCONF_GROUP,
	KEDCONF_UNICAST,
};

struct kedconf_option {
	enum kedconf_section section;
	const char *name;
	size_t offset;			/* in the section's struct */
	kedconf_setter *set;
	uint32_t min, max;		/* see set */
	const char *fallback;		/* as it would stand in the file; NULL: must be given */
	const char *expected;		/* of a value that is not a number, for errors */
};

/* Row i of the table, or NULL behind the last. */
const struct kedconf_option *kedconf_option_at(size_t i);

/* Index of an option, or -1. */
int kedconf_option_find(enum kedconf_section section, const char *name);

/* Sets the option's field in its section's struct. ST_BAD_VALUE: nothing written. */
enum status kedconf_option_set(const struct kedconf_option *o, const char *text,
			       void *section) MUST_CHECK;

/* What would have been right, e.g. "a number from 1 to 300". Returns out. */
const char *kedconf_option_expects(const struct kedconf_option *o, char *out, size_t cap);

#endif
