/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash tables over the records of unicast/peers.h: by key ID, transport address and PortIdentity.
 * A bucket has the number of its first record, 0 for none, and each record those of the next ones.
 * Internal to unicast/.
 */
#ifndef NTS_UNICAST_CHAINS_H
#define NTS_UNICAST_CHAINS_H

#include "unicast/records.h"

enum chain { BY_KEY, BY_ADDRESS, BY_IDENTITY, CHAINS };

/* Zero-initialise. */
struct chains {
	uint32_t *tables[CHAINS];
	uint32_t buckets;		/* a power of two; see buckets_of */
	uint32_t linked;		/* records in the tables */
};

/* ST_NO_MEMORY. */
enum status chains_new(struct chains *c) MUST_CHECK;
void chains_free(struct chains *c);

/* A filled-in record, into all chains and out of them. The tables grow with their number. */
void chains_add(struct chains *c, struct records *r, uint32_t number);
void chains_remove(struct chains *c, struct records *r, uint32_t number);

/* The record's address becomes another one: NTS_ASSOC_VALUE_MAX octets of family. */
void chains_move(struct chains *c, struct records *r, uint32_t number,
		 const struct nts_assoc *address);

/* The first record of the chain in which this key ID, address or PortIdentity would be. */
uint32_t chains_key(const struct chains *c, uint32_t key_id);
uint32_t chains_address(const struct chains *c, const uint8_t *value);
uint32_t chains_identity(const struct chains *c, const uint8_t *identity);

#endif
