/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables in memory: registrations here, pairs in pairs.h. For those who hold the lock that
 * they need.
 */
#ifndef NTS_KED_GRANTORS_TABLES_H
#define NTS_KED_GRANTORS_TABLES_H

#include <pthread.h>

#include "ked/grantors.h"
#include "util/hmap.h"

#define PERIODS 2		/* Current and Next */
#define SWEEP_BUCKETS 4		/* looked at in passing for what is over, at each change */

/* One identity of a registration. */
struct identity {
	struct hmap_node node;		/* of identities */
	struct nts_assoc assoc;
	struct registration *of;
};

struct registration {
	struct hmap_node node;		/* of clients */
	int64_t id;
	uint8_t client[STORE_DIGEST];
	uint8_t fingerprint[STORE_DIGEST];
	uint8_t crl_name[STORE_DIGEST];
	char section[KEDCONF_NAME];
	char *names;			/* stands behind the identities */
	struct kedconf_macs macs;
	uint8_t n_keys;
	struct store_ticket_key key[PERIODS];	/* by start; the second starts as the first ends */
	uint8_t n_identities;
	struct identity identity[];
};

/* Whoever writes to the store holds store_lock; whoever changes the tables also writes to lock. */
struct grantors {
	struct store *store;
	pthread_rwlock_t lock;
	struct hmap clients;		/* registrations by client */
	struct hmap identities;		/* registrations by identity */
	struct hmap pairs;		/* by ticket key and client */
	struct hmap requesters;		/* pairs by ticket key and identity */
};

/* The registration with this identity, over or not, or NULL. */
struct registration *grantors_by_identity(const struct grantors *g, const struct nts_assoc *id);

/* The first of the registrations that may be this client's; see hmap_again(). */
struct hmap_node *grantors_of_client(const struct grantors *g, const uint8_t client[STORE_DIGEST]);

/* The period that now is in, or NULL; *next the one behind it, or NULL. */
const struct store_ticket_key *grantors_period(const struct registration *r, int64_t now,
					       const struct store_ticket_key **next);

/* Everything of the row but its keys, in no table yet. NULL: no memory. Freed where in none. */
struct registration *grantors_registration_new(const struct store_registration *row);
void grantors_registration_free(struct registration *r);

/* Into the tables; out of them, and freed. */
void grantors_link(struct grantors *g, struct registration *r);
void grantors_drop(struct grantors *g, struct registration *r);

/* Is its last period over? */
bool grantors_over(const struct registration *r, int64_t now);

/* What of it a decision needs. */
void grantors_fill_found(const struct registration *r, struct grantors_found *out);

/* Is this number among the n of a list? */
bool grantors_lists(const uint16_t *list, size_t n, uint16_t number);

/* Seconds from one instant to another, rounded up; 0 when it is past. */
uint32_t grantors_seconds(int64_t from_ms, int64_t to_ms);

#endif
