/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MAC and AEAD algorithms by their wire numbers: WIRE.md 4. One table each. */
#ifndef NTS_NTS_ALG_H
#define NTS_NTS_ALG_H

#include <stddef.h>
#include <stdint.h>

enum {
	ALG_HMAC_SHA256_128 = 0,	/* mandatory, default */
	ALG_HMAC_SHA256 = 1,
	ALG_AES_128_CMAC = 2,
	ALG_AES_256_CMAC = 32768,
};

enum {
	ALG_AEAD_AES_SIV_CMAC_256 = 15,	/* mandatory */
	ALG_AEAD_AES_SIV_CMAC_512 = 17,
};

#define ALG_MAC_KEY_MAX 32
#define ALG_ICV_MAX 32
#define ALG_AEAD_KEY_MAX 64

struct alg_mac {
	uint16_t number;
	const char *name;	/* "HMAC-SHA256-128", as WIRE.md 4 writes it */
	uint8_t key_len;	/* octets */
	uint8_t icv_len;	/* octets */
};

struct alg_aead {
	uint16_t number;
	const char *name;	/* "AEAD_AES_SIV_CMAC_256" */
	uint8_t key_len;	/* octets */
};

/* The row of a number, or NULL when it is unknown. Rows are static. */
const struct alg_mac *alg_mac(uint16_t number);
const struct alg_aead *alg_aead(uint16_t number);

/* For people: its name, or "unknown". */
const char *alg_mac_name(uint16_t number);

/* By name, case ignored; NULL when unknown. */
const struct alg_mac *alg_mac_by_name(const char *name);

/* Row i of the table, or NULL behind the last: for listings. */
const struct alg_mac *alg_mac_at(size_t i);
const struct alg_aead *alg_aead_at(size_t i);

#endif
