// SPDX-License-Identifier: GPL-2.0-or-later
/* Periods of groups and their keys in the store. A row is trusted no more than a message. */
#include "ked/store_internal.h"

#include <stdio.h>

#include "util/secret.h"

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
