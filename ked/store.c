// SPDX-License-Identifier: GPL-2.0-or-later
/* A store from its opening to its end: store.h. */
#include "ked/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

void store_lock(struct store *s)
{
	pthread_mutex_lock(&s->lock);
}

void store_unlock(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
}

const char *store_why(const struct store *s)
{
	return s->why;
}

bool store_clock_was_back(const struct store *s)
{
	return s->clock_was_back;
}

bool store_clock_leapt(const struct store *s)
{
	return s->clock_leapt;
}

static enum status read_boot_id(struct store *s, const char *given)
{
	FILE *f;
	bool ok;

	if (given) {
		snprintf(s->boot_id, sizeof(s->boot_id), "%s", given);
		return ST_OK;
	}
	f = fopen(BOOT_ID_FILE, "re");
	ok = f && fgets(s->boot_id, sizeof(s->boot_id), f);
	if (f) {
		fclose(f);
	}
	s->boot_id[strcspn(s->boot_id, "\n")] = '\0';
	if (!ok || !s->boot_id[0]) {
		snprintf(s->why, sizeof(s->why), "%s cannot be read", BOOT_ID_FILE);
		return ST_STORE;
	}
	return ST_OK;
}

static enum status open_store(struct store *s, const struct store_args *args)
{
	enum status st;

	s->path = strdup(args->path);
	if (!s->path) {
		return ST_NO_MEMORY;
	}
	st = store_open_file(s);
	if (!st) {
		store_drop_copy(s);
	}
	if (!st) {
		st = read_boot_id(s, args->boot_id);
	}
	if (!st) {
		st = store_rebase(s);
	}
	return st ? st : store_unseal(s, args->key_file);
}

enum status store_open(const struct store_args *args, struct store **out, char why[STORE_WHY])
{
	struct store *s;
	enum status st;

	st = store_check_paths(args->path, why);
	if (st) {
		return st;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		snprintf(why, STORE_WHY, "%s: out of memory", args->path);
		return ST_NO_MEMORY;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->time = args->time;
	st = open_store(s, args);
	if (st) {
		snprintf(why, STORE_WHY, "%.120s: %.120s", args->path, s->why);
		store_close(s);
		return st;
	}
	s->open = true;
	*out = s;
	return ST_OK;
}

void store_close(struct store *s)
{
	bool restored;

	if (!s) {
		return;
	}
	if (s->open) {
		(void)!store_keep_clock(s);
		(void)!store_keep_place(s, &restored);
	}
	store_close_file(s);
	free(s->path);
	pthread_mutex_destroy(&s->lock);
	secret_free(s, sizeof(*s));
}
