// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A grantor's freshness marks over a restart (WIRE.md 7): whose recorded request would be granted
 * once more. Of Signaling and Management only: a replayed Delay_Req earns an answer that nobody
 * takes. Must not walk over all requesters.
 */
#include "unicast/grantor_internal.h"

#include <string.h>

static const struct {
	enum peer_stream stream;
	uint8_t ptp_type;
} rows[] = {
	{ PEER_SIGNALING, PTP_SIGNALING },
	{ PEER_MANAGEMENT, PTP_MANAGEMENT },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void grantor_keep(struct grantor *g, struct kept *kept)
{
	g->kept = kept;
}

void grantor_touch(struct grantor *g, const struct peer *e, enum peer_stream stream,
		   uint64_t now_ms)
{
	uint32_t i = 0;

	if (stream < PEER_SIGNALING) {
		return;
	}
	while (i < g->n_touched &&
	       (g->touched[i].key_id != e->key_id || g->touched[i].spp != e->spp)) {
		i++;
	}
	if (i == GRANTOR_TOUCHED) {
		g->touched_more = true;
		return;
	}
	g->touched[i] = (struct grantor_touched) {
		.at_ms = now_ms, .key_id = e->key_id, .spp = e->spp,
	};
	if (i == g->n_touched) {
		g->n_touched++;
	}
	g->kept->urgent = true;
}

static struct senders_id id_of(const uint8_t *identity)
{
	struct senders_id id = { .requester = { 0 } };

	memcpy(id.source, identity, sizeof(id.source));
	return id;
}

static uint8_t slot_of(uint8_t ptp_type)
{
	return ptp_type_info(ptp_type)->slot;
}

const struct mark *grantor_kept(struct grantor *g, uint32_t key_id, uint8_t spp,
				const uint8_t *identity)
{
	struct senders_id id = id_of(identity);

	return kept_find(g->kept, key_id, spp, &id, slot_of(PTP_SIGNALING));
}

void grantor_recall(struct grantor *g, struct peer *e)
{
	struct senders_id id = id_of(e->identity);

	for (size_t i = 0; i < ROWS; i++) {
		const struct mark *m = kept_find(g->kept, e->key_id, e->spp, &id,
						 slot_of(rows[i].ptp_type));
		struct fresh_mark fresh;

		if (!m) {
			continue;
		}
		fresh = kept_fresh(m);
		peers_set_mark(g->peers, e, rows[i].stream, &fresh);
		if (rows[i].stream == PEER_SIGNALING) {
			memcpy(e->tickets, m->tickets, sizeof(e->tickets));
		}
	}
}

/* When the records of a ticket key end; 0: they have. */
static uint64_t ends_ms(const struct grantor *g, uint32_t ticket_key_id)
{
	for (int i = 0; i < SA_SLOTS; i++) {
		const struct grantor_period *p = &g->periods[i];

		if (p->key.id == ticket_key_id) {
			return p->expires_at + (i == SA_PREVIOUS ? 0 : p->grace_ms);
		}
	}
	return 0;
}

static void add(const struct grantor *g, struct kept_lot *lot, const struct grantor_touched *t)
{
	const struct peer *e = peers_by_key(g->peers, t->key_id, t->spp);
	struct senders_id id;

	if (!e) {
		return;
	}
	id = id_of(e->identity);
	for (size_t i = 0; i < ROWS; i++) {
		struct fresh_mark m = peers_mark(g->peers, e, rows[i].stream, t->at_ms);
		struct mark *to;

		/* A record knows the second only: its end, or now. */
		m.last_ms = m.last_ms + 999 < t->at_ms ? m.last_ms + 999 : t->at_ms;
		to = m.started ? kept_add(lot, &id, slot_of(rows[i].ptp_type), &m) : NULL;
		if (!to) {
			continue;
		}
		to->key_id = e->key_id;
		to->spp = e->spp;
		to->ends_ms = ends_ms(g, peers_ticket_key(g->peers, e));
		if (rows[i].stream == PEER_SIGNALING) {
			memcpy(to->tickets, e->tickets, sizeof(to->tickets));
		}
	}
}

void grantor_marks(struct grantor *g, struct kept_lot *lot)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n_touched; i++) {
		if (g->touched[i].at_ms >= lot->since_ms) {
			g->touched[n++] = g->touched[i];
			add(g, lot, &g->touched[n - 1]);
		}
	}
	g->n_touched = n;
	lot->more = lot->more || g->touched_more;
	g->touched_more = false;
}
