// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store's keys under another key, or under none. Must not leave a store that is neither the old
 * one nor the new one, nor the old keys where the file is read.
 */
#include "ked/store_internal.h"

#include <stdio.h>

#include "util/secret.h"

static const struct table {
	const char *name;
	enum store_seal seal;
	enum store_sql next;	/* rowid, owner, key ID, key */
	enum store_sql set;
} tables[] = {
	{ "sa", SEAL_GROUP, SQL_NEXT_SA, SQL_SET_SA },
	{ "ticket_key", SEAL_TICKET, SQL_NEXT_TICKET_KEY, SQL_SET_TICKET_KEY },
	{ "pair_sa", SEAL_PAIR, SQL_NEXT_PAIR_SA, SQL_SET_PAIR_SA },
};

struct row {
	int64_t id;
	int64_t owner;
	int64_t key_id;
	size_t len;
	uint8_t key[ALG_AEAD_KEY_MAX];
};

struct secrets {
	struct store_secret old;
	struct store_secret new;
};

static bool take_row(struct store *s, const struct table *t, sqlite3_stmt *stmt, struct row *row)
{
	size_t len = (size_t)sqlite3_column_bytes(stmt, 3);
	size_t more = s->secret.there ? NTS_NONCE_LEN + CRYPTO_SIV_TAG : 0;

	row->id = sqlite3_column_int64(stmt, 0);
	if (!store_column_number(stmt, 1, INT64_MIN, INT64_MAX, &row->owner) ||
	    !store_column_number(stmt, 2, 1, UINT32_MAX, &row->key_id) || len <= more ||
	    len - more > sizeof(row->key)) {
		return false;
	}
	row->len = len - more;
	return store_read_key(s, stmt, 3, t->seal, row->owner, (uint32_t)row->key_id, row->key,
			      row->len);
}

/* The row behind row->id; *there: is there one? */
static enum status read_row(struct store *s, const struct table *t, struct row *row, bool *there)
{
	sqlite3_stmt *stmt = s->stmt[t->next];
	enum status st = ST_OK;
	int rc;

	sqlite3_bind_int64(stmt, 1, row->id);
	rc = sqlite3_step(stmt);
	*there = rc == SQLITE_ROW;
	if (*there && !take_row(s, t, stmt, row)) {
		snprintf(s->why, sizeof(s->why), "row %lld of its table %s is damaged",
			 (long long)row->id, t->name);
		st = ST_STORE;
	} else if (!*there && rc != SQLITE_DONE) {
		st = store_failed(s, "reading keys");
	}
	store_done(stmt);
	return st;
}

static enum status write_row(struct store *s, const struct table *t, const struct row *row)
{
	sqlite3_stmt *stmt = s->stmt[t->set];
	enum status st = store_bind_key(s, stmt, 1, t->seal, row->owner, (uint32_t)row->key_id,
					row->key, row->len);

	if (st) {
		return st;
	}
	sqlite3_bind_int64(stmt, 2, row->id);
	return store_execute(s, t->set, "sealing a key anew");
}

static enum status reseal_table(struct store *s, const struct table *t,
				const struct secrets *secrets, size_t *keys)
{
	struct row row = { .id = INT64_MIN };
	enum status st;
	bool there;

	for (;;) {
		s->secret = secrets->old;
		st = read_row(s, t, &row, &there);
		if (st || !there) {
			break;
		}
		s->secret = secrets->new;
		st = write_row(s, t, &row);
		if (st) {
			break;
		}
		(*keys)++;
	}
	secret_wipe(&row, sizeof(row));
	return st;
}

static enum status reseal_tables(struct store *s, const struct secrets *secrets, size_t *keys)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !st; i++) {
		st = reseal_table(s, &tables[i], secrets, keys);
	}
	s->secret = secrets->new;
	return st ? st : store_put_check(s);
}

static enum status reseal(struct store *s, const struct secrets *secrets, size_t *keys)
{
	enum status st = store_begin(s);

	if (!st) {
		st = reseal_tables(s, secrets, keys);
	}
	return store_end(s, st);
}

/* Every page is written anew: to the log of changes, from there to the file, and the log goes. */
static enum status overwrite(struct store *s)
{
	enum status st = store_run(s, "VACUUM", "writing it anew");
	int64_t busy = 0;
	char text[8];

	if (!st) {
		st = store_ask(s, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, text, sizeof(text));
	}
	return !st && busy ? store_failed(s, "emptying its log of changes") : st;
}

static enum status reseal_open(struct store *s, const char *new_key_file, size_t *keys)
{
	struct secrets secrets = { .old = s->secret };
	enum status st = store_read_secret(s, new_key_file, &secrets.new);

	if (!st) {
		st = reseal(s, &secrets, keys);
	}
	secret_wipe(&secrets, sizeof(secrets));
	return st;
}

static enum status open_old(const struct store_args *args, const char *old_key_file,
			    struct store **out, char why[STORE_WHY])
{
	struct store_args old = *args;
	enum status st;

	old.key_file = old_key_file;
	st = store_open(&old, out, why);
	if (st == ST_AUTH_FAILED) {
		snprintf(why, STORE_WHY, "%.120s: its keys are encrypted with neither "
			 "store_key_file's key nor that of %.60s", args->path,
			 old_key_file && *old_key_file ? old_key_file : "none");
	}
	return st;
}

/* What was interrupted behind the change itself is brought to its end. */
enum status store_reseal(const struct store_args *args, const char *old_key_file, size_t *keys,
			 char why[STORE_WHY])
{
	struct store *s;
	size_t n = 0;
	enum status st = store_open(args, &s, why);
	bool is_old = st == ST_AUTH_FAILED;

	if (is_old) {
		st = open_old(args, old_key_file, &s, why);
	}
	if (st) {
		return st;
	}
	if (is_old) {
		st = reseal_open(s, args->key_file, &n);
	}
	if (!st) {
		st = overwrite(s);
	}
	if (st) {
		snprintf(why, STORE_WHY, "%.120s: %.120s", args->path, s->why);
	} else {
		*keys = n;
	}
	store_close(s);
	return st;
}
