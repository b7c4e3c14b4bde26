// SPDX-License-Identifier: GPL-2.0-or-later
/* What a check has found: check_found.h. Must not print what could steer a terminal. */
#include "nts4ptp/check_found.h"

#include <stdarg.h>
#include <string.h>

#include "util/log.h"

#define FOUND_MAX 1500

static void print(struct check *c, unsigned int line, const char *level, const char *text)
{
	if (c->json) {
		json_object(&c->j, NULL);
		json_uint(&c->j, "line", line);
		json_string(&c->j, "level", level);
		json_string(&c->j, "text", text);
		json_object_end(&c->j);
	} else if (line) {
		printf("%s:%u: %s: %s\n", c->path, line, level, text);
	} else {
		printf("%s: %s: %s\n", c->path, level, text);
	}
}

static void found(struct check *c, unsigned int line, const char *level, const char *fmt,
		  va_list ap)
{
	char text[FOUND_MAX], clean[FOUND_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	print(c, line, level, log_clean(clean, sizeof(clean), text, strlen(text)));
}

void check_error(struct check *c, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	c->errors++;
	va_start(ap, fmt);
	found(c, line, "error", fmt, ap);
	va_end(ap);
}

void check_warning(struct check *c, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	c->warnings++;
	va_start(ap, fmt);
	found(c, line, "warning", fmt, ap);
	va_end(ap);
}
