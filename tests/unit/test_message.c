// SPDX-License-Identifier: GPL-2.0-or-later
/* nts/message: hand-written messages of every kind, there and back, and finding their end. */
#include <check.h>
#include <string.h>

#include "nts/message.h"
#include "tests/unit/hex.h"
#include "tests/unit/run.h"
#include "tests/unit/samples.h"

static struct ke_message decoded(enum sample_kind kind)
{
	struct sample s;
	struct octets o;
	struct ke_message m;

	sample_init(&s, kind);
	o = sample_octets(&s);
	memset(&m, 0, sizeof(m));
	ck_assert_msg(sample_decode(kind, &o, &m) == ST_OK, "%s", sample_name(kind));
	return m;
}

/* Decoded and encoded again, each hand-written message comes out as it was written. */
START_TEST(there_and_back)
{
	struct sample s;
	struct octets o;
	struct ke_message m = decoded((enum sample_kind)_i);
	uint8_t out[KE_RESPONSE_MAX];
	size_t len = 0;

	sample_init(&s, (enum sample_kind)_i);
	o = sample_octets(&s);
	ck_assert_int_eq(ke_encode(&m, out, sizeof(out), &len), ST_OK);
	ck_assert_uint_eq(len, o.len);
	ck_assert_mem_eq(out, o.at, len);
}
END_TEST

/* No cap is enough but the message's length, and nothing is left of what did not fit. */
START_TEST(encode_needs_room)
{
	struct ke_message m = decoded((enum sample_kind)_i);
	uint8_t out[2048] = { 0 };
	static const uint8_t zeros[2048];
	size_t len = 0;
	size_t full = 0;

	ck_assert_int_eq(ke_encode(&m, out, sizeof(out), &full), ST_OK);
	memset(out, 0, sizeof(out));
	for (size_t cap = 0; cap < full; cap++) {
		ck_assert_int_eq(ke_encode(&m, out, cap, &len), ST_NO_SPACE);
		ck_assert_uint_eq(len, 0);
		ck_assert_mem_eq(out, zeros, sizeof(out));
	}
	ck_assert_int_eq(ke_encode(&m, out, full, &len), ST_OK);
}
END_TEST

START_TEST(request_fields)
{
	struct ke_message m = decoded(GROUP_REQUEST);
	struct nts_assoc group = nts_assoc_group(5, 0x100, 0x201);
	static const uint8_t own[] = { 192, 0, 2, 2 };

	ck_assert_int_eq(m.type, KE_KEY_REQUEST);
	ck_assert(nts_assoc_equal(&m.assoc, &group));
	ck_assert_uint_eq(m.n_identities, 0);
	ck_assert_uint_eq(m.n_macs, 0);
	m = decoded(TICKET_REQUEST);
	ck_assert_uint_eq(m.assoc.type, NTS_ASSOC_IPV4);
	ck_assert_uint_eq(m.n_identities, 1);
	ck_assert_mem_eq(m.identities[0].value, own, 4);
	ck_assert_uint_eq(m.n_macs, 1);
	ck_assert_uint_eq(m.macs[0], ALG_AES_128_CMAC);
	m = decoded(REGISTRATION_REQUEST);
	ck_assert_int_eq(m.type, KE_REGISTRATION_REQUEST);
	ck_assert_uint_eq(m.n_aeads, 1);
	ck_assert_uint_eq(m.aeads[0], ALG_AEAD_AES_SIV_CMAC_512);
}
END_TEST

START_TEST(grant_fields)
{
	struct ke_message m = decoded(TICKET_GRANT);

	ck_assert_int_eq(m.type, KE_KEY_GRANT);
	ck_assert(m.has_next);
	ck_assert_uint_eq(m.current.policy.named, 1 << 0x0 | 1 << 0x1 | 1 << 0xb | 1 << 0xc);
	ck_assert_uint_eq(m.current.policy.spp[0x1], 1);
	ck_assert_uint_eq(m.current.policy.spp[0xb], 2);
	ck_assert_uint_eq(m.current.n_sa, 2);
	ck_assert_uint_eq(m.current.sa[0].spp, 1);
	ck_assert_uint_eq(m.current.sa[0].mac, ALG_HMAC_SHA256_128);
	ck_assert_uint_eq(m.current.sa[0].key_id, 0x0a0b0c01);
	ck_assert_uint_eq(m.current.sa[0].key_len, 32);
	ck_assert_uint_eq(m.current.sa[0].key[31], 0x1f);
	ck_assert_uint_eq(m.current.sa[1].mac, ALG_AES_128_CMAC);
	ck_assert_uint_eq(m.current.sa[1].key[0], 0xf0);
	ck_assert_uint_eq(m.next.sa[0].mac, ALG_AES_256_CMAC);
	ck_assert_uint_eq(m.current.lifetime, 3600);
	ck_assert_uint_eq(m.current.update_in, 2880);
	ck_assert(m.current.has_grace);
	ck_assert_uint_eq(m.current.grace, 10);
	ck_assert_uint_eq(m.current.ticket_key_id, 0xabcd);
	ck_assert(m.current.has_ticket);
	ck_assert_uint_eq(m.current.ticket.aead, ALG_AEAD_AES_SIV_CMAC_256);
	ck_assert_uint_eq(m.current.ticket.nonce[15], 0x5f);
	ck_assert_uint_eq(m.current.ticket.len, 20);
	ck_assert_uint_eq(m.current.ticket.octets[19], 0xd3);
	ck_assert_uint_eq(m.next.ticket_key_id, 0xabce);
	m = decoded(GROUP_GRANT);
	ck_assert(!m.current.has_ticket);
	ck_assert_uint_eq(m.current.ticket_key_id, 0);
}
END_TEST

START_TEST(other_fields)
{
	struct ke_message m = decoded(REGISTRATION_SUCCESS);

	ck_assert_int_eq(m.type, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(m.current.aead, ALG_AEAD_AES_SIV_CMAC_256);
	ck_assert_uint_eq(m.current.ticket_key_len, 32);
	ck_assert_uint_eq(m.next.ticket_key_len, 64);
	ck_assert_uint_eq(m.next.ticket_key[63], 0x1f);
	ck_assert_int_eq(decoded(REVOKE).type, KE_REGISTRATION_REVOKE);
	m = decoded(REFUSAL);
	ck_assert_int_eq(m.type, KE_REFUSAL);
	ck_assert_uint_eq(m.error, KE_ERR_NOT_AUTHORIZED);
	m = decoded(BARE_ERROR);
	ck_assert_int_eq(m.type, KE_BARE_ERROR);
	ck_assert_uint_eq(m.error, KE_ERR_BAD_REQUEST);
	ck_assert_int_eq(decoded(NO_PROTOCOL).type, KE_NO_PROTOCOL);
}
END_TEST

START_TEST(container_there_and_back)
{
	struct sample s;
	struct octets o;
	struct ke_ticket_container t;
	uint8_t out[512] = { 0 };
	static const uint8_t zeros[512];
	size_t len = 0;

	sample_init(&s, CONTAINER);
	o = sample_octets(&s);
	ck_assert_int_eq(ke_container_decode(o.at, o.len, &t), ST_OK);
	ck_assert_uint_eq(t.policy.spp[0xc], 2);
	ck_assert_uint_eq(t.n_sa, 2);
	ck_assert_uint_eq(t.sa[1].key_id, 0x0a0b0c02);
	ck_assert_uint_eq(t.n_identities, 1);
	ck_assert_uint_eq(t.identities[0].value[3], 2);
	for (size_t cap = 0; cap < o.len; cap++) {
		ck_assert_int_eq(ke_container_encode(&t, out, cap, &len), ST_NO_SPACE);
		ck_assert_mem_eq(out, zeros, sizeof(out));
	}
	ck_assert_int_eq(ke_container_encode(&t, out, o.len, &len), ST_OK);
	ck_assert_uint_eq(len, o.len);
	ck_assert_mem_eq(out, o.at, len);
}
END_TEST

static void reverse(struct recs *l, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct octets swap = l->r[i];

		l->r[i] = l->r[n - 1 - i];
		l->r[n - 1 - i] = swap;
	}
}

START_TEST(order_is_free)
{
	struct ke_message a = { 0 };
	struct ke_message b = { 0 };
	struct sample s;
	struct octets o;

	sample_init(&s, (enum sample_kind)_i);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(s.kind, &o, &a), ST_OK);
	reverse(&s.list[TOP], s.list[TOP].n - (_i != CONTAINER));
	reverse(&s.list[CURRENT], s.list[CURRENT].n);
	reverse(&s.list[NEXT], s.list[NEXT].n);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(s.kind, &o, &b), ST_OK);
	if (_i == CONTAINER) {
		return;
	}
	ck_assert_int_eq(a.type, b.type);
	ck_assert(nts_assoc_equal(&a.assoc, &b.assoc));
	ck_assert_mem_eq(&a.current.policy, &b.current.policy, sizeof(a.current.policy));
	ck_assert_uint_eq(a.current.n_sa, b.current.n_sa);
	for (uint8_t i = 0; i < a.current.n_sa; i++) {
		ck_assert_mem_eq(&a.current.sa[i],
				 nts_params_sa(&b.current, a.current.sa[i].spp),
				 sizeof(a.current.sa[i]));
	}
	ck_assert_uint_eq(a.next.lifetime, b.next.lifetime);
	ck_assert_uint_eq(a.next.ticket_key_id, b.next.ticket_key_id);
	ck_assert_mem_eq(a.current.ticket_key, b.current.ticket_key, ALG_AEAD_KEY_MAX);
}
END_TEST

/* On known types the C bit is not looked at. */
START_TEST(critical_bit_of_known_records)
{
	struct sample s;

	for (enum list list = TOP; list < LISTS; list++) {
		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < s.list[list].n; i++) {
			struct octets o;

			s.list[list].r[i].at[0] ^= 0x80;
			o = sample_octets(&s);
			ck_assert_int_eq(sample_decode(s.kind, &o, NULL), ST_OK);
		}
	}
}
END_TEST

START_TEST(optional_records_left_out)
{
	struct sample s;
	struct octets o;
	struct ke_message m;

	sample_init(&s, GROUP_GRANT);
	recs_drop(&s.list[CURRENT], 5);
	recs_drop(&s.list[TOP], 4);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(GROUP_GRANT, &o, &m), ST_OK);
	ck_assert(!m.current.has_grace);
	ck_assert_uint_eq(m.current.grace, NTS_GRACE_DEFAULT);
	ck_assert(!m.has_next);
	ck_assert_uint_eq(m.next.n_sa, 0);
}
END_TEST

/* All kinds of identities, back to back; 16 of them, not 17. */
START_TEST(identities)
{
	static const char *const all = "8408002c 0001c0000202"
		"000220010db8000000000000000000000001 0003001b190000ff 0004010203fffe0405060100";
	struct sample s;
	struct octets o;
	struct ke_message m;

	sample_init(&s, TICKET_REQUEST);
	s.list[TOP].r[4] = rec_from_hex(all);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(TICKET_REQUEST, &o, &m), ST_OK);
	ck_assert_uint_eq(m.n_identities, 4);
	ck_assert_uint_eq(m.identities[1].value[15], 1);
	ck_assert_uint_eq(m.identities[2].value[5], 0xff);
	ck_assert_uint_eq(m.identities[3].value[8], 1);
	for (size_t n = 2; n <= NTS_IDENTITIES_MAX + 1; n++) {
		struct octets *r = &s.list[TOP].r[4];

		*r = rec_from_hex("84080006");
		for (size_t i = 0; i < n; i++) {
			r->len += hex_octets("0001c0000202", r->at + r->len, 6);
		}
		r->at[3] = (uint8_t)(r->len - 4);
		o = sample_octets(&s);
		ck_assert_int_eq(sample_decode(TICKET_REQUEST, &o, NULL),
				 n <= NTS_IDENTITIES_MAX ? ST_OK : ST_BAD_LENGTH);
	}
}
END_TEST

START_TEST(algorithm_lists)
{
	struct sample s;
	struct octets o;
	struct ke_message m;

	sample_init(&s, REGISTRATION_REQUEST);
	s.list[TOP].r[4] = rec_from_hex("80040006 ffff 0011 000f");
	s.list[TOP].r[5] = rec_from_hex("04040020 0000 0001 0002 8000 0003 0004 0005 0006"
					"0007 0008 0009 000a 000b 000c 000d ffff");
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(s.kind, &o, &m), ST_OK);
	ck_assert_uint_eq(m.n_aeads, 3);
	ck_assert_uint_eq(m.aeads[0], 0xffff);
	ck_assert_uint_eq(m.n_macs, 16);
	ck_assert_uint_eq(m.macs[15], 0xffff);
	s.list[TOP].r[5] = rec_from_hex("04040022 0000 0001 0002 8000 0003 0004 0005 0006"
					"0007 0008 0009 000a 000b 000c 000d ffff 0000");
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(s.kind, &o, NULL), ST_BAD_LENGTH);
}
END_TEST

/* PTPv2.1 offered among others is an offer. */
START_TEST(offers)
{
	static const struct {
		const char *hex;
		enum status st;
	} offer[] = {
		{ "80010004 0000 0001", ST_OK },
		{ "80010004 0001 0000", ST_OK },
		{ "80010004 0000 0002", ST_NO_PROTOCOL },
		{ "80010002 0000", ST_NO_PROTOCOL },
		{ "80010000", ST_NO_PROTOCOL },
		{ "80010003 000100", ST_BAD_LENGTH },
	};

	for (size_t i = 0; i < sizeof(offer) / sizeof(offer[0]); i++) {
		struct sample s;
		struct octets o;

		sample_init(&s, GROUP_REQUEST);
		s.list[TOP].r[0] = rec_from_hex(offer[i].hex);
		o = sample_octets(&s);
		ck_assert_int_eq(sample_decode(s.kind, &o, NULL), offer[i].st);
	}
}
END_TEST

/* A client of NTS for NTP, also one with records of its own that are critical or are ours. */
START_TEST(an_ntp_client_hears_no_protocol)
{
	static const char *const hex[] = {
		"800100020000 80040002000f 80000000",
		"800100020000 80040002000f 8006000131 80000000",
		"800100020000 80040004001e000f 04000000 80000000",
	};

	for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
		struct octets o = rec_from_hex(hex[i]);

		ck_assert_int_eq(sample_decode(GROUP_REQUEST, &o, NULL), ST_NO_PROTOCOL);
	}
}
END_TEST

START_TEST(end_of_message_in_a_container_is_ignored)
{
	const struct octets end = rec_from_hex("80000000");

	for (enum list list = CURRENT; list < LISTS; list++) {
		for (size_t i = 0;; i++) {
			struct sample s;
			struct octets o;

			sample_init(&s, (enum sample_kind)_i);
			if (i > s.list[list].n || s.list[list].n == 0) {
				break;
			}
			recs_insert(&s.list[list], i, &end);
			o = sample_octets(&s);
			ck_assert_int_eq(sample_decode(s.kind, &o, NULL), ST_OK);
		}
	}
}
END_TEST

/* Octet by octet as from a stream, with others behind it. */
START_TEST(frames)
{
	struct sample s;
	struct octets o;
	size_t len = 0;
	size_t full;

	sample_init(&s, (enum sample_kind)_i);
	o = sample_octets(&s);
	full = o.len;
	memset(o.at + full, 0xff, 100);
	for (size_t have = 0; have < full; have++) {
		ck_assert_int_eq(ke_frame(o.at, have, KE_REQUEST_MAX, &len), ST_AGAIN);
		ck_assert_uint_eq(len, 0);
	}
	for (size_t have = full; have < full + 100; have++) {
		len = 0;
		ck_assert_int_eq(ke_frame(o.at, have, KE_REQUEST_MAX, &len), ST_OK);
		ck_assert_uint_eq(len, full);
	}
	ck_assert_int_eq(ke_frame(o.at, full, full, &len), ST_OK);
	ck_assert_int_eq(ke_frame(o.at, full, full - 1, &len), ST_TOO_LONG);
}
END_TEST

/* One record of a group request is stretched by records to be skipped: total octets in all. */
static size_t stretched(uint8_t *data, size_t total)
{
	struct sample s;
	struct octets o;
	size_t pad;

	sample_init(&s, GROUP_REQUEST);
	o = sample_octets(&s);
	pad = total - o.len;
	memset(data, 0, total);
	data[0] = 0x20;
	data[2] = (uint8_t)((pad - 4) >> 8);
	data[3] = (uint8_t)(pad - 4);
	memcpy(data + pad, o.at, o.len);
	return total;
}

START_TEST(longest_request)
{
	static uint8_t data[KE_REQUEST_MAX + 1];
	struct ke_message m;
	size_t len = 0;

	stretched(data, KE_REQUEST_MAX);
	ck_assert_int_eq(ke_frame(data, KE_REQUEST_MAX, KE_REQUEST_MAX, &len), ST_OK);
	ck_assert_uint_eq(len, KE_REQUEST_MAX);
	ck_assert_int_eq(ke_decode(data, len, KE_SERVER, &m), ST_OK);

	stretched(data, KE_REQUEST_MAX + 1);
	ck_assert_int_eq(ke_decode(data, KE_REQUEST_MAX + 1, KE_SERVER, &m), ST_TOO_LONG);
	ck_assert_int_eq(ke_frame(data, KE_REQUEST_MAX + 1, KE_REQUEST_MAX, &len), ST_TOO_LONG);
	ck_assert_int_eq(ke_frame(data, KE_REQUEST_MAX, KE_REQUEST_MAX, &len), ST_TOO_LONG);
	/* Said as soon as it is known: when the header of a record that is too long is there. */
	data[2] = 0x40;
	ck_assert_int_eq(ke_frame(data, 3, KE_REQUEST_MAX, &len), ST_AGAIN);
	ck_assert_int_eq(ke_frame(data, 4, KE_REQUEST_MAX, &len), ST_TOO_LONG);
}
END_TEST

START_TEST(longest_response)
{
	static uint8_t data[KE_RESPONSE_MAX + 1];
	struct ke_message m;

	ck_assert_int_eq(ke_decode(data, sizeof(data), KE_CLIENT, &m), ST_TOO_LONG);
	memset(data, 0x20, sizeof(data));
	ck_assert_int_ne(ke_decode(data, KE_RESPONSE_MAX, KE_CLIENT, &m), ST_TOO_LONG);
}
END_TEST

START_TEST(errors)
{
	ck_assert_uint_eq(ke_error_of_status(ST_UNKNOWN_CRITICAL), 0);
	ck_assert_uint_eq(ke_error_of_status(ST_FOREIGN_RECORD), 1);
	ck_assert_uint_eq(ke_error_of_status(ST_TOO_LONG), 1);
	ck_assert_uint_eq(ke_error_of_status(ST_NO_MEMORY), 2);
	ck_assert_uint_eq(ke_error_of_status(ST_NOT_AUTHORIZED), 3);
	ck_assert_uint_eq(ke_error_of_status(ST_NOT_REGISTERED), 4);
	ck_assert_uint_eq(ke_error_of_status(ST_NO_COMMON_ALG), 32768);
	ck_assert_int_eq(ke_status_of_error(0), ST_REFUSED);
	ck_assert_int_eq(ke_status_of_error(3), ST_NOT_AUTHORIZED);
	ck_assert_int_eq(ke_status_of_error(4), ST_NOT_REGISTERED);
	ck_assert_int_eq(ke_status_of_error(32768), ST_NO_COMMON_ALG);
	ck_assert_int_eq(ke_status_of_error(999), ST_REFUSED);
	ck_assert_str_eq(ke_error_str(3), "Not Authorized");
	ck_assert_str_eq(ke_error_str(999), "unknown error");
	ck_assert_str_eq(ke_type_str(KE_KEY_GRANT), "PTP Key Grant");
	ck_assert_str_eq(ke_type_str((enum ke_type)99), "unknown message");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("message");
	TCase *tc = tcase_create("message");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, there_and_back, 0, CONTAINER);
	tcase_add_loop_test(tc, encode_needs_room, 0, CONTAINER);
	tcase_add_test(tc, request_fields);
	tcase_add_test(tc, grant_fields);
	tcase_add_test(tc, other_fields);
	tcase_add_test(tc, container_there_and_back);
	tcase_add_loop_test(tc, order_is_free, 0, SAMPLES);
	tcase_add_loop_test(tc, critical_bit_of_known_records, 0, SAMPLES);
	tcase_add_test(tc, optional_records_left_out);
	tcase_add_test(tc, identities);
	tcase_add_test(tc, algorithm_lists);
	tcase_add_test(tc, offers);
	tcase_add_test(tc, an_ntp_client_hears_no_protocol);
	tcase_add_loop_test(tc, end_of_message_in_a_container_is_ignored, 0, SAMPLES);
	tcase_add_loop_test(tc, frames, 0, CONTAINER);
	tcase_add_test(tc, longest_request);
	tcase_add_test(tc, longest_response);
	tcase_add_test(tc, errors);
	return unit_run(s);
}
