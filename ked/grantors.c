// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrations of grantors and their ticket keys. Must not hand out what is not stored. */
#include "ked/grantors_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ked/keys.h"
#include "util/log.h"
#include "util/secret.h"

/* ---- the tables ---- */

void grantors_client(const struct tls_peer *peer, uint8_t out[STORE_DIGEST])
{
	char text[2 * TLS_DN_MAX + 1];
	int len = snprintf(text, sizeof(text), "%s\n%s", peer->issuer, peer->subject);

	crypto_sha256(text, (size_t)len, out);	/* no name has a newline in it */
}

static uint64_t identity_hash(const struct grantors *g, const struct nts_assoc *id)
{
	return hmap_hash(&g->identities, id->type, id->value, sizeof(id->value));
}

static uint64_t client_hash(const struct grantors *g, const uint8_t client[STORE_DIGEST])
{
	return hmap_hash(&g->clients, 0, client, STORE_DIGEST);
}

struct registration *grantors_by_identity(const struct grantors *g, const struct nts_assoc *id)
{
	struct hmap_node *node = hmap_first(&g->identities, identity_hash(g, id));

	for (; node; node = hmap_again(node)) {
		struct identity *i = (struct identity *)node;

		if (nts_assoc_equal(&i->assoc, id)) {
			return i->of;
		}
	}
	return NULL;
}

const struct store_ticket_key *grantors_period(const struct registration *r, int64_t now,
					       const struct store_ticket_key **next)
{
	size_t i;

	*next = NULL;
	for (i = 0; i < r->n_keys; i++) {
		if (now < r->key[i].end_ms) {
			*next = i + 1 < r->n_keys ? &r->key[i + 1] : NULL;
			return &r->key[i];
		}
	}
	return NULL;
}

static bool is_over(const struct registration *r, int64_t now)
{
	return !r->n_keys || now >= r->key[r->n_keys - 1].end_ms;
}

uint32_t grantors_seconds(int64_t from_ms, int64_t to_ms)
{
	return to_ms > from_ms ? (uint32_t)((to_ms - from_ms + 999) / 1000) : 0;
}

static size_t registration_size(size_t n_identities)
{
	return sizeof(struct registration) + n_identities * sizeof(struct identity);
}

/* Everything of the row but its keys, not in any table yet. NULL: no memory. */
static struct registration *registration_new(const struct store_registration *row)
{
	struct registration *r = secret_alloc(registration_size(row->n_identities));
	size_t i;

	if (!r) {
		return NULL;
	}
	r->id = row->id;
	memcpy(r->client, row->client, sizeof(r->client));
	memcpy(r->fingerprint, row->fingerprint, sizeof(r->fingerprint));
	memcpy(r->section, row->section, sizeof(r->section));
	r->macs.n = row->n_macs;
	memcpy(r->macs.list, row->macs, sizeof(r->macs.list));
	r->n_identities = row->n_identities;
	for (i = 0; i < r->n_identities; i++) {
		r->identity[i].assoc = row->identities[i];
		r->identity[i].of = r;
	}
	return r;
}

static void registration_free(struct registration *r)
{
	secret_free(r, registration_size(r->n_identities));
}

static void link_registration(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_add(&g->clients, &r->node, client_hash(g, r->client));
	for (i = 0; i < r->n_identities; i++) {
		hmap_add(&g->identities, &r->identity[i].node,
			 identity_hash(g, &r->identity[i].assoc));
	}
}

static void drop_registration(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_remove(&g->clients, &r->node);
	for (i = 0; i < r->n_identities; i++) {
		hmap_remove(&g->identities, &r->identity[i].node);
	}
	registration_free(r);
}

/* ---- from the store and back to nothing ---- */

struct loading {
	struct grantors *g;
	struct hmap ids;	/* registrations by id, ticket keys' ends by id */
	struct by_id *list;
};

struct by_id {
	struct hmap_node node;
	struct by_id *next;
	bool is_key;
	int64_t id;
	struct registration *r;
	int64_t end_ms;
};

static enum status remember(struct loading *l, const struct by_id *what)
{
	struct by_id *b = malloc(sizeof(*b));

	if (!b) {
		return ST_NO_MEMORY;
	}
	*b = *what;
	b->next = l->list;
	l->list = b;
	hmap_add(&l->ids, &b->node, hmap_hash(&l->ids, b->is_key, &b->id, sizeof(b->id)));
	return ST_OK;
}

static const struct by_id *recall(const struct loading *l, bool is_key, int64_t id)
{
	struct hmap_node *node = hmap_first(&l->ids,
					    hmap_hash(&l->ids, is_key, &id, sizeof(id)));

	for (; node; node = hmap_again(node)) {
		const struct by_id *b = (const struct by_id *)node;

		if (b->is_key == is_key && b->id == id) {
			return b;
		}
	}
	return NULL;
}

static enum status take_registration(void *ctx, const struct store_registration *row)
{
	struct loading *l = ctx;
	struct by_id what = { .id = row->id };

	what.r = registration_new(row);
	if (!what.r) {
		return ST_NO_MEMORY;
	}
	link_registration(l->g, what.r);
	return remember(l, &what);
}

/* What the store has besides one period and the one that follows it is left alone. */
static enum status take_ticket_key(void *ctx, const struct store_ticket_key *k)
{
	struct loading *l = ctx;
	const struct by_id *b = recall(l, false, k->registration);
	struct by_id what = { .is_key = true, .id = k->id, .end_ms = k->end_ms };
	struct registration *r = b ? b->r : NULL;

	if (!r || r->n_keys == PERIODS || (r->n_keys && r->key[0].end_ms != k->start_ms)) {
		return ST_OK;
	}
	r->key[r->n_keys++] = *k;
	return remember(l, &what);
}

static enum status take_pair(void *ctx, const struct store_pair *p)
{
	struct loading *l = ctx;
	const struct by_id *b = recall(l, true, p->ticket_key);

	return b ? pairs_take(l->g, p, b->end_ms) : ST_OK;
}

static enum status load(struct grantors *g, uint64_t seed)
{
	struct loading l = { .g = g };
	struct store_takers takers = { take_registration, take_ticket_key, take_pair, &l };
	enum status st = hmap_init(&l.ids, seed);

	if (!st) {
		st = store_load_tickets(g->store, &takers);
	}
	while (l.list) {
		struct by_id *b = l.list;

		l.list = b->next;
		free(b);
	}
	hmap_free(&l.ids);
	return st;
}

static enum status init_tables(struct grantors *g)
{
	struct hmap *tables[] = { &g->clients, &g->identities, &g->pairs, &g->requesters };
	enum status st = ST_OK;
	uint64_t seed;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !st; i++) {
		st = crypto_random((uint8_t *)&seed, sizeof(seed));
		if (!st) {
			st = hmap_init(tables[i], seed);
		}
	}
	return st ? st : load(g, seed);
}

enum status grantors_new(struct store *store, struct grantors **out)
{
	struct grantors *g = calloc(1, sizeof(*g));
	enum status st;

	if (!g) {
		return ST_NO_MEMORY;
	}
	g->store = store;
	pthread_rwlock_init(&g->lock, NULL);
	st = init_tables(g);
	if (st) {
		grantors_free(g);
		return st;
	}
	*out = g;
	return ST_OK;
}

static void free_visited(void *ctx, struct hmap_node *node)
{
	drop_registration(ctx, (struct registration *)node);
}

void grantors_free(struct grantors *g)
{
	if (!g) {
		return;
	}
	hmap_sweep(&g->clients, g->clients.buckets, free_visited, g);
	pairs_free_all(g);
	hmap_free(&g->clients);
	hmap_free(&g->identities);
	hmap_free(&g->pairs);
	hmap_free(&g->requesters);
	pthread_rwlock_destroy(&g->lock);
	free(g);
}

/* ---- registering ---- */

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

static bool lists(const uint16_t *list, size_t n, uint16_t number)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == number) {
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
	       lists(q->aeads, q->n_aeads, current->key.aead) &&
	       (!next || lists(q->aeads, q->n_aeads, next->key.aead));
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
		if (!is_over(r, m->now) && memcmp(r->client, m->ask->client, STORE_DIGEST) != 0) {
			return ST_NOT_AUTHORIZED;
		}
		m->gone[m->n_gone++] = r;
	}
	return ST_OK;
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
	memcpy(row->fingerprint, m->ask->fingerprint, sizeof(row->fingerprint));
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
		if (lists(allowed->list, allowed->n, m->row.macs[i])) {
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
	    strcmp(r->section, m->row.section) != 0) {
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
	m->fresh = registration_new(&m->row);
	if (!m->fresh) {
		return ST_NO_MEMORY;
	}
	st = store_put_registration(g->store, &m->row, m->key, m->n_keys, gone, m->n_gone);
	if (st) {
		registration_free(m->fresh);
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

	if (is_over(r, m->now) && r != m->old && !is_gone(m, r) &&
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
		drop_registration(g, m->gone[i]);
	}
	if (m->old) {
		drop_registration(g, m->old);
	}
	link_registration(g, m->fresh);
	pthread_rwlock_unlock(&g->lock);
}

static enum status make(struct grantors *g, struct making *m)
{
	enum status st = find_holders(g, m);

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

/* ---- taking back, finding ---- */

#define REVOKE_AT_ONCE 64	/* in one transaction */

/* The next registrations of a client; over or not, they all go. */
static size_t of_client(const struct grantors *g, const uint8_t client[STORE_DIGEST],
			struct registration *out[REVOKE_AT_ONCE], int64_t ids[REVOKE_AT_ONCE])
{
	struct hmap_node *node = hmap_first(&g->clients, client_hash(g, client));
	size_t n = 0;

	for (; node && n < REVOKE_AT_ONCE; node = hmap_again(node)) {
		struct registration *r = (struct registration *)node;

		if (!memcmp(r->client, client, STORE_DIGEST)) {
			out[n] = r;
			ids[n++] = r->id;
		}
	}
	return n;
}

static enum status revoke_some(struct grantors *g, const uint8_t client[STORE_DIGEST], int64_t now,
			       size_t *n, size_t *live)
{
	struct registration *r[REVOKE_AT_ONCE];
	int64_t ids[REVOKE_AT_ONCE];
	enum status st;
	size_t i;

	*n = of_client(g, client, r, ids);
	if (!*n) {
		return ST_OK;
	}
	st = store_revoke(g->store, ids, *n);
	if (st) {
		return st;
	}
	pthread_rwlock_wrlock(&g->lock);
	for (i = 0; i < *n; i++) {
		*live += !is_over(r[i], now);
		drop_registration(g, r[i]);
	}
	pthread_rwlock_unlock(&g->lock);
	return ST_OK;
}

enum status grantors_revoke(struct grantors *g, const uint8_t client[STORE_DIGEST],
			    uint64_t now_ms, size_t *n)
{
	size_t some = REVOKE_AT_ONCE, live = 0;
	enum status st = ST_OK;

	store_lock(g->store);
	while (!st && some == REVOKE_AT_ONCE) {
		st = revoke_some(g, client, (int64_t)now_ms, &some, &live);
	}
	store_unlock(g->store);
	if (!st && !live) {
		st = ST_NOT_REGISTERED;
	}
	if (!st) {
		*n = live;
	}
	return st;
}

bool grantors_find(struct grantors *g, const struct nts_assoc *identity, uint64_t now_ms,
		   struct grantors_found *out)
{
	struct registration *r;
	bool found;

	pthread_rwlock_rdlock(&g->lock);
	r = grantors_by_identity(g, identity);
	found = r && !is_over(r, (int64_t)now_ms);
	if (found) {
		out->registration = r->id;
		memcpy(out->section, r->section, sizeof(out->section));
		memcpy(out->client, r->client, sizeof(out->client));
		memcpy(out->fingerprint, r->fingerprint, sizeof(out->fingerprint));
	}
	pthread_rwlock_unlock(&g->lock);
	return found;
}

void grantors_count(struct grantors *g, struct grantors_counts *out)
{
	pthread_rwlock_rdlock(&g->lock);
	out->registrations = g->clients.n;
	out->pairs = g->pairs.n;
	pthread_rwlock_unlock(&g->lock);
}
