// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freshness marks that outlive a restart (WIRE.md 7): handed to the agent, which writes them
 * down, and taken back from it before the first keys. Must not wait for anybody.
 */
#include "ptp4l-nts/seam.h"

#include <string.h>

#define KEEP_MS 5000		/* between two lots */
#define URGENT_MS 100		/* when a new stream began, or one without timestamps went on */
#define LOT_MAX 512

static enum status recall(const struct seam *s, struct seam_port *sp,
			  const struct aproto_marks *m)
{
	if (sp->gate) {
		return ugate_recall(sp->gate, m->list, m->n, s->now_ms);
	}
	return sp->guard ? guard_recall(sp->guard, m->list, m->n, s->now_ms) : ST_OK;
}

void seam_marks_recall(struct seam *s, const struct aproto_marks *m)
{
	struct seam_port *sp;
	enum status st;

	/* A later agent of this life has nothing that we do not know better. */
	if (s->has_keys) {
		return;
	}
	LIST_FOREACH(sp, &s->ports, list) {
		st = recall(s, sp, m);
		if (st != ST_OK) {
			log_limited(&s->marks_log, s->now_ms, LOG_ERR,
				    "NTS: marks of earlier messages lost: %s", status_str(st));
		}
	}
}

/* True when the agent has got them all. */
static bool send_lot(struct seam *s, const struct mark *list, uint32_t n)
{
	struct aproto_marks m;
	uint32_t i;

	for (i = 0; i < n; i += m.n) {
		memset(&m, 0, sizeof(m));
		m.n = n - i < APROTO_MARKS_MAX ? n - i : APROTO_MARKS_MAX;
		memcpy(m.list, list + i, m.n * sizeof(m.list[0]));
		if (!alink_marks(s->link, &m)) {
			return false;
		}
	}
	return true;
}

static void collect(struct seam_port *sp, struct kept_lot *lot)
{
	if (sp->gate) {
		ugate_marks(sp->gate, lot);
	} else if (sp->guard) {
		guard_marks(sp->guard, lot);
	}
}

static bool send_all(struct seam *s)
{
	struct mark list[LOT_MAX];
	struct seam_port *sp;
	bool sent = true;

	LIST_FOREACH(sp, &s->ports, list) {
		struct kept_lot lot = {
			.out = list, .max = LOT_MAX, .since_ms = s->marks_since_ms,
		};

		collect(sp, &lot);
		if (lot.more) {
			log_limited(&s->marks_log, s->now_ms, LOG_WARNING,
				    "port %d (%s): more senders than marks are kept for",
				    portnum(sp->port), sp->name);
		}
		sent = send_lot(s, list, lot.n) && sent;
	}
	return sent;
}

static bool urgent(const struct seam *s)
{
	const struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->gate ? ugate_marks_urgent(sp->gate) :
			       sp->guard && guard_marks_urgent(sp->guard)) {
			return true;
		}
	}
	return false;
}

static uint64_t due_at(const struct seam *s)
{
	return s->marks_ms + (urgent(s) ? URGENT_MS : KEEP_MS);
}

/* Another agent has read what its forerunner wrote, but who knows how much that was. */
static void follow_agent(struct seam *s)
{
	struct alink_status st;

	alink_status(s->link, &st);
	if (st.starts != s->marks_agent) {
		s->marks_agent = st.starts;
		s->marks_since_ms = 0;
	}
}

void seam_marks_tick(struct seam *s)
{
	if (!s->link || !s->has_keys || s->now_ms < due_at(s)) {
		return;
	}
	seam_marks_end(s);
	s->marks_ms = s->now_ms;
}

void seam_marks_end(struct seam *s)
{
	uint64_t now = s->now_ms;

	if (!s->link || !s->has_keys) {
		return;
	}
	follow_agent(s);
	if (send_all(s)) {
		s->marks_since_ms = now;
	}
}

uint64_t seam_marks_deadline(const struct seam *s)
{
	return s->has_keys ? due_at(s) : UINT64_MAX;
}
