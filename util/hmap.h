/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of nodes that lie inside other things. Hashes are keyed with a seed, so that
 * nobody outside can choose things that meet in one place. Holds no memory of its nodes; a
 * node may not move while it is in the table. Several things may have one hash: the caller
 * compares. Not for two threads at once where one of them changes it.
 */
#ifndef NTS_UTIL_HMAP_H
#define NTS_UTIL_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct hmap_node {
	struct hmap_node *next;
	uint64_t hash;
};

struct hmap {
	struct hmap_node **bucket;
	size_t buckets;		/* a power of two */
	size_t n;		/* nodes in it */
	size_t swept;		/* the bucket that hmap_sweep looks at next */
	uint64_t seed;
};

/* seed: random. ST_NO_MEMORY. */
enum status hmap_init(struct hmap *m, uint64_t seed) MUST_CHECK;

/* Frees the table, not what its nodes are in. */
void hmap_free(struct hmap *m);

/* Of len octets at data and a number. */
uint64_t hmap_hash(const struct hmap *m, uint64_t number, const void *data, size_t len);

/* Never fails: without memory to grow the table gets slower. */
void hmap_add(struct hmap *m, struct hmap_node *node, uint64_t hash);

/* node must be in the table. */
void hmap_remove(struct hmap *m, struct hmap_node *node);

/* The first node with this hash, and the one after node with node's hash; NULL: none. */
struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash);
struct hmap_node *hmap_again(const struct hmap_node *node);

/*
 * Calls visit for each node of the next few buckets, and all of them in turn in the course of
 * many calls. visit may remove and free the node that it is called for, and no other.
 */
typedef void (*hmap_visit)(void *ctx, struct hmap_node *node);
void hmap_sweep(struct hmap *m, size_t buckets, hmap_visit visit, void *ctx);

#endif
