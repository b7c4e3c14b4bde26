/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ked/store*.c share. From below: store_sql.c, store_file.c, store_seal.c and store_clock.c,
 * store_place.c, store_rows.c, store_tickets.c, store.c, store_reseal.c.
 */
#ifndef NTS_KED_STORE_INTERNAL_H
#define NTS_KED_STORE_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "ked/store.h"
#include "nts/crypto.h"

#define STORE_BOOT_ID 40

enum store_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_BEGIN_INNER,
	SQL_COMMIT_INNER,
	SQL_ROLLBACK_INNER,
	SQL_CLOCK,
	SQL_SET_CLOCK,
	SQL_REBASE_PERIODS,
	SQL_REBASE_REGISTRATIONS,
	SQL_REBASE_TICKET_KEYS,
	SQL_PERIODS,
	SQL_SAS,
	SQL_ADD_PERIOD,
	SQL_ADD_SA,
	SQL_FORGET,
	SQL_KEY_ID_USED,
	SQL_REGISTRATIONS,
	SQL_IDENTITIES,
	SQL_TICKET_KEYS,
	SQL_PAIRS,
	SQL_PAIR_SAS,
	SQL_ADD_REGISTRATION,
	SQL_CHANGE_REGISTRATION,
	SQL_REVOKE,
	SQL_DROP_IDENTITIES,
	SQL_ADD_IDENTITY,
	SQL_ADD_TICKET_KEY,
	SQL_ADD_PAIR,
	SQL_CHANGE_PAIR,
	SQL_ADD_PAIR_SA,
	SQL_FORGET_TICKET_KEYS,
	SQL_FORGET_REGISTRATIONS,
	SQL_KEY_CHECK,
	SQL_SET_KEY_CHECK,
	SQL_HAS_KEYS,
	SQL_NEXT_SA,
	SQL_NEXT_TICKET_KEY,
	SQL_NEXT_PAIR_SA,
	SQL_SET_SA,
	SQL_SET_TICKET_KEY,
	SQL_SET_PAIR_SA,
	SQL_COUNT
};

/* What a stored key is of: goes into what it is sealed with. */
enum store_seal { SEAL_CHECK, SEAL_GROUP, SEAL_TICKET, SEAL_PAIR };

#define STORE_KEY_LEN 32	/* octets of the key that keys are sealed with */
#define STORE_SEALED_MAX (NTS_NONCE_LEN + CRYPTO_SIV_TAG + ALG_AEAD_KEY_MAX)

/* What keys are sealed with. */
struct store_secret {
	bool there;			/* false: with nothing */
	uint8_t key[STORE_KEY_LEN];
};

/* The store and its log of changes, and, while it is written anew, its copy. */
enum store_files { STORE_DB, STORE_WAL, STORE_FILES, STORE_COPY = STORE_FILES, STORE_NAMES };

/* Which file it was when it was opened, and when we wrote it last. */
struct store_file {
	dev_t dev;
	ino_t ino;
	struct timespec written;
};

struct store {
	pthread_mutex_t lock;
	char *path;
	sqlite3 *db;
	struct store_file file[STORE_FILES];
	sqlite3_stmt *stmt[SQL_COUNT];
	const struct timebase *time;
	char boot_id[STORE_BOOT_ID];
	bool open;			/* to the end */
	int depth;			/* of transactions: 1, or 2 within another */
	bool clock_was_back;
	bool clock_is_back;		/* and has not been set right since */
	bool clock_leapt;
	int64_t clock_offset;		/* as kept last */
	int64_t clock_seen;
	struct store_secret secret;
	uint8_t out[STORE_SEALED_MAX];	/* the sealed key that is bound to a statement */
	char why[STORE_WHY];
};

/* ---- store_sql.c ---- */

/* Keeps SQLite's words for what failed; returns ST_STORE. */
enum status store_failed(struct store *s, const char *doing);

/* SQL without answers; the first column of the first row of one with. ST_STORE. */
enum status store_run(struct store *s, const char *sql, const char *doing) MUST_CHECK;
enum status store_ask(struct store *s, const char *sql, int64_t *number, char *text,
		      size_t text_size) MUST_CHECK;

/* Prepares all statements. ST_STORE. */
enum status store_prepare(struct store *s) MUST_CHECK;

/* Forgets bound values (keys among them) too. */
void store_done(sqlite3_stmt *stmt);

/* Runs a statement that returns no rows. ST_STORE. */
enum status store_execute(struct store *s, enum store_sql which, const char *doing) MUST_CHECK;

/*
 * store_end commits when st is ST_OK, else takes all back; returns what went wrong first. It
 * follows store_begin also where that failed. Another pair may stand within.
 */
enum status store_begin(struct store *s) MUST_CHECK;
enum status store_end(struct store *s, enum status st) MUST_CHECK;

/* A column is what it should be: an integer within a range, a blob of that length. */
bool store_column_number(sqlite3_stmt *stmt, int i, int64_t min, int64_t max, int64_t *out);
bool store_column_octets(sqlite3_stmt *stmt, int i, uint8_t *out, size_t len);

/* ---- store_file.c ---- */

/* Is what stands there, if anything, ours alone? Makes an empty store. As store_open. */
enum status store_check_paths(const char *path, char why[STORE_WHY]) MUST_CHECK;

/* A store file, or one of SQLite's companions: ours alone? ST_FILE_MODE, ST_FILE_FORMAT. */
enum status store_check_file(const struct stat *sb, const char *name,
			     char why[STORE_WHY]) MUST_CHECK;

void store_name(const struct store *s, enum store_files which, char out[PATH_MAX]);

/* Keeps errno's words; returns ST_STORE. */
enum status store_failed_at(struct store *s, const char *name);

/* Has nobody else written the store where it stands? */
bool store_is_ours(const struct store *s, const struct stat *sb);

/* Notes which files stand at the path. ST_STORE. */
enum status store_note_place(struct store *s) MUST_CHECK;

/* Opens s->path with all statements, and notes which files these are. ST_STORE and as store_run. */
enum status store_open_file(struct store *s) MUST_CHECK;

/* What is open is s's from now on. */
void store_watch_writes(struct store *s);
void store_close_file(struct store *s);

/* ---- store_place.c ---- */

/* Removes what a server that was killed while it wrote the store anew has left. */
void store_drop_copy(const struct store *s);

/* ---- store_clock.c ---- */

/* Reckons the instants of other boots in this boot's time. ST_STORE. */
enum status store_rebase(struct store *s) MUST_CHECK;

int64_t store_now(const struct store *s);

/* Keeps the newest reading of the wall clock, and the instant as one that is past. ST_STORE. */
enum status store_keep_clock(struct store *s) MUST_CHECK;

/* ---- store_seal.c ---- */

/*
 * A key as a column, sealed where the store has a key file: 16 octets nonce, then AES-SIV with
 * what it is of, its owner's row and its key ID as associated data, so that no row's key fits
 * another. ST_CRYPTO.
 */
enum status store_bind_key(struct store *s, sqlite3_stmt *stmt, int i, enum store_seal seal,
			   int64_t owner, uint32_t key_id, const uint8_t *key,
			   size_t len) MUST_CHECK;
bool store_read_key(struct store *s, sqlite3_stmt *stmt, int i, enum store_seal seal,
		    int64_t owner, uint32_t key_id, uint8_t *out, size_t len);

/* Takes the key of key_file (NULL or "": none) and holds it against the store. */
enum status store_unseal(struct store *s, const char *key_file) MUST_CHECK;

/* Reads a key file (NULL or "": none). As secret_read_file; ST_FILE_FORMAT: no key in it. */
enum status store_read_secret(struct store *s, const char *path,
			      struct store_secret *out) MUST_CHECK;

/* Keeps something sealed with the store's secret, by which it is known again. */
enum status store_put_check(struct store *s) MUST_CHECK;

/* ---- store_rows.c ---- */

/* Columns spp, mac, key_id, key; and a row owner, spp, mac, key_id, key. */
bool store_read_sa(struct store *s, sqlite3_stmt *stmt, enum store_seal seal, int64_t owner,
		   struct nts_sa *sa);
enum status store_add_sa(struct store *s, enum store_sql which, enum store_seal seal,
			 int64_t owner, const struct nts_sa *sa) MUST_CHECK;

#endif
