/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs of a grantor and a requester in memory: one for each ticket key and requester. For those
 * who hold the lock that they need.
 */
#ifndef NTS_KED_PAIRS_H
#define NTS_KED_PAIRS_H

#include "ked/grantors_tables.h"

/* One identity of a pair's requester. */
struct pair_identity {
	struct hmap_node node;		/* of requesters */
	struct nts_assoc assoc;
	struct pair *of;
};

struct pair {
	struct hmap_node node;		/* of pairs */
	int64_t id;
	int64_t ticket_key;
	int64_t end_ms;
	uint8_t client[STORE_DIGEST];
	uint8_t n_identities;
	struct pair_identity *identity;
	uint8_t n_sa;
	struct nts_sa sa[];
};

/* The pair of this ticket key and requester, or NULL. */
struct pair *pairs_find(const struct grantors *g, int64_t ticket_key,
			const uint8_t client[STORE_DIGEST]);

/* The pair whose requester named this identity last, or NULL. */
const struct pair *pairs_find_requester(const struct grantors *g, int64_t ticket_key,
					const struct nts_assoc *id);

/* In no table yet; end_ms is its ticket key's. NULL: no memory. Freed, and wiped, where in none. */
struct pair *pairs_new(const struct store_pair *row, int64_t end_ms);
void pairs_free(struct pair *p);

/* Into the tables; out of them, and freed. */
void pairs_link(struct grantors *g, struct pair *p);
void pairs_drop(struct grantors *g, struct pair *p);

/* Takes a pair of the store into the tables. ST_NO_MEMORY. */
enum status pairs_take(struct grantors *g, const struct store_pair *row,
		       int64_t end_ms) MUST_CHECK;

/* Drops those that are over among the next few. */
void pairs_sweep(struct grantors *g, int64_t now);

void pairs_free_all(struct grantors *g);

#endif
