/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a grantor share. */
#ifndef NTS_UNICAST_GRANTOR_INTERNAL_H
#define NTS_UNICAST_GRANTOR_INTERNAL_H

#include "unicast/grantor.h"

#define GRANTOR_EXPIRED 16	/* ended ticket keys whose IDs are remembered */
#define GRANTOR_ROWS 256	/* of sources that sent bad tickets */
#define GRANTOR_TOUCHED 512	/* requesters whose marks are to be handed on */
#define GRANTOR_BIT(ptp_type) (1u << (ptp_type))

/* A ticket key and its times: boot time in ms; expires_at of Previous is its grace's end. */
struct grantor_period {
	struct ticket_key key;
	uint64_t update_at;
	uint64_t expires_at;
	uint64_t grace_ms;
};

/* A ticket key that was wiped before its end, by what it computes; id 0: none. */
struct grantor_cleared {
	uint32_t id;
	uint64_t ends_at;
	uint8_t print[CRYPTO_SIV_TAG];
};

/* Bad tickets opened since second at. */
struct grantor_budget {
	uint32_t at;
	uint32_t used;
};

/* A requester's key under which a message came whose mark is kept. */
struct grantor_touched {
	uint64_t at_ms;
	uint32_t key_id;
	uint8_t spp;
};

struct grantor {
	struct grantor_config config;
	struct grantor_period periods[SA_SLOTS];
	struct grantor_cleared cleared[SA_SLOTS];
	struct peers *peers;
	uint64_t last_serial;
	uint64_t more_at;		/* grantor_tick has something to tidy then */
	uint64_t opened;
	uint32_t expired[GRANTOR_EXPIRED];
	uint32_t n_expired;
	uint32_t rotations;
	uint32_t expiries;
	struct kept *kept;		/* of the port */
	uint32_t n_touched;
	bool touched_more;		/* there were more */
	struct grantor_touched touched[GRANTOR_TOUCHED];
	struct grantor_budget all;
	struct grantor_budget sources[GRANTOR_ROWS];
};

/* The ticket key of this ID, or NULL; did it end while we remember? id is not 0. */
const struct ticket_key *grantor_key(const struct grantor *g, uint32_t id);
bool grantor_was_ours(const struct grantor *g, uint32_t id);

/* ---- grantor.c ---- */

/* Is the record this sender's? A requester behind the same address has another identity. */
bool grantor_same_pair(const struct peer *e, const struct grantor_message *m);

/*
 * Does the message do nothing to others? GUARD_REQUEST_RATE (it asks for so many Sync or Announce
 * that no time would be left), GUARD_WRONG_ROLE (it sets what is the port's).
 */
enum guard_verdict grantor_check_tlvs(const struct grantor_message *m);

enum guard_verdict grantor_check_icv(struct crypto_mac *mac, const struct grantor_message *m);

/* Freshness of a verified message, and that its sender lives. */
enum guard_verdict grantor_take(struct grantor *g, struct peer *e, const struct grantor_message *m,
				bool new_ticket);

/* ---- grantor_places.c ---- */

bool grantor_has_identity(const struct peer *e, const struct grantor_message *m);

/*
 * Is the sender's address or PortIdentity another live requester's, which does not give way to this
 * ticket? GUARD_ADDRESS_TAKEN, GUARD_IDENTITY_TAKEN. take: ends those that give way.
 */
enum guard_verdict grantor_conflict(struct grantor *g, const struct grantor_message *m,
				    const struct ke_ticket_container *t, uint32_t ticket_key_id,
				    bool take);

/* The sender has its place as the ticket says; where it has moved, with all keys of the ticket. */
void grantor_place(struct grantor *g, const struct grantor_message *m,
		   const struct ke_ticket_container *t);

/* ---- grantor_marks.c ---- */

/* A message of this record was taken. */
void grantor_touch(struct grantor *g, const struct peer *e, enum peer_stream stream,
		   uint64_t now_ms);

/* What an earlier life knew of Signaling under this key: NULL where nothing. */
const struct mark *grantor_kept(struct grantor *g, uint32_t key_id, uint8_t spp,
				const uint8_t *identity);

/* Fills all that it knew into a new record. */
void grantor_recall(struct grantor *g, struct peer *e);

#endif
