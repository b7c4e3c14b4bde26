// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash tables of requesters (WIRE.md 7). Must not walk over all records for any one message, key or
 * tick, but to make the tables larger.
 */
#include "unicast/chains.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64

/* Identities are looked for only when a requester is new: longer chains do there. */
static uint32_t buckets_of(uint32_t buckets, enum chain t)
{
	return t == BY_IDENTITY ? buckets / 4 : buckets;
}

static uint32_t mask(const struct chains *c, enum chain t)
{
	return buckets_of(c->buckets, t) - 1;
}

static bool make_tables(uint32_t *tables[CHAINS], uint32_t buckets)
{
	for (int t = 0; t < CHAINS; t++) {
		tables[t] = calloc(buckets_of(buckets, (enum chain)t), sizeof(*tables[t]));
		if (!tables[t]) {
			while (t-- > 0) {
				free(tables[t]);
			}
			return false;
		}
	}
	return true;
}

enum status chains_new(struct chains *c)
{
	struct chains new = { .buckets = BUCKETS_MIN };

	if (!make_tables(new.tables, new.buckets)) {
		return ST_NO_MEMORY;
	}
	*c = new;
	return ST_OK;
}

void chains_free(struct chains *c)
{
	for (int t = 0; t < CHAINS; t++) {
		free(c->tables[t]);
	}
	memset(c, 0, sizeof(*c));
}

/* ---- hashing: whoever could aim at collisions holds a ticket of the KE server's ---- */

static uint32_t mix(uint64_t a, uint64_t b)
{
	const uint64_t odd = 0x9E3779B97F4A7C15;

	return (uint32_t)((((a * odd) ^ b) * odd) >> 32);
}

static uint32_t hash_key(uint32_t key_id)
{
	return mix(key_id, 0);
}

static uint32_t hash_address(const uint8_t *value)
{
	uint64_t words[2];

	memcpy(words, value, sizeof(words));
	return mix(words[0], words[1]);
}

static uint32_t hash_identity(const uint8_t *identity)
{
	uint64_t words[2] = { 0 };

	memcpy(words, identity, PTP_PORT_IDENTITY_LEN);
	return mix(words[0], words[1]);
}

static uint32_t hash_of(const struct peer *e, enum chain t)
{
	switch (t) {
	case BY_KEY:
		return hash_key(e->key_id);
	case BY_ADDRESS:
		return hash_address(e->address);
	default:
		return hash_identity(e->identity);
	}
}

uint32_t chains_key(const struct chains *c, uint32_t key_id)
{
	return c->tables[BY_KEY][hash_key(key_id) & mask(c, BY_KEY)];
}

uint32_t chains_address(const struct chains *c, const uint8_t *value)
{
	return c->tables[BY_ADDRESS][hash_address(value) & mask(c, BY_ADDRESS)];
}

uint32_t chains_identity(const struct chains *c, const uint8_t *identity)
{
	return c->tables[BY_IDENTITY][hash_identity(identity) & mask(c, BY_IDENTITY)];
}

/* ---- linking ---- */

static uint32_t *next_of(struct records *r, uint32_t number, enum chain t)
{
	switch (t) {
	case BY_KEY:
		return &r->first[number].peer.by_key;
	case BY_ADDRESS:
		return &r->first[number].peer.by_address;
	default:
		return &r->rest[number].by_identity;
	}
}

static uint32_t *bucket_of(const struct chains *c, const struct records *r, uint32_t number,
			   enum chain t)
{
	return &c->tables[t][hash_of(&r->first[number].peer, t) & mask(c, t)];
}

static void link_in(struct chains *c, struct records *r, uint32_t number, enum chain t)
{
	uint32_t *head = bucket_of(c, r, number, t);

	*next_of(r, number, t) = *head;
	*head = number;
}

static void link_out(struct chains *c, struct records *r, uint32_t number, enum chain t)
{
	uint32_t *at = bucket_of(c, r, number, t);

	while (*at && *at != number) {
		at = next_of(r, *at, t);
	}
	if (*at) {
		*at = *next_of(r, number, t);
	}
}

static void rehash(struct chains *c, struct records *r, enum chain t, uint32_t *from, uint32_t old)
{
	for (uint32_t i = 0; i < old; i++) {
		while (from[i]) {
			uint32_t number = from[i];

			from[i] = *next_of(r, number, t);
			link_in(c, r, number, t);
		}
	}
	free(from);
}

/* Longer chains are no error: without memory it stays as it is. */
static void grow(struct chains *c, struct records *r)
{
	struct chains larger = { .buckets = c->buckets * 2, .linked = c->linked };
	struct chains old = *c;

	if (!make_tables(larger.tables, larger.buckets)) {
		return;
	}
	*c = larger;
	for (int t = 0; t < CHAINS; t++) {
		rehash(c, r, (enum chain)t, old.tables[t], buckets_of(old.buckets, (enum chain)t));
	}
}

void chains_add(struct chains *c, struct records *r, uint32_t number)
{
	if (c->linked >= c->buckets + c->buckets / 4) {
		grow(c, r);
	}
	for (int t = 0; t < CHAINS; t++) {
		link_in(c, r, number, (enum chain)t);
	}
	c->linked++;
}

void chains_remove(struct chains *c, struct records *r, uint32_t number)
{
	for (int t = 0; t < CHAINS; t++) {
		link_out(c, r, number, (enum chain)t);
	}
	c->linked--;
}

void chains_move(struct chains *c, struct records *r, uint32_t number,
		 const struct nts_assoc *address)
{
	struct peer *e = &r->first[number].peer;

	link_out(c, r, number, BY_ADDRESS);
	e->family = address->type;
	memcpy(e->address, address->value, sizeof(e->address));
	link_in(c, r, number, BY_ADDRESS);
}
