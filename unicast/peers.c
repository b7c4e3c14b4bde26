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
#define PERIODS 8		/* ticket keys with records, at most */
#define AT_ONCE 256		/* records freed in one call */

enum table { BY_KEY, BY_ADDRESS, BY_IDENTITY, TABLES };

/* The records of one ticket key; when it has ended, its ID is 0 until they are freed. */
struct period {
	uint32_t ticket_key_id;
	uint32_t live;
	struct peer *list;
};

struct peers {
	struct records *records;
	struct peer **tables[TABLES];
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

static struct peer **next_of(struct peer *e, enum table t)
{
	switch (t) {
	case BY_KEY:
		return &e->by_key;
	case BY_ADDRESS:
		return &e->by_address;
	default:
		return &e->by_identity;
	}
}

static void link_in(struct peers *p, struct peer *e, enum table t)
{
	struct peer **head = &p->tables[t][hash_of(e, t) & mask(p, t)];

	*next_of(e, t) = *head;
	*head = e;
}

static void link_out(struct peers *p, struct peer *e, enum table t)
{
	struct peer **at = &p->tables[t][hash_of(e, t) & mask(p, t)];

	while (*at && *at != e) {
		at = next_of(*at, t);
	}
	if (*at) {
		*at = *next_of(e, t);
	}
}

static void rehash(struct peers *p, enum table t, struct peer **table, uint32_t old)
{
	struct peer **from = p->tables[t];

	p->tables[t] = table;
	for (uint32_t i = 0; i < old; i++) {
		while (from[i]) {
			struct peer *e = from[i];

			from[i] = *next_of(e, t);
			link_in(p, e, t);
		}
	}
	free(from);
}

/* Longer chains are no error: without memory it stays as it is. */
static void grow(struct peers *p)
{
	struct peer **larger[TABLES];
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

static bool is_live(const struct peers *p, const struct peer *e)
{
	return e->ticket_key_id != 0 && period_of((struct peers *)p, e->ticket_key_id);
}

struct peer *peers_by_key(const struct peers *p, uint32_t key_id, uint8_t spp)
{
	struct peer *e = p->tables[BY_KEY][hash_key(key_id) & mask(p, BY_KEY)];

	while (e && (e->key_id != key_id || e->spp != spp || !is_live(p, e))) {
		e = e->by_key;
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
	struct peer *e = after ? after->by_address :
		p->tables[BY_ADDRESS][hash_address(address->value) & mask(p, BY_ADDRESS)];

	while (e && (!has_address(e, address) || !is_live(p, e))) {
		e = e->by_address;
	}
	return e;
}

struct peer *peers_by_identity(const struct peers *p, const uint8_t *identity,
			       const struct peer *after)
{
	struct peer *e = after ? after->by_identity :
		p->tables[BY_IDENTITY][hash_identity(identity) & mask(p, BY_IDENTITY)];

	while (e && (memcmp(e->identity, identity, sizeof(e->identity)) != 0 ||
		     !is_live(p, e))) {
		e = e->by_identity;
	}
	return e;
}

struct crypto_mac *peers_mac(struct peers *p, const struct peer *peer)
{
	crypto_mac_load(p->mac, peer->mac, peer->packed);
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

enum status peers_add(struct peers *p, const struct peer *record)
{
	struct period *period = period_of(p, record->ticket_key_id);
	struct peer *e;

	if (!period) {
		period = free_period(p);
	}
	if (!period || p->linked >= p->max) {
		return ST_LIMIT;
	}
	e = records_take(p->records);
	if (!e) {
		return ST_NO_MEMORY;
	}
	if (p->linked >= p->buckets) {
		grow(p);
	}
	*e = *record;
	period->ticket_key_id = record->ticket_key_id;
	e->in_period = period->list;
	period->list = e;
	for (int t = 0; t < TABLES; t++) {
		link_in(p, e, (enum table)t);
	}
	p->linked++;
	period->live++;
	return ST_OK;
}

static void release(struct peers *p, struct peer *e)
{
	for (int t = 0; t < TABLES; t++) {
		link_out(p, e, (enum table)t);
	}
	p->linked--;
	records_give_back(p->records, e);
}

/* It stays in its period's list: marked here, freed with it. */
void peers_end(struct peers *p, struct peer *gone)
{
	struct period *period = period_of(p, gone->ticket_key_id);

	secret_wipe(gone->packed, sizeof(gone->packed));
	gone->ticket_key_id = 0;
	if (period) {
		period->live--;
	}
}

void peers_move(struct peers *p, struct peer *peer, const struct nts_assoc *address)
{
	link_out(p, peer, BY_ADDRESS);
	peer->family = (uint8_t)address->type;
	memcpy(peer->address, address->value, sizeof(peer->address));
	link_in(p, peer, BY_ADDRESS);
}

void peers_end_period(struct peers *p, uint32_t ticket_key_id)
{
	struct period *period = ticket_key_id ? period_of(p, ticket_key_id) : NULL;

	if (period) {
		period->ticket_key_id = 0;
		period->live = 0;
	}
}

static int release_ended(struct peers *p, struct period *period, int work)
{
	while (period->list && work++ < AT_ONCE) {
		struct peer *gone = period->list;

		period->list = gone->in_period;
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
	records_free(p->records);
	crypto_mac_free(p->mac);
	free(p);
}

uint32_t peers_count(const struct peers *p)
{
	uint32_t n = 0;

	for (int i = 0; i < PERIODS; i++) {
		n += p->periods[i].live;
	}
	return n;
}

/* ---- freshness ---- */

static struct fresh_mark load_mark(const struct peer *e, enum peer_stream s)
{
	return (struct fresh_mark) {
		.bits = e->bits[s],
		.top = e->top[s],
		.started = e->started >> s & 1,
		.last_ms = s >= PEER_SIGNALING ? e->last_s[s - PEER_SIGNALING] * 1000ULL : 0,
	};
}

static void store_mark(struct peer *e, enum peer_stream s, const struct fresh_mark *m)
{
	e->bits[s] = m->bits;
	e->top[s] = m->top;
	e->started |= (uint8_t)(1 << s);
	if (s >= PEER_SIGNALING) {
		e->last_s[s - PEER_SIGNALING] = (uint32_t)(m->last_ms / 1000);
	}
}

enum fresh_result peers_fresh(struct peer *peer, enum peer_stream stream, bool new_ticket,
			      uint16_t sequence_id, uint64_t now_ms)
{
	static const struct fresh_limits none;
	enum ptp_rule rule = stream >= PEER_SIGNALING ? PTP_RULE_SPORADIC : PTP_RULE_REQUEST;
	struct fresh_mark m = load_mark(peer, stream);
	enum fresh_result r = fresh_check(&m, rule, sequence_id, 0, now_ms, &none);
	int ahead = (int16_t)(uint16_t)(sequence_id - m.top);
	bool inside = ahead > -FRESH_WINDOW && ahead <= FRESH_WINDOW;

	/* WIRE.md 7: a jump is taken with a ticket not seen before. */
	if (r == FRESH_STALE && new_ticket && !inside) {
		memset(&m, 0, sizeof(m));
		r = fresh_check(&m, rule, sequence_id, 0, now_ms, &none);
	}
	if (r != FRESH_STALE) {
		store_mark(peer, stream, &m);
	}
	return r;
}
