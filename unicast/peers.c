// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requesters of a grantor (WIRE.md 7). Must not walk over all records for any one message, key or
 * tick.
 */
#include "unicast/peers.h"

#include <stdlib.h>
#include <string.h>

#include "unicast/chains.h"
#include "util/secret.h"

#define PERIODS 8		/* ticket keys with records, at most; fits into struct peer */
#define AT_ONCE 256		/* records freed in one call */

/* The records of one ticket key; when it has ended, its ID is 0 until they are freed. */
struct period {
	uint32_t ticket_key_id;
	uint32_t live;
	uint32_t list;
	bool rests;
};

struct peers {
	struct records records;
	struct chains chains;
	uint32_t max;
	struct crypto_mac *mac;		/* whose packed one is loaded when it is needed */
	struct period periods[PERIODS];
};

enum status peers_new(uint32_t max, struct peers **out)
{
	static const uint8_t no_key[ALG_MAC_KEY_MAX];
	struct peers *p = calloc(1, sizeof(*p));

	if (!p) {
		return ST_NO_MEMORY;
	}
	p->max = max ? max : PEERS_MAX_DEFAULT;
	if (records_new(p->max, &p->records) != ST_OK || chains_new(&p->chains) != ST_OK ||
	    crypto_mac_new(ALG_HMAC_SHA256_128, no_key, sizeof(no_key), &p->mac) != ST_OK) {
		peers_free(p);
		return ST_NO_MEMORY;
	}
	*out = p;
	return ST_OK;
}

static struct peer *peer_at(const struct peers *p, uint32_t number)
{
	return number ? &p->records.first[number].peer : NULL;
}

static uint32_t number_of(const struct peers *p, const struct peer *e)
{
	return (uint32_t)((const struct record *)e - p->records.first);
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
	uint32_t number = chains_key(&p->chains, key_id);
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
				  chains_address(&p->chains, address->value);
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
				  chains_identity(&p->chains, identity);
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

	if (!period || p->chains.linked >= p->max) {
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
	r->peer = *record;
	r->peer.mac = place_of(sa->mac);
	r->peer.period = (uint8_t)(period - p->periods);
	period->ticket_key_id = ticket_key_id;
	p->records.rest[number].in_period = period->list;
	period->list = number;
	chains_add(&p->chains, &p->records, number);
	period->live++;
	return ST_OK;
}

static void release(struct peers *p, uint32_t number)
{
	chains_remove(&p->chains, &p->records, number);
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
	chains_move(&p->chains, &p->records, number_of(p, peer), address);
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
	chains_free(&p->chains);
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
