// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads nts-ked.conf: lines first, then the whole: config/kedconf.h. */
#include "config/kedconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/kedconf_check.h"
#include "config/kedconf_lines.h"

static enum status read_file(FILE *file, struct kedconf *conf, struct kedconf_errors *errors)
{
	int last;
	enum status st = kedconf_read_lines(file, conf, errors, &last);

	if (!st) {
		st = kedconf_check(conf, errors, last);
	}
	if (st) {
		return st;
	}
	return errors->n ? ST_CONFIG : ST_OK;
}

enum status kedconf_load(const char *path, kedconf_report report, void *ctx,
			 struct kedconf **out)
{
	struct kedconf_errors errors = { .path = path, .report = report, .ctx = ctx };
	struct kedconf *conf;
	enum status st;
	FILE *file = fopen(path, "re");

	if (!file) {
		char text[512];

		snprintf(text, sizeof(text), "%s: %s", path, strerror(errno));
		report(ctx, text);
		return ST_FILE_OPEN;
	}
	conf = calloc(1, sizeof(*conf));
	st = conf ? read_file(file, conf, &errors) : ST_NO_MEMORY;
	fclose(file);
	if (st) {
		kedconf_free(conf);
		return st;
	}
	*out = conf;
	return ST_OK;
}

void kedconf_free(struct kedconf *conf)
{
	if (conf) {
		free(conf->groups);
		free(conf->unicast);
		free(conf->denied);
		free(conf);
	}
}
