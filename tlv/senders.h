/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The freshness marks of all senders, by key: a bounded hash table each. Must be asked only for
 * senders whose message was verified, since a new one takes memory.
 */
#ifndef NTS_TLV_SENDERS_H
#define NTS_TLV_SENDERS_H

#include "tlv/fresh.h"
#include "util/status.h"

#define SENDERS_MAX_DEFAULT 4096

struct senders;

/*
 * A sender: its sourcePortIdentity, and in a transparent clock the requestingPortIdentity of
 * the responses it sends (several requesters' sequenceIds run side by side there), else zeros.
 */
struct senders_id {
	uint8_t source[PTP_PORT_IDENTITY_LEN];
	uint8_t requester[PTP_PORT_IDENTITY_LEN];
};

/* max senders under each key; 0: SENDERS_MAX_DEFAULT. ST_NO_MEMORY. */
enum status senders_new(uint32_t max, struct senders **out) MUST_CHECK;

/* s may be NULL. */
void senders_free(struct senders *s);

/*
 * The mark of a stream; slot is its message type's. Allocates where the key or the sender is
 * new. Valid until senders_keep or senders_free. ST_LIMIT, ST_NO_MEMORY.
 */
enum status senders_mark(struct senders *s, uint64_t key_serial, const struct senders_id *id,
			 uint8_t slot, struct fresh_mark **out) MUST_CHECK;

/* Frees all that was kept for keys for which live says false. */
void senders_keep(struct senders *s, bool (*live)(const void *ctx, uint64_t key_serial),
		  const void *ctx);

/* Calls visit for every mark that there is. */
void senders_each(struct senders *s,
		  void (*visit)(void *ctx, uint64_t key_serial, const struct senders_id *id,
				uint8_t slot, const struct fresh_mark *mark), void *ctx);

/* Senders now kept, over all keys. */
uint32_t senders_count(const struct senders *s);

#endif
