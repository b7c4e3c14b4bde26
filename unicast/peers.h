/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requesters that a grantor serves: one record for each key that a ticket brought (WIRE.md 7),
 * found by key ID, transport address and PortIdentity through hash tables. A record ends with the
 * ticket key that its ticket was sealed with: the records of each ticket key form a list, so that
 * nothing has to be searched for what has expired, and freeing it is spread over calls.
 *
 * Internal to unicast/. Holds keys; knows neither tickets nor messages.
 */
#ifndef NTS_UNICAST_PEERS_H
#define NTS_UNICAST_PEERS_H

#include "nts/crypto.h"
#include "nts/params.h"
#include "tlv/marks.h"

#define PEERS_MAX_DEFAULT 200000
#define PEERS_RECORD 112	/* octets of a record beside its MAC */
#define PEERS_TAKE_OVER_S 300	/* an address or PortIdentity is free again after such a silence */
#define PEER_TICKETS MARK_TICKETS

/* The KE server has given it to the requester. */
#define PEER_HAS_ADDRESS 1
#define PEER_HAS_IDENTITY 2

/* The streams that a requester sends: a mark for each. */
enum peer_stream { PEER_DELAY_REQ, PEER_PDELAY_REQ, PEER_SIGNALING, PEER_MANAGEMENT, PEER_STREAMS };

/*
 * What a message looks at first: one cache line, its MAC is the next one. With many requesters a
 * message's price is in cache lines. The rest, freshness, is elsewhere.
 */
struct peer {
	uint32_t by_key;		/* chains of the hash tables: numbers of records */
	uint32_t by_address;
	uint32_t key_id;
	uint32_t alive_s : 24;		/* boot time of the last message that was no replay, surely */
	uint32_t spp : 8;
	uint8_t address[NTS_ASSOC_VALUE_MAX];
	uint8_t identity[PTP_PORT_IDENTITY_LEN];
	uint16_t heard_s;		/* and of the last one taken: its lower octets */
	uint16_t named;			/* types of the policies that this key signs */
	uint16_t named_all;		/* types that the policies name at all */
	uint16_t family : 3;		/* enum nts_assoc_type of address */
	uint16_t mac : 3;		/* place in alg_mac_at */
	uint16_t period : 4;		/* of the ticket key */
	uint16_t jumped : 4;		/* streams that went on elsewhere, perhaps in a replay */
	uint16_t given : 2;		/* what its ticket names: PEER_HAS_... */
	uint16_t last_s[2];		/* of Signaling, Management: its lower octets */
	uint16_t signaling;		/* sequenceId of our next Signaling to it */
	uint16_t tickets[PEER_TICKETS];	/* seen: bits of their nonces */
};

struct peers;

/* At most max records; 0: PEERS_MAX_DEFAULT. ST_NO_MEMORY. */
enum status peers_new(uint32_t max, struct peers **out) MUST_CHECK;

/* Wipes and frees all; p may be NULL. */
void peers_free(struct peers *p);

/* Live records; NULL when there is none. */
struct peer *peers_by_key(const struct peers *p, uint32_t key_id, uint8_t spp);

/* The first one of this address or identity behind after (NULL: from the start). */
struct peer *peers_by_address(const struct peers *p, const struct nts_assoc *address,
			      const struct peer *after);
struct peer *peers_by_identity(const struct peers *p, const uint8_t *identity,
			       const struct peer *after);

/*
 * Adds a copy of what is filled in of record, with a key: not mac, period and chains. ST_LIMIT (of
 * records, or of ticket keys), and the codes of crypto_mac_pack.
 */
enum status peers_add(struct peers *p, const struct peer *record, const struct nts_sa *sa,
		      uint32_t ticket_key_id) MUST_CHECK;

/* Takes a record out, at once. */
void peers_end(struct peers *p, struct peer *gone);

/*
 * Seconds since the requester was alive, by any of its keys; they begin anew with each 2^24 (194
 * days) of silence.
 */
uint32_t peers_silence_s(const struct peers *p, const struct peer *peer, uint64_t now_ms);

/* Binds to another address. */
void peers_move(struct peers *p, struct peer *peer, const struct nts_assoc *address);

/* The peer's MAC, until the next call; and the algorithm's number. */
struct crypto_mac *peers_mac(struct peers *p, const struct peer *peer);
uint16_t peers_mac_alg(const struct peer *peer);

/* The ticket key that it came with; 0: ended. */
uint32_t peers_ticket_key(const struct peers *p, const struct peer *peer);

/* Ends all records of a ticket key; peers_tick frees them. */
void peers_end_period(struct peers *p, uint32_t ticket_key_id);

/* While a ticket key rests none of its records is found; then all are again, or it ends. */
void peers_rest(struct peers *p, uint32_t ticket_key_id, bool rests);

/* Frees some of what has ended. Returns true when there is more to do. */
bool peers_tick(struct peers *p);

uint32_t peers_count(const struct peers *p);	/* live records */

/* The mark of a record's stream: what freshness knows of it, at this time or later. */
struct fresh_mark peers_mark(const struct peers *p, const struct peer *peer,
			     enum peer_stream stream, uint64_t now_ms);
void peers_set_mark(struct peers *p, struct peer *peer, enum peer_stream stream,
		    const struct fresh_mark *m);

/*
 * Freshness of Signaling whose sender is new to this life, by the mark that an earlier one left: a
 * jump is taken with a new ticket only, since nobody knows until when the sender was heard.
 */
enum fresh_result peers_check_kept(struct fresh_mark *m, bool new_ticket, uint16_t sequence_id,
				   uint64_t now_ms);

/*
 * Freshness of a message of a record's stream; a fresh_mark is made of it and put back. A jump is
 * taken with a new ticket, or after silence under all of the requester's keys. What is taken is
 * heard. It tells that the requester is alive where its stream goes on; after a jump, when its
 * Signaling, under whichever of its keys, has gone on since.
 */
enum fresh_result peers_fresh(struct peers *p, struct peer *peer, enum peer_stream stream,
			      bool new_ticket, uint16_t sequence_id, uint64_t now_ms);

#endif
