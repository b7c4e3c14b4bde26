// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks of an earlier life, by key ID, and marks for a later one (WIRE.md 7). Must not search all
 * of them for a message.
 */
#include "tlv/kept.h"

#include <stdlib.h>
#include <string.h>

void kept_free(struct kept *k)
{
	free(k->list);
	*k = (struct kept) { .n = 0 };
}

struct fresh_mark kept_fresh(const struct mark *m)
{
	struct fresh_mark fresh = {
		.bits = m->bits, .newest_ns = m->newest_ns, .ever_ns = m->ever_ns,
		.newest_ms = m->newest_ms, .last_ms = m->last_ms, .top = m->top,
		.bottom = m->bottom,
		.n_former = m->n_former <= FRESH_FORMER ? m->n_former : FRESH_FORMER,
		.rough = m->rough,
		.started = true, .recalled = m->newest_ns != 0,
	};

	memcpy(fresh.former, m->former, sizeof(fresh.former));
	return fresh;
}

static void write_fresh(struct mark *to, const struct fresh_mark *m)
{
	to->bits = m->bits;
	to->newest_ns = m->newest_ns;
	to->ever_ns = m->ever_ns;
	to->newest_ms = m->newest_ms;
	to->last_ms = m->last_ms;
	to->top = m->top;
	to->bottom = m->bottom;
	to->n_former = m->n_former;
	to->rough = m->rough;
	memcpy(to->former, m->former, sizeof(to->former));
}

enum status kept_recall(struct kept *k, uint16_t port_number, const struct mark *list, uint32_t n,
			uint64_t now_ms)
{
	struct mark *more;

	if (n == 0) {
		return ST_OK;
	}
	if (n > MARKS_MAX - k->n) {
		return ST_LIMIT;
	}
	more = realloc(k->list, (k->n + n) * sizeof(*more));
	if (!more) {
		return ST_NO_MEMORY;
	}
	k->list = more;
	k->sorted = false;
	for (uint32_t i = 0; i < n; i++) {
		struct mark *to = &more[k->n];
		struct fresh_mark m;

		if (list[i].port_number != port_number || list[i].slot >= PTP_SLOTS) {
			continue;
		}
		*to = list[i];
		m = kept_fresh(to);
		fresh_recall(&m, ptp_slot_rule(to->slot), now_ms);
		write_fresh(to, &m);
		k->n++;
	}
	return ST_OK;
}

static int by_key(const void *a, const void *b)
{
	uint32_t x = ((const struct mark *)a)->key_id, y = ((const struct mark *)b)->key_id;

	return x < y ? -1 : x > y;
}

/* The first one of a key. */
static uint32_t first_of(const struct kept *k, uint32_t key_id)
{
	uint32_t low = 0, high = k->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (k->list[mid].key_id < key_id) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

const struct mark *kept_find(struct kept *k, uint32_t key_id, uint8_t spp,
			     const struct senders_id *id, uint8_t slot)
{
	if (k->n && !k->sorted) {
		qsort(k->list, k->n, sizeof(k->list[0]), by_key);
		k->sorted = true;
	}
	for (uint32_t i = first_of(k, key_id); i < k->n && k->list[i].key_id == key_id; i++) {
		const struct mark *m = &k->list[i];

		if (m->spp == spp && m->slot == slot &&
		    !memcmp(m->source, id->source, sizeof(m->source)) &&
		    !memcmp(m->requester, id->requester, sizeof(m->requester))) {
			return m;
		}
	}
	return NULL;
}

void kept_use(struct kept *k, const struct sa_key *key, const struct senders_id *id, uint8_t slot,
	      struct fresh_mark *out)
{
	const struct mark *m = kept_find(k, key->key_id, key->spp, id, slot);

	if (m) {
		*out = kept_fresh(m);
	}
}

/* Is a stream of this rule worth keeping? A replayed request earns an answer nobody takes. */
static bool is_wanted(enum ptp_rule rule)
{
	return rule != PTP_RULE_REQUEST;
}

void kept_note(struct kept *k, enum ptp_rule rule, bool first)
{
	if (is_wanted(rule) && (first || rule == PTP_RULE_SPORADIC)) {
		k->urgent = true;
	}
}

struct mark *kept_add(struct kept_lot *lot, const struct senders_id *id, uint8_t slot,
		      const struct fresh_mark *m)
{
	struct mark *to;

	if (!is_wanted(ptp_slot_rule(slot)) || m->recalled || m->last_ms < lot->since_ms) {
		return NULL;
	}
	if (lot->n == lot->max) {
		lot->more = true;
		return NULL;
	}
	to = &lot->out[lot->n++];
	*to = (struct mark) { .slot = slot, .port_number = lot->port_number };
	write_fresh(to, m);
	memcpy(to->source, id->source, sizeof(to->source));
	memcpy(to->requester, id->requester, sizeof(to->requester));
	return to;
}

struct walk {
	struct kept_lot *lot;
	const struct sa_table *sa;
};

static void visit(void *ctx, uint64_t key_serial, const struct senders_id *id, uint8_t slot,
		  const struct fresh_mark *m)
{
	const struct walk *w = ctx;
	uint64_t ends_ms;
	const struct sa_key *key = sa_key_of(w->sa, key_serial, &ends_ms);
	struct mark *to = key ? kept_add(w->lot, id, slot, m) : NULL;

	if (to) {
		to->key_id = key->key_id;
		to->spp = key->spp;
		to->ends_ms = ends_ms;
	}
}

void kept_add_senders(struct kept_lot *lot, struct senders *s, const struct sa_table *sa)
{
	struct walk w = { lot, sa };

	senders_each(s, visit, &w);
}
