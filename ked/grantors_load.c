// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store has of grantors and their pairs, into memory: grantors_load.h. */
#include "ked/grantors_load.h"

#include <stdlib.h>

#include "ked/pairs.h"

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

enum status grantors_load(struct grantors *g, uint64_t seed)
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
