/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requester's side of ticket mode towards one grantor (draft 2.1.2; WIRE.md 7): its keys and
 * tickets, which ticket a request carries, and whether the grantor has shown that it knows them.
 * Works on wire octets; no socket, no clock.
 */
#ifndef NTS_UNICAST_REQUESTER_H
#define NTS_UNICAST_REQUESTER_H

#include "tlv/auth.h"
#include "tlv/kept.h"
#include "tlv/own.h"

struct requester;

/*
 * Towards the grantor at this transport address, under the keys in sa, which stay the caller's and
 * must outlive it. ST_NO_MEMORY.
 */
enum status requester_new(const struct nts_assoc *grantor, struct sa_table *sa,
			  const struct fresh_limits *limits, struct requester **out) MUST_CHECK;
void requester_free(struct requester *r);	/* r may be NULL */

/* Where marks of an earlier life are; before the first message. It stays the caller's. */
void requester_keep(struct requester *r, struct kept *kept);

/* Adds the marks that are worth keeping. */
void requester_marks(struct requester *r, struct kept_lot *lot);

const struct nts_assoc *requester_grantor(const struct requester *r);

/* Takes the tickets of a grant that sa_install took; next may be NULL: then a known one stays. */
void requester_take(struct requester *r, const struct nts_params *current,
		    const struct nts_params *next);

/* Is there a Current key, and a ticket for it? */
bool requester_usable(const struct requester *r);

/*
 * Asks to have the contracts asked for again, now: the grantor does not know Next yet, or has
 * lost Current.
 */
bool requester_wants_renewal(const struct requester *r);

/* Nothing came for long: the grantor may have forgotten us. */
void requester_lost(struct requester *r);

/* Our address is another one: the next ticket, which names it, is to be shown at once. */
void requester_moved(struct requester *r);

/* When the last Announce of the grantor was verified; boot time ms, 0 never. */
uint64_t requester_heard_ms(const struct requester *r);

/* The same for a message of any type: a peer may send no Announce. */
uint64_t requester_answered_ms(const struct requester *r);

/* Requests with a live ticket that went out since then. */
uint32_t requester_unanswered(const struct requester *r);

/*
 * The ticket that a request carries now, and the key inside it that signs it; ST_EXPIRED without.
 * *ticket stays valid until requester_take.
 */
enum status requester_ticket(struct requester *r, uint32_t *ticket_key_id,
			     const struct nts_ticket **ticket, struct sa_key **key) MUST_CHECK;

/* A request with the ticket that was picked last went out. */
void requester_sent(struct requester *r);

/* The key for other messages: NULL when not named or no Current. */
struct sa_key *requester_signer(const struct requester *r, uint8_t ptp_type);

/* Have we keys at all, and do policies of ours leave this type unsigned? */
bool requester_plain_ok(const struct requester *r, uint8_t ptp_type);

/*
 * A signed message from this address. GUARD_UNKNOWN_KEY_ID and GUARD_UNKNOWN_SPP: not one of our
 * keys. On GUARD_OK requester_identity is its source. steps counts clocks that stepped back.
 */
enum guard_verdict requester_verify(struct requester *r, const struct own *own,
				    const uint8_t *data, const struct ptp_head *m,
				    const struct auth_tlv *tlv, const struct nts_assoc *from,
				    uint64_t now_ms, uint64_t *steps);

/* The PortIdentity bound to our keys (PTP_PORT_IDENTITY_LEN octets), NULL while there is none. */
const uint8_t *requester_identity(const struct requester *r);

/* The ID of the key under which it was bound last; 0 never. */
uint32_t requester_bound_key(const struct requester *r);

#endif
