// SPDX-License-Identifier: GPL-2.0-or-later
/* Status codes in words, from the one table in status.h. */
#include "util/status.h"

#include <stddef.h>

static const struct {
	const char *name;
	const char *text;
} table[ST_COUNT] = {
#define X(code, sentence) [code] = { #code, sentence },
	STATUS_TABLE(X)
#undef X
};

const char *status_str(enum status st)
{
	return (size_t)st < ST_COUNT ? table[st].text : "unknown status";
}

const char *status_name(enum status st)
{
	return (size_t)st < ST_COUNT ? table[st].name : "ST_?";
}
