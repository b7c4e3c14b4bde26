// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is registered as a grantor: tables in memory, from the store at the start. */
#include "ked/grantors_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/secret.h"

/* ---- the tables ---- */

#define CLIENT_TEXT (2 * TLS_DN_MAX + TLS_NAMES_MAX * (TLS_NAME_MAX + 2))

static size_t add_text(char text[CLIENT_TEXT], size_t len, char kind, const char *name)
{
	int n = snprintf(text + len, CLIENT_TEXT - len, "\n%c%s", kind, name);

	return len + (size_t)n;
}

/*
 * Many certificates have an empty subject: then their alternative names are who it is (RFC 5280,
 * 4.1.2.6), or the certificate itself where there are none. No name has a newline in it.
 */
void grantors_client(const struct tls_peer *peer, uint8_t out[STORE_DIGEST])
{
	char text[CLIENT_TEXT];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s\n%s", peer->issuer, peer->subject);
	size_t i;

	for (i = 0; !peer->subject[0] && i < peer->n_names; i++) {
		len = add_text(text, len, peer->names[i].kind, peer->names[i].text);
	}
	if (!peer->subject[0] && !peer->n_names) {
		memcpy(text + len, peer->fingerprint, STORE_DIGEST);
		len += STORE_DIGEST;
	}
	crypto_sha256(text, len, out);
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

bool grantors_over(const struct registration *r, int64_t now)
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
struct registration *grantors_registration_new(const struct store_registration *row)
{
	struct registration *r = secret_alloc(registration_size(row->n_identities));
	size_t i;

	if (!r) {
		return NULL;
	}
	r->id = row->id;
	memcpy(r->client, row->client, sizeof(r->client));
	memcpy(r->fingerprint, row->fingerprint, sizeof(r->fingerprint));
	memcpy(r->crl_name, row->crl_name, sizeof(r->crl_name));
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

void grantors_registration_free(struct registration *r)
{
	secret_free(r, registration_size(r->n_identities));
}

void grantors_link(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_add(&g->clients, &r->node, client_hash(g, r->client));
	for (i = 0; i < r->n_identities; i++) {
		hmap_add(&g->identities, &r->identity[i].node,
			 identity_hash(g, &r->identity[i].assoc));
	}
}

void grantors_drop(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_remove(&g->clients, &r->node);
	for (i = 0; i < r->n_identities; i++) {
		hmap_remove(&g->identities, &r->identity[i].node);
	}
	grantors_registration_free(r);
}

bool grantors_lists(const uint16_t *list, size_t n, uint16_t number)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == number) {
			return true;
		}
	}
	return false;
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

	what.r = grantors_registration_new(row);
	if (!what.r) {
		return ST_NO_MEMORY;
	}
	grantors_link(l->g, what.r);
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
	grantors_drop(ctx, (struct registration *)node);
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
		*live += !grantors_over(r[i], now);
		grantors_drop(g, r[i]);
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
	found = r && !grantors_over(r, (int64_t)now_ms);
	if (found) {
		out->registration = r->id;
		memcpy(out->section, r->section, sizeof(out->section));
		memcpy(out->client, r->client, sizeof(out->client));
		memcpy(out->fingerprint, r->fingerprint, sizeof(out->fingerprint));
		memcpy(out->crl_name, r->crl_name, sizeof(out->crl_name));
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
