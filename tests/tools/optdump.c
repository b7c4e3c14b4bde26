// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every option that we read, from the tables that read them, one a line: page, section, name and
 * the line about its default that the manual page must have. For tests/build/docs.
 */
#include <stdio.h>

#include "config/kedconf_option.h"
#include "config/ptp4l_options.h"

static void row(const char *section, const char *name)
{
	printf("ptp4l-nts.8\t%s\t%s\t", section, name);
}

static void row_text(const char *section, const char *name, const char *def)
{
	row(section, name);
	printf("Default: %s.\n", *def ? def : "empty");
}

static void row_number(const char *section, const char *name, int def, int min, int max)
{
	row(section, name);
	printf("Default: %d, range %d to %d.\n", def, min, max);
}

struct label {
	const char *text;
	int value;
};

static void row_labels(const char *name, int def, const struct label *l)
{
	const struct label *i;

	for (i = l; i->value != def; i++) {
	}
	row("port", name);
	printf("Default: %s, of", i->text);
	for (i = l; i->text; i++) {
		printf("%s %s", i == l ? "" : ",", i->text);
	}
	puts(".");
}

#define GLOB_STR(name, def) row_text("global", name, def);
#define PORT_STR(name, def) row_text("port", name, def);
#define GLOB_INT(name, def, min, max) row_number("global", name, def, min, max);
#define PORT_INT(name, def, min, max) row_number("port", name, def, min, max);
#define LABEL(text, value) { text, value },
#define PORT_ENU(name, def, labels) \
	row_labels(name, def, (const struct label[]){ labels(LABEL) { NULL, 0 } });

static void dump_ptp4l(void)
{
	NTS_PTP4L_OPTIONS(GLOB_STR, GLOB_INT, PORT_STR, PORT_INT, PORT_ENU)
}

static const char *const sections[] = {
	[KEDCONF_SERVER] = "server",
	[KEDCONF_AUTHORIZATION] = "authorization",
	[KEDCONF_GROUP] = "group",
	[KEDCONF_UNICAST] = "unicast",
};

static void dump_ked(void)
{
	const struct kedconf_option *o;
	size_t i;

	for (i = 0; (o = kedconf_option_at(i)); i++) {
		printf("nts-ked.conf.5\t%s\t%s\t", sections[o->section], o->name);
		if (!o->fallback) {
			puts("Required.");
		} else if (o->expected) {
			printf("Default: %s.\n", *o->fallback ? o->fallback : "empty");
		} else {
			printf("Default: %s, range %u to %u.\n", o->fallback, o->min, o->max);
		}
	}
}

int main(void)
{
	dump_ptp4l();
	dump_ked();
	return 0;
}
