// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts/crypto against published vectors, GnuTLS's own HMAC and CMAC, and AES-SIV values that
 * an implementation of RFC 5297 from its text computed (it reproduces the RFC's A.1 and A.2,
 * which our one-string interface cannot express).
 */
#include <check.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "nts/crypto.h"
#include "tests/unit/hex.h"
#include "tests/unit/run.h"

#define KEY_CMAC "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY_CMAC_256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define TEXT_16 "6bc1bee22e409f96e93d7e117393172a"
#define TEXT_40 TEXT_16 "ae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"

/*
 * RFC 4493 section 4 and NIST SP 800-38B. RFC 4231 has no key of 32 octets; a shorter one is
 * the same as one with zeros behind it (RFC 2104), so cases 1 and 2 apply.
 */
static const struct {
	uint16_t alg;
	const char *key;
	const char *data;
	const char *icv;
} vectors[] = {
	{ ALG_HMAC_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000",
	  "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ ALG_HMAC_SHA256_128,
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000",
	  "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b" },
	{ ALG_HMAC_SHA256, "4a65666500000000000000000000000000000000000000000000000000000000",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ ALG_AES_128_CMAC, KEY_CMAC, "", "bb1d6929e95937287fa37d129b756746" },
	{ ALG_AES_128_CMAC, KEY_CMAC, TEXT_16, "070a16b46b4d4144f79bdd9dd04a287c" },
	{ ALG_AES_128_CMAC, KEY_CMAC, TEXT_40, "dfa66747de9ae63030ca32611497c827" },
	{ ALG_AES_256_CMAC, KEY_CMAC_256, "", "028962f61b7bf89efc6b551f4667d983" },
	{ ALG_AES_256_CMAC, KEY_CMAC_256, TEXT_16, "28a7023f452e8f82bd4bf28d8c37c35c" },
	{ ALG_AES_256_CMAC, KEY_CMAC_256, TEXT_40, "aaf3d8f1de5640c232f5b169b9c911e6" },
};

#define VECTORS (int)(sizeof(vectors) / sizeof(vectors[0]))

/* Packed and loaded, over whatever MAC was there before: the same ICVs, again and again. */
START_TEST(packed)
{
	uint8_t key[ALG_MAC_KEY_MAX], data[200], mac_packed[CRYPTO_MAC_PACKED];
	uint8_t wanted[ALG_ICV_MAX], icv[ALG_ICV_MAX];
	struct crypto_mac *loaded, *plain;

	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] = (uint8_t)i;
	}
	memcpy(key, data + 7, sizeof(key));
	ck_assert_int_eq(crypto_mac_new(ALG_AES_128_CMAC, data, 16, &loaded), ST_OK);
	for (size_t i = 0; i < 8; i++) {
		const struct alg_mac *alg = alg_mac_at(i % 4);

		ck_assert_int_eq(crypto_mac_new(alg->number, key, alg->key_len, &plain), ST_OK);
		ck_assert_int_eq(crypto_mac_pack(alg->number, key, alg->key_len, mac_packed),
				 ST_OK);
		crypto_mac_load(loaded, alg->number, mac_packed);
		ck_assert_uint_eq(crypto_mac_icv_len(loaded), alg->icv_len);
		for (size_t len = 0; len < sizeof(data); len += 13) {
			crypto_mac_compute(plain, data, len, wanted);
			crypto_mac_compute(loaded, data, len, icv);
			ck_assert_mem_eq(icv, wanted, alg->icv_len);
		}
		crypto_mac_free(plain);
	}
	ck_assert_int_eq(crypto_mac_pack(3, key, 32, mac_packed), ST_UNKNOWN_ALG);
	ck_assert_int_eq(crypto_mac_pack(ALG_HMAC_SHA256, key, 31, mac_packed), ST_BAD_LENGTH);
	crypto_mac_free(loaded);
}
END_TEST

START_TEST(mac_vectors)
{
	uint8_t key[32];
	uint8_t data[64];
	uint8_t want[33] = { 0 };
	uint8_t icv[33];
	size_t key_len = hex_octets(vectors[_i].key, key, sizeof(key));
	size_t len = hex_octets(vectors[_i].data, data, sizeof(data));
	size_t icv_len = hex_octets(vectors[_i].icv, want, sizeof(want));
	struct crypto_mac *m = NULL;

	ck_assert_int_eq(crypto_mac_new(vectors[_i].alg, key, key_len, &m), ST_OK);
	ck_assert_uint_eq(crypto_mac_icv_len(m), icv_len);
	for (int again = 0; again < 3; again++) {
		memset(icv, 0xee, sizeof(icv));
		crypto_mac_compute(m, data, len, icv);
		ck_assert_mem_eq(icv, want, icv_len);
		ck_assert_uint_eq(icv[icv_len], 0xee);
	}
	crypto_mac_free(m);
}
END_TEST

static const struct {
	uint16_t alg;
	gnutls_mac_algorithm_t same;
} others[] = {
	{ ALG_HMAC_SHA256_128, GNUTLS_MAC_SHA256 },
	{ ALG_HMAC_SHA256, GNUTLS_MAC_SHA256 },
	{ ALG_AES_128_CMAC, GNUTLS_MAC_AES_CMAC_128 },
	{ ALG_AES_256_CMAC, GNUTLS_MAC_AES_CMAC_256 },
};

/* The same as GnuTLS computes, for messages of 0 to 300 octets. */
START_TEST(mac_as_gnutls)
{
	const struct alg_mac *row = alg_mac(others[_i].alg);
	uint8_t key[32];
	uint8_t data[300];
	uint8_t want[64];
	uint8_t icv[ALG_ICV_MAX];
	struct crypto_mac *m = NULL;

	ck_assert_int_eq(crypto_random_key(key, sizeof(key)), ST_OK);
	ck_assert_int_eq(crypto_random(data, sizeof(data)), ST_OK);
	ck_assert_int_eq(crypto_mac_new(row->number, key, row->key_len, &m), ST_OK);
	for (size_t len = 0; len <= sizeof(data); len++) {
		crypto_mac_compute(m, data, len, icv);
		ck_assert_int_eq(gnutls_hmac_fast(others[_i].same, key, row->key_len, data, len,
						  want), 0);
		ck_assert_mem_eq(icv, want, row->icv_len);
	}
	crypto_mac_free(m);
}
END_TEST

START_TEST(mac_refuses)
{
	static const uint8_t key[64];
	struct crypto_mac *m = NULL;

	ck_assert_int_eq(crypto_mac_new(3, key, 32, &m), ST_UNKNOWN_ALG);
	ck_assert_int_eq(crypto_mac_new(ALG_HMAC_SHA256, key, 31, &m), ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_mac_new(ALG_HMAC_SHA256, key, 33, &m), ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_mac_new(ALG_AES_128_CMAC, key, 32, &m), ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_mac_new(ALG_AES_256_CMAC, key, 16, &m), ST_BAD_LENGTH);
	ck_assert_ptr_null(m);
	crypto_mac_free(NULL);
}
END_TEST

/* Key 00 01 02 ..., nonce a0 to af, AD 01020304 and the number, plaintext 40 41 42 ... */
static const struct {
	uint16_t aead;
	size_t len;
	const char *sealed;
} sivs[] = {
	{ 15, 0, "0574107333425cad6e8e2a81ee78d14f" },
	{ 15, 14, "f443d76c173e15382b137edb411942f4043aa7c2442b5b132e338c824e57" },
	{ 15, 16, "3ff5c8fbbb65008536002bc7a4d68a46a97e710cf65903ce77f48e4874d4a081" },
	{ 15, 47, "ca8f053e72551168d92e17792bca2cc4436e4272836fa4fe93b8f87602514359a7c23974"
		  "981f63b332d56bbc351408c1cc49f8d0d3debfad0d85074b0273cb" },
	{ 17, 0, "59fc59fe591c3d12c195dc12a7697eed" },
	{ 17, 14, "1fc41927c9d6eb53d2e21f276b69510903f37785f1db36e66acfccb27a14" },
	{ 17, 16, "cf67493b7397dccf108961e6b3f90541007efbce39d9a8521597ab36b2c0dab2" },
	{ 17, 47, "7c56e47f61c0cae84e1b198b03d334672ad7ba8de408e77e67084051b6de0ebb0fa9ad29"
		  "057a7e9ff65536217df8b8a18a366e58124801abc689f3ec4e70a5" },
};

struct siv_case {
	uint16_t aead;
	size_t key_len;
	uint8_t key[64];
	uint8_t nonce[16];
	uint8_t ad[6];
	uint8_t plain[47];
};

static struct siv_case siv_case(uint16_t aead)
{
	struct siv_case c = { .aead = aead, .key_len = alg_aead(aead)->key_len,
			      .ad = { 1, 2, 3, 4, 0, (uint8_t)aead } };

	for (uint8_t i = 0; i < 64; i++) {
		c.key[i] = i;
	}
	for (uint8_t i = 0; i < 16; i++) {
		c.nonce[i] = 0xa0 + i;
	}
	for (uint8_t i = 0; i < 47; i++) {
		c.plain[i] = 0x40 + i;
	}
	return c;
}

static enum status siv_open(const struct siv_case *c, const uint8_t *in, size_t len, uint8_t *out)
{
	return crypto_siv_open(c->aead, c->key, c->key_len, c->nonce, sizeof(c->nonce),
			       c->ad, sizeof(c->ad), in, len, out);
}

START_TEST(siv_vectors)
{
	struct siv_case c = siv_case(sivs[_i].aead);
	uint8_t want[64];
	uint8_t out[64] = { 0 };
	uint8_t back[64] = { 0 };
	size_t len = hex_octets(sivs[_i].sealed, want, sizeof(want));

	ck_assert_int_eq(crypto_siv_seal(c.aead, c.key, c.key_len, c.nonce, 16, c.ad, 6,
					 c.plain, sivs[_i].len, out), ST_OK);
	ck_assert_uint_eq(len, sivs[_i].len + CRYPTO_SIV_TAG);
	ck_assert_mem_eq(out, want, len);
	ck_assert_uint_eq(out[len], 0);
	ck_assert_int_eq(siv_open(&c, want, len, back), ST_OK);
	ck_assert_mem_eq(back, c.plain, sivs[_i].len);
}
END_TEST

/* Every bit of ciphertext, nonce, associated data and key counts; nothing is left in out. */
START_TEST(siv_every_bit_counts)
{
	static const uint8_t zeros[47];
	struct siv_case c = siv_case(sivs[_i].aead);
	uint8_t sealed[64];
	uint8_t out[48];
	size_t len = hex_octets(sivs[_i].sealed, sealed, sizeof(sealed));
	struct { uint8_t *at; size_t len; } parts[] = {
		{ sealed, len }, { c.nonce, 16 }, { c.ad, 6 }, { c.key, c.key_len },
	};

	/* An empty plaintext leaves the key's half for encryption unused. */
	for (size_t p = 0; p < (sivs[_i].len > 0 ? 4 : 3); p++) {
		for (size_t bit = 0; bit < parts[p].len * 8; bit++) {
			parts[p].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
			memset(out, 0xee, sizeof(out));
			ck_assert_int_eq(siv_open(&c, sealed, len, out), ST_AUTH_FAILED);
			ck_assert_mem_eq(out, zeros, sivs[_i].len);
			parts[p].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	ck_assert_int_eq(siv_open(&c, sealed, len, out), ST_OK);
}
END_TEST

START_TEST(siv_refuses)
{
	struct siv_case c = siv_case(15);
	uint8_t in[32] = { 0 };
	uint8_t out[64];

	for (size_t len = 0; len < CRYPTO_SIV_TAG; len++) {
		ck_assert_int_eq(siv_open(&c, in, len, out), ST_BAD_LENGTH);
	}
	ck_assert_int_eq(crypto_siv_seal(16, c.key, 32, c.nonce, 16, c.ad, 6, in, 1, out),
			 ST_UNKNOWN_ALG);
	ck_assert_int_eq(crypto_siv_seal(15, c.key, 64, c.nonce, 16, c.ad, 6, in, 1, out),
			 ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_siv_seal(17, c.key, 32, c.nonce, 16, c.ad, 6, in, 1, out),
			 ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_siv_seal(15, c.key, 32, c.nonce, 0, c.ad, 6, in, 1, out),
			 ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_siv_open(16, c.key, 32, c.nonce, 16, c.ad, 6, in, 20, out),
			 ST_UNKNOWN_ALG);
	ck_assert_int_eq(crypto_siv_open(15, c.key, 31, c.nonce, 16, c.ad, 6, in, 20, out),
			 ST_BAD_LENGTH);
	ck_assert_int_eq(crypto_siv_open(15, c.key, 32, c.nonce, 0, c.ad, 6, in, 20, out),
			 ST_BAD_LENGTH);
}
END_TEST

START_TEST(random_differs)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };
	uint8_t zeros[32] = { 0 };

	ck_assert_int_eq(crypto_random_key(a, sizeof(a)), ST_OK);
	ck_assert_int_eq(crypto_random_key(b, sizeof(b)), ST_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_mem_ne(a, zeros, sizeof(a));
	ck_assert_int_eq(crypto_random(a, sizeof(a)), ST_OK);
	ck_assert_int_eq(crypto_random(b, sizeof(b)), ST_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crypto");
	TCase *tc = tcase_create("crypto");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, mac_vectors, 0, VECTORS);
	tcase_add_loop_test(tc, mac_as_gnutls, 0, 4);
	tcase_add_test(tc, mac_refuses);
	tcase_add_test(tc, packed);
	tcase_add_loop_test(tc, siv_vectors, 0, 8);
	tcase_add_loop_test(tc, siv_every_bit_counts, 0, 8);
	tcase_add_test(tc, siv_refuses);
	tcase_add_test(tc, random_differs);
	return unit_run(s);
}
