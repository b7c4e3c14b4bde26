/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requesters that are none: by number, each with an address, a key and a ticket for it. */
#ifndef NTS_TESTS_BENCH_SYNTHETIC_H
#define NTS_TESTS_BENCH_SYNTHETIC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tlv/auth.h"
#include "tlv/ptp.h"
#include "unicast/ticket.h"

#define SYNTHETIC_NAMED 0x3F0F		/* every messageType that there is */

static inline void die(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	exit(EXIT_FAILURE);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* 10.x.y.z */
static inline struct nts_assoc synthetic_address(uint32_t i)
{
	return (struct nts_assoc){ .type = NTS_ASSOC_IPV4, .value = {
		10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
}

/* Of one ticket key or the next: odd IDs and even ones. */
static inline struct nts_sa synthetic_key(uint32_t i, int next)
{
	struct nts_sa sa = { .spp = 1, .key_len = 32, .mac = ALG_HMAC_SHA256_128,
			     .key_id = (i + 1) * 2654435762u + !next };

	memcpy(sa.key, &i, sizeof(i));
	return sa;
}

/* Header and an empty body, of this clock's port 1. Returns octets. */
static inline size_t synthetic_message(uint8_t *m, uint8_t type, uint32_t clock, uint16_t seq)
{
	size_t len = ptp_type_info(type)->len;

	memset(m, 0, len);
	m[0] = type;
	m[1] = 2;
	ptp_set_length(m, (uint16_t)len);
	m[6] = 4;	/* unicast */
	memcpy(m + 20, &clock, sizeof(clock));
	m[29] = 1;
	m[30] = (uint8_t)(seq >> 8);
	m[31] = (uint8_t)seq;
	return len;
}

static inline size_t synthetic_sign(uint8_t *m, size_t len, const struct nts_sa *sa)
{
	struct crypto_mac *mac;

	if (crypto_mac_new(sa->mac, sa->key, sa->key_len, &mac) != ST_OK) {
		die("MAC");
	}
	len = auth_append(mac, sa->spp, sa->key_id, m, len);
	crypto_mac_free(mac);
	return len;
}

/* Appends the ticket of requester i at this address, and signs. */
static inline size_t synthetic_ticket(uint8_t *m, size_t len, uint32_t i, int next,
				      const struct nts_assoc *address,
				      const struct ticket_key *key)
{
	struct ke_ticket_container t = { .policy = { .named = SYNTHETIC_NAMED }, .n_sa = 1,
					 .n_identities = 1 };
	uint8_t nonce[NTS_NONCE_LEN] = { 0 };
	struct nts_ticket ticket;

	memset(t.policy.spp, 1, sizeof(t.policy.spp));
	t.sa[0] = synthetic_key(i, next);
	t.identities[0] = *address;
	memcpy(nonce, &i, sizeof(i));
	if (ticket_seal(key, nonce, &t, &ticket) != ST_OK) {
		die("ticket");
	}
	len = ticket_append(m, len, TICKET_TLV_TYPE, key->id, &ticket);
	ptp_set_length(m, (uint16_t)len);
	return synthetic_sign(m, len, &t.sa[0]);
}

#endif
