// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash tables of senders, one for each key (WIRE.md 7, Freshness). Must not allocate for a known
 * sender, nor grow over its bound: a full table refuses the newcomer, since forgetting somebody
 * else's marks would let replays in.
 */
#include "tlv/senders.h"

#include <stdlib.h>
#include <string.h>

#define PER_BUCKET 4
#define BUCKETS_MIN 64
#define BUCKETS_MAX 65536

struct sender {
	struct sender *next;
	struct senders_id id;
	struct fresh_mark marks[PTP_SLOTS];
};

struct key_table {
	struct key_table *next;
	uint64_t serial;
	uint32_t count;
	struct sender *buckets[];
};

struct senders {
	struct key_table *keys;
	uint32_t max;
	uint32_t buckets;	/* a power of two */
};

enum status senders_new(uint32_t max, struct senders **out)
{
	struct senders *s = calloc(1, sizeof(*s));

	if (!s) {
		return ST_NO_MEMORY;
	}
	s->max = max ? max : SENDERS_MAX_DEFAULT;
	s->buckets = BUCKETS_MIN;
	while (s->buckets < s->max / PER_BUCKET && s->buckets < BUCKETS_MAX) {
		s->buckets *= 2;
	}
	*out = s;
	return ST_OK;
}

static void free_table(const struct senders *s, struct key_table *t)
{
	for (uint32_t i = 0; i < s->buckets; i++) {
		while (t->buckets[i]) {
			struct sender *gone = t->buckets[i];

			t->buckets[i] = gone->next;
			free(gone);
		}
	}
	free(t);
}

void senders_free(struct senders *s)
{
	if (!s) {
		return;
	}
	while (s->keys) {
		struct key_table *gone = s->keys;

		s->keys = gone->next;
		free_table(s, gone);
	}
	free(s);
}

/* Multiplicative hashing. Whoever could aim at its collisions holds the key. */
static uint32_t hash(const struct senders_id *id)
{
	const uint64_t odd = 0x9E3779B97F4A7C15;
	uint64_t words[3] = { 0 };

	_Static_assert(sizeof(*id) <= sizeof(words), "an id fits");
	memcpy(words, id, sizeof(*id));
	return (uint32_t)((((words[0] * odd ^ words[1]) * odd ^ words[2]) * odd) >> 32);
}

static struct key_table *table_of(struct senders *s, uint64_t serial)
{
	struct key_table *t;

	for (t = s->keys; t; t = t->next) {
		if (t->serial == serial) {
			return t;
		}
	}
	t = calloc(1, sizeof(*t) + s->buckets * sizeof(t->buckets[0]));
	if (t) {
		t->serial = serial;
		t->next = s->keys;
		s->keys = t;
	}
	return t;
}

enum status senders_mark(struct senders *s, uint64_t key_serial, const struct senders_id *id,
			 uint8_t slot, struct fresh_mark **out)
{
	struct key_table *t = table_of(s, key_serial);
	struct sender **head, *at;

	if (!t) {
		return ST_NO_MEMORY;
	}
	head = &t->buckets[hash(id) & (s->buckets - 1)];
	for (at = *head; at && memcmp(&at->id, id, sizeof(*id)) != 0; at = at->next) {
		;
	}
	if (!at) {
		if (t->count >= s->max) {
			return ST_LIMIT;
		}
		at = calloc(1, sizeof(*at));
		if (!at) {
			return ST_NO_MEMORY;
		}
		at->id = *id;
		at->next = *head;
		*head = at;
		t->count++;
	}
	*out = &at->marks[slot];
	return ST_OK;
}

void senders_keep(struct senders *s, bool (*live)(const void *ctx, uint64_t key_serial),
		  const void *ctx)
{
	struct key_table **link = &s->keys;

	while (*link) {
		struct key_table *t = *link;

		if (live(ctx, t->serial)) {
			link = &t->next;
			continue;
		}
		*link = t->next;
		free_table(s, t);
	}
}

void senders_each(struct senders *s,
		  void (*visit)(void *ctx, uint64_t key_serial, const struct senders_id *id,
				uint8_t slot, const struct fresh_mark *mark), void *ctx)
{
	for (const struct key_table *t = s->keys; t; t = t->next) {
		for (uint32_t i = 0; i < s->buckets; i++) {
			for (const struct sender *at = t->buckets[i]; at; at = at->next) {
				for (uint8_t slot = 0; slot < PTP_SLOTS; slot++) {
					if (at->marks[slot].started) {
						visit(ctx, t->serial, &at->id, slot,
						      &at->marks[slot]);
					}
				}
			}
		}
	}
}

uint32_t senders_count(const struct senders *s)
{
	uint32_t n = 0;

	for (const struct key_table *t = s->keys; t; t = t->next) {
		n += t->count;
	}
	return n;
}
