// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freshness rules, WIRE.md 7. Must only be asked about messages whose ICV was right, and must
 * not remember anything of a message that it refuses.
 */
#include "tlv/fresh.h"

#include <string.h>

#define SLACK_NS 1000000000ULL		/* a timestamp may be that much older than the newest */
#define NS_PER_MS 1000000ULL
#define RECALL_NS 100000000ULL		/* how late a message can have been, and its mark early */
#define STEP_PER_S 256			/* messages a second that a stepped-back master may send */
#define RANGE_MAX 0x7FFF		/* sequenceIds that a numbering remembers behind its top */
#define NOTHING_BEHIND UINT64_MAX	/* all sequenceIds behind top count as taken */

struct arrival {
	uint64_t timestamp_ns;
	uint64_t now_ms;
	uint16_t sequence_id;
	int ahead;		/* of top; <= 0: top or behind it */
	bool inside;		/* the window, or at most its size ahead */
	bool duplicate;		/* inside, and taken before */
};

typedef enum fresh_result (*rule_fn)(struct fresh_mark *m, const struct arrival *a,
				     const struct fresh_limits *limits);

static int distance(uint16_t from, uint16_t to)
{
	return (int16_t)(uint16_t)(to - from);
}

static void take(struct fresh_mark *m, const struct arrival *a)
{
	if (a->ahead <= 0) {
		m->bits |= 1ULL << -a->ahead;
	} else {
		m->bits = a->ahead < FRESH_WINDOW ? m->bits << a->ahead | 1 : 1;
		m->top = a->sequence_id;
	}
	m->last_ms = a->now_ms;
}

static void resync(struct fresh_mark *m, const struct arrival *a, uint64_t bits)
{
	m->top = a->sequence_id;
	m->bits = bits;
	m->last_ms = a->now_ms;
}

static uint64_t elapsed(const struct fresh_mark *m, uint64_t now_ms)
{
	return now_ms > m->last_ms ? now_ms - m->last_ms : 0;
}

static void take_timestamp(struct fresh_mark *m, uint64_t timestamp_ns, uint64_t now_ms)
{
	if (timestamp_ns > m->newest_ns) {
		m->newest_ns = timestamp_ns;
		m->newest_ms = now_ms;
	}
	if (timestamp_ns > m->ever_ns) {
		m->ever_ns = timestamp_ns;
	}
}

/* Does sequenceId go on, as far as a sender can have come since its last message? */
static bool goes_on(const struct fresh_mark *m, const struct arrival *a)
{
	uint64_t reach = FRESH_WINDOW + elapsed(m, a->now_ms) * STEP_PER_S / 1000;

	return a->ahead > 0 && (uint64_t)a->ahead <= reach;
}

/*
 * Could this be a replay from before the sender's clock stepped back? Its timestamp is no news,
 * and the time line being followed cannot have come that far since its last message.
 */
static bool abandoned(const struct fresh_mark *m, const struct arrival *a)
{
	uint64_t ahead_ms;

	if (a->timestamp_ns > m->ever_ns || a->timestamp_ns <= m->newest_ns) {
		return false;
	}
	ahead_ms = (a->timestamp_ns - m->newest_ns) / NS_PER_MS;
	return ahead_ms > elapsed(m, a->now_ms) + SLACK_NS / NS_PER_MS;
}

static void step_back(struct fresh_mark *m, const struct arrival *a)
{
	resync(m, a, NOTHING_BEHIND);
	m->newest_ns = a->timestamp_ns;
	m->newest_ms = a->now_ms;
	m->recalled = false;
}

/* The first message after our restart: its sequenceId tells nothing, so its time must be new. */
static enum fresh_result check_recalled(struct fresh_mark *m, const struct arrival *a,
					const struct fresh_limits *limits)
{
	bool silent = elapsed(m, a->now_ms) >= limits->announce_timeout_ms;

	if (a->timestamp_ns > m->newest_ns && !abandoned(m, a)) {
		resync(m, a, NOTHING_BEHIND);
		take_timestamp(m, a->timestamp_ns, a->now_ms);
		m->recalled = false;
		return FRESH_OK;
	}
	if (silent && goes_on(m, a) && !limits->step_back_refuse) {
		step_back(m, a);
		return FRESH_STEPPED_BACK;
	}
	return FRESH_STALE;
}

/*
 * Announce, Sync, Follow_Up. What is newer than all that was ever taken cannot be a replay,
 * wherever its sequenceId lies. No timestamp counts as the oldest one, so a sender that has
 * shown timestamps under this key is not believed without. The first message of a stream and
 * every jump let nothing in from behind.
 *
 * A jump without a newer timestamp is taken after silence of the announce receipt timeout in
 * two cases, else honest loss of more than a window would lock the sender out: it never sends
 * timestamps; or its clock stepped back before, so that its time line is followed below the
 * newest timestamp ever taken.
 */
static enum fresh_result check_timed(struct fresh_mark *m, const struct arrival *a,
				     const struct fresh_limits *limits)
{
	uint64_t ts = a->timestamp_ns;
	bool silent = elapsed(m, a->now_ms) >= limits->announce_timeout_ms;
	bool untimed = ts == 0 && m->newest_ns == 0;
	bool old = ts < m->newest_ns && m->newest_ns - ts > SLACK_NS;

	if (m->recalled) {
		return check_recalled(m, a, limits);
	}
	if (a->inside && !a->duplicate && !old && (silent || !abandoned(m, a))) {
		take(m, a);
	} else if (ts > m->ever_ns) {
		resync(m, a, NOTHING_BEHIND);
	} else if (!a->inside && silent && (ts > m->newest_ns || untimed)) {
		resync(m, a, NOTHING_BEHIND);
	} else if (old && silent && goes_on(m, a) && !limits->step_back_refuse) {
		step_back(m, a);
		return FRESH_STEPPED_BACK;
	} else {
		return FRESH_STALE;
	}
	take_timestamp(m, ts, a->now_ms);
	return FRESH_OK;
}

/*
 * Delay_Req, Pdelay_Req, and what is common to responses. A jump
 * forgets what is behind it: else one replay from just ahead would shut out the honest ones.
 */
static enum fresh_result check_once(struct fresh_mark *m, const struct arrival *a,
				    const struct fresh_limits *limits)
{
	(void)limits;
	if (a->duplicate) {
		return FRESH_STALE;
	}
	if (a->inside) {
		take(m, a);
	} else {
		resync(m, a, 1);
	}
	return FRESH_OK;
}

/*
 * Answers were matched with an outstanding request; but after sequenceId has wrapped an old answer
 * matches a new request, too. It carries the older time. A sender whose clock stepped back is
 * believed after a silence.
 */
static enum fresh_result check_response(struct fresh_mark *m, const struct arrival *a,
					const struct fresh_limits *limits)
{
	uint64_t ts = a->timestamp_ns;
	uint64_t slack = m->recalled ? 0 : SLACK_NS;
	bool old = ts != 0 && ts < m->newest_ns && m->newest_ns - ts > slack;

	if (old && elapsed(m, a->now_ms) < limits->announce_timeout_ms) {
		return FRESH_STALE;
	}
	if (check_once(m, a, limits) != FRESH_OK) {
		return FRESH_STALE;
	}
	if (old) {
		m->newest_ns = ts;
		m->newest_ms = a->now_ms;
	}
	m->recalled = false;
	take_timestamp(m, ts, a->now_ms);
	return FRESH_OK;
}

/*
 * Also just below: from there the window would let in again what is above. So the first message of
 * a numbering, held back, does not open the way for those that were taken behind it.
 */
static bool is_in(uint16_t bottom, uint16_t top, uint16_t sequence_id)
{
	uint16_t from = (uint16_t)(bottom - FRESH_WINDOW);

	return (uint16_t)(sequence_id - from) <= (uint16_t)(top - bottom) + FRESH_WINDOW;
}

/* rough: also where ranges span what is between several numberings. */
static bool numbered_before(const struct fresh_mark *m, uint16_t sequence_id, bool rough)
{
	for (uint8_t i = 0; i < m->n_former; i++) {
		if ((rough || !(m->rough >> i & 1)) &&
		    is_in(m->former[i].bottom, m->former[i].top, sequence_id)) {
			return true;
		}
	}
	return is_in(m->bottom, m->top, sequence_id);
}

static void leave_out(struct fresh_mark *m, uint8_t i)
{
	uint8_t below = (uint8_t)((1u << i) - 1);

	m->n_former--;
	memmove(m->former + i, m->former + i + 1, (m->n_former - i) * sizeof(m->former[0]));
	m->rough = (uint8_t)((m->rough & below) | (m->rough >> 1 & ~below));
}

static uint32_t width(const struct fresh_range *r)
{
	return (uint16_t)(r->top - r->bottom);
}

/* Those two become one that are closest to each other: all numbers, where they meet behind, too. */
static void make_room(struct fresh_mark *m)
{
	struct fresh_range *to;
	uint32_t closest = UINT32_MAX, span;
	uint8_t first = 0, second = 1;

	for (uint8_t i = 0; i < FRESH_FORMER; i++) {
		for (uint8_t k = 0; k < FRESH_FORMER; k++) {
			uint16_t gap = (uint16_t)(m->former[k].bottom - m->former[i].top);

			if (i != k && gap < closest) {
				closest = gap;
				first = i;
				second = k;
			}
		}
	}
	to = &m->former[first];
	span = width(to) + closest + width(&m->former[second]);
	to->top = span > UINT16_MAX ? (uint16_t)(to->bottom - 1) : m->former[second].top;
	m->rough |= (uint8_t)(1u << first);
	leave_out(m, second);
}

static void renumber(struct fresh_mark *m, const struct arrival *a)
{
	if (m->n_former == FRESH_FORMER) {
		make_room(m);
	}
	m->former[m->n_former++] = (struct fresh_range) { m->bottom, m->top };
	m->bottom = a->sequence_id;
	resync(m, a, NOTHING_BEHIND);
}

/* Signaling, Management. */
static enum fresh_result check_sporadic(struct fresh_mark *m, const struct arrival *a,
					const struct fresh_limits *limits)
{
	(void)limits;
	if (a->duplicate) {
		return FRESH_STALE;
	}
	if (a->inside) {
		take(m, a);
		if ((uint16_t)(m->top - m->bottom) > RANGE_MAX) {
			m->bottom = (uint16_t)(m->top - RANGE_MAX);
		}
		return FRESH_OK;
	}
	if (elapsed(m, a->now_ms) < FRESH_SILENCE_MS) {
		return FRESH_STALE;
	}
	renumber(m, a);
	return FRESH_OK;
}

static bool is_jump(const struct fresh_mark *m, uint16_t sequence_id)
{
	int ahead = distance(m->top, sequence_id);

	return ahead <= -FRESH_WINDOW || ahead > FRESH_WINDOW;
}

bool fresh_passed(const struct fresh_mark *m, uint16_t sequence_id)
{
	return m->started && is_jump(m, sequence_id) &&
	       numbered_before(m, sequence_id, false);
}

bool fresh_renumbered(struct fresh_mark *m, uint16_t sequence_id, uint64_t now_ms)
{
	const struct arrival a = { .sequence_id = sequence_id, .now_ms = now_ms };

	if (!is_jump(m, sequence_id) || numbered_before(m, sequence_id, true)) {
		return false;
	}
	renumber(m, &a);
	return true;
}

static const rule_fn rules[] = {
	[PTP_RULE_TIMED] = check_timed,
	[PTP_RULE_REQUEST] = check_once,
	[PTP_RULE_RESPONSE] = check_response,
	[PTP_RULE_SPORADIC] = check_sporadic,
};

static void start(struct fresh_mark *m, enum ptp_rule rule, const struct arrival *a)
{
	bool once = rule == PTP_RULE_REQUEST || rule == PTP_RULE_RESPONSE;

	resync(m, a, once ? 1 : NOTHING_BEHIND);
	m->bottom = a->sequence_id;
	take_timestamp(m, a->timestamp_ns, a->now_ms);
	m->started = true;
}

enum fresh_result fresh_check(struct fresh_mark *m, enum ptp_rule rule, uint16_t sequence_id,
			      uint64_t timestamp_ns, uint64_t now_ms,
			      const struct fresh_limits *limits)
{
	struct arrival a = {
		.timestamp_ns = timestamp_ns,
		.now_ms = now_ms,
		.sequence_id = sequence_id,
		.ahead = distance(m->top, sequence_id),
	};

	if (!m->started) {
		start(m, rule, &a);
		return FRESH_OK;
	}
	a.inside = a.ahead > -FRESH_WINDOW && a.ahead <= FRESH_WINDOW;
	a.duplicate = a.inside && a.ahead <= 0 && (m->bits >> -a.ahead & 1);
	return rules[rule](m, &a, limits);
}

void fresh_recall(struct fresh_mark *m, enum ptp_rule rule, uint64_t now_ms)
{
	m->started = true;
	m->recalled = m->newest_ns != 0;
	if (m->recalled && now_ms > m->newest_ms) {
		m->newest_ns += (now_ms - m->newest_ms) * NS_PER_MS;
	}
	if (m->recalled) {
		m->newest_ns += RECALL_NS;
		m->newest_ms = now_ms;
	}
	if (m->ever_ns < m->newest_ns) {
		m->ever_ns = m->newest_ns;
	}
	if (rule != PTP_RULE_SPORADIC) {
		m->last_ms = now_ms;
	}
}

void fresh_sent_note(struct fresh_sent *s, uint16_t sequence_id)
{
	int ahead = distance(s->top, sequence_id);

	if (s->started && ahead <= 0 && ahead > -FRESH_WINDOW) {
		s->bits |= 1ULL << -ahead;
		return;
	}
	if (s->started && ahead > 0 && ahead < FRESH_WINDOW) {
		s->bits = s->bits << ahead | 1;
	} else {
		s->bits = 1;
	}
	s->top = sequence_id;
	s->started = true;
}

bool fresh_sent_has(const struct fresh_sent *s, uint16_t sequence_id)
{
	int ahead = distance(s->top, sequence_id);

	return ahead <= 0 && ahead > -FRESH_WINDOW && (s->bits >> -ahead & 1);
}
