// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads nts-ked.conf: libinih takes the lines apart, kedconf_value.c the values. */
#include "config/kedconf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/kedconf_value.h"

#define LINE_MAX_OCTETS 4096
#define ERRORS_MAX 20
#define SECTION_CUT 49		/* libinih cuts longer section names without a word */

struct parser {
	const char *path;
	FILE *file;
	kedconf_report report;
	void *ctx;
	int errors;
	int line;		/* being read */
	int section_line;	/* of the section's head */
	bool section_new;	/* its head was read, none of its options yet */
	bool no_memory;
	bool have_server;
	int server_line;
	uint64_t seen;		/* options given in this section, by index */
	enum kedconf_section kind;
	void *target;		/* the section's struct; NULL: unknown section, skip */
	struct kedconf *conf;
};

static void complain(struct parser *p, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct parser *p, int line, const char *fmt, ...)
{
	char what[512], text[1024];
	va_list ap;

	if (p->errors++ >= ERRORS_MAX) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s:%d: %s", p->path, line, what);
	p->report(p->ctx, text);
}

static void section_ends(struct parser *p)
{
	if (p->section_new) {
		complain(p, p->section_line, "section is empty");
	}
	p->section_new = false;
}

/* Hands libinih a line without leading white space, which it would take for a continuation. */
static char *read_line(char *out, int size, void *ctx)
{
	struct parser *p = ctx;
	size_t blanks;

	if (!fgets(out, size, p->file)) {
		return NULL;
	}
	p->line++;
	if (!strchr(out, '\n') && !feof(p->file)) {
		complain(p, p->line, "line is longer than %d octets", LINE_MAX_OCTETS - 3);
		return NULL;
	}
	blanks = strspn(out, " \t");
	memmove(out, out + blanks, strlen(out + blanks) + 1);
	if (out[0] == '[') {
		section_ends(p);
		p->section_line = p->line;
		p->section_new = true;
	}
	return out;
}

static void set_defaults(struct parser *p)
{
	const struct kedconf_option *o;
	size_t i;

	for (i = 0; (o = kedconf_option_at(i)); i++) {
		if (o->section != p->kind || !o->fallback) {
			continue;
		}
		if (kedconf_option_set(o, o->fallback, p->target)) {
			complain(p, p->line, "%s: default is not acceptable", o->name);
		}
	}
}

static void begin_server(struct parser *p)
{
	if (p->have_server) {
		complain(p, p->section_line, "section [server] stands twice");
		return;
	}
	p->have_server = true;
	p->server_line = p->section_line;
	p->kind = KEDCONF_SERVER;
	p->target = &p->conf->server;
	set_defaults(p);
}

static bool group_name_taken(const struct kedconf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_groups; i++) {
		if (!strcmp(conf->groups[i].name, name)) {
			return true;
		}
	}
	return false;
}

static void begin_group(struct parser *p, const char *name)
{
	struct kedconf *conf = p->conf;
	struct kedconf_group *g;

	name += strspn(name, " \t");
	if (!*name || strlen(name) >= KEDCONF_NAME) {
		complain(p, p->section_line, "a group needs a name of 1 to %d octets",
			 KEDCONF_NAME - 2);
		return;
	}
	if (group_name_taken(conf, name)) {
		complain(p, p->section_line, "section [group %s] stands twice", name);
		return;
	}
	g = realloc(conf->groups, (conf->n_groups + 1) * sizeof(*g));
	if (!g) {
		p->no_memory = true;
		return;
	}
	conf->groups = g;
	g += conf->n_groups++;
	memset(g, 0, sizeof(*g));
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->line = p->section_line;
	p->kind = KEDCONF_GROUP;
	p->target = g;
	set_defaults(p);
}

static void begin_section(struct parser *p, const char *section)
{
	p->section_new = false;
	p->seen = 0;
	p->target = NULL;
	if (strlen(section) >= SECTION_CUT) {
		complain(p, p->section_line, "name of the section is too long");
	} else if (!strcmp(section, "server")) {
		begin_server(p);
	} else if (!strncmp(section, "group", 5) && strchr(" \t", section[5])) {
		begin_group(p, section + 5);
	} else {
		complain(p, p->section_line, "unknown section [%s]", section);
	}
}

/* libinih's handler: 1 goes on. */
static int take_option(void *ctx, const char *section, const char *name, const char *value)
{
	const struct kedconf_option *o;
	struct parser *p = ctx;
	char expects[160];
	int i;

	if (p->section_new) {
		begin_section(p, section);
	} else if (!p->section_line) {
		complain(p, p->line, "option %s stands before any section", name);
	}
	if (!p->target) {
		return 1;
	}
	i = kedconf_option_find(p->kind, name);
	if (i < 0) {
		complain(p, p->line, "unknown option %s in [%s]", name, section);
		return 1;
	}
	if (p->seen & (1ULL << i)) {
		complain(p, p->line, "%s stands twice in [%s]", name, section);
		return 1;
	}
	p->seen |= 1ULL << i;
	o = kedconf_option_at((size_t)i);
	if (kedconf_option_set(o, value, p->target)) {
		complain(p, p->line, "%s: '%s' is not %s", name, value,
			 kedconf_option_expects(o, expects, sizeof(expects)));
	}
	return 1;
}

static void check_server(struct parser *p)
{
	const struct kedconf_option *o;
	size_t i;

	if (!p->have_server) {
		complain(p, p->line, "section [server] is missing");
		return;
	}
	for (i = 0; (o = kedconf_option_at(i)); i++) {
		const char *field = (const char *)&p->conf->server + o->offset;

		if (o->section == KEDCONF_SERVER && !o->fallback && !*field) {
			complain(p, p->server_line, "%s is missing in [server]", o->name);
		}
	}
}

static void check_group(struct parser *p, struct kedconf_group *g)
{
	const struct kedconf_group *other;

	g->assoc = nts_assoc_group((uint8_t)g->domain, (uint16_t)g->sdo_id,
				   (uint16_t)g->sub_group);
	if (g->update_period >= g->lifetime) {
		complain(p, g->line, "update_period %u of [group %s] is not below its lifetime %u",
			 g->update_period, g->name, g->lifetime);
	}
	if (g->grace_period > g->lifetime) {
		complain(p, g->line, "grace_period %u of [group %s] is above its lifetime %u",
			 g->grace_period, g->name, g->lifetime);
	}
	for (other = p->conf->groups; other < g; other++) {
		if (nts_assoc_equal(&other->assoc, &g->assoc)) {
			complain(p, g->line, "[group %s] has domain, sdo_id and sub_group of "
				 "[group %s]", g->name, other->name);
		}
	}
}

static void check_whole(struct parser *p)
{
	size_t i;

	check_server(p);
	if (!p->conf->n_groups) {
		complain(p, p->line, "no [group NAME] section");
	}
	for (i = 0; i < p->conf->n_groups; i++) {
		check_group(p, &p->conf->groups[i]);
	}
}

/* libinih keeps its settings in variables of its own; its stack buffer has 200 octets. */
static int parse_lines(struct parser *p)
{
	ini_use_stack = false;
	ini_initial_alloc = LINE_MAX_OCTETS;
	ini_max_line = LINE_MAX_OCTETS;
	return ini_parse_stream(read_line, p, take_option, p);
}

static enum status parse(struct parser *p)
{
	int bad_line = parse_lines(p);

	if (bad_line < 0 || p->no_memory) {
		return ST_NO_MEMORY;
	}
	if (bad_line > 0) {
		complain(p, bad_line, "neither a [section] nor name = value");
	}
	section_ends(p);
	if (ferror(p->file)) {
		complain(p, p->line, "cannot be read: %s", strerror(errno));
	}
	check_whole(p);
	return p->errors ? ST_CONFIG : ST_OK;
}

enum status kedconf_load(const char *path, kedconf_report report, void *ctx,
			 struct kedconf **out)
{
	struct parser p = { .path = path, .report = report, .ctx = ctx };
	enum status st;

	p.file = fopen(path, "re");
	if (!p.file) {
		char text[512];

		snprintf(text, sizeof(text), "%s: %s", path, strerror(errno));
		report(ctx, text);
		return ST_FILE_OPEN;
	}
	p.conf = calloc(1, sizeof(*p.conf));
	st = p.conf ? parse(&p) : ST_NO_MEMORY;
	fclose(p.file);
	if (st) {
		kedconf_free(p.conf);
		return st;
	}
	*out = p.conf;
	return ST_OK;
}

void kedconf_free(struct kedconf *conf)
{
	if (conf) {
		free(conf->groups);
		free(conf);
	}
}
