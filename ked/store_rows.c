// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in the store: periods and their keys. A row is trusted no more than a message. */
#include "ked/store_internal.h"

#include <stdio.h>
#include <string.h>

#include "util/secret.h"

static const char *const sql[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	/* the latest wall clock instant known to be past, of other boots */
	[SQL_LATEST] = "SELECT max(made_at + wall_offset) FROM period WHERE boot_id <> ?1",
	[SQL_REBASE] =
		"UPDATE period SET boot_id = ?1,"
		" made_at = made_at + wall_offset - ?2, start_at = start_at + wall_offset - ?2,"
		" update_at = update_at + wall_offset - ?2, end_at = end_at + wall_offset - ?2,"
		" wall_offset = ?2 WHERE boot_id <> ?1",
	[SQL_PERIODS] =
		"SELECT id, assoc_type, assoc_value, start_at, update_at, end_at, grace,"
		" policy_named, policy_spp FROM period WHERE end_at > ?1"
		" ORDER BY assoc_type, assoc_value, start_at",
	[SQL_SAS] = "SELECT spp, mac, key_id, key FROM sa WHERE period_id = ?1 ORDER BY spp",
	[SQL_ADD_PERIOD] =
		"INSERT INTO period (assoc_type, assoc_value, boot_id, wall_offset, made_at,"
		" start_at, update_at, end_at, grace, policy_named, policy_spp)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_ADD_SA] =
		"INSERT INTO sa (period_id, spp, mac, key_id, key) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_FORGET] = "DELETE FROM period WHERE end_at + grace * 1000 < ?1",
	[SQL_CLOCK] = "UPDATE period SET wall_offset = ?1",
	[SQL_KEY_ID_USED] = "SELECT count(*) FROM sa WHERE key_id = ?1",
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
static void done(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

/* Runs a statement that returns no rows. */
static enum status execute(struct store *s, enum store_sql which, const char *doing)
{
	enum status st = ST_OK;

	if (sqlite3_step(s->stmt[which]) != SQLITE_DONE) {
		st = store_failed(s, doing);
	}
	done(s->stmt[which]);
	return st;
}

static int64_t now_boot(const struct store *s)
{
	return (int64_t)timebase_boot(s->time);
}

static int64_t now_offset(const struct store *s)
{
	return timebase_wall(s->time) - now_boot(s);
}

/* How far the wall clock is ahead of boot time, but no lifetime grows by a clock set back. */
static enum status rebase_offset(struct store *s, int64_t *offset)
{
	sqlite3_stmt *stmt = s->stmt[SQL_LATEST];
	int64_t latest;

	sqlite3_bind_text(stmt, 1, s->boot_id, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_ROW) {
		done(stmt);
		return store_failed(s, "reading the latest instant");
	}
	*offset = now_offset(s);
	latest = sqlite3_column_int64(stmt, 0);
	if (sqlite3_column_type(stmt, 0) != SQLITE_NULL && *offset + now_boot(s) < latest) {
		s->clock_was_back = true;
		*offset = latest - now_boot(s);
	}
	done(stmt);
	return ST_OK;
}

enum status store_rows_rebase(struct store *s)
{
	sqlite3_stmt *stmt = s->stmt[SQL_REBASE];
	enum status st;
	int64_t offset;

	st = rebase_offset(s, &offset);
	if (st) {
		return st;
	}
	sqlite3_bind_text(stmt, 1, s->boot_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, offset);
	return execute(s, SQL_REBASE, "reckoning the instants of another boot");
}

static bool column_number(sqlite3_stmt *stmt, int i, int64_t min, int64_t max, int64_t *out)
{
	*out = sqlite3_column_int64(stmt, i);
	return sqlite3_column_type(stmt, i) == SQLITE_INTEGER && *out >= min && *out <= max;
}

static bool column_octets(sqlite3_stmt *stmt, int i, uint8_t *out, size_t len)
{
	const void *blob = sqlite3_column_blob(stmt, i);

	if (!blob || (size_t)sqlite3_column_bytes(stmt, i) != len) {
		return false;
	}
	memcpy(out, blob, len);
	return true;
}

static bool read_sa(sqlite3_stmt *stmt, struct nts_sa *sa)
{
	int64_t spp, mac, key_id;
	const struct alg_mac *alg;

	if (!column_number(stmt, 0, 0, UINT8_MAX, &spp) ||
	    !column_number(stmt, 1, 0, UINT16_MAX, &mac) ||
	    !column_number(stmt, 2, 1, UINT32_MAX, &key_id)) {
		return false;
	}
	alg = alg_mac((uint16_t)mac);
	if (!alg || !column_octets(stmt, 3, sa->key, alg->key_len)) {
		return false;
	}
	sa->spp = (uint8_t)spp;
	sa->mac = alg->number;
	sa->key_len = alg->key_len;
	sa->key_id = (uint32_t)key_id;
	return true;
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
		ok = p->n_sa < NTS_SA_MAX && read_sa(stmt, &p->sa[p->n_sa]);
		p->n_sa += ok;
	}
	done(stmt);
	return ok && rc == SQLITE_DONE;
}

static bool read_assoc(sqlite3_stmt *stmt, struct nts_assoc *a)
{
	int64_t type;

	if (!column_number(stmt, 1, 0, UINT16_MAX, &type)) {
		return false;
	}
	a->type = (uint16_t)type;
	return nts_assoc_value_len(a->type) > 0 &&
	       column_octets(stmt, 2, a->value, nts_assoc_value_len(a->type)) &&
	       !nts_assoc_check(a);
}

static bool read_period(struct store *s, sqlite3_stmt *stmt, struct store_period *p)
{
	int64_t grace, named;

	if (!read_assoc(stmt, &p->assoc) ||
	    !column_number(stmt, 3, INT64_MIN, INT64_MAX, &p->start_ms) ||
	    !column_number(stmt, 4, INT64_MIN, INT64_MAX, &p->update_ms) ||
	    !column_number(stmt, 5, INT64_MIN, INT64_MAX, &p->end_ms) ||
	    !column_number(stmt, 6, 0, UINT32_MAX, &grace) ||
	    !column_number(stmt, 7, 1, UINT16_MAX, &named) ||
	    !column_octets(stmt, 8, p->policy.spp, NTS_PTP_TYPES)) {
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

	sqlite3_bind_int64(stmt, 1, now_boot(s));
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		st = load_row(s, stmt, take, ctx);
	}
	if (!st && rc != SQLITE_DONE) {
		st = store_failed(s, "reading periods");
	}
	done(stmt);
	return st;
}

static enum status add_period_row(struct store *s, const struct store_period *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_PERIOD];

	sqlite3_bind_int(stmt, 1, p->assoc.type);
	sqlite3_bind_blob(stmt, 2, p->assoc.value, (int)nts_assoc_value_len(p->assoc.type),
			  SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, s->boot_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 4, now_offset(s));
	sqlite3_bind_int64(stmt, 5, now_boot(s));
	sqlite3_bind_int64(stmt, 6, p->start_ms);
	sqlite3_bind_int64(stmt, 7, p->update_ms);
	sqlite3_bind_int64(stmt, 8, p->end_ms);
	sqlite3_bind_int64(stmt, 9, p->grace);
	sqlite3_bind_int(stmt, 10, p->policy.named);
	sqlite3_bind_blob(stmt, 11, p->policy.spp, NTS_PTP_TYPES, SQLITE_STATIC);
	return execute(s, SQL_ADD_PERIOD, "adding a period");
}

static enum status add_sa_rows(struct store *s, const struct store_period *p)
{
	int64_t id = sqlite3_last_insert_rowid(s->db);
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_SA];
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < p->n_sa && !st; i++) {
		sqlite3_bind_int64(stmt, 1, id);
		sqlite3_bind_int(stmt, 2, p->sa[i].spp);
		sqlite3_bind_int(stmt, 3, p->sa[i].mac);
		sqlite3_bind_int64(stmt, 4, p->sa[i].key_id);
		sqlite3_bind_blob(stmt, 5, p->sa[i].key, p->sa[i].key_len, SQLITE_STATIC);
		st = execute(s, SQL_ADD_SA, "adding a key");
	}
	return st;
}

/* All rows are of this boot: they learn the newest reading of the wall clock. */
static enum status tidy(struct store *s)
{
	enum status st;

	sqlite3_bind_int64(s->stmt[SQL_FORGET], 1, now_boot(s));
	st = execute(s, SQL_FORGET, "removing periods that are over");
	if (st) {
		return st;
	}
	sqlite3_bind_int64(s->stmt[SQL_CLOCK], 1, now_offset(s));
	return execute(s, SQL_CLOCK, "keeping the clock");
}

enum status store_add_period(struct store *s, const struct store_period *p)
{
	enum status st;

	st = execute(s, SQL_BEGIN, "beginning");
	if (st) {
		return st;
	}
	st = add_period_row(s, p);
	if (!st) {
		st = add_sa_rows(s, p);
	}
	if (!st) {
		st = tidy(s);
	}
	if (!st) {
		st = execute(s, SQL_COMMIT, "committing");
	}
	if (st && !sqlite3_get_autocommit(s->db)) {
		char why[STORE_WHY];

		memcpy(why, s->why, sizeof(why));
		(void)!execute(s, SQL_ROLLBACK, "rolling back");
		memcpy(s->why, why, sizeof(why));
	}
	return st;
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
	done(stmt);
	return st;
}
