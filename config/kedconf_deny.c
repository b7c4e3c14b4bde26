// SPDX-License-Identifier: GPL-2.0-or-later
/* Deny lists. Must not skip what it cannot read: a mistyped fingerprint denies nobody. */
#include "config/kedconf_deny.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/kedconf_text.h"

struct denied {
	uint8_t (*list)[KEDCONF_FINGERPRINT];
	size_t n;
	size_t room;
};

static enum status add(struct denied *d, const uint8_t fingerprint[KEDCONF_FINGERPRINT])
{
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 16;
		void *list = realloc(d->list, room * sizeof(d->list[0]));

		if (!list) {
			return ST_NO_MEMORY;
		}
		d->list = list;
		d->room = room;
	}
	memcpy(d->list[d->n++], fingerprint, KEDCONF_FINGERPRINT);
	return ST_OK;
}

static const char not_one[] = "not sha256: and 64 hexadecimal digits";

static enum status read_list(struct denied *d, const char *list, kedconf_deny_report report,
			     void *ctx)
{
	uint8_t fingerprint[KEDCONF_FINGERPRINT];
	char item[KEDCONF_ITEM];
	enum status st = ST_OK;

	while (kedconf_item(&list, item) && st != ST_NO_MEMORY) {
		if (kedconf_fingerprint(item, fingerprint)) {
			st = add(d, fingerprint);
		} else {
			report(ctx, NULL, 0, not_one);
			st = ST_CONFIG;
		}
	}
	return st;
}

/* The word that *at leads to, with a zero behind it, and *at behind that; NULL: none is left. */
static char *next_word(char **at)
{
	static const char blanks[] = " \t\r\n";
	char *word = *at + strspn(*at, blanks);
	size_t len = strcspn(word, blanks);

	if (!len) {
		return NULL;
	}
	*at = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

/* A fingerprint, and perhaps notes behind it; further ones are no notes. */
static enum status read_line(struct denied *d, char *line)
{
	uint8_t fingerprint[KEDCONF_FINGERPRINT];
	enum status st = ST_OK;
	bool first = true;
	char *word;

	while (!st && (word = next_word(&line)) && *word != '#') {
		if (kedconf_fingerprint(word, fingerprint)) {
			st = add(d, fingerprint);
		} else if (first || kedconf_is_fingerprint(word)) {
			st = ST_CONFIG;
		}
		first = false;
	}
	return st;
}

static enum status read_lines(struct denied *d, FILE *f, const char *path,
			      kedconf_deny_report report, void *ctx)
{
	enum status st = ST_OK, of_line;
	char *line = NULL;
	size_t size = 0;
	int number;

	for (number = 1; st != ST_NO_MEMORY && getline(&line, &size, f) >= 0; number++) {
		of_line = read_line(d, line);
		if (of_line == ST_CONFIG) {
			report(ctx, path, number, not_one);
		}
		st = of_line ? of_line : st;
	}
	free(line);
	if (ferror(f)) {
		report(ctx, path, number, strerror(errno));
		return ST_CONFIG;
	}
	return st;
}

static enum status read_file(struct denied *d, const char *path, kedconf_deny_report report,
			     void *ctx)
{
	enum status st;
	FILE *f;

	if (!*path) {
		return ST_OK;
	}
	f = fopen(path, "re");
	if (!f) {
		report(ctx, path, 0, strerror(errno));
		return ST_CONFIG;
	}
	st = read_lines(d, f, path, report, ctx);
	fclose(f);
	return st;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, KEDCONF_FINGERPRINT);
}

enum status kedconf_deny_load(const struct kedconf_authorization *a, kedconf_deny_report report,
			      void *ctx, uint8_t (**out)[KEDCONF_FINGERPRINT], size_t *n)
{
	struct denied d = { .n = 0 };
	enum status st = read_list(&d, a->deny, report, ctx);

	if (st != ST_NO_MEMORY) {
		enum status of_file = read_file(&d, a->deny_file, report, ctx);

		st = st ? st : of_file;
	}
	if (st) {
		free(d.list);
		return st;
	}
	if (d.n) {
		qsort(d.list, d.n, sizeof(d.list[0]), compare);
	}
	*out = d.list;
	*n = d.n;
	return ST_OK;
}
