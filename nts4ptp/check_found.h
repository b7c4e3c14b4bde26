/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where all that nts4ptp check finds goes: said with file and line, and counted. */
#ifndef NTS_NTS4PTP_CHECK_FOUND_H
#define NTS_NTS4PTP_CHECK_FOUND_H

#include "nts4ptp/conf.h"
#include "nts4ptp/json.h"

struct check {
	const char *path;
	const struct conf *conf;
	bool json;
	struct json j;		/* with json: inside an array */
	unsigned int errors, warnings;
};

/* line 0: of no line. */
void check_error(struct check *c, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_warning(struct check *c, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
