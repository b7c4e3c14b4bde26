/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registrations, ticket keys and unicast keys in the store (draft 2.1.2, WIRE.md 5). All that is
 * said of ked/store.h holds: durable when ST_OK was returned, times in ms of this boot, rows
 * trusted no more than messages, store_lock held by the caller.
 */
#ifndef NTS_KED_STORE_TICKETS_H
#define NTS_KED_STORE_TICKETS_H

#include "config/kedconf.h"
#include "ked/client.h"
#include "ked/store.h"
#include "unicast/ticket.h"

#define STORE_DIGEST CRYPTO_SHA256

/* A grantor's registration. Its client is a digest of issuer and subject. */
struct store_registration {
	int64_t id;		/* the store's; 0: not in it yet */
	uint8_t client[STORE_DIGEST];
	uint8_t fingerprint[STORE_DIGEST];	/* of the certificate that it came with */
	uint8_t crl_name[STORE_DIGEST];		/* the same certificate's: tls_peer.crl_name */
	char names[CLIENT_TEXT];		/* the same's: client_names; "": not known */
	char section[KEDCONF_NAME];		/* of the configuration */
	uint8_t n_macs;
	uint16_t macs[NTS_ALGS_MAX];
	uint8_t n_identities;
	struct nts_assoc identities[NTS_IDENTITIES_MAX];
};

/* One period [start, end) of a registration. */
struct store_ticket_key {
	int64_t id;		/* the store's; 0: not in it yet */
	int64_t registration;	/* its id */
	int64_t start_ms;
	int64_t renew_ms;	/* start of the grantor's update period */
	int64_t update_ms;	/* of its requesters'; start < renew < update < end */
	int64_t end_ms;
	uint32_t grace;		/* seconds */
	struct nts_policy policy;
	struct ticket_key key;
};

/* What one requester has for one ticket key. */
struct store_pair {
	int64_t id;		/* the store's; 0: not in it yet */
	int64_t ticket_key;	/* its id */
	uint8_t client[STORE_DIGEST];
	uint8_t n_identities;	/* that the requester named last */
	struct nts_assoc identities[NTS_IDENTITIES_MAX];
	uint8_t n_sa;
	struct nts_sa sa[NTS_SA_MAX];
};

/*
 * All that is not over or revoked: registrations, then their ticket keys by registration and
 * start, then pairs. What a taker gets is wiped after it. ST_STORE, or what a taker returned.
 */
struct store_takers {
	enum status (*registration)(void *ctx, const struct store_registration *r);
	enum status (*ticket_key)(void *ctx, const struct store_ticket_key *k);
	enum status (*pair)(void *ctx, const struct store_pair *p);
	void *ctx;
};
enum status store_load_tickets(struct store *s, const struct store_takers *takers) MUST_CHECK;

/*
 * Adds a registration, or changes that with its id; adds those of its n_keys ticket keys that have
 * no id; takes back n_gone registrations that it replaces. All or nothing; ids are filled in.
 * Removes what ended more than its grace ago. ST_STORE.
 */
enum status store_put_registration(struct store *s, struct store_registration *r,
				   struct store_ticket_key *keys, size_t n_keys,
				   const int64_t *gone, size_t n_gone) MUST_CHECK;

/* Takes back n registrations; their keys stay known, so that no key ID is used again. ST_STORE. */
enum status store_revoke(struct store *s, const int64_t *ids, size_t n) MUST_CHECK;

/* Adds pairs without an id, with their keys; of those with one, keeps the identities. ST_STORE. */
enum status store_put_pairs(struct store *s, struct store_pair *pairs, size_t n) MUST_CHECK;

#endif
