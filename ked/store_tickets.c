// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrations, ticket keys and pairs as rows. A row is trusted no more than a message. */
#include "ked/store_tickets.h"

#include <stdio.h>
#include <string.h>

#include "ked/store_internal.h"
#include "util/cursor.h"
#include "util/secret.h"

#define ASSOC_OCTETS (2 + NTS_ASSOC_VALUE_MAX)	/* of an identity in a list */

static enum status damaged(struct store *s, const char *table, int64_t id)
{
	snprintf(s->why, sizeof(s->why), "row %lld of its table %s, or what belongs to it, is "
		 "damaged", (long long)id, table);
	return ST_STORE;
}

/* ---- lists as blobs ---- */

static void bind_macs(sqlite3_stmt *stmt, int i, const uint16_t *macs, size_t n)
{
	uint8_t octets[2 * NTS_ALGS_MAX];
	struct wcur w = wcur_init(octets, sizeof(octets));
	size_t k;

	for (k = 0; k < n; k++) {
		wcur_u16(&w, macs[k]);
	}
	sqlite3_bind_blob(stmt, i, octets, (int)w.used, SQLITE_TRANSIENT);
}

static bool read_macs(sqlite3_stmt *stmt, int i, uint16_t macs[NTS_ALGS_MAX], uint8_t *n)
{
	struct rcur c = rcur_init(sqlite3_column_blob(stmt, i),
				  (size_t)sqlite3_column_bytes(stmt, i));

	for (*n = 0; c.left && *n < NTS_ALGS_MAX && !c.st; (*n)++) {
		rcur_u16(&c, &macs[*n]);
	}
	return !c.st && !c.left && *n;
}

static void bind_identities(sqlite3_stmt *stmt, int i, const struct nts_assoc *ids, size_t n)
{
	uint8_t octets[NTS_IDENTITIES_MAX * ASSOC_OCTETS];
	struct wcur w = wcur_init(octets, sizeof(octets));
	size_t k;

	for (k = 0; k < n; k++) {
		wcur_u16(&w, ids[k].type);
		wcur_octets(&w, ids[k].value, nts_assoc_value_len(ids[k].type));
	}
	sqlite3_bind_blob(stmt, i, octets, (int)w.used, SQLITE_TRANSIENT);
}

static bool identity_ok(const struct nts_assoc *a)
{
	return a->type != NTS_ASSOC_GROUP && !nts_assoc_check(a);
}

static bool read_identities(sqlite3_stmt *stmt, int i, struct nts_assoc ids[NTS_IDENTITIES_MAX],
			    uint8_t *n)
{
	struct rcur c = rcur_init(sqlite3_column_blob(stmt, i),
				  (size_t)sqlite3_column_bytes(stmt, i));

	for (*n = 0; c.left && *n < NTS_IDENTITIES_MAX; (*n)++) {
		struct nts_assoc *a = &ids[*n];

		rcur_u16(&c, &a->type);
		rcur_octets(&c, a->value, nts_assoc_value_len(a->type));
		if (c.st || !identity_ok(a)) {
			return false;
		}
	}
	return !c.left && *n;
}

/* ---- loading ---- */

static bool read_own_identities(struct store *s, struct store_registration *r)
{
	sqlite3_stmt *stmt = s->stmt[SQL_IDENTITIES];
	bool ok = true;
	int64_t type;
	int rc;

	sqlite3_bind_int64(stmt, 1, r->id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && ok) {
		struct nts_assoc *a = &r->identities[r->n_identities];

		ok = r->n_identities < NTS_IDENTITIES_MAX &&
		     store_column_number(stmt, 0, 0, UINT16_MAX, &type);
		if (ok) {
			a->type = (uint16_t)type;
			ok = store_column_octets(stmt, 1, a->value, nts_assoc_value_len(a->type)) &&
			     identity_ok(a);
			r->n_identities += ok;
		}
	}
	store_done(stmt);
	return ok && rc == SQLITE_DONE;
}

/* "" is what a store of before did not know. */
static bool read_names(sqlite3_stmt *stmt, int i, char out[CLIENT_TEXT])
{
	size_t len = (size_t)sqlite3_column_bytes(stmt, i);
	struct tls_peer peer;

	if (len >= CLIENT_TEXT || !store_column_octets(stmt, i, (uint8_t *)out, len)) {
		return !len && sqlite3_column_type(stmt, i) == SQLITE_BLOB;
	}
	return strlen(out) == len && client_read_names(out, &peer);
}

/* One without identities has lost them to another since it ended. */
static enum status load_registration(struct store *s, sqlite3_stmt *stmt,
				     const struct store_takers *takers)
{
	struct store_registration r = { .id = sqlite3_column_int64(stmt, 0) };
	const unsigned char *section = sqlite3_column_text(stmt, 3);

	if (!store_column_octets(stmt, 1, r.client, sizeof(r.client)) ||
	    !store_column_octets(stmt, 2, r.fingerprint, sizeof(r.fingerprint)) || !section ||
	    strlen((const char *)section) >= sizeof(r.section) ||
	    !read_macs(stmt, 4, r.macs, &r.n_macs) ||
	    !store_column_octets(stmt, 5, r.crl_name, sizeof(r.crl_name)) ||
	    !read_names(stmt, 6, r.names) ||
	    !read_own_identities(s, &r)) {
		return damaged(s, "registration", r.id);
	}
	snprintf(r.section, sizeof(r.section), "%s", (const char *)section);
	return r.n_identities ? takers->registration(takers->ctx, &r) : ST_OK;
}

static bool read_ticket_key(struct store *s, sqlite3_stmt *stmt, struct store_ticket_key *k)
{
	int64_t grace, named, aead, key_id;
	const struct alg_aead *alg;

	if (!store_column_number(stmt, 1, 1, INT64_MAX, &k->registration) ||
	    !store_column_number(stmt, 2, INT64_MIN, INT64_MAX, &k->start_ms) ||
	    !store_column_number(stmt, 3, INT64_MIN, INT64_MAX, &k->renew_ms) ||
	    !store_column_number(stmt, 4, INT64_MIN, INT64_MAX, &k->update_ms) ||
	    !store_column_number(stmt, 5, INT64_MIN, INT64_MAX, &k->end_ms) ||
	    !store_column_number(stmt, 6, 0, UINT32_MAX, &grace) ||
	    !store_column_number(stmt, 7, 1, UINT16_MAX, &named) ||
	    !store_column_octets(stmt, 8, k->policy.spp, NTS_PTP_TYPES) ||
	    !store_column_number(stmt, 9, 0, UINT16_MAX, &aead) ||
	    !store_column_number(stmt, 10, 1, UINT32_MAX, &key_id)) {
		return false;
	}
	alg = alg_aead((uint16_t)aead);
	if (!alg || !store_read_key(s, stmt, 11, SEAL_TICKET, k->registration, (uint32_t)key_id,
				    k->key.key, alg->key_len)) {
		return false;
	}
	k->grace = (uint32_t)grace;
	k->policy.named = (uint16_t)named;
	k->key.id = (uint32_t)key_id;
	k->key.aead = alg->number;
	k->key.len = alg->key_len;
	return k->start_ms < k->renew_ms && k->renew_ms <= k->update_ms &&
	       k->update_ms < k->end_ms;
}

static enum status load_ticket_key(struct store *s, sqlite3_stmt *stmt,
				   const struct store_takers *takers)
{
	struct store_ticket_key k = { .id = sqlite3_column_int64(stmt, 0) };
	enum status st;

	st = read_ticket_key(s, stmt, &k) ? takers->ticket_key(takers->ctx, &k)
					  : damaged(s, "ticket_key", k.id);
	secret_wipe(&k, sizeof(k));
	return st;
}

static bool read_pair_sas(struct store *s, struct store_pair *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_PAIR_SAS];
	bool ok = true;
	int rc;

	sqlite3_bind_int64(stmt, 1, p->id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && ok) {
		ok = p->n_sa < NTS_SA_MAX &&
		     store_read_sa(s, stmt, SEAL_PAIR, p->id, &p->sa[p->n_sa]);
		p->n_sa += ok;
	}
	store_done(stmt);
	return ok && rc == SQLITE_DONE && p->n_sa;
}

static enum status load_pair(struct store *s, sqlite3_stmt *stmt,
			     const struct store_takers *takers)
{
	struct store_pair p = { .id = sqlite3_column_int64(stmt, 0) };
	enum status st;

	p.ticket_key = sqlite3_column_int64(stmt, 1);
	if (store_column_octets(stmt, 2, p.client, sizeof(p.client)) &&
	    read_identities(stmt, 3, p.identities, &p.n_identities) && read_pair_sas(s, &p)) {
		st = takers->pair(takers->ctx, &p);
	} else {
		st = damaged(s, "pair", p.id);
	}
	secret_wipe(&p, sizeof(p));
	return st;
}

typedef enum status (*load_row)(struct store *s, sqlite3_stmt *stmt,
				const struct store_takers *takers);

static enum status load(struct store *s, enum store_sql which, load_row row,
			const struct store_takers *takers)
{
	sqlite3_stmt *stmt = s->stmt[which];
	enum status st = ST_OK;
	int rc = SQLITE_DONE;

	sqlite3_bind_int64(stmt, 1, store_now(s));
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		st = row(s, stmt, takers);
	}
	if (!st && rc != SQLITE_DONE) {
		st = store_failed(s, "reading registrations");
	}
	store_done(stmt);
	return st;
}

enum status store_load_tickets(struct store *s, const struct store_takers *takers)
{
	enum status st = load(s, SQL_REGISTRATIONS, load_registration, takers);

	if (!st) {
		st = load(s, SQL_TICKET_KEYS, load_ticket_key, takers);
	}
	return st ? st : load(s, SQL_PAIRS, load_pair, takers);
}

/* ---- changing ---- */

static int64_t forget_at(const struct store_ticket_key *k)
{
	return k->end_ms + (int64_t)k->grace * 1000;
}

static enum status put_registration_row(struct store *s, struct store_registration *r,
					int64_t forget)
{
	enum store_sql which = r->id ? SQL_CHANGE_REGISTRATION : SQL_ADD_REGISTRATION;
	sqlite3_stmt *stmt = s->stmt[which];
	enum status st;

	sqlite3_bind_blob(stmt, 1, r->client, sizeof(r->client), SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 2, r->fingerprint, sizeof(r->fingerprint), SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, r->section, -1, SQLITE_STATIC);
	bind_macs(stmt, 4, r->macs, r->n_macs);
	sqlite3_bind_int64(stmt, 5, forget);
	sqlite3_bind_blob(stmt, 6, r->crl_name, sizeof(r->crl_name), SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 7, r->names, (int)strlen(r->names), SQLITE_STATIC);
	if (r->id) {
		sqlite3_bind_int64(stmt, 8, r->id);
	}
	st = store_execute(s, which, "keeping a registration");
	if (!st && !r->id) {
		r->id = sqlite3_last_insert_rowid(s->db);
	}
	return st;
}

static enum status drop_identities(struct store *s, int64_t id)
{
	sqlite3_bind_int64(s->stmt[SQL_DROP_IDENTITIES], 1, id);
	return store_execute(s, SQL_DROP_IDENTITIES, "removing identities");
}

static enum status put_identities(struct store *s, const struct store_registration *r)
{
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_IDENTITY];
	enum status st = drop_identities(s, r->id);
	size_t i;

	for (i = 0; i < r->n_identities && !st; i++) {
		const struct nts_assoc *a = &r->identities[i];

		sqlite3_bind_int(stmt, 1, a->type);
		sqlite3_bind_blob(stmt, 2, a->value, (int)nts_assoc_value_len(a->type),
				  SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, r->id);
		st = store_execute(s, SQL_ADD_IDENTITY, "keeping an identity");
	}
	return st;
}

static enum status add_ticket_key(struct store *s, int64_t registration,
				  struct store_ticket_key *k)
{
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_TICKET_KEY];
	enum status st = store_bind_key(s, stmt, 12, SEAL_TICKET, registration, k->key.id,
					k->key.key, k->key.len);

	if (st) {
		return st;
	}
	sqlite3_bind_int64(stmt, 1, registration);
	sqlite3_bind_int64(stmt, 2, k->start_ms);
	sqlite3_bind_int64(stmt, 3, k->renew_ms);
	sqlite3_bind_int64(stmt, 4, k->update_ms);
	sqlite3_bind_int64(stmt, 5, k->end_ms);
	sqlite3_bind_int64(stmt, 6, forget_at(k));
	sqlite3_bind_int64(stmt, 7, k->grace);
	sqlite3_bind_int(stmt, 8, k->policy.named);
	sqlite3_bind_blob(stmt, 9, k->policy.spp, NTS_PTP_TYPES, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 10, k->key.aead);
	sqlite3_bind_int64(stmt, 11, k->key.id);
	st = store_execute(s, SQL_ADD_TICKET_KEY, "adding a ticket key");
	if (!st) {
		k->registration = registration;
		k->id = sqlite3_last_insert_rowid(s->db);
	}
	return st;
}

static enum status add_ticket_keys(struct store *s, int64_t registration,
				   struct store_ticket_key *keys, size_t n)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n && !st; i++) {
		if (!keys[i].id) {
			st = add_ticket_key(s, registration, &keys[i]);
		}
	}
	return st;
}

static enum status revoke_rows(struct store *s, const int64_t *ids, size_t n)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n && !st; i++) {
		sqlite3_bind_int64(s->stmt[SQL_REVOKE], 1, ids[i]);
		st = store_execute(s, SQL_REVOKE, "taking back a registration");
		if (!st) {
			st = drop_identities(s, ids[i]);
		}
	}
	return st;
}

/* What is over goes; the newest reading of the wall clock is kept. */
static enum status tidy(struct store *s)
{
	static const enum store_sql tables[] = {
		SQL_FORGET_TICKET_KEYS, SQL_FORGET_REGISTRATIONS,
	};
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !st; i++) {
		sqlite3_bind_int64(s->stmt[tables[i]], 1, store_now(s));
		st = store_execute(s, tables[i], "removing registrations that are over");
	}
	return st ? st : store_keep_clock(s);
}

static enum status put_registration(struct store *s, struct store_registration *r,
				    struct store_ticket_key *keys, size_t n_keys,
				    const int64_t *gone, size_t n_gone)
{
	enum status st = revoke_rows(s, gone, n_gone);

	if (!st) {
		st = put_registration_row(s, r, forget_at(&keys[n_keys - 1]));
	}
	if (!st) {
		st = put_identities(s, r);
	}
	if (!st) {
		st = add_ticket_keys(s, r->id, keys, n_keys);
	}
	return st ? st : tidy(s);
}

enum status store_put_registration(struct store *s, struct store_registration *r,
				   struct store_ticket_key *keys, size_t n_keys,
				   const int64_t *gone, size_t n_gone)
{
	enum status st = store_begin(s);

	if (!st) {
		st = put_registration(s, r, keys, n_keys, gone, n_gone);
	}
	return store_end(s, st);
}

enum status store_revoke(struct store *s, const int64_t *ids, size_t n)
{
	enum status st = store_begin(s);

	if (!st) {
		st = revoke_rows(s, ids, n);
	}
	if (!st) {
		st = tidy(s);
	}
	return store_end(s, st);
}

static enum status change_pair(struct store *s, const struct store_pair *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_CHANGE_PAIR];

	bind_identities(stmt, 1, p->identities, p->n_identities);
	sqlite3_bind_int64(stmt, 2, p->id);
	return store_execute(s, SQL_CHANGE_PAIR, "keeping a requester's identities");
}

static enum status add_pair(struct store *s, struct store_pair *p)
{
	sqlite3_stmt *stmt = s->stmt[SQL_ADD_PAIR];
	enum status st;
	size_t i;

	sqlite3_bind_int64(stmt, 1, p->ticket_key);
	sqlite3_bind_blob(stmt, 2, p->client, sizeof(p->client), SQLITE_STATIC);
	bind_identities(stmt, 3, p->identities, p->n_identities);
	st = store_execute(s, SQL_ADD_PAIR, "adding a requester");
	if (st) {
		return st;
	}
	p->id = sqlite3_last_insert_rowid(s->db);
	for (i = 0; i < p->n_sa && !st; i++) {
		st = store_add_sa(s, SQL_ADD_PAIR_SA, SEAL_PAIR, p->id, &p->sa[i]);
	}
	return st;
}

enum status store_put_pairs(struct store *s, struct store_pair *pairs, size_t n)
{
	enum status st = store_begin(s);
	size_t i;

	for (i = 0; i < n && !st; i++) {
		st = pairs[i].id ? change_pair(s, &pairs[i]) : add_pair(s, &pairs[i]);
	}
	if (!st) {
		st = tidy(s);
	}
	return store_end(s, st);
}
