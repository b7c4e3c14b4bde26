// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requesters of a grantor (WIRE.md 7). Must not walk over all records for any one message, key or
 * tick, but to make the hash tables larger.
 */
#include "unicast/peers.h"

#include <stdlib.h>
#include <string.h>

#include "unicast/records.h"
#include "util/secret.h"

#define BUCKETS_MIN 64
#define PERIODS 8		/* ticket keys with records, at most; fits into struct peer */
#define AT_ONCE 256		/* records freed in one call */

enum table { BY_KEY, BY_ADDRESS, BY_IDENTITY, TABLES };

/* The records of one ticket key; when it has ended, its ID is 0 until they are freed. */
struct period {
	uint32_t ticket_key_id;
	uint32_t live;
	uint32_t list;
	bool rests;
};

struct peers {
	struct records records;
	uint32_t *tables[TABLES];	/* numbers of records; 0 none */
	uint32_t buckets;		/* a power of two; see buckets_of */
	uint32_t max;
	uint32_t linked;		/* records in the tables */
	struct crypto_mac *mac;		/* whose packed one is loaded when it is needed */
	struct period periods[PERIODS];
};

/* Identities are looked for only when a requester is new: longer chains do there. */
static uint32_t buckets_of(uint32_t buckets, enum table t)
{
	return t == BY_IDENTITY ? buckets / 4 : buckets;
}

static uint32_t mask(const struct peers *p, enum table t)
{
	return buckets_of(p->buckets, t) - 1;
}

enum status peers_new(uint32_t max, struct peers **out)
{
	static const uint8_t no_key[ALG_MAC_KEY_MAX];
	struct peers *p = calloc(1, sizeof(*p));

	if (!p) {
		return ST_NO_MEMORY;
	}
	p->max = max ? max : PEERS_MAX_DEFAULT;
	p->buckets = BUCKETS_MIN;
	if (records_new(p->max, &p->records) != ST_OK ||
	    crypto_mac_new(ALG_HMAC_SHA256_128, no_key, sizeof(no_key), &p->mac) != ST_OK) {
		peers_free(p);
		return ST_NO_MEMORY;
	}
	for (int i = 0; i < TABLES; i++) {
		p->tables[i] = calloc(buckets_of(p->buckets, (enum table)i),
				      sizeof(*p->tables[i]));
		if (!p->tables[i]) {
			peers_free(p);
			return ST_NO_MEMORY;
		}
	}
	*out = p;
	return ST_OK;
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

static uint32_t hash_of(const struct peer *e, enum table t)
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

static struct peer *peer_at(const struct peers *p, uint32_t number)
{
	return number ? &p->records.first[number].peer : NULL;
}

static uint32_t number_of(const struct peers *p, const struct peer *e)
{
	return (uint32_t)((const struct record *)e - p->records.first);
}

static uint32_t *next_of(const struct peers *p, uint32_t number, enum table t)
{
	switch (t) {
	case BY_KEY:
		return &p->records.first[number].peer.by_key;
	case BY_ADDRESS:
		return &p->records.first[number].peer.by_address;
	default:
		return &p->records.rest[number].by_identity;
	}
}

static uint32_t *bucket_of(const struct peers *p, uint32_t number, enum table t)
{
	return &p->tables[t][hash_of(peer_at(p, number), t) & mask(p, t)];
}

static void link_in(struct peers *p, uint32_t number, enum table t)
{
	uint32_t *head = bucket_of(p, number, t);

	*next_of(p, number, t) = *head;
	*head = number;
}

static void link_out(struct peers *p, uint32_t number, enum table t)
{
	uint32_t *at = bucket_of(p, number, t);

	while (*at && *at != number) {
		at = next_of(p, *at, t);
	}
	if (*at) {
		*at = *next_of(p, number, t);
	}
}

static void rehash(struct peers *p, enum table t, uint32_t *table, uint32_t old)
{
	uint32_t *from = p->tables[t];

	p->tables[t] = table;
	for (uint32_t i = 0; i < old; i++) {
		while (from[i]) {
			uint32_t number = from[i];

			from[i] = *next_of(p, number, t);
			link_in(p, number, t);
		}
	}
	free(from);
}

/* Longer chains are no error: without memory it stays as it is. */
static void grow(struct peers *p)
{
	uint32_t *larger[TABLES];
	uint32_t old = p->buckets;
	int n;

	for (n = 0; n < TABLES; n++) {
		larger[n] = calloc(buckets_of(old * 2, (enum table)n), sizeof(*larger[n]));
		if (!larger[n]) {
			break;
		}
	}
	if (n < TABLES) {
		while (n-- > 0) {
			free(larger[n]);
		}
		return;
	}
	p->buckets = old * 2;
	for (int t = 0; t < TABLES; t++) {
		rehash(p, (enum table)t, larger[t], buckets_of(old, (enum table)t));
	}
}

/* ---- finding ---- */

static struct period *period_of(struct peers *p, uint32_t ticket_key_id)
{
	for (int i = 0; i < PERIODS; i++) {
		if (p->periods[i].ticket_key_id == ticket_key_id) {
			return &p->periods[i];
		}
	}
	return NULL;
}

uint32_t peers_ticket_key(const struct peers *p, const struct peer *peer)
{
	const struct period *period = peer->period < PERIODS ? &p->periods[peer->period] : NULL;

	return period && !period->rests ? period->ticket_key_id : 0;
}

static bool is_live(const struct peers *p, const struct peer *e)
{
	return peers_ticket_key(p, e) != 0;
}

/* Lines that will be looked at when it is the one: all at once, not one after the other. */
static void fetch(const struct peers *p, uint32_t number, bool rest)
{
	__builtin_prefetch(p->records.first[number].packed);
	if (rest) {
		__builtin_prefetch(&p->records.rest[number]);
		__builtin_prefetch(&p->records.rest[number].top);
	}
}

struct peer *peers_by_key(const struct peers *p, uint32_t key_id, uint8_t spp)
{
	uint32_t number = p->tables[BY_KEY][hash_key(key_id) & mask(p, BY_KEY)];
	struct peer *e;

	while ((e = peer_at(p, number))) {
		fetch(p, number, true);
		if (e->key_id == key_id && e->spp == spp && is_live(p, e)) {
			break;
		}
		number = e->by_key;
	}
	return e;
}

static bool has_address(const struct peer *e, const struct nts_assoc *address)
{
	return e->family == address->type &&
	       memcmp(e->address, address->value, sizeof(e->address)) == 0;
}

struct peer *peers_by_address(const struct peers *p, const struct nts_assoc *address,
			      const struct peer *after)
{
	uint32_t number = after ? after->by_address :
		p->tables[BY_ADDRESS][hash_address(address->value) & mask(p, BY_ADDRESS)];
	struct peer *e;

	while ((e = peer_at(p, number))) {
		fetch(p, number, false);
		if (has_address(e, address) && is_live(p, e)) {
			break;
		}
		number = e->by_address;
	}
	return e;
}

struct peer *peers_by_identity(const struct peers *p, const uint8_t *identity,
			       const struct peer *after)
{
	uint32_t number = after ? p->records.rest[number_of(p, after)].by_identity :
		p->tables[BY_IDENTITY][hash_identity(identity) & mask(p, BY_IDENTITY)];
	struct peer *e;

	while ((e = peer_at(p, number))) {
		if (memcmp(e->identity, identity, sizeof(e->identity)) == 0 && is_live(p, e)) {
			break;
		}
		number = p->records.rest[number].by_identity;
	}
	return e;
}

uint16_t peers_mac_alg(const struct peer *peer)
{
	return alg_mac_at(peer->mac)->number;
}

struct crypto_mac *peers_mac(struct peers *p, const struct peer *peer)
{
	crypto_mac_load(p->mac, peers_mac_alg(peer), p->records.first[number_of(p, peer)].packed);
	return p->mac;
}

/* ---- coming and going ---- */

static struct period *free_period(struct peers *p)
{
	for (int i = 0; i < PERIODS; i++) {
		if (!p->periods[i].ticket_key_id && !p->periods[i].list) {
			return &p->periods[i];
		}
	}
	return NULL;
}

static uint8_t place_of(uint16_t alg)
{
	uint8_t i = 0;

	while (alg_mac_at(i) && alg_mac_at(i)->number != alg) {
		i++;
	}
	return i;
}

static struct period *period_for(struct peers *p, uint32_t ticket_key_id)
{
	struct period *period = period_of(p, ticket_key_id);

	return period ? period : free_period(p);
}

enum status peers_add(struct peers *p, const struct peer *record, const struct nts_sa *sa,
		      uint32_t ticket_key_id)
{
	struct period *period = period_for(p, ticket_key_id);
	struct record *r;
	uint32_t number;
	enum status st;

	if (!period || p->linked >= p->max) {
		return ST_LIMIT;
	}
	number = records_take(&p->records);
	if (!number) {
		return ST_LIMIT;
	}
	r = &p->records.first[number];
	st = crypto_mac_pack(sa->mac, sa->key, sa->key_len, r->packed);
	if (st != ST_OK) {
		records_give_back(&p->records, number);
		return st;
	}
	if (p->linked >= p->buckets + p->buckets / 4) {
		grow(p);
	}
	r->peer = *record;
	r->peer.mac = place_of(sa->mac);
	r->peer.period = (uint8_t)(period - p->periods);
	period->ticket_key_id = ticket_key_id;
	p->records.rest[number].in_period = period->list;
	period->list = number;
	for (int t = 0; t < TABLES; t++) {
		link_in(p, number, (enum table)t);
	}
	p->linked++;
	period->live++;
	return ST_OK;
}

static void release(struct peers *p, uint32_t number)
{
	for (int t = 0; t < TABLES; t++) {
		link_out(p, number, (enum table)t);
	}
	p->linked--;
	records_give_back(&p->records, number);
}

/* It stays in its period's list: marked here, freed with it. */
void peers_end(struct peers *p, struct peer *gone)
{
	struct record *r = &p->records.first[number_of(p, gone)];

	if (is_live(p, gone)) {
		p->periods[gone->period].live--;
	}
	secret_wipe(r->packed, sizeof(r->packed));
	gone->period = PERIODS;
}

void peers_move(struct peers *p, struct peer *peer, const struct nts_assoc *address)
{
	uint32_t number = number_of(p, peer);

	link_out(p, number, BY_ADDRESS);
	peer->family = (uint8_t)address->type;
	memcpy(peer->address, address->value, sizeof(peer->address));
	link_in(p, number, BY_ADDRESS);
}

void peers_end_period(struct peers *p, uint32_t ticket_key_id)
{
	struct period *period = ticket_key_id ? period_of(p, ticket_key_id) : NULL;

	if (period) {
		period->ticket_key_id = 0;
		period->live = 0;
		period->rests = false;
	}
}

void peers_rest(struct peers *p, uint32_t ticket_key_id, bool rests)
{
	struct period *period = period_of(p, ticket_key_id);

	if (period) {
		period->rests = rests;
	}
}

static int release_ended(struct peers *p, struct period *period, int work)
{
	while (period->list && work++ < AT_ONCE) {
		uint32_t gone = period->list;

		period->list = p->records.rest[gone].in_period;
		release(p, gone);
	}
	return work;
}

bool peers_tick(struct peers *p)
{
	bool more = false;
	int work = 0;

	for (int i = 0; i < PERIODS; i++) {
		if (!p->periods[i].ticket_key_id) {
			work = release_ended(p, &p->periods[i], work);
			more = more || p->periods[i].list;
		}
	}
	return more;
}

void peers_free(struct peers *p)
{
	if (!p) {
		return;
	}
	for (int i = 0; i < PERIODS; i++) {
		peers_end_period(p, p->periods[i].ticket_key_id);
	}
	for (int i = 0; i < PERIODS; i++) {
		while (p->periods[i].list) {
			release_ended(p, &p->periods[i], 0);
		}
	}
	for (int t = 0; t < TABLES; t++) {
		free(p->tables[t]);
	}
	records_free(&p->records);
	crypto_mac_free(p->mac);
	free(p);
}

uint32_t peers_count(const struct peers *p)
{
	uint32_t n = 0;

	for (int i = 0; i < PERIODS; i++) {
		n += p->periods[i].rests ? 0 : p->periods[i].live;
	}
	return n;
}

/* ---- freshness ---- */

/* The newest time with these lower octets: what was long ago is at worst taken for later. */
static uint64_t last_ms(uint16_t last_s, uint64_t now_ms)
{
	uint64_t now_s = now_ms / 1000;

	return (now_s - (uint16_t)(now_s - last_s)) * 1000;
}

struct fresh_mark peers_mark(const struct peers *p, const struct peer *e, enum peer_stream s,
			     uint64_t now_ms)
{
	const struct record_rest *r = &p->records.rest[number_of(p, e)];

	return (struct fresh_mark) {
		.bits = r->bits[s],
		.top = r->top[s],
		.bottom = r->top[s],
		.started = r->bits[s] != 0,
		.last_ms = s >= PEER_SIGNALING ? last_ms(e->last_s[s - PEER_SIGNALING], now_ms) : 0,
	};
}

void peers_set_mark(struct peers *p, struct peer *e, enum peer_stream s,
		    const struct fresh_mark *m)
{
	struct record_rest *r = &p->records.rest[number_of(p, e)];

	r->bits[s] = m->bits;
	r->top[s] = m->top;
	if (s >= PEER_SIGNALING) {
		e->last_s[s - PEER_SIGNALING] = (uint16_t)(m->last_ms / 1000);
	}
}
