// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of a few places, found by the digest's first octets; within one the eldest makes room. */
#include "nts/tls_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 4
#define SETS (TLS_CACHE_CHAINS / PLACES)

struct place {
	uint8_t digest[TLS_CACHE_DIGEST];
	int64_t from_s;
	int64_t until_s;	/* 0: empty */
};

struct tls_cache {
	pthread_mutex_t lock;
	uint8_t eldest[SETS];
	struct place place[SETS][PLACES];
};

enum status tls_cache_new(struct tls_cache **out)
{
	struct tls_cache *c = calloc(1, sizeof(*c));

	if (!c) {
		return ST_NO_MEMORY;
	}
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return ST_OK;
}

void tls_cache_free(struct tls_cache *c)
{
	if (c) {
		pthread_mutex_destroy(&c->lock);
		free(c);
	}
}

static size_t set_of(const uint8_t digest[TLS_CACHE_DIGEST])
{
	return ((size_t)digest[0] << 8 | digest[1]) % SETS;
}

bool tls_cache_has(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s)
{
	const struct place *p = c->place[set_of(digest)];
	bool found = false;
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < PLACES && !found; i++) {
		found = !memcmp(p[i].digest, digest, TLS_CACHE_DIGEST) &&
			p[i].from_s <= now_s && now_s < p[i].until_s;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

/* The place that has this digest already, or the eldest. */
static struct place *choose(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST])
{
	size_t set = set_of(digest);
	size_t i;

	for (i = 0; i < PLACES; i++) {
		if (!memcmp(c->place[set][i].digest, digest, TLS_CACHE_DIGEST)) {
			return &c->place[set][i];
		}
	}
	i = c->eldest[set];
	c->eldest[set] = (uint8_t)((i + 1) % PLACES);
	return &c->place[set][i];
}

void tls_cache_add(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s,
		   int64_t until_s)
{
	struct place *p;

	pthread_mutex_lock(&c->lock);
	p = choose(c, digest);
	memcpy(p->digest, digest, TLS_CACHE_DIGEST);
	p->from_s = now_s;
	p->until_s = until_s;
	pthread_mutex_unlock(&c->lock);
}
