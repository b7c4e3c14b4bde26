// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ticket keys of a grantor: Current, Next and, in grace, Previous (WIRE.md 6). With a ticket key
 * its requesters' keys end.
 */
#include "unicast/grantor_internal.h"

#include <string.h>

#include "util/secret.h"

#define ROUNDING_MS 2000	/* by which the end of a known key may differ between answers */

static void end(struct grantor *g, uint32_t id)
{
	if (id) {
		peers_end_period(g->peers, id);
		g->expired[g->n_expired++ % GRANTOR_EXPIRED] = id;
		g->more_at = 0;
	}
}

static void forget(struct grantor *g, struct grantor_period *p)
{
	end(g, p->key.id);
	secret_wipe(p, sizeof(*p));
}

static void move(struct grantor_period *to, struct grantor_period *from)
{
	*to = *from;
	secret_wipe(from, sizeof(*from));
}

static void demote_current(struct grantor *g, uint64_t end)
{
	struct grantor_period *previous = &g->periods[SA_PREVIOUS];

	forget(g, previous);
	move(previous, &g->periods[SA_CURRENT]);
	previous->expires_at = end + previous->grace_ms;
}

static void set_times(struct grantor_period *p, const struct nts_params *n, uint64_t start)
{
	uint64_t end = start + (uint64_t)n->lifetime * 1000;
	uint64_t moved = end > p->expires_at ? end - p->expires_at : p->expires_at - end;

	p->grace_ms = (uint64_t)n->grace * 1000;
	if (p->expires_at && moved <= ROUNDING_MS) {
		return;
	}
	p->expires_at = end;
	p->update_at = start + (uint64_t)n->update_in * 1000;
}

/* ---- ticket keys that were wiped before their end ---- */

/* No ticket: those have other associated data. */
static enum status print_of(const struct ticket_key *k, uint8_t out[CRYPTO_SIV_TAG])
{
	static const uint8_t text[] = "print of a ticket key", nonce[NTS_NONCE_LEN];

	return crypto_siv_seal(k->aead, k->key, k->len, nonce, sizeof(nonce), text, sizeof(text),
			       NULL, 0, out);
}

static void clear(struct grantor *g, struct grantor_period *p, bool is_previous,
		  struct grantor_cleared *to)
{
	end(g, to->id);
	*to = (struct grantor_cleared) {
		.id = p->key.id, .ends_at = p->expires_at + (is_previous ? 0 : p->grace_ms),
	};
	if (print_of(&p->key, to->print) == ST_OK) {
		peers_rest(g->peers, to->id, true);
	} else {
		end(g, to->id);
		to->id = 0;
	}
	secret_wipe(p, sizeof(*p));
}

void grantor_clear(struct grantor *g)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (g->periods[i].key.id) {
			clear(g, &g->periods[i], i == SA_PREVIOUS, &g->cleared[i]);
		}
	}
}

/* One of the same ID that is another one has requesters of its own. */
static void resume(struct grantor *g, const struct ticket_key *k)
{
	uint8_t print[CRYPTO_SIV_TAG];

	for (int i = 0; i < SA_SLOTS; i++) {
		struct grantor_cleared *was = &g->cleared[i];

		if (was->id != k->id) {
			continue;
		}
		if (print_of(k, print) == ST_OK &&
		    secret_equal(print, was->print, sizeof(print))) {
			peers_rest(g->peers, was->id, false);
		} else {
			peers_end_period(g->peers, was->id);
			g->more_at = 0;
		}
		was->id = 0;
	}
}

static void tick_cleared(struct grantor *g, uint64_t now_ms)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (g->cleared[i].id && now_ms >= g->cleared[i].ends_at) {
			end(g, g->cleared[i].id);
			g->cleared[i].id = 0;
		}
	}
}

/* ---- taking a registration ---- */

static void make(struct grantor *g, struct grantor_period *p, const struct nts_params *n,
		 uint64_t start)
{
	secret_wipe(p, sizeof(*p));
	p->key.id = n->ticket_key_id;
	p->key.aead = n->aead;
	p->key.len = n->ticket_key_len;
	memcpy(p->key.key, n->ticket_key, n->ticket_key_len);
	set_times(p, n, start);
	resume(g, &p->key);
}

static enum status check(const struct nts_params *n)
{
	const struct alg_aead *alg = alg_aead(n->aead);

	if (n->ticket_key_id == 0 || n->ticket_key_len == 0) {
		return ST_BAD_VALUE;
	}
	if (!alg) {
		return ST_UNKNOWN_ALG;
	}
	return n->ticket_key_len == alg->key_len ? ST_OK : ST_BAD_LENGTH;
}

/* The answer's Current comes into the slot of ours. */
static void take_current(struct grantor *g, const struct nts_params *n, uint64_t arrival_ms,
			 uint64_t now_ms)
{
	struct grantor_period *current = &g->periods[SA_CURRENT], *next = &g->periods[SA_NEXT];
	struct grantor_period back = { .key.id = 0 };

	if (current->key.id == n->ticket_key_id) {
		set_times(current, n, arrival_ms);
		return;
	}
	if (g->periods[SA_PREVIOUS].key.id == n->ticket_key_id) {
		move(&back, &g->periods[SA_PREVIOUS]);
	}
	if (current->key.id) {
		demote_current(g, now_ms);
		g->rotations++;
	}
	if (back.key.id) {
		move(current, &back);
		set_times(current, n, arrival_ms);
	} else if (next->key.id == n->ticket_key_id) {
		move(current, next);
		set_times(current, n, arrival_ms);
	} else {
		forget(g, next);
		make(g, current, n, arrival_ms);
	}
}

static void take_next(struct grantor *g, const struct nts_params *n)
{
	struct grantor_period *next = &g->periods[SA_NEXT];
	uint64_t start = g->periods[SA_CURRENT].expires_at;

	if (next->key.id == n->ticket_key_id) {
		set_times(next, n, start);
		return;
	}
	forget(g, next);
	make(g, next, n, start);
}

enum status grantor_install(struct grantor *g, const struct nts_params *current,
			    const struct nts_params *next, uint64_t arrival_ms, uint64_t now_ms)
{
	const struct grantor_period *p = g->periods;
	enum status st = check(current);

	if (st == ST_OK && next) {
		st = check(next);
	}
	if (st != ST_OK) {
		return st;
	}
	if (next && next->ticket_key_id == current->ticket_key_id) {
		return ST_BAD_VALUE;
	}
	if (arrival_ms + (uint64_t)current->lifetime * 1000 <= now_ms) {
		return ST_EXPIRED;
	}
	/* A server that is behind: its Next is Current here already. */
	if (next && p[SA_CURRENT].key.id == next->ticket_key_id &&
	    (p[SA_PREVIOUS].key.id == current->ticket_key_id ||
	     grantor_was_ours(g, current->ticket_key_id))) {
		return ST_OK;
	}
	/* What came with its tickets is forgotten. */
	if (grantor_was_ours(g, current->ticket_key_id) ||
	    (next && grantor_was_ours(g, next->ticket_key_id))) {
		return ST_EXPIRED;
	}
	take_current(g, current, arrival_ms, now_ms);
	if (next) {
		take_next(g, next);
	}
	return ST_OK;
}

bool grantor_registered(const struct grantor *g)
{
	return g->periods[SA_CURRENT].key.id != 0;
}

bool grantor_tick(struct grantor *g, uint64_t now_ms)
{
	struct grantor_period *current = &g->periods[SA_CURRENT];
	struct grantor_period *previous = &g->periods[SA_PREVIOUS];
	bool changed = false;

	while (current->key.id && now_ms >= current->expires_at) {
		demote_current(g, current->expires_at);
		if (g->periods[SA_NEXT].key.id) {
			move(current, &g->periods[SA_NEXT]);
			g->rotations++;
		} else {
			g->expiries++;
		}
		changed = true;
	}
	if (previous->key.id && now_ms >= previous->expires_at) {
		forget(g, previous);
	}
	tick_cleared(g, now_ms);
	g->more_at = peers_tick(g->peers) ? now_ms + 1 : UINT64_MAX;
	return changed;
}

uint64_t grantor_deadline(const struct grantor *g)
{
	const struct grantor_period *current = &g->periods[SA_CURRENT];
	const struct grantor_period *previous = &g->periods[SA_PREVIOUS];
	uint64_t at = g->more_at;

	if (current->key.id && current->expires_at < at) {
		at = current->expires_at;
	}
	if (previous->key.id && previous->expires_at < at) {
		at = previous->expires_at;
	}
	for (int i = 0; i < SA_SLOTS; i++) {
		if (g->cleared[i].id && g->cleared[i].ends_at < at) {
			at = g->cleared[i].ends_at;
		}
	}
	return at;
}

const struct ticket_key *grantor_key(const struct grantor *g, uint32_t id)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (g->periods[i].key.id == id) {
			return &g->periods[i].key;
		}
	}
	return NULL;
}

bool grantor_was_ours(const struct grantor *g, uint32_t id)
{
	for (uint32_t i = 0; i < g->n_expired && i < GRANTOR_EXPIRED; i++) {
		if (g->expired[i] == id) {
			return true;
		}
	}
	return false;
}

void grantor_status(const struct grantor *g, struct grantor_status *out)
{
	*out = (struct grantor_status) {
		.update_at = g->periods[SA_CURRENT].update_at,
		.expires_at = g->periods[SA_CURRENT].expires_at,
		.requesters = peers_count(g->peers),
		.rotations = g->rotations,
		.expiries = g->expiries,
		.opened = g->opened,
	};
	for (int i = 0; i < SA_SLOTS; i++) {
		out->ticket_key_id[i] = g->periods[i].key.id;
	}
}
