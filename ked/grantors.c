// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is registered as a grantor: kept, found, taken back: grantors.h. */
#include "ked/grantors.h"

#include <stdlib.h>
#include <string.h>

#include "ked/grantors_load.h"
#include "ked/pairs.h"

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
	return st ? st : grantors_load(g, seed);
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
	struct hmap_node *node = grantors_of_client(g, client);
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
		grantors_fill_found(r, out);
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
