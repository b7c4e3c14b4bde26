/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of nts4ptp check: what was found goes to one place, with file and line. Nothing here
 * changes a file or asks a server.
 */
#ifndef NTS_NTS4PTP_CHECK_H
#define NTS_NTS4PTP_CHECK_H

#include "nts4ptp/conf.h"
#include "nts4ptp/json.h"

struct check {
	const char *path;
	const struct conf *conf;
	bool json;
	struct json j;
	unsigned int errors, warnings;
};

/* line 0: of no line. */
void check_error(struct check *c, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_warning(struct check *c, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The two kinds of files. */
void check_ptp4l(struct check *c);
void check_ked(struct check *c);

/* Own certificate, key and CA, each of the line that names it; any may be NULL. */
struct check_files {
	const struct conf_line *ca, *cert, *key, *crl;
	bool server;		/* else a client's */
	const char *user;	/* who must be able to read the key, or NULL: its owner */
};
void check_credentials(struct check *c, const struct check_files *files);

#endif
