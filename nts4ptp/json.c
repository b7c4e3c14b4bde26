// SPDX-License-Identifier: GPL-2.0-or-later
/* A JSON writer: json.h. Must not format anything but JSON. */
#include "nts4ptp/json.h"

#include <inttypes.h>

static void quote(struct json *j, const char *s)
{
	putc('"', j->out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			fprintf(j->out, "\\%c", c);
		} else if (c < 0x20 || c >= 0x7f) {
			fprintf(j->out, "\\u%04x", c);
		} else {
			putc(c, j->out);
		}
	}
	putc('"', j->out);
}

static void member(struct json *j, const char *name)
{
	if (j->comma) {
		putc(',', j->out);
	}
	if (name) {
		quote(j, name);
		putc(':', j->out);
	}
	j->comma = true;
}

static void open_with(struct json *j, const char *name, char bracket)
{
	member(j, name);
	putc(bracket, j->out);
	j->comma = false;
}

static void close_with(struct json *j, char bracket)
{
	putc(bracket, j->out);
	j->comma = true;
}

void json_init(struct json *j, FILE *out)
{
	j->out = out;
	j->comma = false;
}

void json_object(struct json *j, const char *name)
{
	open_with(j, name, '{');
}

void json_object_end(struct json *j)
{
	close_with(j, '}');
}

void json_array(struct json *j, const char *name)
{
	open_with(j, name, '[');
}

void json_array_end(struct json *j)
{
	close_with(j, ']');
}

void json_string(struct json *j, const char *name, const char *value)
{
	member(j, name);
	quote(j, value);
}

void json_uint(struct json *j, const char *name, uint64_t value)
{
	member(j, name);
	fprintf(j->out, "%" PRIu64, value);
}

void json_int(struct json *j, const char *name, int64_t value)
{
	member(j, name);
	fprintf(j->out, "%" PRId64, value);
}

void json_number(struct json *j, const char *name, double value)
{
	member(j, name);
	fprintf(j->out, "%.15g", value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	member(j, name);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *name)
{
	member(j, name);
	fputs("null", j->out);
}

void json_seconds(struct json *j, const char *name, uint64_t ms)
{
	member(j, name);
	fprintf(j->out, "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
}
