// SPDX-License-Identifier: GPL-2.0-or-later
/* AUTHENTICATION TLV and PTP header on octets: tlv/auth.h, tlv/ptp.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ptpmsg.h"
#include "tests/unit/run.h"
#include "tlv/auth.h"

/* Computed with `openssl dgst -sha256 -mac HMAC` and `openssl mac CMAC`, key 20 21 22 ... */
static const struct vector {
	uint16_t mac;
	uint8_t key_len;
	uint8_t icv_len;
	const char *icv;
} vectors[] = {
	{ ALG_HMAC_SHA256_128, 32, 16, "801a5be2a428f238cdd06d05069ee3bb" },
	{ ALG_HMAC_SHA256, 32, 32,
	  "0b77cb676916774038361cb35cabdedc344fd227a5409eb2e77d1b482a2712d3" },
	{ ALG_AES_128_CMAC, 16, 16, "ae01a3601494ba2101fb2fcbe49dfba2" },
	{ ALG_AES_256_CMAC, 32, 16, "2132703f42cb13a9807aca61f2bef57b" },
};

#define SYNC_LEN 44
static const uint8_t sync_msg[SYNC_LEN] = {
	0x00, 0x12, 0x00, 0x2c, 0x00, 0x00, 0x02, 0x00, [20] = 1, 2, 3, 4, 5, 6, 7, 8,
	0x00, 0x01, 0x12, 0x34, [39] = 5, [43] = 7,
};

static struct crypto_mac *vector_mac(const struct vector *v)
{
	struct crypto_mac *mac;
	uint8_t key[32];

	for (uint8_t i = 0; i < sizeof(key); i++) {
		key[i] = (uint8_t)(0x20 + i);
	}
	ck_assert_int_eq(crypto_mac_new(v->mac, key, v->key_len, &mac), ST_OK);
	return mac;
}

START_TEST(known_answers)
{
	const struct vector *v = &vectors[_i];
	struct crypto_mac *mac = vector_mac(v);
	uint8_t msg[128], icv[32], head[] = { 0x80, 0x09, 0, 0, 3, 0, 0xA1, 0xB2, 0xC3, 0xD4 };
	struct auth_tlv tlv;

	for (uint8_t i = 0; i < v->icv_len; i++) {
		char two[3] = { v->icv[2 * i], v->icv[2 * i + 1], 0 };

		icv[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	memcpy(msg, sync_msg, SYNC_LEN);
	head[3] = (uint8_t)(6 + v->icv_len);
	ck_assert_uint_eq(auth_append_len(mac), 10u + v->icv_len);
	ck_assert_uint_eq(auth_append(mac, 3, 0xA1B2C3D4, msg, SYNC_LEN),
			  SYNC_LEN + 10u + v->icv_len);
	ck_assert_uint_eq(msg[3], SYNC_LEN + 10u + v->icv_len);
	ck_assert_mem_eq(msg + SYNC_LEN, head, sizeof(head));
	ck_assert_mem_eq(msg + SYNC_LEN + 10, icv, v->icv_len);

	ck_assert_int_eq(auth_find(msg, SYNC_LEN, msg[3], &tlv), AUTH_FOUND);
	ck_assert_uint_eq(tlv.at, SYNC_LEN);
	ck_assert_uint_eq(tlv.icv_len, v->icv_len);
	ck_assert_uint_eq(tlv.key_id, 0xA1B2C3D4);
	ck_assert_uint_eq(tlv.spp, 3);
	ck_assert_int_eq(auth_verify(mac, msg, &tlv), ST_OK);
	ck_assert_int_eq(auth_verify(mac, msg, &tlv), ST_OK);
	msg[_i] ^= 1;
	ck_assert_int_eq(auth_verify(mac, msg, &tlv), ST_AUTH_FAILED);
	msg[_i] ^= 1;
	tlv.icv_len--;
	ck_assert_int_eq(auth_verify(mac, msg, &tlv), ST_BAD_LENGTH);
	crypto_mac_free(mac);
}
END_TEST

static enum auth_found find(const uint8_t *tlvs, size_t len)
{
	struct auth_tlv tlv;
	uint8_t *exact = malloc(len ? len : 1);	/* so that a sanitizer sees each octet too far */
	enum auth_found found;

	memcpy(exact, tlvs, len);
	found = auth_find(exact, 0, len, &tlv);
	free(exact);
	return found;
}

#define FIND(...) find((const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ }))
#define AUTH 0x80, 0x09, 0, 8, 3, 0, 0, 0, 0, 1, 0xAA, 0xBB
#define OTHER 0x00, 0x03, 0, 2, 1, 2

START_TEST(chains)
{
	ck_assert_int_eq(find((const uint8_t *)"", 0), AUTH_ABSENT);
	ck_assert_int_eq(FIND(OTHER), AUTH_ABSENT);
	ck_assert_int_eq(FIND(AUTH), AUTH_FOUND);
	ck_assert_int_eq(FIND(OTHER, 0, 9, 0, 0, OTHER, AUTH), AUTH_FOUND);
	ck_assert_int_eq(FIND(AUTH, AUTH), AUTH_TWICE);
	ck_assert_int_eq(FIND(AUTH, OTHER, AUTH), AUTH_TWICE);
	ck_assert_int_eq(FIND(AUTH, AUTH, OTHER), AUTH_TWICE);
	ck_assert_int_eq(FIND(AUTH, OTHER), AUTH_NOT_LAST);
	ck_assert_int_eq(FIND(AUTH, 0, 0, 0, 0), AUTH_NOT_LAST);
	ck_assert_int_eq(FIND(AUTH, 0), AUTH_MALFORMED);
	ck_assert_int_eq(FIND(AUTH, 0, 3, 0), AUTH_MALFORMED);
	ck_assert_int_eq(FIND(AUTH, 0, 3, 0, 1), AUTH_MALFORMED);
	ck_assert_int_eq(FIND(0, 3, 0xFF, 0xFF, AUTH), AUTH_MALFORMED);
	ck_assert_int_eq(FIND(0x80, 9, 0, 5, 3, 0, 0, 0, 1), AUTH_FORMAT);
	ck_assert_int_eq(FIND(0x80, 9, 0, 0), AUTH_FORMAT);
	ck_assert_int_eq(FIND(0x80, 9, 0, 6, 3, 0, 0, 0, 0, 1), AUTH_FOUND);
	for (int bit = 0; bit < 8; bit++) {
		ck_assert_int_eq(FIND(0x80, 9, 0, 8, 3, (uint8_t)(1 << bit), 0, 0, 0, 1, 7, 7),
				 AUTH_FORMAT);
	}
}
END_TEST

START_TEST(cut_at_every_octet)
{
	static const uint8_t tlvs[] = { OTHER, AUTH };

	for (size_t len = 1; len < sizeof(tlvs); len++) {
		ck_assert_int_eq(find(tlvs, len), len == 6 ? AUTH_ABSENT : AUTH_MALFORMED);
	}
}
END_TEST

START_TEST(headers)
{
	struct ptp_head m;
	uint8_t msg[PTPMSG_CAP];

	memcpy(msg, sync_msg, SYNC_LEN);
	msg[0] = 0xA0;
	msg[4] = 7;
	msg[5] = 0xBC;
	msg[6] = 0x06;
	ck_assert_int_eq(ptp_parse(msg, SYNC_LEN + 2, &m), ST_OK);
	ck_assert_uint_eq(m.sdo_id, 0xABC);
	ck_assert_uint_eq(m.domain, 7);
	ck_assert_uint_eq(m.sequence_id, 0x1234);
	ck_assert_uint_eq(m.len, SYNC_LEN);
	ck_assert_ptr_eq(m.source, msg + 20);
	ck_assert(m.two_step && m.unicast);
	ck_assert_uint_eq(ptp_timestamp_ns(msg + 34), 5000000007ULL);
	memset(msg + 34, 0xFF, 10);
	ck_assert_uint_eq(ptp_timestamp_ns(msg + 34), UINT64_MAX);
	for (size_t len = 0; len < SYNC_LEN; len++) {
		ck_assert_int_eq(ptp_parse(msg, len, &m), ST_TRUNCATED);
	}
	for (uint8_t version = 0; version < 16; version++) {
		msg[1] = (uint8_t)(0x10 | version);
		ck_assert_int_eq(ptp_parse(msg, SYNC_LEN, &m),
				 version == 2 ? ST_OK : ST_BAD_VERSION);
	}
}
END_TEST

START_TEST(every_type)
{
	struct ptp_head m;
	uint8_t msg[PTPMSG_CAP] = { [1] = 2 };
	unsigned int known = 0;

	for (uint8_t type = 0; type < 16; type++) {
		size_t len = 0;

		if (PTPMSG_ALL >> type & 1) {
			len = ptpmsg_make(msg, type, 0xCC, 1, 0);
			ck_assert_int_eq(ptp_parse(msg, len, &m), ST_OK);
			ck_assert_uint_eq(m.type, type);
			ck_assert_ptr_eq(m.info, ptp_type_info(type));
			ck_assert_uint_eq(m.info->slot, known++);
			ptpmsg_set_u16(msg + 2, (uint16_t)(len - 1));
			ck_assert_int_eq(ptp_parse(msg, len, &m), ST_TRUNCATED);
			continue;
		}
		msg[0] = type;
		ck_assert_int_eq(ptp_parse(msg, sizeof(msg), &m), ST_BAD_TYPE);
	}
	ck_assert_uint_eq(known, PTP_SLOTS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *tc = tcase_create("octets");

	tcase_add_loop_test(tc, known_answers, 0, sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(tc, chains);
	tcase_add_test(tc, cut_at_every_octet);
	tcase_add_test(tc, headers);
	tcase_add_test(tc, every_type);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
