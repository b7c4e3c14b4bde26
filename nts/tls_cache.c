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
	int64_t until_s;
	struct tls_peer *peer;	/* NULL: empty */
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
	size_t i;

	if (!c) {
		return;
	}
	for (i = 0; i < TLS_CACHE_CHAINS; i++) {
		free(c->place[i / PLACES][i % PLACES].peer);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct tls_peer *tls_peer_copy(const struct tls_peer *peer)
{
	size_t size = offsetof(struct tls_peer, names) + peer->n_names * sizeof(peer->names[0]);
	struct tls_peer *copy = malloc(size);

	return copy ? memcpy(copy, peer, size) : NULL;
}

static size_t set_of(const uint8_t digest[TLS_CACHE_DIGEST])
{
	return ((size_t)digest[0] << 8 | digest[1]) % SETS;
}

static bool holds(const struct place *p, const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s)
{
	return p->peer && !memcmp(p->digest, digest, TLS_CACHE_DIGEST) &&
	       p->from_s <= now_s && now_s < p->until_s;
}

struct tls_peer *tls_cache_find(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST],
				int64_t now_s)
{
	const struct place *p = c->place[set_of(digest)];
	struct tls_peer *peer = NULL;
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < PLACES && !peer; i++) {
		if (holds(&p[i], digest, now_s)) {
			peer = tls_peer_copy(p[i].peer);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return peer;
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
		   int64_t until_s, const struct tls_peer *peer)
{
	struct tls_peer *copy = tls_peer_copy(peer);
	struct place *p;

	if (!copy) {
		return;
	}
	pthread_mutex_lock(&c->lock);
	p = choose(c, digest);
	memcpy(p->digest, digest, TLS_CACHE_DIGEST);
	p->from_s = now_s;
	p->until_s = until_s;
	free(p->peer);
	p->peer = copy;
	pthread_mutex_unlock(&c->lock);
}
