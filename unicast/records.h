/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the records of unicast/peers.h, two mappings for all, by number: with very many
 * requesters in small pieces all over the heap most of a look-up's time goes into finding their
 * pages, so huge ones are asked for behind the first. Pages come with their first use. What is
 * given back is wiped and used again.
 */
#ifndef NTS_UNICAST_RECORDS_H
#define NTS_UNICAST_RECORDS_H

#include "unicast/peers.h"

/* Two cache lines that are fetched together. */
struct record {
	_Alignas(128) struct peer peer;
	uint8_t packed[CRYPTO_MAC_PACKED];	/* its MAC */
};

/* What a received message needs beside it, and what hardly any message does. */
struct record_rest {
	uint64_t bits[PEER_STREAMS];
	uint16_t top[PEER_STREAMS];
	uint32_t by_identity;
	uint32_t in_period;
};

struct records {
	struct record *first;		/* by number; 0 is none */
	struct record_rest *rest;
	uint32_t max;			/* the largest number */
	uint32_t used;			/* the largest that was ever taken */
	uint32_t unused;		/* given back, linked by in_period */
};

/* Room for at most max. ST_NO_MEMORY. */
enum status records_new(uint32_t max, struct records *out) MUST_CHECK;

/* Wipes all that was ever taken. */
void records_free(struct records *r);

/* One to fill in, all zeros, or 0 when all are taken. */
uint32_t records_take(struct records *r);
void records_give_back(struct records *r, uint32_t number);

#endif
