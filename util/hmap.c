// SPDX-License-Identifier: GPL-2.0-or-later
/* A hash table with chains. Must not allocate for a node. */
#include "util/hmap.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 64

enum status hmap_init(struct hmap *m, uint64_t seed)
{
	struct hmap_node **bucket = calloc(BUCKETS_FIRST, sizeof(*bucket));

	if (!bucket) {
		return ST_NO_MEMORY;
	}
	*m = (struct hmap){ .bucket = bucket, .buckets = BUCKETS_FIRST, .seed = seed };
	return ST_OK;
}

void hmap_free(struct hmap *m)
{
	free(m->bucket);
	*m = (struct hmap){ 0 };
}

/* Both halves of the product of two words, folded. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hmap_hash(const struct hmap *m, uint64_t number, const void *data, size_t len)
{
	uint64_t hash = mix(m->seed ^ number, 0x9E3779B97F4A7C15) ^ m->seed;
	const uint8_t *at = data;
	uint64_t word;
	size_t n;

	for (; len > 0; len -= n, at += n) {
		word = 0;
		n = len < sizeof(word) ? len : sizeof(word);
		memcpy(&word, at, n);
		hash = mix(hash ^ word, 0xD6E8FEB86659FD93 ^ m->seed) + n;
	}
	return mix(hash, 0xA0761D6478BD642F);
}

static struct hmap_node **bucket_of(const struct hmap *m, uint64_t hash)
{
	return &m->bucket[hash & (m->buckets - 1)];
}

static void link_node(struct hmap *m, struct hmap_node *node)
{
	struct hmap_node **bucket = bucket_of(m, node->hash);

	node->next = *bucket;
	*bucket = node;
}

static void grow(struct hmap *m)
{
	struct hmap old = *m;
	struct hmap_node *node, *next;
	size_t i;

	m->bucket = calloc(old.buckets * 2, sizeof(*m->bucket));
	if (!m->bucket) {
		*m = old;
		return;
	}
	m->buckets = old.buckets * 2;
	for (i = 0; i < old.buckets; i++) {
		for (node = old.bucket[i]; node; node = next) {
			next = node->next;
			link_node(m, node);
		}
	}
	free(old.bucket);
}

void hmap_add(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
	if (m->n >= m->buckets) {
		grow(m);
	}
	node->hash = hash;
	link_node(m, node);
	m->n++;
}

void hmap_remove(struct hmap *m, struct hmap_node *node)
{
	struct hmap_node **at = bucket_of(m, node->hash);

	while (*at != node) {
		at = &(*at)->next;
	}
	*at = node->next;
	m->n--;
}

static struct hmap_node *with_hash(struct hmap_node *node, uint64_t hash)
{
	while (node && node->hash != hash) {
		node = node->next;
	}
	return node;
}

struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash)
{
	return with_hash(*bucket_of(m, hash), hash);
}

struct hmap_node *hmap_again(const struct hmap_node *node)
{
	return with_hash(node->next, node->hash);
}

void hmap_sweep(struct hmap *m, size_t buckets, hmap_visit visit, void *ctx)
{
	struct hmap_node *node, *next;

	for (; buckets > 0; buckets--) {
		m->swept = (m->swept + 1) & (m->buckets - 1);
		for (node = m->bucket[m->swept]; node; node = next) {
			next = node->next;
			visit(ctx, node);
		}
	}
}
