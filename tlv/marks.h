/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A freshness mark as it is kept over a restart of the receiver (WIRE.md 7): between clock and
 * agent, and on disk. Host byte order, no padding, nothing secret.
 */
#ifndef NTS_TLV_MARKS_H
#define NTS_TLV_MARKS_H

#include <stdint.h>

#include "tlv/fresh.h"

#define MARKS_MAX 8192	/* that one clock has, all ports together */
#define MARK_TICKETS 4		/* words of bits, set by the nonces of the tickets seen */

/* Times in ms are boot time. */
struct mark {
	uint64_t bits, newest_ns, ever_ns, newest_ms, last_ms;	/* as in struct fresh_mark */
	uint64_t ends_ms;			/* end of the key's grace */
	uint32_t key_id;
	uint16_t port_number;			/* ours, which received it */
	uint16_t top;
	uint8_t spp;
	uint8_t slot;				/* of the message type, < PTP_SLOTS */
	uint8_t source[PTP_PORT_IDENTITY_LEN];
	uint8_t requester[PTP_PORT_IDENTITY_LEN];
	uint8_t n_former;			/* as in struct fresh_mark, as are the next three */
	uint8_t rough;
	uint16_t bottom;
	struct fresh_range former[FRESH_FORMER];
	uint16_t tickets[MARK_TICKETS];		/* of Signaling at a grantor */
	uint16_t zeros[3];
};

_Static_assert(sizeof(struct mark) == 112, "no padding");

#endif
