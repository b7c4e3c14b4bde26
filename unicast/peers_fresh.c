// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freshness of what a grantor's requesters send, and what of it tells that they are there (WIRE.md
 * 7). Must be asked about verified messages only.
 */
#include "unicast/peers.h"

#include <string.h>

#define NUMBERS_OF_OTHERS 1024	/* messages that a requester may have sent to others in between */
#define STREAM(s) (1u << (s))
#define ALIVE_MASK 0xFFFFFFu		/* the octets of alive_s */

static enum fresh_result check(struct fresh_mark *m, enum peer_stream stream, bool new_ticket,
			      uint16_t sequence_id, uint64_t now_ms)
{
	static const struct fresh_limits none;
	enum ptp_rule rule = stream >= PEER_SIGNALING ? PTP_RULE_SPORADIC : PTP_RULE_REQUEST;
	enum fresh_result r = fresh_check(m, rule, sequence_id, 0, now_ms, &none);
	int ahead = (int16_t)(uint16_t)(sequence_id - m->top);
	bool inside = ahead > -FRESH_WINDOW && ahead <= FRESH_WINDOW;

	/* WIRE.md 7: a jump is taken with a ticket not seen before. */
	if (r == FRESH_STALE && new_ticket && !inside) {
		memset(m, 0, sizeof(*m));
		r = fresh_check(m, rule, sequence_id, 0, now_ms, &none);
	}
	return r;
}

static uint32_t seconds(uint64_t ms)
{
	return (uint32_t)(ms / 1000);
}

/* The records of one requester, this one too: one for each SPP of Current, Next and Previous. */
static struct peer *next_key(const struct peers *p, const struct peer *of, const struct peer *after)
{
	struct peer *e = peers_by_identity(p, of->identity, after);

	while (e && (e->family != of->family ||
		     memcmp(e->address, of->address, sizeof(e->address)) != 0)) {
		e = peers_by_identity(p, of->identity, e);
	}
	return e;
}

/* Not where it may have numbered messages to its other grantors in between. */
static bool is_jump(const struct fresh_mark *m, uint16_t sequence_id)
{
	int ahead = (int16_t)(uint16_t)(sequence_id - m->top);

	return m->started && (ahead <= -FRESH_WINDOW || ahead > NUMBERS_OF_OTHERS);
}

enum fresh_result peers_check_kept(struct fresh_mark *m, bool new_ticket, uint16_t sequence_id,
				   uint64_t now_ms)
{
	if (is_jump(m, sequence_id) && !new_ticket) {
		return FRESH_STALE;
	}
	return check(m, PEER_SIGNALING, new_ticket, sequence_id, now_ms);
}

/* WIRE.md 7 takes a jump after silence from that sender: not of Signaling alone. */
static bool is_heard(const struct peers *p, const struct peer *peer, uint64_t now_ms)
{
	const struct peer *e = NULL;

	while ((e = next_key(p, peer, e))) {
		if ((uint16_t)(seconds(now_ms) - e->heard_s) < FRESH_SILENCE_MS / 1000) {
			return true;
		}
	}
	return false;
}

uint32_t peers_silence_s(const struct peers *p, const struct peer *peer, uint64_t now_ms)
{
	const struct peer *e = NULL;
	uint32_t least = UINT32_MAX;

	while ((e = next_key(p, peer, e))) {
		uint32_t silence = (seconds(now_ms) - e->alive_s) & ALIVE_MASK;

		least = silence < least ? silence : least;
	}
	return least;
}

/* With a new ticket it was restarted: its requests begin anew. */
static void note_restart(struct peers *p, struct peer *peer)
{
	static const struct fresh_mark none;

	peers_set_mark(p, peer, PEER_DELAY_REQ, &none);
	peers_set_mark(p, peer, PEER_PDELAY_REQ, &none);
}

/* The requester is there, for certain: what comes now under any of its keys is believed again. */
static void vouch(struct peers *p, const struct peer *peer, bool restarted)
{
	struct peer *e = NULL;

	while ((e = next_key(p, peer, e))) {
		e->jumped = 0;
		if (restarted) {
			note_restart(p, e);
		}
	}
}

/*
 * A jump without a new ticket may begin a replay: of it, and of what follows, nothing tells that
 * the requester is there, until its Signaling goes on where it was.
 */
static void note_taken(struct peers *p, struct peer *peer, enum peer_stream stream, bool jump,
		       bool new_ticket, uint64_t now_ms)
{
	if (jump && !new_ticket) {
		peer->jumped |= STREAM(stream);
	} else if (new_ticket ||
		   (stream == PEER_SIGNALING && !(peer->jumped & STREAM(PEER_SIGNALING)))) {
		vouch(p, peer, jump);
	}
	peer->heard_s = (uint16_t)seconds(now_ms);
	if (!(peer->jumped & (STREAM(stream) | STREAM(PEER_SIGNALING)))) {
		peer->alive_s = seconds(now_ms);
	}
}

enum fresh_result peers_fresh(struct peers *p, struct peer *peer, enum peer_stream stream,
			      bool new_ticket, uint16_t sequence_id, uint64_t now_ms)
{
	struct fresh_mark m = peers_mark(p, peer, stream, now_ms);
	bool jump = is_jump(&m, sequence_id);
	enum fresh_result r;

	if (jump && !new_ticket && stream >= PEER_SIGNALING && is_heard(p, peer, now_ms)) {
		return FRESH_STALE;
	}
	r = check(&m, stream, new_ticket, sequence_id, now_ms);
	if (r == FRESH_STALE) {
		return r;
	}
	peers_set_mark(p, peer, stream, &m);
	note_taken(p, peer, stream, jump, new_ticket, now_ms);
	return r;
}
