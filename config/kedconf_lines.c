// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of nts-ked.conf: libinih takes them apart: config/kedconf_lines.h. */
#include "config/kedconf_lines.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "config/kedconf_option.h"

#define LINE_MAX_OCTETS 4096
#define SECTION_CUT 49		/* libinih cuts longer section names without a word */

struct parser {
	struct kedconf_errors *errors;
	FILE *file;
	int line;		/* being read */
	int section_line;	/* of the section's head */
	bool section_new;	/* its head was read, none of its options yet */
	bool no_memory;
	uint64_t seen;		/* options given in this section, by index */
	enum kedconf_section kind;
	void *target;		/* the section's struct; NULL: unknown section, skip */
	struct kedconf *conf;
};

static void section_ends(struct parser *p)
{
	if (p->section_new) {
		kedconf_error(p->errors, p->section_line, "section is empty");
	}
	p->section_new = false;
}

/* How long one at the start of the file is: an error, and the rest is read without it. */
static size_t byte_order_mark(const struct parser *p, const char *line)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (p->line != 1 || strncmp(line, mark, strlen(mark)) != 0) {
		return 0;
	}
	kedconf_error(p->errors, p->line, "the file begins with a byte order mark (BOM): save it "
		      "as UTF-8 without one");
	return strlen(mark);
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
		kedconf_error(p->errors, p->line, "line is longer than %d octets",
			      LINE_MAX_OCTETS - 3);
		return NULL;
	}
	blanks = byte_order_mark(p, out);
	blanks += strspn(out + blanks, " \t");
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
			kedconf_error(p->errors, p->line, "%s: default is not acceptable", o->name);
		}
	}
}

/* A section that stands once. */
struct single {
	const char *name;
	enum kedconf_section section;
	size_t at;			/* in struct kedconf */
	size_t line_at;			/* in the section's struct */
};

static const struct single single_sections[] = {
	{ "server", KEDCONF_SERVER, offsetof(struct kedconf, server),
	  offsetof(struct kedconf_server, line) },
	{ "authorization", KEDCONF_AUTHORIZATION, offsetof(struct kedconf, authorization),
	  offsetof(struct kedconf_authorization, line) },
};

/* Sections with a name: an array of structs that begin with it. */
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

static void begin(struct parser *p, enum kedconf_section section, char *target, size_t line_at)
{
	*(int *)(target + line_at) = p->section_line;
	p->kind = section;
	p->target = target;
	set_defaults(p);
}

static void begin_single(struct parser *p, const struct single *kind)
{
	char *target = (char *)p->conf + kind->at;

	if (*(int *)(target + kind->line_at)) {
		kedconf_error(p->errors, p->section_line, "section [%s] stands twice", kind->name);
		return;
	}
	begin(p, kind->section, target, kind->line_at);
}

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
		kedconf_error(p->errors, p->section_line, "[%s NAME] needs a name of 1 to %d "
			      "octets", kind->kind, KEDCONF_NAME - 2);
		return;
	}
	if (name_taken(array, *n, kind->size, name)) {
		kedconf_error(p->errors, p->section_line, "section [%s %s] stands twice",
			      kind->kind, name);
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
	begin(p, kind->section, element, kind->line_at);
}

static const struct single *find_single(const char *section)
{
	for (size_t i = 0; i < sizeof(single_sections) / sizeof(single_sections[0]); i++) {
		if (!strcmp(section, single_sections[i].name)) {
			return &single_sections[i];
		}
	}
	return NULL;
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
	const struct single *single = find_single(section);
	const char *name;
	const struct named *named = find_named(section, &name);

	p->section_new = false;
	p->seen = 0;
	p->target = NULL;
	if (strlen(section) >= SECTION_CUT) {
		kedconf_error(p->errors, p->section_line, "name of the section is too long");
	} else if (single) {
		begin_single(p, single);
	} else if (named) {
		begin_named(p, named, name);
	} else {
		kedconf_error(p->errors, p->section_line, "unknown section [%s]", section);
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
		kedconf_error(p->errors, p->line, "option %s stands before any section", name);
	}
	if (!p->target) {
		return 1;
	}
	i = kedconf_option_find(p->kind, name);
	if (i < 0) {
		kedconf_error(p->errors, p->line, "unknown option %s in [%s]", name, section);
		return 1;
	}
	if (p->seen & (1ULL << i)) {
		kedconf_error(p->errors, p->line, "%s stands twice in [%s]", name, section);
		return 1;
	}
	p->seen |= 1ULL << i;
	o = kedconf_option_at((size_t)i);
	if (kedconf_option_set(o, value, p->target)) {
		kedconf_error(p->errors, p->line, "%s: '%s' is not %s", name, value,
			      kedconf_option_expects(o, expects, sizeof(expects)));
	}
	return 1;
}

/* libinih keeps its settings in variables of its own; its stack buffer has 200 octets. */
static int parse_lines(struct parser *p)
{
	ini_use_stack = false;
	ini_initial_alloc = LINE_MAX_OCTETS;
	ini_max_line = LINE_MAX_OCTETS;
	return ini_parse_stream(read_line, p, take_option, p);
}

enum status kedconf_read_lines(FILE *file, struct kedconf *conf, struct kedconf_errors *errors,
			       int *last)
{
	struct parser p = { .errors = errors, .file = file, .conf = conf };
	int bad_line = parse_lines(&p);

	if (bad_line < 0 || p.no_memory) {
		return ST_NO_MEMORY;
	}
	if (bad_line > 0) {
		kedconf_error(errors, bad_line, "neither a [section] nor name = value");
	}
	section_ends(&p);
	if (ferror(file)) {
		kedconf_error(errors, p.line, "cannot be read: %s", strerror(errno));
	}
	*last = p.line;
	return ST_OK;
}
