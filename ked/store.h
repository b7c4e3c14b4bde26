/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KE server's memory over restarts: an SQLite file that only its owner may read. What
 * store_add_period has returned ST_OK for survives kill -9 and power loss.
 *
 * Times go in and out as milliseconds of this boot's CLOCK_BOOTTIME. Inside, instants are kept in
 * boot time, with the boot's identity and what its wall clock was ahead: a restart within one boot
 * is immune to wall clock steps, one across boots takes the wall clock. Instants before this boot
 * are negative.
 *
 * One file has one user: a second server on it is refused. Must not log keys.
 *
 * Threads: whoever changes keys, here and in memory, holds store_lock from before he looks until
 * the change is made, and for store_why. Those who only read keys in memory need no lock.
 */
#ifndef NTS_KED_STORE_H
#define NTS_KED_STORE_H

#include "nts/params.h"
#include "util/status.h"
#include "util/timebase.h"

struct store;

/* The keys of a group in one period [start, end). */
struct store_period {
	struct nts_assoc assoc;
	int64_t start_ms;
	int64_t update_ms;	/* start of the update period; start < update < end */
	int64_t end_ms;
	uint32_t grace;		/* seconds */
	struct nts_policy policy;
	uint8_t n_sa;
	struct nts_sa sa[NTS_SA_MAX];
};

#define STORE_WHY 256

struct store_args {
	const char *path;
	const struct timebase *time;	/* must outlive the store */
	const char *boot_id;		/* NULL: this machine's own */
	const char *key_file;		/* what keys are sealed with; NULL or "": not sealed */
};

/*
 * Opens, or creates with mode 0600. why gets a sentence on every error.
 * ST_AUTH_FAILED (its keys are sealed with another key, or with one and none was given, or they
 * are not and one was given), ST_FILE_OPEN, ST_FILE_MODE (others may read or write, or it is not
 * ours), ST_FILE_FORMAT (not a regular file, not a store, or of another version; or key_file has
 * no key in it), ST_STORE, ST_LIMIT (in use by another process), ST_NO_MEMORY.
 */
enum status store_open(const struct store_args *args, struct store **out,
		       char why[STORE_WHY]) MUST_CHECK;

/* Is there a key in a key file (NULL or "": none is wanted)? As store_open, without a store. */
enum status store_check_key_file(const char *path, char why[STORE_WHY]) MUST_CHECK;

/*
 * A store that nobody uses: all its keys, sealed with old_key_file's key (NULL or "": not sealed),
 * are sealed with that of args->key_file (likewise), in one transaction, and what stood there
 * before is overwritten. *keys: how many; 0 when they were sealed so already. May be interrupted
 * at any instant, and then be called again. As store_open; ST_AUTH_FAILED: sealed with neither.
 */
enum status store_reseal(const struct store_args *args, const char *old_key_file, size_t *keys,
			 char why[STORE_WHY]) MUST_CHECK;

/* s may be NULL. */
void store_close(struct store *s);

/* One at a time; not to be nested. */
void store_lock(struct store *s);
void store_unlock(struct store *s);

/*
 * Did the wall clock stand before an instant that the store knows to be past, when it was opened
 * in another boot? Times were then reckoned from that instant, so that no lifetime grew.
 */
bool store_clock_was_back(const struct store *s);

/* Did it then stand more than a year after the last instant that the store knows of? */
bool store_clock_leapt(const struct store *s);

/*
 * From time to time, under store_lock: would a start find at the path what is open here? A store
 * that was deleted or moved away is written anew there (*restored), so that all is durable again;
 * one that was exchanged for another is left alone. ST_FILE_MODE (others may read or write it),
 * ST_STORE and others (store_why tells): it would not find it, and all goes on with what is open.
 */
enum status store_keep_place(struct store *s, bool *restored) MUST_CHECK;

/* From time to time, so that a step of the wall clock is known to the next boot. ST_STORE. */
enum status store_tick(struct store *s) MUST_CHECK;

/*
 * All periods that are not over, by association and start. Each row is checked as a message
 * would be. take is called for each; the period (it holds keys) is wiped after it.
 * ST_STORE: read failed or a row is damaged (store_why tells), or what take returned.
 */
typedef enum status (*store_take)(void *ctx, const struct store_period *p);
enum status store_load(struct store *s, store_take take, void *ctx) MUST_CHECK;

/*
 * Adds a period, durably, and removes those that ended more than their grace ago.
 * ST_STORE; nothing was changed then.
 */
enum status store_add_period(struct store *s, const struct store_period *p) MUST_CHECK;

/*
 * Between these two store_add_period only begins to add, and all those that it took become durable
 * at once: one wait for the disk, however many there are. The second always follows the first.
 * ST_STORE, of either: not one was added.
 */
enum status store_periods_begin(struct store *s) MUST_CHECK;
enum status store_periods_end(struct store *s, enum status st) MUST_CHECK;

/* *used: does any stored key have this key ID? ST_STORE. */
enum status store_key_id_used(struct store *s, uint32_t key_id, bool *used) MUST_CHECK;

/* What failed last, in words. Belongs to the store. */
const char *store_why(const struct store *s);

#endif
