/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with an nts-ked.conf: said to whoever reads it, and counted. */
#ifndef NTS_CONFIG_KEDCONF_ERRORS_H
#define NTS_CONFIG_KEDCONF_ERRORS_H

#define KEDCONF_ERRORS 20	/* that are said of one file */

/* Takes one error, "file:line: what is wrong", without a newline. */
typedef void (*kedconf_report)(void *ctx, const char *error);

struct kedconf_errors {
	const char *path;	/* of the file */
	kedconf_report report;
	void *ctx;
	int n;			/* so far, all of them */
};

/* Counts an error in this line, and says it unless there have been too many. */
void kedconf_error(struct kedconf_errors *e, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
