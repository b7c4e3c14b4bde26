/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grantor's side of ticket mode at one port (draft 2.1.2; WIRE.md 6 and 7): its ticket keys,
 * and the requesters that tickets brought. Works on wire octets; no socket, no file.
 *
 * A ticket is opened once, not for each message that carries it; forged ones cost one AEAD
 * opening each, some microseconds, at a bounded rate. Who spends that rate, under whatever source
 * address, keeps new tickets out meanwhile: so it is as high as a clock can afford. Of a requester
 * whose ticket or ICV did not hold nothing is kept.
 */
#ifndef NTS_UNICAST_GRANTOR_H
#define NTS_UNICAST_GRANTOR_H

#include "tlv/auth.h"
#include "tlv/guard.h"
#include "tlv/kept.h"
#include "tlv/ptp.h"
#include "unicast/peers.h"
#include "unicast/ticket.h"

#define GRANTOR_DENY_MAX 64
#define GRANTOR_BAD_PER_S 20000		/* bad tickets opened in a second, from all */
#define GRANTOR_BAD_PER_SOURCE 100	/* and from one address, give or take a hash */

struct grantor_config {
	uint32_t max_requesters;	/* 0: PEERS_MAX_DEFAULT */
	uint32_t required;		/* bit per messageType that a ticket's policies must name */
	uint8_t n_deny;
	struct nts_assoc deny[GRANTOR_DENY_MAX];	/* nts_grantor_deny */
};

struct grantor;

/* ST_NO_MEMORY. */
enum status grantor_new(const struct grantor_config *config, struct grantor **out) MUST_CHECK;
void grantor_free(struct grantor *g);	/* wipes; g may be NULL */

/* Where marks of an earlier life are; before the first message. It stays the caller's. */
void grantor_keep(struct grantor *g, struct kept *kept);

/* Adds the marks of requesters that sent Signaling or Management: of the last 512, or lot->more. */
void grantor_marks(struct grantor *g, struct kept_lot *lot);

/*
 * Takes a registration that arrived at arrival_ms: its ticket keys, times as in sa_install.
 * ST_BAD_VALUE (no ticket key), ST_UNKNOWN_ALG, ST_BAD_LENGTH, ST_EXPIRED (lifetime over, or a
 * ticket key that has ended here): nothing changed.
 */
enum status grantor_install(struct grantor *g, const struct nts_params *current,
			    const struct nts_params *next, uint64_t arrival_ms,
			    uint64_t now_ms) MUST_CHECK;

/*
 * Wipes all ticket keys: nobody is served. What was received under them is not forgotten: when the
 * same one is granted again (not another of the same ID) before it would have ended, its requesters
 * are known as they were.
 */
void grantor_clear(struct grantor *g);

/* Is there a current ticket key? */
bool grantor_registered(const struct grantor *g);

/* Rotates, ends, frees. True when a ticket key changed. grantor_deadline: when to call it next. */
bool grantor_tick(struct grantor *g, uint64_t now_ms);
uint64_t grantor_deadline(const struct grantor *g);

/* A received message, its AUTHENTICATION TLV found, from a transport address. */
struct grantor_message {
	const uint8_t *data;
	const struct ptp_head *head;
	const struct auth_tlv *auth;
	const struct nts_assoc *from;
	uint64_t now_ms;
};

/* A Signaling message with a TICKET TLV: GUARD_OK, or why not. */
enum guard_verdict grantor_admit(struct grantor *g, const struct grantor_message *m,
				 const struct ticket_tlv *ticket);

/* Any other signed message: GUARD_UNKNOWN_KEY_ID when no requester has this key. */
enum guard_verdict grantor_verify(struct grantor *g, const struct grantor_message *m);

/* May this requester send this type unsigned: do its policies leave it out? */
bool grantor_plain_ok(const struct grantor *g, const struct nts_assoc *from, uint8_t ptp_type);

/*
 * The key that signs a message of this type to this address, until the next call: true, or false
 * when there is none.
 * *plain tells that there is a requester whose policies do not name the type; *number is the
 * sequenceId that a Signaling message takes.
 */
bool grantor_signer(struct grantor *g, const struct nts_assoc *to, uint8_t ptp_type,
		    struct sa_key *out, uint16_t *number, bool *plain);

/* Was this address ever a requester's, as far as is remembered? */
bool grantor_knows(const struct grantor *g, const struct nts_assoc *address);

struct grantor_status {
	uint32_t ticket_key_id[SA_SLOTS];	/* 0: none */
	uint64_t update_at;			/* of the current ticket key */
	uint64_t expires_at;
	uint32_t requesters;
	uint32_t rotations;
	uint32_t expiries;
	uint64_t opened;			/* AEAD openings, good or bad */
};
void grantor_status(const struct grantor *g, struct grantor_status *out);

#endif
