// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads nts-ked.conf: libinih takes the lines apart, kedconf_value.c the values. */
#include "config/kedconf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/kedconf_deny.h"
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
	int authorization_line;	/* 0: no such section */
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

static void begin_authorization(struct parser *p)
{
	if (p->authorization_line) {
		complain(p, p->section_line, "section [authorization] stands twice");
		return;
	}
	p->authorization_line = p->section_line;
	p->kind = KEDCONF_AUTHORIZATION;
	p->target = &p->conf->authorization;
	set_defaults(p);
}

/* Both kinds of named section: an array of structs that begin with their name. */
struct named {
	const char *kind;
	enum kedconf_section section;
	size_t size;
	size_t count_at, array_at;	/* in struct kedconf */
	size_t line_at;			/* in an element */
};

static const struct named named_sections[] = {
	{ "group", KEDCONF_GROUP, sizeof(struct kedconf_group),
	  offsetof(struct kedconf, n_groups), offsetof(struct kedconf, groups),
	  offsetof(struct kedconf_group, line) },
	{ "unicast", KEDCONF_UNICAST, sizeof(struct kedconf_unicast),
	  offsetof(struct kedconf, n_unicast), offsetof(struct kedconf, unicast),
	  offsetof(struct kedconf_unicast, line) },
};

static bool name_taken(const char *array, size_t n, size_t size, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(array + i * size, name)) {
			return true;
		}
	}
	return false;
}

static void begin_named(struct parser *p, const struct named *kind, const char *name)
{
	size_t *n = (size_t *)((char *)p->conf + kind->count_at);
	char *array, *element;

	memcpy(&array, (char *)p->conf + kind->array_at, sizeof(array));
	name += strspn(name, " \t");
	if (!*name || strlen(name) >= KEDCONF_NAME) {
		complain(p, p->section_line, "[%s NAME] needs a name of 1 to %d octets",
			 kind->kind, KEDCONF_NAME - 2);
		return;
	}
	if (name_taken(array, *n, kind->size, name)) {
		complain(p, p->section_line, "section [%s %s] stands twice", kind->kind, name);
		return;
	}
	array = realloc(array, (*n + 1) * kind->size);
	if (!array) {
		p->no_memory = true;
		return;
	}
	memcpy((char *)p->conf + kind->array_at, &array, sizeof(array));
	element = array + (*n)++ * kind->size;
	memset(element, 0, kind->size);
	memcpy(element, name, strlen(name) + 1);
	*(int *)(element + kind->line_at) = p->section_line;
	p->kind = kind->section;
	p->target = element;
	set_defaults(p);
}

static const struct named *find_named(const char *section, const char **name)
{
	size_t i;

	for (i = 0; i < sizeof(named_sections) / sizeof(named_sections[0]); i++) {
		size_t len = strlen(named_sections[i].kind);

		if (!strncmp(section, named_sections[i].kind, len) &&
		    strchr(" \t", section[len])) {
			*name = section + len;
			return &named_sections[i];
		}
	}
	return NULL;
}

static void begin_section(struct parser *p, const char *section)
{
	const struct named *kind;
	const char *name;

	p->section_new = false;
	p->seen = 0;
	p->target = NULL;
	kind = find_named(section, &name);
	if (strlen(section) >= SECTION_CUT) {
		complain(p, p->section_line, "name of the section is too long");
	} else if (!strcmp(section, "server")) {
		begin_server(p);
	} else if (!strcmp(section, "authorization")) {
		begin_authorization(p);
	} else if (kind) {
		begin_named(p, kind, name);
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

static void check_unicast(struct parser *p, const struct kedconf_unicast *u)
{
	if (u->lifetime <= u->lead || u->update_period >= u->lifetime - u->lead) {
		complain(p, u->line, "update_period %u and lead %u of [unicast %s] are together "
			 "not below its lifetime %u", u->update_period, u->lead, u->name,
			 u->lifetime);
	}
	if (u->grace_period > u->lifetime) {
		complain(p, u->line, "grace_period %u of [unicast %s] is above its lifetime %u",
			 u->grace_period, u->name, u->lifetime);
	}
}

static void complain_deny(void *ctx, const char *path, int line, const char *what)
{
	struct parser *p = ctx;

	if (path) {
		complain(p, p->authorization_line, "deny_file: %s:%d: %s", path, line, what);
	} else {
		complain(p, p->authorization_line, "deny: %s", what);
	}
}

static void check_deny(struct parser *p)
{
	struct kedconf *conf = p->conf;
	enum status st = kedconf_deny_load(&conf->authorization, complain_deny, p, &conf->denied,
					   &conf->n_denied);

	p->no_memory |= st == ST_NO_MEMORY;
}

static void check_whole(struct parser *p)
{
	size_t i;

	check_server(p);
	check_deny(p);
	if (!p->conf->n_groups && !p->conf->n_unicast) {
		complain(p, p->line, "no [group NAME] and no [unicast NAME] section");
	}
	for (i = 0; i < p->conf->n_groups; i++) {
		check_group(p, &p->conf->groups[i]);
	}
	for (i = 0; i < p->conf->n_unicast; i++) {
		check_unicast(p, &p->conf->unicast[i]);
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
	if (p->no_memory) {
		return ST_NO_MEMORY;
	}
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
		free(conf->unicast);
		free(conf->denied);
		free(conf);
	}
}
