// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with an nts-ked.conf: config/kedconf_errors.h. */
#include "config/kedconf_errors.h"

#include <stdarg.h>
#include <stdio.h>

void kedconf_error(struct kedconf_errors *e, int line, const char *fmt, ...)
{
	char what[512], text[1024];
	va_list ap;

	if (e->n++ >= KEDCONF_ERRORS) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s:%d: %s", e->path, line, what);
	e->report(e->ctx, text);
}
