// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Current, Next and Previous keys of one association (WIRE.md 6). Must not lose a usable key
 * because a grant could not be taken, nor keep one behind its grace.
 */
#include "tlv/sa.h"

#include <stdlib.h>

#include "tlv/sa_set.h"

#define ENDED_MAX 16		/* sets that were wiped, remembered by their first key ID */

struct sa_table {
	struct nts_assoc assoc;
	struct sa_set sets[SA_SLOTS];
	struct sa_set cleared[SA_SLOTS];	/* shed; each ends at its expires_at */
	uint32_t ended[ENDED_MAX];
	uint32_t n_ended;
	uint64_t last_serial;
	uint32_t generation;
	uint32_t rotations;
	uint32_t expiries;
};

enum status sa_new(const struct nts_assoc *group, struct sa_table **out)
{
	struct sa_table *t = calloc(1, sizeof(*t));

	if (!t) {
		return ST_NO_MEMORY;
	}
	t->assoc = *group;
	*out = t;
	return ST_OK;
}

void sa_free(struct sa_table *t)
{
	if (!t) {
		return;
	}
	for (int i = 0; i < SA_SLOTS; i++) {
		sa_set_wipe(&t->sets[i]);
		sa_set_wipe(&t->cleared[i]);
	}
	free(t);
}

const struct nts_assoc *sa_assoc(const struct sa_table *t)
{
	return &t->assoc;
}

/* ---- the end of a set: with its keys the marks of what was received go ---- */

static void end_set(struct sa_table *t, struct sa_set *s)
{
	if (s->n) {
		t->ended[t->n_ended++ % ENDED_MAX] = s->keys[0].key_id;
	}
	sa_set_wipe(s);
}

void sa_clear(struct sa_table *t)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		struct sa_set *s = &t->sets[i];

		if (s->n) {
			end_set(t, &t->cleared[i]);
			s->expires_at += i == SA_PREVIOUS ? 0 : s->grace_ms;
			sa_set_shed(s);
			t->cleared[i] = sa_set_move(s);
		}
	}
	t->generation++;
}

static bool has_ended(const struct sa_table *t, const struct nts_params *p)
{
	for (uint32_t i = 0; i < t->n_ended && i < ENDED_MAX; i++) {
		for (uint8_t k = 0; k < p->n_sa; k++) {
			if (p->sa[k].key_id == t->ended[i]) {
				return true;
			}
		}
	}
	return false;
}

/* ---- taking a grant ---- */

static struct sa_set *known_set(struct sa_table *t, const struct nts_params *p)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (sa_set_same(&t->sets[i], p)) {
			return &t->sets[i];
		}
	}
	return NULL;
}

static void demote_current(struct sa_table *t, uint64_t end)
{
	struct sa_set *previous = &t->sets[SA_PREVIOUS];

	end_set(t, previous);
	*previous = sa_set_move(&t->sets[SA_CURRENT]);
	previous->expires_at = end + previous->grace_ms;
}

/* Others that ask that server use our Previous until then. */
static void follow_behind(struct sa_table *t, const struct nts_params *current,
			  const struct nts_params *next, uint64_t end)
{
	struct sa_set *previous = &t->sets[SA_PREVIOUS];

	if (sa_set_same(previous, current) &&
	    previous->expires_at < end + previous->grace_ms) {
		previous->expires_at = end + previous->grace_ms;
	}
	sa_set_refresh(&t->sets[SA_CURRENT], next, end);
}

/* The server is behind: what it calls Next is Current here already. */
static bool server_is_behind(const struct sa_table *t, const struct nts_params *current,
			     const struct nts_params *next)
{
	return sa_set_same(&t->sets[SA_CURRENT], next) &&
	       (sa_set_same(&t->sets[SA_PREVIOUS], current) || has_ended(t, current));
}

/* A key that has ended here must not come back: what was received under it is forgotten. */
static bool comes_back(struct sa_table *t, const struct nts_params *p)
{
	return p && !known_set(t, p) && has_ended(t, p);
}

/* The sets of the grant: moved out of their slots where they are known, else made. */
static enum status collect(struct sa_table *t, const struct nts_params *current,
			   const struct nts_params *next, struct sa_set *cur, struct sa_set *nxt)
{
	struct sa_set *known_cur = known_set(t, current);
	struct sa_set *known_next = next ? known_set(t, next) : NULL;
	enum status st;

	if (!known_cur) {
		st = sa_set_make(current, &t->last_serial, cur);
		if (st != ST_OK) {
			return st;
		}
	}
	if (next && !known_next) {
		st = sa_set_make(next, &t->last_serial, nxt);
		if (st != ST_OK) {
			sa_set_wipe(cur);
			return st;
		}
	}
	if (known_cur) {
		*cur = sa_set_move(known_cur);
	}
	if (known_next) {
		*nxt = sa_set_move(known_next);
	}
	return ST_OK;
}

/* Keys that were cleared come back to what was received under them, others of their IDs do not. */
static void resume(struct sa_table *t, struct sa_set *made, const struct nts_params *p)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (sa_set_same(&t->cleared[i], p)) {
			sa_set_resume(made, &t->cleared[i]);
			sa_set_wipe(&t->cleared[i]);
		}
	}
}

static enum status replace(struct sa_table *t, const struct nts_params *current,
			   const struct nts_params *next, uint64_t arrival_ms, uint64_t now_ms)
{
	struct sa_set cur = { .n = 0 }, nxt = { .n = 0 };
	bool stays = sa_set_same(&t->sets[SA_CURRENT], current);
	enum status st = collect(t, current, next, &cur, &nxt);

	if (st != ST_OK) {
		return st;
	}
	resume(t, &cur, current);
	resume(t, &nxt, next);
	if (t->sets[SA_CURRENT].n) {
		demote_current(t, now_ms);
		t->rotations++;
	}
	t->sets[SA_CURRENT] = cur;
	if (next || !stays) {
		end_set(t, &t->sets[SA_NEXT]);
		t->sets[SA_NEXT] = nxt;
	}
	sa_set_refresh(&t->sets[SA_CURRENT], current, arrival_ms);
	if (next) {
		sa_set_refresh(&t->sets[SA_NEXT], next, t->sets[SA_CURRENT].expires_at);
	}
	return ST_OK;
}

enum status sa_install(struct sa_table *t, const struct nts_params *current,
		       const struct nts_params *next, uint64_t arrival_ms, uint64_t now_ms)
{
	uint64_t end = arrival_ms + (uint64_t)current->lifetime * 1000;
	enum status st = ST_OK;

	if (!sa_set_fits(current) || (next && !sa_set_fits(next)) ||
	    (next && current->sa[0].key_id == next->sa[0].key_id)) {
		return ST_BAD_VALUE;
	}
	if (end <= now_ms) {
		return ST_EXPIRED;
	}
	if (server_is_behind(t, current, next)) {
		follow_behind(t, current, next, end);
	} else if (comes_back(t, current) || comes_back(t, next)) {
		st = ST_EXPIRED;
	} else {
		st = replace(t, current, next, arrival_ms, now_ms);
	}
	if (st == ST_OK) {
		t->generation++;
	}
	return st;
}

/* ---- the passing of time ---- */

bool sa_tick(struct sa_table *t, uint64_t now_ms)
{
	struct sa_set *current = &t->sets[SA_CURRENT];
	struct sa_set *previous = &t->sets[SA_PREVIOUS];
	bool changed = false;

	while (current->n && now_ms >= current->expires_at) {
		demote_current(t, current->expires_at);
		if (t->sets[SA_NEXT].n) {
			*current = sa_set_move(&t->sets[SA_NEXT]);
			t->rotations++;
		} else {
			t->expiries++;
		}
		t->generation++;
		changed = true;
	}
	if (previous->n && now_ms >= previous->expires_at) {
		end_set(t, previous);
		t->generation++;
	}
	for (int i = 0; i < SA_SLOTS; i++) {
		if (t->cleared[i].n && now_ms >= t->cleared[i].expires_at) {
			end_set(t, &t->cleared[i]);
			t->generation++;
		}
	}
	return changed;
}

uint64_t sa_deadline(const struct sa_table *t)
{
	const struct sa_set *current = &t->sets[SA_CURRENT];
	const struct sa_set *previous = &t->sets[SA_PREVIOUS];
	uint64_t at = UINT64_MAX;

	if (current->n) {
		at = current->expires_at;
	}
	if (previous->n && previous->expires_at < at) {
		at = previous->expires_at;
	}
	for (int i = 0; i < SA_SLOTS; i++) {
		if (t->cleared[i].n && t->cleared[i].expires_at < at) {
			at = t->cleared[i].expires_at;
		}
	}
	return at;
}

/* ---- looking up ---- */

bool sa_usable(const struct sa_table *t)
{
	return t->sets[SA_CURRENT].n > 0;
}

bool sa_secured(const struct sa_table *t, uint8_t ptp_type)
{
	const struct sa_set *current = &t->sets[SA_CURRENT];

	return !current->n || sa_set_names(current, ptp_type);
}

struct sa_key *sa_signer_in(struct sa_table *t, enum sa_slot slot, uint8_t ptp_type)
{
	struct sa_set *s = &t->sets[slot];
	int8_t i;

	if (!s->n) {
		return NULL;
	}
	i = s->signer[ptp_type & 0x0F];
	return i == SA_SET_NO_KEY ? NULL : &s->keys[i];
}

struct sa_key *sa_signer(struct sa_table *t, uint8_t ptp_type)
{
	return sa_signer_in(t, SA_CURRENT, ptp_type);
}

enum sa_find sa_verifier(struct sa_table *t, uint8_t ptp_type, uint8_t spp, uint32_t key_id,
			 struct sa_key **out)
{
	enum sa_find answer = SA_NO_KEYS;

	for (int slot = 0; slot < SA_SLOTS; slot++) {
		struct sa_set *s = &t->sets[slot];

		for (uint8_t i = 0; i < s->n; i++) {
			if (s->keys[i].spp != spp) {
				answer = answer == SA_NO_KEYS ? SA_UNKNOWN_SPP : answer;
				continue;
			}
			answer = SA_UNKNOWN_KEY_ID;
			if (s->keys[i].key_id != key_id) {
				continue;
			}
			if (s->signer[ptp_type & 0x0F] != i) {
				return SA_NOT_IN_POLICY;
			}
			*out = &s->keys[i];
			return SA_FOUND;
		}
	}
	return answer;
}

bool sa_any(const struct sa_table *t)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		if (t->sets[i].n) {
			return true;
		}
	}
	return false;
}

bool sa_plain_ok(const struct sa_table *t, uint8_t ptp_type)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		const struct sa_set *s = &t->sets[i];

		if (s->n && !sa_set_names(s, ptp_type)) {
			return true;
		}
	}
	return false;
}

uint32_t sa_generation(const struct sa_table *t)
{
	return t->generation;
}

static const struct sa_key *key_in(const struct sa_set *s, uint64_t serial)
{
	for (uint8_t i = 0; i < s->n; i++) {
		if (s->keys[i].serial == serial) {
			return &s->keys[i];
		}
	}
	return NULL;
}

const struct sa_key *sa_key_of(const struct sa_table *t, uint64_t serial, uint64_t *ends_ms)
{
	for (int slot = 0; slot < SA_SLOTS; slot++) {
		const struct sa_set *s = &t->sets[slot], *cleared = &t->cleared[slot];
		const struct sa_key *k = key_in(s, serial);

		if (k) {
			*ends_ms = s->expires_at + (slot == SA_PREVIOUS ? 0 : s->grace_ms);
			return k;
		}
		k = key_in(cleared, serial);
		if (k) {
			*ends_ms = cleared->expires_at;
			return k;
		}
	}
	return NULL;
}

bool sa_holds(const struct sa_table *t, uint64_t serial)
{
	uint64_t ends_ms;

	return sa_key_of(t, serial, &ends_ms) != NULL;
}

void sa_status(const struct sa_table *t, struct sa_status *out)
{
	const struct sa_set *current = &t->sets[SA_CURRENT];

	*out = (struct sa_status) {
		.spp = current->keys[0].spp,
		.mac = current->keys[0].mac,
		.update_at = current->update_at,
		.expires_at = current->expires_at,
		.rotations = t->rotations,
		.expiries = t->expiries,
	};
	for (int i = 0; i < SA_SLOTS; i++) {
		out->have[i] = t->sets[i].n > 0;
		out->key_id[i] = t->sets[i].keys[0].key_id;
	}
}
