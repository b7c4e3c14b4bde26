/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freshness marks over a restart of the receiver (WIRE.md 7), as the gates of group mode
 * (tlv/guard.h) and of ticket mode (unicast/gate.h) share it: what an earlier life of a port left,
 * until a message comes under its key; and what this one leaves. Must be asked for the marks of
 * verified messages only. No clock, no file.
 */
#ifndef NTS_TLV_KEPT_H
#define NTS_TLV_KEPT_H

#include "tlv/marks.h"
#include "tlv/sa.h"
#include "tlv/senders.h"

/* Zero-initialise. */
struct kept {
	struct mark *list;
	uint32_t n;
	bool sorted;
	bool urgent;		/* a mark of this life should be handed on at once */
};

void kept_free(struct kept *k);

/*
 * Takes up marks, times in boot time, which are carried on to now_ms (fresh_recall). Those of
 * other ports are left out. ST_LIMIT (over MARKS_MAX in all calls), ST_NO_MEMORY: nothing taken.
 */
enum status kept_recall(struct kept *k, uint16_t port_number, const struct mark *list, uint32_t n,
			uint64_t now_ms) MUST_CHECK;

/* The mark of a stream, or NULL. Valid until kept_recall. */
const struct mark *kept_find(struct kept *k, uint32_t key_id, uint8_t spp,
			     const struct senders_id *id, uint8_t slot);

/* The same for a stream of which nothing was taken in this life: what is kept, if anything. */
void kept_use(struct kept *k, const struct sa_key *key, const struct senders_id *id, uint8_t slot,
	      struct fresh_mark *out);

/* As freshness knows it. */
struct fresh_mark kept_fresh(const struct mark *m);

/* A message was taken: of a new stream, or of one that no time line carries on, is urgent. */
void kept_note(struct kept *k, enum ptp_rule rule, bool first);

/* Marks of this life: at most max, at out. */
struct kept_lot {
	struct mark *out;
	uint64_t since_ms;	/* only those touched at this time or later */
	uint32_t max;
	uint32_t n;
	uint16_t port_number;
	bool more;		/* there were more than max */
};

/* Adds one, where it is wanted, touched, and there is room; NULL where not. */
struct mark *kept_add(struct kept_lot *lot, const struct senders_id *id, uint8_t slot,
		      const struct fresh_mark *m);

/* Adds those of all senders under the keys that there are. */
void kept_add_senders(struct kept_lot *lot, struct senders *s, const struct sa_table *sa);

#endif
