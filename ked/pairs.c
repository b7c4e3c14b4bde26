// SPDX-License-Identifier: GPL-2.0-or-later
/* Pairs in memory, by ticket key and client or identity: pairs.h. */
#include "ked/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

static size_t pair_size(size_t n_sa)
{
	return sizeof(struct pair) + n_sa * sizeof(struct nts_sa);
}

static uint64_t pair_hash(const struct grantors *g, int64_t ticket_key,
			  const uint8_t client[STORE_DIGEST])
{
	return hmap_hash(&g->pairs, (uint64_t)ticket_key, client, STORE_DIGEST);
}

static uint64_t requester_hash(const struct grantors *g, int64_t ticket_key,
			       const struct nts_assoc *id)
{
	return hmap_hash(&g->requesters, (uint64_t)ticket_key ^ (uint64_t)id->type << 56,
			 id->value, sizeof(id->value));
}

struct pair *pairs_find(const struct grantors *g, int64_t ticket_key,
			      const uint8_t client[STORE_DIGEST])
{
	struct hmap_node *node = hmap_first(&g->pairs, pair_hash(g, ticket_key, client));

	for (; node; node = hmap_again(node)) {
		struct pair *p = (struct pair *)node;

		if (p->ticket_key == ticket_key && !memcmp(p->client, client, STORE_DIGEST)) {
			return p;
		}
	}
	return NULL;
}

const struct pair *pairs_find_requester(const struct grantors *g, int64_t ticket_key,
					 const struct nts_assoc *id)
{
	struct hmap_node *node = hmap_first(&g->requesters, requester_hash(g, ticket_key, id));

	for (; node; node = hmap_again(node)) {
		const struct pair_identity *i = (const struct pair_identity *)node;

		if (i->of->ticket_key == ticket_key && nts_assoc_equal(&i->assoc, id)) {
			return i->of;
		}
	}
	return NULL;
}

void pairs_free(struct pair *p)
{
	free(p->identity);
	secret_free(p, pair_size(p->n_sa));
}

struct pair *pairs_new(const struct store_pair *row, int64_t end_ms)
{
	struct pair *p = secret_alloc(pair_size(row->n_sa));
	size_t i;

	if (!p) {
		return NULL;
	}
	p->n_sa = row->n_sa;
	p->identity = calloc(row->n_identities, sizeof(*p->identity));
	if (!p->identity) {
		pairs_free(p);
		return NULL;
	}
	p->id = row->id;
	p->ticket_key = row->ticket_key;
	p->end_ms = end_ms;
	memcpy(p->client, row->client, sizeof(p->client));
	memcpy(p->sa, row->sa, row->n_sa * sizeof(row->sa[0]));
	p->n_identities = row->n_identities;
	for (i = 0; i < p->n_identities; i++) {
		p->identity[i].assoc = row->identities[i];
		p->identity[i].of = p;
	}
	return p;
}

void pairs_link(struct grantors *g, struct pair *p)
{
	size_t i;

	hmap_add(&g->pairs, &p->node, pair_hash(g, p->ticket_key, p->client));
	for (i = 0; i < p->n_identities; i++) {
		hmap_add(&g->requesters, &p->identity[i].node,
			 requester_hash(g, p->ticket_key, &p->identity[i].assoc));
	}
}

void pairs_drop(struct grantors *g, struct pair *p)
{
	size_t i;

	hmap_remove(&g->pairs, &p->node);
	for (i = 0; i < p->n_identities; i++) {
		hmap_remove(&g->requesters, &p->identity[i].node);
	}
	pairs_free(p);
}

enum status pairs_take(struct grantors *g, const struct store_pair *row, int64_t end_ms)
{
	struct pair *p = pairs_new(row, end_ms);

	if (!p) {
		return ST_NO_MEMORY;
	}
	pairs_link(g, p);
	return ST_OK;
}

static void free_visited(void *ctx, struct hmap_node *node)
{
	pairs_drop(ctx, (struct pair *)node);
}

void pairs_free_all(struct grantors *g)
{
	if (g->pairs.bucket) {
		hmap_sweep(&g->pairs, g->pairs.buckets, free_visited, g);
	}
}

struct sweeping {
	struct grantors *g;
	int64_t now;
};

static void sweep_visited(void *ctx, struct hmap_node *node)
{
	struct sweeping *s = ctx;
	struct pair *p = (struct pair *)node;

	if (s->now >= p->end_ms) {
		pairs_drop(s->g, p);
	}
}

void pairs_sweep(struct grantors *g, int64_t now)
{
	struct sweeping s = { g, now };

	hmap_sweep(&g->pairs, SWEEP_BUCKETS, sweep_visited, &s);
}
