// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in the store: periods and their keys. A row is trusted no more than a message. */
#include "ked/store_internal.h"

#include <stdio.h>
#include <string.h>

#include "util/secret.h"

#define CLOCK_STEP_MS 500			/* a wall clock that moved more is looked at */
#define CLOCK_KEEP_MS (60 * 1000)		/* what a clock set back could gain, at most */
#define CLOCK_LEAP_MS (365LL * 24 * 3600 * 1000)	/* between two boots */

static const char *const sql[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_BEGIN_INNER] = "SAVEPOINT inner",
	[SQL_COMMIT_INNER] = "RELEASE inner",
	[SQL_ROLLBACK_INNER] = "ROLLBACK TO inner",
	[SQL_CLOCK] = "SELECT boot_id, wall_offset, seen_at FROM clock",
	[SQL_SET_CLOCK] =
		"INSERT INTO clock (id, boot_id, wall_offset, seen_at) VALUES (1, ?1, ?2, ?3)"
		" ON CONFLICT (id) DO UPDATE SET boot_id = ?1, wall_offset = ?2, seen_at = ?3",
	[SQL_REBASE_PERIODS] =
		"UPDATE period SET start_at = start_at + ?1, update_at = update_at + ?1,"
		" end_at = end_at + ?1",
	[SQL_REBASE_REGISTRATIONS] = "UPDATE registration SET forget_at = forget_at + ?1",
	[SQL_REBASE_TICKET_KEYS] =
		"UPDATE ticket_key SET start_at = start_at + ?1, renew_at = renew_at + ?1,"
		" update_at = update_at + ?1, end_at = end_at + ?1, forget_at = forget_at + ?1",
	[SQL_PERIODS] =
		"SELECT id, assoc_type, assoc_value, start_at, update_at, end_at, grace,"
		" policy_named, policy_spp FROM period WHERE end_at > ?1"
		" ORDER BY assoc_type, assoc_value, start_at",
	[SQL_SAS] = "SELECT spp, mac, key_id, key FROM sa WHERE period_id = ?1 ORDER BY spp",
	[SQL_ADD_PERIOD] =
		"INSERT INTO period (assoc_type, assoc_value, start_at, update_at, end_at, grace,"
		" policy_named, policy_spp) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_ADD_SA] =
		"INSERT INTO sa (period_id, spp, mac, key_id, key) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_FORGET] = "DELETE FROM period WHERE end_at + grace * 1000 < ?1",
	[SQL_KEY_ID_USED] =
		"SELECT EXISTS (SELECT 1 FROM sa WHERE key_id = ?1)"
		" OR EXISTS (SELECT 1 FROM ticket_key WHERE key_id = ?1)"
		" OR EXISTS (SELECT 1 FROM pair_sa WHERE key_id = ?1)",
	[SQL_REGISTRATIONS] =
		"SELECT id, client, fingerprint, section, macs, crl_name, names FROM registration"
		" WHERE NOT revoked AND forget_at > ?1",
	[SQL_IDENTITIES] = "SELECT type, value FROM identity WHERE registration_id = ?1",
	[SQL_TICKET_KEYS] =
		"SELECT k.id, k.registration_id, k.start_at, k.renew_at, k.update_at, k.end_at,"
		" k.grace, k.policy_named, k.policy_spp, k.aead, k.key_id, k.key FROM ticket_key k"
		" JOIN registration r ON r.id = k.registration_id"
		" WHERE NOT r.revoked AND k.end_at > ?1 ORDER BY k.registration_id, k.start_at",
	[SQL_PAIRS] =
		"SELECT p.id, p.ticket_key_id, p.client, p.identities FROM pair p"
		" JOIN ticket_key k ON k.id = p.ticket_key_id"
		" JOIN registration r ON r.id = k.registration_id"
		" WHERE NOT r.revoked AND k.end_at > ?1",
	[SQL_PAIR_SAS] =
		"SELECT spp, mac, key_id, key FROM pair_sa WHERE pair_id = ?1 ORDER BY spp",
	[SQL_ADD_REGISTRATION] =
		"INSERT INTO registration (client, fingerprint, section, macs, forget_at,"
		" crl_name, names) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_CHANGE_REGISTRATION] =
		"UPDATE registration SET client = ?1, fingerprint = ?2, section = ?3, macs = ?4,"
		" forget_at = max(forget_at, ?5), crl_name = ?6, names = ?7 WHERE id = ?8",
	[SQL_REVOKE] = "UPDATE registration SET revoked = 1 WHERE id = ?1",
	[SQL_DROP_IDENTITIES] = "DELETE FROM identity WHERE registration_id = ?1",
	[SQL_ADD_IDENTITY] =
		"INSERT OR REPLACE INTO identity (type, value, registration_id)"
		" VALUES (?1, ?2, ?3)",
	[SQL_ADD_TICKET_KEY] =
		"INSERT INTO ticket_key (registration_id, start_at, renew_at, update_at, end_at,"
		" forget_at, grace, policy_named, policy_spp, aead, key_id, key)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_ADD_PAIR] =
		"INSERT INTO pair (ticket_key_id, client, identities) VALUES (?1, ?2, ?3)",
	[SQL_CHANGE_PAIR] = "UPDATE pair SET identities = ?1 WHERE id = ?2",
	[SQL_ADD_PAIR_SA] =
		"INSERT INTO pair_sa (pair_id, spp, mac, key_id, key) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_FORGET_TICKET_KEYS] = "DELETE FROM ticket_key WHERE forget_at < ?1",
	[SQL_FORGET_REGISTRATIONS] = "DELETE FROM registration WHERE forget_at < ?1",
	[SQL_KEY_CHECK] = "SELECT key_check FROM clock",
	[SQL_SET_KEY_CHECK] = "UPDATE clock SET key_check = ?1",
	[SQL_HAS_KEYS] =
		"SELECT EXISTS (SELECT 1 FROM sa) OR EXISTS (SELECT 1 FROM ticket_key)",
	[SQL_NEXT_SA] =
		"SELECT rowid, period_id, key_id, key FROM sa WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_NEXT_TICKET_KEY] =
		"SELECT rowid, registration_id, key_id, key FROM ticket_key WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_NEXT_PAIR_SA] =
		"SELECT rowid, pair_id, key_id, key FROM pair_sa WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_SET_SA] = "UPDATE sa SET key = ?1 WHERE rowid = ?2",
	[SQL_SET_TICKET_KEY] = "UPDATE ticket_key SET key = ?1 WHERE rowid = ?2",
	[SQL_SET_PAIR_SA] = "UPDATE pair_sa SET key = ?1 WHERE rowid = ?2",
};

enum status store_rows_prepare(struct store *s)
{
	size_t i;

	for (i = 0; i < SQL_COUNT; i++) {
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &s->stmt[i], NULL)) {
			return store_failed(s, "preparing");
		}
	}
	return ST_OK;
}

/* Forgets bound values (keys among them) too. */
void store_done(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

/* Runs a statement that returns no rows. */
enum status store_execute(struct store *s, enum store_sql which, const char *doing)
{
	enum status st = ST_OK;

	if (sqlite3_step(s->stmt[which]) != SQLITE_DONE) {
		st = store_failed(s, doing);
	}
	store_done(s->stmt[which]);
	return st;
}

int64_t store_now(const struct store *s)
{
	return (int64_t)timebase_boot(s->time);
}

static int64_t now_offset(const struct store *s)
{
	return timebase_wall(s->time) - store_now(s);
}

struct clock_row {
	bool there;
	char boot_id[STORE_BOOT_ID];
	int64_t wall_offset;
	int64_t seen_at;
};

static enum status read_clock(struct store *s, struct clock_row *out)
{
	sqlite3_stmt *stmt = s->stmt[SQL_CLOCK];
	enum status st = ST_OK;
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW) {
		out->there = true;
		snprintf(out->boot_id, sizeof(out->boot_id), "%s",
			 (const char *)sqlite3_column_text(stmt, 0));
		out->wall_offset = sqlite3_column_int64(stmt, 1);
		out->seen_at = sqlite3_column_int64(stmt, 2);
	} else if (rc != SQLITE_DONE) {
		st = store_failed(s, "reading the clock");
	}
	store_done(stmt);
	return st;
}

static enum status write_clock(struct store *s, int64_t offset)
{
	sqlite3_stmt *stmt = s->stmt[SQL_SET_CLOCK];
	int64_t now = store_now(s);
	enum status st;

	sqlite3_bind_text(stmt, 1, s->boot_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, offset);
	sqlite3_bind_int64(stmt, 3, now);
	st = store_execute(s, SQL_SET_CLOCK, "keeping the clock");
	if (!st) {
		s->clock_offset = offset;
		s->clock_seen = now;
	}
	return st;
}

enum status store_keep_clock(struct store *s)
{
	return write_clock(s, now_offset(s));
}

static enum status rebase_rows(struct store *s, int64_t by)
{
	static const enum store_sql tables[] = {
		SQL_REBASE_PERIODS, SQL_REBASE_REGISTRATIONS, SQL_REBASE_TICKET_KEYS,
	};
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !st; i++) {
		sqlite3_bind_int64(s->stmt[tables[i]], 1, by);
		st = store_execute(s, tables[i], "reckoning the instants of another boot");
	}
	return st;
}

/* How far the wall clock is ahead of boot time, but no lifetime grows by a clock set back. */
static int64_t believable_offset(struct store *s, const struct clock_row *c)
{
	int64_t latest = c->seen_at + c->wall_offset;
	int64_t offset = now_offset(s);

	if (offset + store_now(s) < latest) {
		s->clock_was_back = true;
		return latest - store_now(s);
	}
	s->clock_leapt = offset + store_now(s) - latest > CLOCK_LEAP_MS;
	return offset;
}

enum status store_rows_rebase(struct store *s)
{
	struct clock_row c = { 0 };
	enum status st = read_clock(s, &c);
	int64_t offset = now_offset(s);

	if (st) {
		return st;
	}
	if (c.there && !strcmp(c.boot_id, s->boot_id)) {
		return write_clock(s, offset);
	}
	st = store_begin(s);
	if (!st && c.there) {
		offset = believable_offset(s, &c);
		st = rebase_rows(s, c.wall_offset - offset);
	}
	if (!st) {
		st = write_clock(s, offset);
	}
	return store_end(s, st);
}

enum status store_tick(struct store *s)
{
	int64_t offset = now_offset(s);
	int64_t moved = offset - s->clock_offset;

	if (moved < CLOCK_STEP_MS && moved > -CLOCK_STEP_MS &&
	    store_now(s) - s->clock_seen < CLOCK_KEEP_MS) {
		return ST_OK;
	}
	return write_clock(s, offset);
}

/* SQLite may have rolled back all when the disk was full: then there is nothing to stand within. */
enum status store_begin(struct store *s)
{
	if (s->depth++ == 0) {
		return store_execute(s, SQL_BEGIN, "beginning");
	}
	return sqlite3_get_autocommit(s->db) ? ST_STORE
					     : store_execute(s, SQL_BEGIN_INNER, "beginning");
}

static void roll_back(struct store *s)
{
	char why[STORE_WHY];

	memcpy(why, s->why, sizeof(why));
	if (s->depth == 0) {
		(void)!store_execute(s, SQL_ROLLBACK, "rolling back");
	} else {
		(void)!store_execute(s, SQL_ROLLBACK_INNER, "rolling back");
		(void)!store_execute(s, SQL_COMMIT_INNER, "rolling back");
	}
	memcpy(s->why, why, sizeof(why));
}

enum status store_end(struct store *s, enum status st)
{
	enum store_sql commit = --s->depth == 0 ? SQL_COMMIT : SQL_COMMIT_INNER;

	if (!st) {
		st = store_execute(s, commit, "committing");
	}
	if (st && !sqlite3_get_autocommit(s->db)) {
		roll_back(s);
	}
	return st;
}

bool store_column_number(sqlite3_stmt *stmt, int i, int64_t min, int64_t max, int64_t *out)
{
	*out = sqlite3_column_int64(stmt, i);
	return sqlite3_column_type(stmt, i) == SQLITE_INTEGER && *out >= min && *out <= max;
}

bool store_column_octets(sqlite3_stmt *stmt, int i, uint8_t *out, size_t len)
{
	const void *blob = sqlite3_column_blob(stmt, i);

	if (!blob || (size_t)sqlite3_column_bytes(stmt, i) != len) {
		return false;
	}
	memcpy(out, blob, len);
	return true;
}

bool store_read_sa(struct store *s, sqlite3_stmt *stmt, enum store_seal seal, int64_t owner,
		   struct nts_sa *sa)
{
	int64_t spp, mac, key_id;
	const struct alg_mac *alg;

	if (!store_column_number(stmt, 0, 0, UINT8_MAX, &spp) ||
	    !store_column_number(stmt, 1, 0, UINT16_MAX, &mac) ||
	    !store_column_number(stmt, 2, 1, UINT32_MAX, &key_id)) {
		return false;
	}
	alg = alg_mac((uint16_t)mac);
	sa->key_id = (uint32_t)key_id;
	if (!alg || !store_read_key(s, stmt, 3, seal, owner, sa->key_id, sa->key, alg->key_len)) {
		return false;
	}
	sa->spp = (uint8_t)spp;
	sa->mac = alg->number;
	sa->key_len = alg->key_len;
	return true;
}

enum status store_add_sa(struct store *s, enum store_sql which, enum store_seal seal,
			 int64_t owner, const struct nts_sa *sa)
{
	sqlite3_stmt *stmt = s->stmt[which];
	enum status st = store_bind_key(s, stmt, 5, seal, owner, sa->key_id, sa->key, sa->key_len);

	if (st) {
		return st;
	}
	sqlite3_bind_int64(stmt, 1, owner);
	sqlite3_bind_int(stmt, 2, sa->spp);
	sqlite3_bind_int(stmt, 3, sa->mac);
	sqlite3_bind_int64(stmt, 4, sa->key_id);
	return store_execute(s, which, "adding a key");
}

static bool has_spp(const struct store_period *p, uint8_t spp)
{
	size_t i;

	for (i = 0; i < p->n_sa; i++) {
		if (p->sa[i].spp == spp) {
			return true;
		}
	}
	return false;
}

/* Does each named type have an SA? */
static bool policy_covered(const struct store_period *p)
{
	size_t type;

	for (type = 0; type < NTS_PTP_TYPES; type++) {
		if ((p->policy.named & (1U << type)) && !has_spp(p, p->policy.spp[type])) {
			return false;
		}
	}
	return p->policy.named != 0;
}

static bool read_sas(struct store *s, int64_t id, struct store_period *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_SAS];
	bool ok = true;
	int rc;

	sqlite3_bind_int64(stmt, 1, id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && ok) {
		ok = p->n_sa < NTS_SA_MAX &&
		     store_read_sa(s, stmt, SEAL_GROUP, id, &p->sa[p->n_sa]);
		p->n_sa += ok;
	}
	store_done(stmt);
	return ok && rc == SQLITE_DONE;
}

static bool read_assoc(sqlite3_stmt *stmt, struct nts_assoc *a)
{
	int64_t type;

	if (!store_column_number(stmt, 1, 0, UINT16_MAX, &type)) {
		return false;
	}
	a->type = (uint16_t)type;
	return nts_assoc_value_len(a->type) > 0 &&
	       store_column_octets(stmt, 2, a->value, nts_assoc_value_len(a->type)) &&
	       !nts_assoc_check(a);
}

static bool read_period(struct store *s, sqlite3_stmt *stmt, struct store_period *p)
{
	int64_t grace, named;

	if (!read_assoc(stmt, &p->assoc) ||
	    !store_column_number(stmt, 3, INT64_MIN, INT64_MAX, &p->start_ms) ||
	    !store_column_number(stmt, 4, INT64_MIN, INT64_MAX, &p->update_ms) ||
	    !store_column_number(stmt, 5, INT64_MIN, INT64_MAX, &p->end_ms) ||
	    !store_column_number(stmt, 6, 0, UINT32_MAX, &grace) ||
	    !store_column_number(stmt, 7, 1, UINT16_MAX, &named) ||
	    !store_column_octets(stmt, 8, p->policy.spp, NTS_PTP_TYPES)) {
		return false;
	}
	p->grace = (uint32_t)grace;
	p->policy.named = (uint16_t)named;
	return p->start_ms < p->update_ms && p->update_ms < p->end_ms &&
	       read_sas(s, sqlite3_column_int64(stmt, 0), p) && policy_covered(p);
}

static enum status load_row(struct store *s, sqlite3_stmt *stmt, store_take take, void *ctx)
{
	struct store_period p = { 0 };
	enum status st;

	if (read_period(s, stmt, &p)) {
		st = take(ctx, &p);
	} else {
		snprintf(s->why, sizeof(s->why), "row %lld of its table period, or a key of it, "
			 "is damaged", (long long)sqlite3_column_int64(stmt, 0));
		st = ST_STORE;
	}
	secret_wipe(&p, sizeof(p));
	return st;
}

enum status store_load(struct store *s, store_take take, void *ctx)
{
	sqlite3_stmt *stmt = s->stmt[SQL_PERIODS];
	enum status st = ST_OK;
	int rc;

	sqlite3_bind_int64(stmt, 1, store_now(s));
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		st = load_row(s, stmt, take, ctx);
	}
	if (!st && rc != SQLITE_DONE) {
		st = store_failed(s, "reading periods");
	}
	store_done(stmt);
	return st;
}

static enum status add_period_row(struct store *s, const struct store_period *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_PERIOD];

	sqlite3_bind_int(stmt, 1, p->assoc.type);
	sqlite3_bind_blob(stmt, 2, p->assoc.value, (int)nts_assoc_value_len(p->assoc.type),
			  SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, p->start_ms);
	sqlite3_bind_int64(stmt, 4, p->update_ms);
	sqlite3_bind_int64(stmt, 5, p->end_ms);
	sqlite3_bind_int64(stmt, 6, p->grace);
	sqlite3_bind_int(stmt, 7, p->policy.named);
	sqlite3_bind_blob(stmt, 8, p->policy.spp, NTS_PTP_TYPES, SQLITE_STATIC);
	return store_execute(s, SQL_ADD_PERIOD, "adding a period");
}

static enum status add_sa_rows(struct store *s, const struct store_period *p)
{
	int64_t id = sqlite3_last_insert_rowid(s->db);
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < p->n_sa && !st; i++) {
		st = store_add_sa(s, SQL_ADD_SA, SEAL_GROUP, id, &p->sa[i]);
	}
	return st;
}

/* What is over goes; the newest reading of the wall clock is kept. */
static enum status tidy(struct store *s)
{
	enum status st;

	sqlite3_bind_int64(s->stmt[SQL_FORGET], 1, store_now(s));
	st = store_execute(s, SQL_FORGET, "removing periods that are over");
	return st ? st : store_keep_clock(s);
}

enum status store_add_period(struct store *s, const struct store_period *p)
{
	enum status st = store_begin(s);

	if (!st) {
		st = add_period_row(s, p);
	}
	if (!st) {
		st = add_sa_rows(s, p);
	}
	if (!st && s->depth == 1) {
		st = tidy(s);
	}
	return store_end(s, st);
}

enum status store_periods_begin(struct store *s)
{
	return store_begin(s);
}

enum status store_periods_end(struct store *s, enum status st)
{
	return store_end(s, st ? st : tidy(s));
}

enum status store_key_id_used(struct store *s, uint32_t key_id, bool *used)
{
	sqlite3_stmt *stmt = s->stmt[SQL_KEY_ID_USED];
	enum status st = ST_OK;

	sqlite3_bind_int64(stmt, 1, key_id);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		*used = sqlite3_column_int(stmt, 0) > 0;
	} else {
		st = store_failed(s, "looking for a key ID");
	}
	store_done(stmt);
	return st;
}
