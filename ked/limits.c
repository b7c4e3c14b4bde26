// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hash table of addresses. Those without connections wait in a queue, where they are forgotten
 * when their bucket is full again, or when too many wait.
 */
#include "ked/limits.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "nts/crypto.h"

#define BUCKETS 16384
#define IDLE_MAX 65536		/* addresses without a connection that are remembered */
#define IDLE_SWEEP 4		/* looked at for each connection that begins */
#define KEY_OCTETS 16
#define TOKEN 1000		/* thousandths of a handshake */

struct limits_address {
	LIST_ENTRY(limits_address) chain;
	TAILQ_ENTRY(limits_address) queue;	/* while n is 0 */
	uint8_t key[KEY_OCTETS];
	uint32_t n;				/* connections */
	uint64_t tokens;			/* thousandths */
	uint64_t last_ms;			/* when they were counted */
};

LIST_HEAD(chain, limits_address);
TAILQ_HEAD(queue, limits_address);

struct limits {
	struct limits_counters counters;
	_Atomic uint32_t handshake_timeout;
	_Atomic uint32_t request_timeout;
	_Atomic uint32_t request_size;
	pthread_mutex_t lock;			/* of all below */
	uint32_t max;
	uint32_t per_address;			/* 0: no limit */
	uint32_t rate;				/* per second; 0: no limit */
	uint32_t burst;
	uint64_t seed;
	uint32_t idle;
	struct queue queue;
	struct chain chain[BUCKETS];
};

static const char *const names[LIMITS_VERDICTS] = {
	[LIMITS_OK] = "none",
#define X(name, text) [name] = text,
	LIMITS_TABLE(X)
#undef X
};

const char *limits_str(enum limits_verdict v)
{
	return (size_t)v < LIMITS_VERDICTS ? names[v] : "unknown";
}

enum status limits_new(const struct kedconf_server *conf, struct limits **out)
{
	struct limits *l = calloc(1, sizeof(*l));
	enum status st;

	if (!l) {
		return ST_NO_MEMORY;
	}
	st = crypto_random((uint8_t *)&l->seed, sizeof(l->seed));
	if (st || pthread_mutex_init(&l->lock, NULL)) {
		free(l);
		return st ? st : ST_NO_MEMORY;
	}
	TAILQ_INIT(&l->queue);
	limits_set(l, conf);
	*out = l;
	return ST_OK;
}

static void forget(struct limits *l, struct limits_address *a)
{
	TAILQ_REMOVE(&l->queue, a, queue);
	LIST_REMOVE(a, chain);
	l->idle--;
	l->counters.addresses--;
	free(a);
}

void limits_free(struct limits *l)
{
	if (!l) {
		return;
	}
	while (!TAILQ_EMPTY(&l->queue)) {
		forget(l, TAILQ_FIRST(&l->queue));
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void limits_set(struct limits *l, const struct kedconf_server *conf)
{
	l->handshake_timeout = conf->handshake_timeout;
	l->request_timeout = conf->request_timeout;
	l->request_size = conf->request_size;
	pthread_mutex_lock(&l->lock);
	l->max = conf->max_connections;
	l->per_address = conf->max_connections_per_address;
	l->rate = conf->handshakes_per_second;
	l->burst = conf->handshakes_burst;
	pthread_mutex_unlock(&l->lock);
}

/* An IPv4 address is what it is as an IPv6 one. */
static void make_key(const struct sockaddr *from, uint8_t key[KEY_OCTETS])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(key, 0, KEY_OCTETS);
	if (from->sa_family == AF_INET) {
		memcpy(key, mapped, sizeof(mapped));
		memcpy(key + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		memcpy(key, &((const struct sockaddr_in6 *)from)->sin6_addr, KEY_OCTETS);
		if (memcmp(key, mapped, sizeof(mapped))) {
			memset(key + 8, 0, 8);
		}
	}
}

/* Nobody outside can choose addresses that share a chain: the seed is random. */
static struct chain *chain_of(struct limits *l, const uint8_t key[KEY_OCTETS])
{
	uint64_t half, h = l->seed;
	size_t i;

	for (i = 0; i < KEY_OCTETS; i += sizeof(half)) {
		memcpy(&half, key + i, sizeof(half));
		h = (h ^ half) * 0x9E3779B97F4A7C15;
		h ^= h >> 29;
	}
	return &l->chain[(h >> 40) % BUCKETS];
}

static struct limits_address *find(struct chain *chain, const uint8_t key[KEY_OCTETS])
{
	struct limits_address *a;

	LIST_FOREACH(a, chain, chain) {
		if (!memcmp(a->key, key, KEY_OCTETS)) {
			return a;
		}
	}
	return NULL;
}

static void refill(const struct limits *l, struct limits_address *a, uint64_t now_ms)
{
	uint64_t full = (uint64_t)l->burst * TOKEN;
	uint64_t gone = now_ms > a->last_ms ? now_ms - a->last_ms : 0;
	uint64_t missing = full > a->tokens ? full - a->tokens : 0;

	if (!l->rate || gone >= missing / l->rate + 1) {
		a->tokens = full;
	} else {
		a->tokens += gone * l->rate;
	}
	a->last_ms += gone;
}

/* An address with a full bucket is as good as one that never came. */
static void sweep(struct limits *l, uint64_t now_ms)
{
	struct limits_address *a;
	int i;

	for (i = 0; i < IDLE_SWEEP && !TAILQ_EMPTY(&l->queue); i++) {
		a = TAILQ_FIRST(&l->queue);
		refill(l, a, now_ms);
		if (a->tokens < (uint64_t)l->burst * TOKEN && l->idle <= IDLE_MAX) {
			return;
		}
		forget(l, a);
	}
}

static struct limits_address *add(struct limits *l, struct chain *chain,
				  const uint8_t key[KEY_OCTETS], uint64_t now_ms)
{
	struct limits_address *a = calloc(1, sizeof(*a));

	if (!a) {
		return NULL;
	}
	memcpy(a->key, key, KEY_OCTETS);
	a->tokens = (uint64_t)l->burst * TOKEN;
	a->last_ms = now_ms;
	LIST_INSERT_HEAD(chain, a, chain);
	TAILQ_INSERT_TAIL(&l->queue, a, queue);
	l->idle++;
	l->counters.addresses++;
	return a;
}

static enum limits_verdict judge(const struct limits *l, struct limits_address *a, uint64_t now_ms)
{
	refill(l, a, now_ms);
	if (l->per_address && a->n >= l->per_address) {
		return LIMITS_PER_ADDRESS;
	}
	return l->rate && a->tokens < TOKEN ? LIMITS_RATE : LIMITS_OK;
}

static enum limits_verdict enter(struct limits *l, const uint8_t key[KEY_OCTETS], uint64_t now_ms,
				 struct limits_address **out)
{
	struct chain *chain = chain_of(l, key);
	enum limits_verdict v = LIMITS_CONNECTIONS;
	struct limits_address *a;

	sweep(l, now_ms);
	if (l->counters.open >= l->max) {
		return v;
	}
	a = find(chain, key);
	if (!a) {
		a = add(l, chain, key, now_ms);
	}
	if (a) {
		v = judge(l, a, now_ms);
	}
	if (v) {
		return v;
	}
	a->tokens -= l->rate ? TOKEN : 0;
	if (!a->n++) {
		TAILQ_REMOVE(&l->queue, a, queue);
		l->idle--;
	}
	l->counters.open++;
	*out = a;
	return LIMITS_OK;
}

enum limits_verdict limits_enter(struct limits *l, const struct sockaddr *from, uint64_t now_ms,
				 struct limits_address **out)
{
	uint8_t key[KEY_OCTETS];
	enum limits_verdict v;

	make_key(from, key);
	pthread_mutex_lock(&l->lock);
	v = enter(l, key, now_ms, out);
	pthread_mutex_unlock(&l->lock);
	l->counters.hit[v]++;
	return v;
}

void limits_leave(struct limits *l, struct limits_address *a)
{
	pthread_mutex_lock(&l->lock);
	l->counters.open--;
	if (!--a->n) {
		TAILQ_INSERT_TAIL(&l->queue, a, queue);
		l->idle++;
	}
	pthread_mutex_unlock(&l->lock);
}

const struct limits_counters *limits_counters(const struct limits *l)
{
	return &l->counters;
}

uint32_t limits_handshake_timeout(const struct limits *l)
{
	return l->handshake_timeout;
}

uint32_t limits_request_timeout(const struct limits *l)
{
	return l->request_timeout;
}

uint32_t limits_request_size(const struct limits *l)
{
	return l->request_size;
}
