/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freshness of verified messages, WIRE.md 7: what was taken before, or is too old, is refused,
 * and no honest restart, loss or reordering locks a sender out. A mark is the memory of one
 * stream: one key, sender and message type (tlv/senders.h keeps them).
 *
 * Pure: no clock, no allocation. A refused message changes nothing, so that replays cannot
 * prepare the ground for each other.
 */
#ifndef NTS_TLV_FRESH_H
#define NTS_TLV_FRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "tlv/ptp.h"

#define FRESH_WINDOW 64			/* sequenceIds remembered, and taken ahead */
#define FRESH_SILENCE_MS 60000		/* before a Signaling or Management jump */

/* sequenceIds under which Signaling or Management was taken: from the first one to the last. */
#define FRESH_FORMER 4
struct fresh_range {
	uint16_t bottom;
	uint16_t top;
};

/* Zero-initialise. */
struct fresh_mark {
	uint64_t bits;		/* bit i: sequenceId top - i was taken */
	uint64_t newest_ns;	/* newest timestamp of the time line being followed; 0 none */
	uint64_t ever_ns;	/* newest timestamp ever taken */
	uint64_t newest_ms;	/* when newest_ns was taken */
	uint64_t last_ms;	/* when a message was taken last */
	uint16_t top;		/* newest sequenceId */
	uint16_t bottom;	/* Signaling, Management: first one of this numbering */
	struct fresh_range former[FRESH_FORMER];	/* numberings before */
	uint8_t n_former;
	uint8_t rough;		/* bit i: former[i] spans several, and what is between them */
	bool started;
	bool recalled;		/* of an earlier life, and no message taken in this one */
};

struct fresh_limits {
	uint32_t announce_timeout_ms;	/* silence before a stepped-back clock is believed */
	bool step_back_refuse;
};

enum fresh_result { FRESH_OK, FRESH_STEPPED_BACK, FRESH_STALE };

/*
 * A verified message of the mark's stream: rule is its type's, timestamp_ns 0 where there is
 * none. FRESH_STEPPED_BACK is taken too.
 */
enum fresh_result fresh_check(struct fresh_mark *m, enum ptp_rule rule, uint16_t sequence_id,
			      uint64_t timestamp_ns, uint64_t now_ms,
			      const struct fresh_limits *limits);

/*
 * Has the stream's numbering, or one before it, passed this sequenceId for certain, outside the
 * window?
 */
bool fresh_passed(const struct fresh_mark *m, uint16_t sequence_id);

/*
 * A message of Signaling that fresh_check refused: taken all the same where it jumped to where
 * none was taken before, since then its sender restarted. False: it may be a replay. No numbering
 * is forgotten, but from the sixth one on they share ranges with what is between them.
 */
bool fresh_renumbered(struct fresh_mark *m, uint16_t sequence_id, uint64_t now_ms);

/*
 * Takes up a mark that an earlier life of this receiver left, times in boot time. Whatever that
 * life took, it took before now_ms: the sender's time line is carried on to now_ms, and what is
 * older is refused.
 */
void fresh_recall(struct fresh_mark *m, enum ptp_rule rule, uint64_t now_ms);

/* The requests of one type that we sent last. Zero-initialise. */
struct fresh_sent {
	uint64_t bits;		/* bit i: request top - i was sent */
	uint16_t top;
	bool started;
};

void fresh_sent_note(struct fresh_sent *s, uint16_t sequence_id);

/* Is this one of our last FRESH_WINDOW requests? */
bool fresh_sent_has(const struct fresh_sent *s, uint16_t sequence_id);

#endif
