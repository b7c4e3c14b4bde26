/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticket-based unicast, the KE server's side (draft 2.1.2 and 2.2.1, WIRE.md 4 to 6): who has
 * registered as a grantor, with which ticket keys, and the key of each pair of a grantor and a
 * requester. Whatever is handed out is durable in the store before anyone hears of it; time is
 * boot time alone.
 *
 * Asks nobody whether a client may: that is ked/policy.h.
 *
 * Threads: any may call anything. Reading waits for no writing to the store, only for pointers
 * to be exchanged in memory. Look-ups are by hash.
 */
#ifndef NTS_KED_GRANTORS_H
#define NTS_KED_GRANTORS_H

#include "ked/store_tickets.h"

struct grantors;

/* Takes up what is stored. store must outlive it. ST_STORE, ST_NO_MEMORY, ST_CRYPTO. */
enum status grantors_new(struct store *store, struct grantors **out) MUST_CHECK;

/* Wipes and frees; g may be NULL. */
void grantors_free(struct grantors *g);

/* A registration, as far as a decision needs it. */
struct grantors_found {
	int64_t registration;
	char section[KEDCONF_NAME];
	uint8_t client[STORE_DIGEST];
	bool named;		/* false: a store of before did not keep names */
	struct tls_peer peer;	/* as it registered last: fingerprint, crl_name and, named, names */
};

/* Does it count still, for this identity? */
typedef bool grantors_counts_still(const void *ctx, const struct grantors_found *found,
				   const struct nts_assoc *identity);

/* Who asks for what. */
struct grantors_ask {
	const struct kedconf_unicast *section;	/* whose parameters hold */
	const struct tls_peer *peer;
	uint8_t client[STORE_DIGEST];		/* of peer: client_digest */
	const struct ke_message *request;
	int64_t registration;			/* of grantors_find; not for grantors_register */
	grantors_counts_still *counts_still;	/* only for grantors_register */
	const void *ctx;			/* of counts_still */
	uint64_t now_ms;			/* boot time */
};

/*
 * A registration, new or again: fills answer's type, Current and, in the grantor's update period,
 * Next.
 * ST_NO_COMMON_ALG, ST_NOT_AUTHORIZED (another client holds one of the identities by a registration
 * that counts still), ST_LIMIT (it has GRANTORS_REGISTRATIONS_MAX others), ST_STORE, ST_CRYPTO,
 * ST_NO_MEMORY.
 */
#define GRANTORS_REGISTRATIONS_MAX 256
enum status grantors_register(struct grantors *g, const struct grantors_ask *ask,
			      struct ke_message *answer) MUST_CHECK;

/*
 * Takes back all registrations of a client, *n how many. ST_NOT_REGISTERED (it has none),
 * ST_STORE.
 */
enum status grantors_revoke(struct grantors *g, const uint8_t client[STORE_DIGEST],
			    uint64_t now_ms, size_t *n) MUST_CHECK;

/* The grantor with this identity. */
bool grantors_find(struct grantors *g, const struct nts_assoc *identity, uint64_t now_ms,
		   struct grantors_found *out);

/*
 * A requester's key with that grantor, and its tickets: Current and, exactly in the update
 * period, Next.
 * ST_NOT_REGISTERED (not or no more, or without Next in the update period), ST_NO_COMMON_ALG,
 * ST_STORE, ST_CRYPTO, ST_NO_MEMORY.
 */
enum status grantors_grant(struct grantors *g, const struct grantors_ask *ask,
			   struct ke_message *answer) MUST_CHECK;

/*
 * For a transparent clock: the key of the pair of that grantor and the requester that named all
 * identities of the request; no ticket. Makes nothing.
 * ST_NOT_REGISTERED, ST_NOT_AUTHORIZED (no such pair).
 */
enum status grantors_pair(struct grantors *g, const struct grantors_ask *ask,
			  struct ke_message *answer) MUST_CHECK;

/* What is in memory; what is over goes by and by. */
struct grantors_counts {
	size_t registrations;
	size_t pairs;
};
void grantors_count(struct grantors *g, struct grantors_counts *out);

#endif
