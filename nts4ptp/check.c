// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp check: a ptp4l.conf or an nts-ked.conf, told by its content, and the files that it names.
 * Changes nothing, asks nobody.
 */
#include <strings.h>

#include "nts4ptp/check_kinds.h"
#include "nts4ptp/cmd.h"

static const struct cmd_option options[] = {
	CMD_JSON(struct check),
	{ .argument = "FILE", CMD_TO(struct check, path) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp check [--json] FILE\n\n"
		 "FILE is a ptp4l.conf or an nts-ked.conf; which one it is its content tells. "
		 "Run it as\n"
		 "root, so that it may look into the files that are named.\n",
	.notes = "exit status: 0 no error (warnings perhaps), 1 errors, 2 FILE cannot be read, "
		 "64 usage\n",
	CMD_OPTIONS(options),
};

static bool is_ked(const struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++) {
		const char *section = conf->list[i].section;

		if (!strcasecmp(section, "server") || !strncasecmp(section, "group ", 6) ||
		    !strncasecmp(section, "unicast ", 8)) {
			return true;
		}
	}
	return false;
}

static int check(struct check *c)
{
	bool ked = is_ked(c->conf);
	const char *kind = ked ? "nts-ked.conf" : "ptp4l.conf";

	if (c->json) {
		json_init(&c->j, stdout);
		json_object(&c->j, NULL);
		json_string(&c->j, "file", c->path);
		json_string(&c->j, "kind", kind);
		json_array(&c->j, "found");
	}
	if (ked) {
		check_ked(c);
	} else {
		check_ptp4l(c);
	}
	if (c->json) {
		json_array_end(&c->j);
		json_bool(&c->j, "ok", c->errors == 0);
		json_object_end(&c->j);
		putchar('\n');
	} else {
		printf("%s: %s, %u errors, %u warnings\n", c->path, kind, c->errors, c->warnings);
	}
	return c->errors ? CMD_NOT_UP : CMD_OK;
}

static int check_file(struct check *c)
{
	struct conf *conf;
	enum status st = conf_read(c->path, &conf);
	int code;

	if (st != ST_OK) {
		return cmd_complain(c->path, cmd_why(st));
	}
	c->conf = conf;
	code = check(c);
	conf_free(conf);
	return code;
}

int cmd_check(int argc, char *argv[])
{
	struct check c = { .json = false };
	int code = cmd_parse(&syntax, argc, argv, &c);

	if (code != CMD_GO) {
		return code;
	}
	return c.path ? check_file(&c) : cmd_usage(&syntax);
}
