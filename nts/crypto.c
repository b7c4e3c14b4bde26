// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MAC and AES-SIV by nettle, random octets by GnuTLS (WIRE.md 4). Lengths stand in alg.c;
 * here a number finds nettle's primitive. Must not keep a key outside what it wipes.
 */
#include "nts/crypto.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>
#include <nettle/siv-cmac.h>
#include <string.h>

#include "util/secret.h"

struct crypto_mac {
	const struct nettle_mac *prim;
	size_t icv_len;
	union {
		struct hmac_sha256_ctx hmac_sha256;
		struct cmac_aes128_ctx cmac_aes128;
		struct cmac_aes256_ctx cmac_aes256;
	} ctx;
};

static const struct {
	uint16_t number;
	const struct nettle_mac *prim;
} macs[] = {
	{ ALG_HMAC_SHA256_128, &nettle_hmac_sha256 },
	{ ALG_HMAC_SHA256, &nettle_hmac_sha256 },
	{ ALG_AES_128_CMAC, &nettle_cmac_aes128 },
	{ ALG_AES_256_CMAC, &nettle_cmac_aes256 },
};

static const struct nettle_mac *mac_prim(uint16_t alg)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		if (macs[i].number == alg) {
			return macs[i].prim;
		}
	}
	return NULL;
}

static struct crypto_mac *mac_alloc(const struct nettle_mac *prim, uint16_t alg)
{
	struct crypto_mac *m = secret_alloc(sizeof(*m));

	if (m) {
		m->prim = prim;
		m->icv_len = alg_mac(alg)->icv_len;
	}
	return m;
}

enum status crypto_mac_new(uint16_t alg, const uint8_t *key, size_t key_len,
			   struct crypto_mac **out)
{
	const struct nettle_mac *prim = mac_prim(alg);
	struct crypto_mac *m;

	if (!prim) {
		return ST_UNKNOWN_ALG;
	}
	if (key_len != alg_mac(alg)->key_len || key_len != prim->key_size) {
		return ST_BAD_LENGTH;
	}
	m = mac_alloc(prim, alg);
	if (!m) {
		return ST_NO_MEMORY;
	}
	prim->set_key(&m->ctx, key);
	*out = m;
	return ST_OK;
}

enum status crypto_mac_new_static(uint16_t alg, const uint8_t *key, size_t key_len,
				  struct crypto_mac **out)
{
	const struct nettle_mac *prim = mac_prim(alg);
	struct crypto_mac *m;

	if (prim != &nettle_hmac_sha256) {
		return crypto_mac_new(alg, key, key_len, out);
	}
	if (key_len == 0) {
		return ST_BAD_LENGTH;
	}
	m = mac_alloc(prim, alg);
	if (!m) {
		return ST_NO_MEMORY;
	}
	hmac_sha256_set_key(&m->ctx.hmac_sha256, key_len, key);
	*out = m;
	return ST_OK;
}

void crypto_mac_free(struct crypto_mac *m)
{
	secret_free(m, sizeof(*m));
}

size_t crypto_mac_icv_len(const struct crypto_mac *m)
{
	return m->icv_len;
}

/* An HMAC is what its two hashes are after the key's block, a CMAC its key. */
enum status crypto_mac_pack(uint16_t alg, const uint8_t *key, size_t key_len,
			    uint8_t out[CRYPTO_MAC_PACKED])
{
	const struct nettle_mac *prim = mac_prim(alg);
	const struct alg_mac *row = alg_mac(alg);
	struct hmac_sha256_ctx ctx;

	_Static_assert(sizeof(ctx.outer.state) + sizeof(ctx.inner.state) == CRYPTO_MAC_PACKED,
		       "two states of SHA-256");
	if (!prim || !row) {
		return ST_UNKNOWN_ALG;
	}
	if (key_len != row->key_len) {
		return ST_BAD_LENGTH;
	}
	memset(out, 0, CRYPTO_MAC_PACKED);
	if (prim != &nettle_hmac_sha256) {
		memcpy(out, key, key_len);
		return ST_OK;
	}
	hmac_sha256_set_key(&ctx, key_len, key);
	memcpy(out, ctx.outer.state, sizeof(ctx.outer.state));
	memcpy(out + sizeof(ctx.outer.state), ctx.inner.state, sizeof(ctx.inner.state));
	secret_wipe(&ctx, sizeof(ctx));
	return ST_OK;
}

static void load_hmac(struct hmac_sha256_ctx *ctx, const uint8_t packed[CRYPTO_MAC_PACKED])
{
	memcpy(ctx->outer.state, packed, sizeof(ctx->outer.state));
	memcpy(ctx->inner.state, packed + sizeof(ctx->outer.state), sizeof(ctx->inner.state));
	ctx->outer.count = 1;
	ctx->outer.index = 0;
	ctx->inner.count = 1;
	ctx->inner.index = 0;
	ctx->state = ctx->inner;
}

void crypto_mac_load(struct crypto_mac *m, uint16_t alg, const uint8_t packed[CRYPTO_MAC_PACKED])
{
	m->prim = mac_prim(alg);
	m->icv_len = alg_mac(alg)->icv_len;
	if (m->prim == &nettle_hmac_sha256) {
		load_hmac(&m->ctx.hmac_sha256, packed);
	} else {
		m->prim->set_key(&m->ctx, packed);
	}
}

void crypto_mac_compute(struct crypto_mac *m, const uint8_t *data, size_t len, uint8_t *icv)
{
	m->prim->update(&m->ctx, len, data);
	m->prim->digest(&m->ctx, m->icv_len, icv);
}

/* A keyed AES-SIV: nettle's general form, for both sizes of AES. */
struct siv {
	const struct nettle_cipher *prim;
	struct cmac128_key key;
	union siv_cipher {
		struct aes128_ctx aes128;
		struct aes256_ctx aes256;
	} cmac, ctr;
};

static const struct {
	uint16_t number;
	const struct nettle_cipher *prim;
} sivs[] = {
	{ ALG_AEAD_AES_SIV_CMAC_256, &nettle_aes128 },
	{ ALG_AEAD_AES_SIV_CMAC_512, &nettle_aes256 },
};

static const struct nettle_cipher *siv_prim(uint16_t aead)
{
	for (size_t i = 0; i < sizeof(sivs) / sizeof(sivs[0]); i++) {
		if (sivs[i].number == aead) {
			return sivs[i].prim;
		}
	}
	return NULL;
}

/* To be wiped by the caller after use. */
static enum status siv_init(struct siv *s, uint16_t aead, const uint8_t *key, size_t key_len,
			    size_t nonce_len)
{
	const struct alg_aead *row = alg_aead(aead);

	s->prim = siv_prim(aead);
	if (!s->prim || !row) {
		return ST_UNKNOWN_ALG;
	}
	if (key_len != row->key_len || nonce_len < SIV_MIN_NONCE_SIZE) {
		return ST_BAD_LENGTH;
	}
	siv_cmac_set_key(&s->key, &s->cmac, &s->ctr, s->prim, key);
	return ST_OK;
}

enum status crypto_siv_seal(uint16_t aead, const uint8_t *key, size_t key_len,
			    const uint8_t *nonce, size_t nonce_len,
			    const uint8_t *ad, size_t ad_len,
			    const uint8_t *in, size_t len, uint8_t *out)
{
	struct siv s;
	enum status st = siv_init(&s, aead, key, key_len, nonce_len);

	if (st != ST_OK) {
		return st;
	}
	siv_cmac_encrypt_message(&s.key, &s.cmac, s.prim, &s.ctr, nonce_len, nonce, ad_len, ad,
				 len + CRYPTO_SIV_TAG, out, in);
	secret_wipe(&s, sizeof(s));
	return ST_OK;
}

enum status crypto_siv_open(uint16_t aead, const uint8_t *key, size_t key_len,
			    const uint8_t *nonce, size_t nonce_len,
			    const uint8_t *ad, size_t ad_len,
			    const uint8_t *in, size_t len, uint8_t *out)
{
	struct siv s;
	enum status st = siv_init(&s, aead, key, key_len, nonce_len);

	if (st != ST_OK) {
		return st;
	}
	if (len < CRYPTO_SIV_TAG) {
		secret_wipe(&s, sizeof(s));
		return ST_BAD_LENGTH;
	}
	if (!siv_cmac_decrypt_message(&s.key, &s.cmac, s.prim, &s.ctr, nonce_len, nonce,
				      ad_len, ad, len - CRYPTO_SIV_TAG, out, in)) {
		secret_wipe(out, len - CRYPTO_SIV_TAG);
		st = ST_AUTH_FAILED;
	}
	secret_wipe(&s, sizeof(s));
	return st;
}

void crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, CRYPTO_SHA256, out);
	secret_wipe(&ctx, sizeof(ctx));
}

static enum status fill(gnutls_rnd_level_t level, uint8_t *out, size_t len)
{
	if (gnutls_rnd(level, out, len) < 0) {
		secret_wipe(out, len);
		return ST_CRYPTO;
	}
	return ST_OK;
}

enum status crypto_random_key(uint8_t *out, size_t len)
{
	return fill(GNUTLS_RND_KEY, out, len);
}

enum status crypto_random(uint8_t *out, size_t len)
{
	return fill(GNUTLS_RND_NONCE, out, len);
}
