// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp check: a ptp4l.conf or an nts-ked.conf, told by its content, and the files that it names.
 * Changes nothing, asks nobody.
 */
#include "nts4ptp/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "nts4ptp/cmd.h"
#include "util/log.h"

#define TEXT_MAX 1500

static void usage(FILE *out)
{
	fputs("usage: nts4ptp check [--json] FILE\n\n"
	      "FILE is a ptp4l.conf or an nts-ked.conf; which one it is its content tells. "
	      "Run it as\n"
	      "root, so that it may look into the files that are named.\n\n"
	      "  -j, --json          one JSON object on one line\n"
	      "  -h, --help\n\n"
	      "exit status: 0 no error (warnings perhaps), 1 errors, 2 FILE cannot be read, "
	      "64 usage\n", out);
}

static void found(struct check *c, unsigned int line, const char *level, const char *text)
{
	char clean[TEXT_MAX];

	log_clean(clean, sizeof(clean), text, strlen(text));
	if (c->json) {
		json_object(&c->j, NULL);
		json_uint(&c->j, "line", line);
		json_string(&c->j, "level", level);
		json_string(&c->j, "text", clean);
		json_object_end(&c->j);
	} else if (line) {
		printf("%s:%u: %s: %s\n", c->path, line, level, clean);
	} else {
		printf("%s: %s: %s\n", c->path, level, clean);
	}
}

void check_error(struct check *c, unsigned int line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->errors++;
	found(c, line, "error", text);
}

void check_warning(struct check *c, unsigned int line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->warnings++;
	found(c, line, "warning", text);
}

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
		fprintf(stderr, "nts4ptp: %s: %s\n", c->path,
			st == ST_FILE_OPEN ? strerror(errno) : status_str(st));
		return CMD_NO_ANSWER;
	}
	c->conf = conf;
	code = check(c);
	conf_free(conf);
	return code;
}

int cmd_check(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct check c = { .json = false };
	int opt;

	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (opt != 'j') {
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? CMD_OK : CMD_USAGE;
		}
		c.json = true;
	}
	if (optind + 1 != argc) {
		usage(stderr);
		return CMD_USAGE;
	}
	c.path = argv[optind];
	return check_file(&c);
}
