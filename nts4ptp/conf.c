// SPDX-License-Identifier: GPL-2.0-or-later
/* A ptp4l.conf as lines: conf.h. Must not judge what the lines say. */
#include "nts4ptp/conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/ptp4l_options.h"

#define BLANKS " \t\r\n"

#define LABEL(label, value) label,
static const char *const mode_labels[] = { NTS_MODE_LABELS(LABEL) NULL };
static const char *const step_labels[] = { NTS_STEP_BACK_LABELS(LABEL) NULL };
static const char *const policy_labels[] = { NTS_POLICY_LABELS(LABEL) NULL };
static const char *const time_labels[] = { NTS_CERT_TIME_LABELS(LABEL) NULL };

#define LABELS_OF_NTS_MODE_LABELS mode_labels
#define LABELS_OF_NTS_STEP_BACK_LABELS step_labels
#define LABELS_OF_NTS_POLICY_LABELS policy_labels
#define LABELS_OF_NTS_CERT_TIME_LABELS time_labels

#define ROW_GLOB_STR(name, def) { name, CONF_STR, false, 0, 0, NULL },
#define ROW_GLOB_INT(name, def, min, max) { name, CONF_INT, false, min, max, NULL },
#define ROW_PORT_STR(name, def) { name, CONF_STR, true, 0, 0, NULL },
#define ROW_PORT_INT(name, def, min, max) { name, CONF_INT, true, min, max, NULL },
#define ROW_PORT_ENU(name, def, labels) { name, CONF_ENU, true, 0, 0, LABELS_OF_##labels },

static const struct conf_option options[] = {
	NTS_PTP4L_OPTIONS(ROW_GLOB_STR, ROW_GLOB_INT, ROW_PORT_STR, ROW_PORT_INT, ROW_PORT_ENU)
};

const struct conf_option *conf_option_at(size_t i)
{
	return i < sizeof(options) / sizeof(options[0]) ? &options[i] : NULL;
}

/* A copy of len octets, cut where it does not fit, without white space at its end. */
static void copy(char *out, size_t size, const char *text, size_t len)
{
	while (len > 0 && strchr(BLANKS, text[len - 1])) {
		len--;
	}
	snprintf(out, size, "%.*s", (int)len, text);
}

/* "name value", "name=value", "name = value" */
static void parse_option(const char *text, struct conf_line *line)
{
	size_t len = strcspn(text, BLANKS "=");

	copy(line->name, sizeof(line->name), text, len);
	text += len;
	text += strspn(text, BLANKS);
	if (*text == '=') {
		text++;
	}
	text += strspn(text, BLANKS);
	copy(line->value, sizeof(line->value), text, strlen(text));
}

/* False: an empty line or a comment. */
static bool parse(const char *text, char section[CONF_WORD], struct conf_line *line)
{
	text += strspn(text, BLANKS);
	if (!*text || *text == '#') {
		return false;
	}
	if (*text == '[') {
		copy(section, CONF_WORD, text + 1, strcspn(text + 1, "]"));
	} else {
		parse_option(text, line);
	}
	memcpy(line->section, section, CONF_WORD);
	return true;
}

static enum status append(struct conf *c, const struct conf_line *line)
{
	struct conf_line *list = realloc(c->list, (c->n + 1) * sizeof(*list));

	if (!list) {
		return ST_NO_MEMORY;
	}
	c->list = list;
	c->list[c->n++] = *line;
	return ST_OK;
}

static enum status read_lines(FILE *in, struct conf *c)
{
	char section[CONF_WORD] = "";
	unsigned int number = 0;
	enum status st = ST_OK;
	char *text = NULL;
	size_t size = 0;

	while (st == ST_OK && getline(&text, &size, in) >= 0) {
		struct conf_line line = { .number = ++number };

		if (parse(text, section, &line)) {
			st = append(c, &line);
		}
	}
	free(text);
	return st;
}

enum status conf_parse(FILE *in, struct conf **out)
{
	struct conf *c = calloc(1, sizeof(*c));
	enum status st = c ? read_lines(in, c) : ST_NO_MEMORY;

	if (st == ST_OK && ferror(in)) {
		st = ST_FILE_OPEN;
	}
	if (st != ST_OK) {
		conf_free(c);
		return st;
	}
	*out = c;
	return ST_OK;
}

enum status conf_read(const char *path, struct conf **out)
{
	FILE *in = fopen(path, "re");
	enum status st;

	if (!in) {
		return ST_FILE_OPEN;
	}
	st = conf_parse(in, out);
	fclose(in);
	return st;
}

void conf_free(struct conf *c)
{
	if (c) {
		free(c->list);
		free(c);
	}
}

static const struct conf_line *find_in(const struct conf *c, const char *section, const char *name)
{
	for (size_t i = c->n; i > 0; i--) {
		const struct conf_line *line = &c->list[i - 1];

		if (!strcmp(line->section, section) && !strcasecmp(line->name, name)) {
			return line;
		}
	}
	return NULL;
}

const struct conf_line *conf_find(const struct conf *c, const char *section, const char *name)
{
	const struct conf_line *line = section ? find_in(c, section, name) : NULL;

	return line ? line : find_in(c, "global", name);
}

const char *conf_text(const struct conf *c, const char *section, const char *name,
		      const char *otherwise)
{
	const struct conf_line *line = conf_find(c, section, name);

	return line && line->value[0] ? line->value : otherwise;
}

long conf_number(const struct conf *c, const char *section, const char *name, long otherwise)
{
	const char *text = conf_text(c, section, name, NULL);
	char *end;
	long value;

	if (!text) {
		return otherwise;
	}
	value = strtol(text, &end, 0);
	return *end ? otherwise : value;
}
