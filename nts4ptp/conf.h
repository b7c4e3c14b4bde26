/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ptp4l.conf as lines, and the NTS options that may stand in it. Reads the file, judges nothing
 * but its form: what linuxptp's own options mean is linuxptp's.
 */
#ifndef NTS_NTS4PTP_CONF_H
#define NTS_NTS4PTP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/status.h"

#define CONF_WORD 64
#define CONF_VALUE 1024

struct conf_line {
	unsigned int number;		/* in the file, from 1 */
	char section[CONF_WORD];	/* "global", or an interface; "" before the first */
	char name[CONF_WORD];		/* "": the section's head itself */
	char value[CONF_VALUE];		/* "": none */
};

struct conf {
	size_t n;
	struct conf_line *list;
};

/* *out is freed with conf_free. ST_FILE_OPEN (errno tells), ST_NO_MEMORY. */
enum status conf_read(const char *path, struct conf **out) MUST_CHECK;
enum status conf_parse(FILE *in, struct conf **out) MUST_CHECK;
void conf_free(struct conf *c);

/* The last line of section, else of [global], with this option; NULL: none. */
const struct conf_line *conf_find(const struct conf *c, const char *section, const char *name);

/* Its value, or what is assumed without one. */
const char *conf_text(const struct conf *c, const char *section, const char *name,
		      const char *otherwise);
long conf_number(const struct conf *c, const char *section, const char *name, long otherwise);

enum conf_kind { CONF_STR, CONF_INT, CONF_ENU };

struct conf_option {
	const char *name;
	enum conf_kind kind;
	bool per_port;
	long min, max;			/* CONF_INT */
	const char *const *labels;	/* CONF_ENU, NULL at its end */
};

/* Row i of our options (config/ptp4l_options.h), or NULL behind the last. */
const struct conf_option *conf_option_at(size_t i);

#endif
