// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registering: what a grantor gets, and what it replaces. Must not hand out what is not stored.
 */
#include <string.h>

#include "ked/grantors_tables.h"
#include "ked/keys.h"
#include "util/secret.h"

/* A registration on its way. */
struct making {
	const struct grantors_ask *ask;
	int64_t now;
	struct store_registration row;
	size_t n_keys;
	struct store_ticket_key key[PERIODS];
	bool changed;				/* something is to be stored */
	struct registration *old;		/* the one that it changes, or NULL */
	size_t n_gone;
	struct registration *gone[NTS_IDENTITIES_MAX + 1];	/* those that it replaces */
	struct registration *fresh;		/* what comes into memory */
};

static bool is_gone(const struct making *m, const struct registration *r)
{
	size_t i;

	for (i = 0; i < m->n_gone; i++) {
		if (m->gone[i] == r) {
			return true;
		}
	}
	return false;
}

/* Is it ours, alive, and are its ticket keys for AEADs that are offered? Then it goes on. */
static bool goes_on(const struct making *m, const struct registration *r)
{
	const struct ke_message *q = m->ask->request;
	const struct store_ticket_key *current, *next;

	current = grantors_period(r, m->now, &next);
	return current && !memcmp(r->client, m->ask->client, STORE_DIGEST) &&
	       grantors_lists(q->aeads, q->n_aeads, current->key.aead) &&
	       (!next || grantors_lists(q->aeads, q->n_aeads, next->key.aead));
}

static void take_old(struct making *m, struct registration *r)
{
	const struct store_ticket_key *current, *next;

	current = grantors_period(r, m->now, &next);
	m->old = r;
	m->row.id = r->id;
	m->key[m->n_keys++] = *current;
	if (next) {
		m->key[m->n_keys++] = *next;
	}
}

/* The first that can go on does so; the others are replaced. */
static void find_old(struct making *m)
{
	size_t i;

	for (i = 0; i < m->n_gone; i++) {
		if (goes_on(m, m->gone[i])) {
			take_old(m, m->gone[i]);
			m->gone[i] = m->gone[--m->n_gone];
			return;
		}
	}
}

/* Does it keep this identity from others? */
static bool holds(const struct making *m, const struct registration *r,
		  const struct nts_assoc *identity)
{
	struct grantors_found found;

	if (grantors_over(r, m->now)) {
		return false;
	}
	grantors_fill_found(r, &found);
	return m->ask->counts_still(m->ask->ctx, &found, identity);
}

/* Who holds these identities already: another client's are refused, ours are replaced. */
static enum status find_holders(struct grantors *g, struct making *m)
{
	const struct ke_message *q = m->ask->request;
	size_t i;

	for (i = 0; i < q->n_identities; i++) {
		struct registration *r = grantors_by_identity(g, &q->identities[i]);

		if (!r || is_gone(m, r)) {
			continue;
		}
		if (memcmp(r->client, m->ask->client, STORE_DIGEST) != 0 &&
		    holds(m, r, &q->identities[i])) {
			return ST_NOT_AUTHORIZED;
		}
		m->gone[m->n_gone++] = r;
	}
	return ST_OK;
}

/* Beside those that it replaces. A client with many identities could fill our memory. */
static bool has_too_many(const struct grantors *g, const struct making *m)
{
	struct hmap_node *node = grantors_of_client(g, m->ask->client);
	size_t n = 0;

	for (; node; node = hmap_again(node)) {
		const struct registration *r = (const struct registration *)node;

		n += !memcmp(r->client, m->ask->client, STORE_DIGEST) &&
		     !grantors_over(r, m->now) && !is_gone(m, r);
	}
	return n >= GRANTORS_REGISTRATIONS_MAX;
}

static bool has_identity(const struct store_registration *r, const struct nts_assoc *id)
{
	size_t i;

	for (i = 0; i < r->n_identities; i++) {
		if (nts_assoc_equal(&r->identities[i], id)) {
			return true;
		}
	}
	return false;
}

/* Of the request; an identity that it names twice counts once. */
static void fill_row(struct making *m)
{
	static const uint16_t default_mac = ALG_HMAC_SHA256_128;
	const struct ke_message *q = m->ask->request;
	struct store_registration *row = &m->row;
	size_t i;

	memcpy(row->client, m->ask->client, sizeof(row->client));
	memcpy(row->fingerprint, m->ask->peer->fingerprint, sizeof(row->fingerprint));
	memcpy(row->crl_name, m->ask->peer->crl_name, sizeof(row->crl_name));
	client_names(m->ask->peer, row->names);
	memcpy(row->section, m->ask->section->name, sizeof(row->section));
	row->n_macs = q->n_macs ? q->n_macs : 1;
	memcpy(row->macs, q->n_macs ? q->macs : &default_mac, row->n_macs * sizeof(row->macs[0]));
	for (i = 0; i < q->n_identities; i++) {
		if (!has_identity(row, &q->identities[i])) {
			row->identities[row->n_identities++] = q->identities[i];
		}
	}
}

/* Could any requester agree with it on a MAC algorithm? */
static bool has_common_mac(const struct making *m)
{
	const struct kedconf_macs *allowed = &m->ask->section->macs;
	size_t i;

	for (i = 0; i < m->row.n_macs; i++) {
		if (grantors_lists(allowed->list, allowed->n, m->row.macs[i])) {
			return true;
		}
	}
	return false;
}

static const struct alg_aead *choose_aead(const struct ke_message *q)
{
	const struct alg_aead *alg = NULL;
	size_t i;

	for (i = 0; i < q->n_aeads && !alg; i++) {
		alg = alg_aead(q->aeads[i]);
	}
	return alg;
}

static enum status make_key(struct grantors *g, struct making *m, int64_t start_ms)
{
	const struct kedconf_unicast *section = m->ask->section;
	const struct alg_aead *alg = choose_aead(m->ask->request);
	struct store_ticket_key *k = &m->key[m->n_keys];
	enum status st;

	if (!alg) {
		return ST_NO_COMMON_ALG;
	}
	memset(k, 0, sizeof(*k));
	k->start_ms = start_ms;
	k->end_ms = start_ms + (int64_t)section->lifetime * 1000;
	k->update_ms = k->end_ms - (int64_t)section->update_period * 1000;
	k->renew_ms = k->update_ms - (int64_t)section->lead * 1000;
	k->grace = section->grace_period;
	k->policy = section->policy;
	k->key.aead = alg->number;
	k->key.len = alg->key_len;
	st = keys_new_id(g->store, NULL, 0, &k->key.id);
	if (!st) {
		st = crypto_random_key(k->key.key, k->key.len);
	}
	m->n_keys += !st;
	m->changed |= !st;
	return st;
}

static enum status make_missing(struct grantors *g, struct making *m)
{
	if (!m->n_keys) {
		return make_key(g, m, m->now);
	}
	if (m->n_keys < PERIODS && m->now >= m->key[0].renew_ms) {
		return make_key(g, m, m->key[0].end_ms);
	}
	return ST_OK;
}

/* Does the row say something else than what is registered? */
static bool differs(const struct making *m)
{
	const struct registration *r = m->old;
	size_t i;

	if (!r || r->n_identities != m->row.n_identities || r->macs.n != m->row.n_macs ||
	    memcmp(r->macs.list, m->row.macs, m->row.n_macs * sizeof(m->row.macs[0])) != 0 ||
	    memcmp(r->fingerprint, m->row.fingerprint, STORE_DIGEST) != 0 ||
	    memcmp(r->crl_name, m->row.crl_name, STORE_DIGEST) != 0 ||
	    strcmp(r->names, m->row.names) != 0 || strcmp(r->section, m->row.section) != 0) {
		return true;
	}
	for (i = 0; i < r->n_identities; i++) {
		if (!has_identity(&m->row, &r->identity[i].assoc)) {
			return true;
		}
	}
	return false;
}

static enum status store_making(struct grantors *g, struct making *m)
{
	int64_t gone[NTS_IDENTITIES_MAX + 1];
	enum status st;
	size_t i;

	for (i = 0; i < m->n_gone; i++) {
		gone[i] = m->gone[i]->id;
	}
	m->fresh = grantors_registration_new(&m->row);
	if (!m->fresh) {
		return ST_NO_MEMORY;
	}
	st = store_put_registration(g->store, &m->row, m->key, m->n_keys, gone, m->n_gone);
	if (st) {
		grantors_registration_free(m->fresh);
		return st;
	}
	m->fresh->id = m->row.id;
	m->fresh->n_keys = (uint8_t)m->n_keys;
	memcpy(m->fresh->key, m->key, sizeof(m->key));
	return ST_OK;
}

static void sweep_visited(void *ctx, struct hmap_node *node)
{
	struct making *m = ctx;
	struct registration *r = (struct registration *)node;

	if (grantors_over(r, m->now) && r != m->old && !is_gone(m, r) &&
	    m->n_gone < sizeof(m->gone) / sizeof(m->gone[0])) {
		m->gone[m->n_gone++] = r;
	}
}

/* Those that are over and met on the way go with those that are replaced. */
static void exchange(struct grantors *g, struct making *m)
{
	size_t i;

	hmap_sweep(&g->clients, SWEEP_BUCKETS, sweep_visited, m);
	pthread_rwlock_wrlock(&g->lock);
	for (i = 0; i < m->n_gone; i++) {
		grantors_drop(g, m->gone[i]);
	}
	if (m->old) {
		grantors_drop(g, m->old);
	}
	grantors_link(g, m->fresh);
	pthread_rwlock_unlock(&g->lock);
}

static enum status make(struct grantors *g, struct making *m)
{
	enum status st = find_holders(g, m);

	if (!st && has_too_many(g, m)) {
		st = ST_LIMIT;
	}
	if (st) {
		return st;
	}
	fill_row(m);
	if (!has_common_mac(m)) {
		return ST_NO_COMMON_ALG;
	}
	find_old(m);
	st = make_missing(g, m);
	if (st || (!m->changed && !differs(m))) {
		return st;
	}
	st = store_making(g, m);
	if (!st) {
		exchange(g, m);
	}
	return st;
}

static void fill(const struct store_ticket_key *k, int64_t from_ms, struct nts_params *out)
{
	memset(out, 0, sizeof(*out));
	out->lifetime = grantors_seconds(from_ms, k->end_ms);
	out->update_in = grantors_seconds(from_ms, k->renew_ms);
	out->grace = k->grace;
	out->has_grace = true;
	out->ticket_key_id = k->key.id;
	out->aead = k->key.aead;
	out->ticket_key_len = k->key.len;
	memcpy(out->ticket_key, k->key.key, k->key.len);
}

enum status grantors_register(struct grantors *g, const struct grantors_ask *ask,
			      struct ke_message *answer)
{
	struct making m = { .ask = ask, .now = (int64_t)ask->now_ms };
	enum status st;

	store_lock(g->store);
	st = make(g, &m);
	store_unlock(g->store);
	if (!st) {
		answer->type = KE_REGISTRATION_SUCCESS;
		fill(&m.key[0], m.now, &answer->current);
		answer->has_next = m.n_keys == PERIODS;
		if (answer->has_next) {
			fill(&m.key[1], m.key[1].start_ms, &answer->next);
		}
	}
	secret_wipe(&m, sizeof(m));
	return st;
}
