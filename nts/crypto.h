/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MAC, AES-SIV and random octets, by wire numbers of algorithms (WIRE.md 4). Wraps nettle,
 * which is what GnuTLS computes with, and GnuTLS's random generator.
 *
 * Computing a MAC allocates nothing and makes no system call.
 */
#ifndef NTS_NTS_CRYPTO_H
#define NTS_NTS_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "nts/alg.h"
#include "util/status.h"

struct crypto_mac;	/* a keyed MAC, ready to compute; holds the key */

/* ST_UNKNOWN_ALG, ST_BAD_LENGTH (key_len is not the algorithm's), ST_NO_MEMORY. */
enum status crypto_mac_new(uint16_t alg, const uint8_t *key, size_t key_len,
			   struct crypto_mac **out) MUST_CHECK;

/* The same for a static key, which for an HMAC may have any length but 0. */
enum status crypto_mac_new_static(uint16_t alg, const uint8_t *key, size_t key_len,
				  struct crypto_mac **out) MUST_CHECK;

/* Wipes and frees; m may be NULL. */
void crypto_mac_free(struct crypto_mac *m);

/* Length of the ICV in octets, 16 or 32. */
size_t crypto_mac_icv_len(const struct crypto_mac *m);

/*
 * A keyed MAC in CRYPTO_MAC_PACKED octets, for those who have very many: packed, and later loaded
 * into one crypto_mac of the same algorithm or another, which then is that MAC. It is as secret as
 * the key. crypto_mac_pack: ST_UNKNOWN_ALG, ST_BAD_LENGTH.
 */
#define CRYPTO_MAC_PACKED 64
enum status crypto_mac_pack(uint16_t alg, const uint8_t *key, size_t key_len,
			    uint8_t out[CRYPTO_MAC_PACKED]) MUST_CHECK;
void crypto_mac_load(struct crypto_mac *m, uint16_t alg, const uint8_t packed[CRYPTO_MAC_PACKED]);

/* Writes the ICV over len octets of data to icv (crypto_mac_icv_len octets). */
void crypto_mac_compute(struct crypto_mac *m, const uint8_t *data, size_t len, uint8_t *icv);

/*
 * AEAD_AES_SIV_CMAC: one associated data string, then the nonce, as RFC 5297 section 3.
 * seal writes len + 16 octets, V first; open takes len octets and writes len - 16.
 * out may not overlap in.
 * ST_UNKNOWN_ALG, ST_BAD_LENGTH (key, or fewer than 16 octets to open, or nonce_len 0),
 * ST_AUTH_FAILED (open; out is wiped).
 */
#define CRYPTO_SIV_TAG 16
enum status crypto_siv_seal(uint16_t aead, const uint8_t *key, size_t key_len,
			    const uint8_t *nonce, size_t nonce_len,
			    const uint8_t *ad, size_t ad_len,
			    const uint8_t *in, size_t len, uint8_t *out) MUST_CHECK;
enum status crypto_siv_open(uint16_t aead, const uint8_t *key, size_t key_len,
			    const uint8_t *nonce, size_t nonce_len,
			    const uint8_t *ad, size_t ad_len,
			    const uint8_t *in, size_t len, uint8_t *out) MUST_CHECK;

/* SHA-256 of len octets. */
#define CRYPTO_SHA256 32
void crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256]);

/* Octets for keys. ST_CRYPTO when the generator fails; out is then untouched or wiped. */
enum status crypto_random_key(uint8_t *out, size_t len) MUST_CHECK;

/* Octets for nonces, identifiers and jitter. ST_CRYPTO as above. */
enum status crypto_random(uint8_t *out, size_t len) MUST_CHECK;

#endif
