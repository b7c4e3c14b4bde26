// SPDX-License-Identifier: GPL-2.0-or-later
/* What a port's gate lets in: tlv/guard.h. WIRE.md 7. Every refusal by its exact reason. */
#include <check.h>
#include <string.h>

#include "tests/unit/gate.h"
#include "tests/unit/run.h"

/* ---- what is right ---- */

START_TEST(every_type_and_mac)
{
	static const uint16_t macs[] = {
		ALG_HMAC_SHA256_128, ALG_HMAC_SHA256, ALG_AES_128_CMAC, ALG_AES_256_CMAC,
	};
	uint8_t type = ptpmsg_types[_i % PTP_SLOTS];
	size_t len, with, out;

	gate_setup_mac(macs[_i / PTP_SLOTS]);
	gate_ask_both(7);
	with = gate_make_signed(type, 7);
	len = with - 10 - (macs[_i / PTP_SLOTS] == ALG_HMAC_SHA256 ? 32 : 16);
	ck_assert_int_eq(guard_receive(gate.guard, gate.msg, with, gate.now, &out), GUARD_OK);
	ck_assert_uint_eq(out, len);
	ck_assert_uint_eq((size_t)(gate.msg[2] << 8 | gate.msg[3]), len);
	ck_assert_int_eq(gate_take(len), GUARD_NO_TLV);
	ck_assert_int_eq(gate_take(gate_make_signed(type, 7)), GUARD_STALE);
	gate_teardown();
}
END_TEST

START_TEST(sign_then_verify)
{
	uint8_t type = ptpmsg_types[_i], before[PTPMSG_CAP];
	size_t len = ptpmsg_make(gate.msg, type, OURS, 7, 0), total;
	struct guard_undo undo;
	struct guard *peer;

	memset(gate.config.clock_identity, PEER, 8);
	ck_assert_int_eq(guard_new(&gate.config, gate.sa, &peer), ST_OK);
	memcpy(before, gate.msg, sizeof(before));
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, 1500, NULL, &undo,
				    &total), GUARD_SIGNED);
	ck_assert_uint_eq(total, len + 26);
	ck_assert_uint_eq(gate.msg[1], 0x12);
	ck_assert_uint_eq(gate.msg[len + 3], 22);
	ck_assert_int_eq(gate_take(total), GUARD_OWN_IDENTITY);
	ck_assert_int_eq(guard_receive(peer, gate.msg, total, gate.now, &total), GUARD_OK);
	ck_assert_uint_eq(total, len);
	guard_restore(gate.msg, &undo);
	ck_assert_mem_eq(gate.msg, before, len);
	guard_free(peer);
}
END_TEST

START_TEST(padding_is_not_read)
{
	size_t len = gate_make_signed(PTP_SYNC, 1);

	gate.msg[len] = 0x80;
	gate.msg[len + 1] = 0x09;
	ck_assert_int_eq(gate_take(len + 2), GUARD_OK);
}
END_TEST

START_TEST(other_tlvs)
{
	size_t len = ptpmsg_tlv(gate.msg, gate_make(PTP_ANNOUNCE, 1), 0x0008, 16), out;
	size_t with = ptpmsg_sign(gate.msg, len, &gate.a, 0);

	ck_assert_int_eq(guard_receive(gate.guard, gate.msg, with, gate.now, &out), GUARD_OK);
	ck_assert_uint_eq(out, len);
}
END_TEST

/* ---- what is wrong ---- */

/* What a flipped bit in this octet of a signed message must be refused as. */
static enum guard_verdict flip_reason(size_t octet, unsigned int bit, size_t tlv)
{
	if (octet == 0) {
		return bit >= 4 ? GUARD_WRONG_GROUP : GUARD_MALFORMED;	/* sdoId, type */
	}
	if (octet == 1 && bit < 4) {
		return GUARD_MALFORMED;
	}
	if (octet == 2 || octet == 3) {
		return GUARD_MALFORMED;
	}
	if (octet == 4 || octet == 5) {
		return GUARD_WRONG_GROUP;
	}
	if (octet == 6 && bit == 2) {
		return GUARD_GROUP_UNICAST;
	}
	if (octet == tlv || octet == tlv + 1) {
		return GUARD_NO_TLV;
	}
	if (octet == tlv + 2 || octet == tlv + 3) {
		return GUARD_MALFORMED;
	}
	if (octet == tlv + 4) {
		return GUARD_UNKNOWN_SPP;
	}
	if (octet == tlv + 5) {
		return GUARD_TLV_FORMAT;
	}
	return octet >= tlv + 6 && octet < tlv + 10 ? GUARD_UNKNOWN_KEY_ID : GUARD_BAD_ICV;
}

/* A flipped messageType is a type of another length or rule: refused in one of these ways. */
static bool type_flip_refused(enum guard_verdict v)
{
	return v == GUARD_MALFORMED || v == GUARD_BAD_ICV || v == GUARD_NO_TLV;
}

START_TEST(every_bit_flipped)
{
	static const uint8_t types[] = { PTP_SYNC, PTP_ANNOUNCE, PTP_FOLLOW_UP };
	size_t len = gate_make_signed(types[_i], 1), tlv = len - 26;

	for (size_t bit = 0; bit < len * 8; bit++) {
		enum guard_verdict v;

		gate.msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		v = gate_take(len);
		if (bit < 4) {
			ck_assert(type_flip_refused(v));
		} else {
			ck_assert_msg(v == flip_reason(bit / 8, bit % 8, tlv),
				      "octet %zu bit %zu: %s", bit / 8, bit % 8,
				      guard_verdict_str(v));
		}
		gate.msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(gate_take(len), GUARD_OK);
}
END_TEST

START_TEST(cut_at_every_octet)
{
	uint8_t type = ptpmsg_types[_i];
	size_t len, plain;

	gate_ask_both(1);
	len = gate_make_signed(type, 1);
	plain = len - 26;
	for (size_t n = 0; n < len; n++) {
		ck_assert_int_eq(gate_take(n), GUARD_MALFORMED);
	}
	/* cut off with messageLength told so */
	for (size_t n = 0; n < len; n++) {
		ptpmsg_set_u16(gate.msg + 2, (uint16_t)n);
		ck_assert_int_eq(gate_take(n), n == plain ? GUARD_NO_TLV : GUARD_MALFORMED);
	}
	ptpmsg_set_u16(gate.msg + 2, (uint16_t)len);
	ck_assert_int_eq(gate_take(len), GUARD_OK);
}
END_TEST

START_TEST(message_length_lying)
{
	size_t len = gate_make_signed(PTP_ANNOUNCE, 1), plain = len - 26;

	for (uint32_t n = 0; n <= 0xFFFF; n++) {
		size_t out;

		if (n == len) {
			continue;
		}
		ptpmsg_set_u16(gate.msg + 2, (uint16_t)n);
		ck_assert_int_eq(guard_receive(gate.guard, gate.msg, len, gate.now, &out),
				 n == plain ? GUARD_NO_TLV : GUARD_MALFORMED);
	}
}
END_TEST

/* The same with octets behind it that look like TLVs, as a padded frame has. */
START_TEST(message_length_lying_over_padding)
{
	size_t len = gate_make_signed(PTP_SYNC, 1), out;

	memset(gate.msg + len, 0, 64);
	for (uint16_t n = (uint16_t)len + 1; n <= len + 64; n++) {
		ptpmsg_set_u16(gate.msg + 2, n);
		ck_assert_int_eq(guard_receive(gate.guard, gate.msg, len + 64, gate.now, &out),
				 (n - len) % 4 ? GUARD_MALFORMED : GUARD_TLV_NOT_LAST);
	}
}
END_TEST

START_TEST(length_field_lying)
{
	size_t len = gate_make_signed(PTP_SYNC, 1), tlv = len - 26, out;

	for (uint32_t n = 0; n <= 0xFFFF; n++) {
		if (n != 22) {
			ptpmsg_set_u16(gate.msg + tlv + 2, (uint16_t)n);
			ck_assert(!guard_accepted(guard_receive(gate.guard, gate.msg, len,
								gate.now, &out)));
		}
	}
	/* with messageLength to match, so that only the length itself is wrong */
	for (uint16_t n = 0; n < 64; n++) {
		if (n != 22) {
			len = ptpmsg_tlv(gate.msg, gate_make(PTP_SYNC, 1), 0x8009, n);
			if (n >= 6) {
				gate.msg[48] = 3;
				gate.msg[53] = 0xA;
			}
			ck_assert_int_eq(gate_take(len), GUARD_TLV_FORMAT);
		}
	}
}
END_TEST

START_TEST(tlv_in_wrong_places)
{
	size_t len = gate_make_signed(PTP_SYNC, 1);

	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, len, &gate.a, 0)), GUARD_TLV_TWICE);
	len = gate_make_signed(PTP_SYNC, 1);
	ck_assert_int_eq(gate_take(ptpmsg_tlv(gate.msg, len, 3, 4)), GUARD_TLV_NOT_LAST);
	len = gate_make_signed(PTP_SYNC, 1);
	ck_assert_int_eq(gate_take(ptpmsg_tlv(gate.msg, len, 0x8009, 22)), GUARD_TLV_TWICE);
}
END_TEST

START_TEST(reserved_types)
{
	for (uint8_t type = 0; type < 16; type++) {
		size_t len = gate_make_signed(PTP_ANNOUNCE, 1);

		if (!(PTPMSG_ALL >> type & 1)) {
			gate.msg[0] = type;
			ck_assert_int_eq(gate_take(len), GUARD_MALFORMED);
		}
	}
}
END_TEST

START_TEST(no_key_other_key)
{
	struct nts_params forged = gate.a;

	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 1), GUARD_UNKNOWN_KEY_ID);
	forged.sa[0].key[31] ^= 1;
	ck_assert_int_eq(gate_signed_by(&forged, PTP_SYNC, 1), GUARD_BAD_ICV);
	forged = gate.a;
	forged.sa[0].spp = 9;
	ck_assert_int_eq(gate_signed_by(&forged, PTP_SYNC, 1), GUARD_UNKNOWN_SPP);
	sa_clear(gate.sa);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_NO_KEY);
	ck_assert_int_eq(gate_take(gate_make(PTP_SYNC, 1)), GUARD_NO_KEY);
}
END_TEST

START_TEST(other_group)
{
	size_t len;

	for (size_t octet = 0; octet < 6; octet += octet ? 1 : 4) {
		len = gate_make(PTP_SYNC, 1);
		gate.msg[octet] = octet ? 1 : 0x10;
		ck_assert_int_eq(gate_take(len), GUARD_WRONG_GROUP);
		len = ptpmsg_sign(gate.msg, len, &gate.a, 0);
		ck_assert_int_eq(gate_take(len), GUARD_WRONG_GROUP);
	}
}
END_TEST

START_TEST(own_identity)
{
	size_t len = ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, TIME_NS);

	gate.msg[29] = 9;	/* whatever the port */
	ck_assert_int_eq(gate_take(len), GUARD_OWN_IDENTITY);
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, len, &gate.a, 0)), GUARD_OWN_IDENTITY);
	guard_set_identity(gate.guard, (const uint8_t[8]) { 1 }, 1);
	ck_assert_int_eq(gate_take(len + 26), GUARD_OK);
}
END_TEST

START_TEST(group_unicast)
{
	for (unsigned int i = 0; i < PTP_SLOTS; i++) {
		uint8_t type = ptpmsg_types[i];
		bool timing = type == PTP_SYNC || type == PTP_FOLLOW_UP || type == PTP_ANNOUNCE;
		size_t len;

		gate_ask_both(1);
		len = gate_make(type, 1);
		gate.msg[6] |= 4;
		if (gate_is_response(type)) {
			ptpmsg_requester(gate.msg, OURS);
		}
		len = ptpmsg_sign(gate.msg, len, &gate.a, 0);
		ck_assert_int_eq(gate_take(len), timing ? GUARD_GROUP_UNICAST : GUARD_OK);
	}
	gate.config.group_unicast = true;
	gate_remake();
	gate_make(PTP_SYNC, 1);
	gate.msg[6] |= 4;
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)), GUARD_OK);
}
END_TEST

START_TEST(policies)
{
	sa_clear(gate.sa);
	gate.a.policy.named = 1u << PTP_SYNC;
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, NULL, gate.now, gate.now), ST_OK);
	ck_assert_int_eq(gate_take(gate_make(PTP_SYNC, 1)), GUARD_NO_TLV);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
	ck_assert_int_eq(gate_take(gate_make(PTP_ANNOUNCE, 1)), GUARD_UNSECURED_OK);
	ck_assert_int_eq(gate_take(gate_make(PTP_ANNOUNCE, 1)), GUARD_UNSECURED_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_ANNOUNCE, 1), GUARD_NOT_IN_POLICY);
}
END_TEST

START_TEST(words)
{
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		ck_assert_uint_gt(strlen(guard_counter_name(v)), 0);
		ck_assert_uint_gt(strlen(guard_verdict_str(v)), 0);
		ck_assert_int_eq(guard_accepted(v), !strlen(guard_verdict_hint(v)));
		for (int other = 0; other < v; other++) {
			ck_assert_str_ne(guard_counter_name(v), guard_counter_name(other));
			ck_assert_str_ne(guard_verdict_str(v), guard_verdict_str(other));
		}
	}
	for (int v = 0; v < GUARD_SENDS; v++) {
		ck_assert_uint_gt(strlen(guard_send_str(v)), 0);
	}
	ck_assert_str_eq(guard_send_counter_name(GUARD_SUPPRESS_NO_KEY), "no_key");
	ck_assert_str_eq(guard_send_counter_name(GUARD_SENDS), "unknown");
	ck_assert_str_eq(guard_counter_name(GUARD_BAD_ICV), "bad_icv");
	ck_assert_str_eq(guard_verdict_str(GUARD_VERDICTS), "unknown");
	ck_assert_str_eq(guard_counter_name(GUARD_VERDICTS), "unknown");
}
END_TEST

static TCase *receive_cases(void)
{
	TCase *tc = tcase_create("receive");

	tcase_add_checked_fixture(tc, gate_setup, gate_teardown);
	tcase_add_loop_test(tc, sign_then_verify, 0, PTP_SLOTS);
	tcase_add_test(tc, padding_is_not_read);
	tcase_add_test(tc, other_tlvs);
	tcase_add_loop_test(tc, every_bit_flipped, 0, 3);
	tcase_add_loop_test(tc, cut_at_every_octet, 0, PTP_SLOTS);
	tcase_add_test(tc, message_length_lying);
	tcase_add_test(tc, message_length_lying_over_padding);
	tcase_add_test(tc, length_field_lying);
	tcase_add_test(tc, tlv_in_wrong_places);
	tcase_add_test(tc, reserved_types);
	tcase_add_test(tc, no_key_other_key);
	tcase_add_test(tc, other_group);
	tcase_add_test(tc, own_identity);
	tcase_add_test(tc, group_unicast);
	tcase_add_test(tc, policies);
	tcase_add_test(tc, words);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("guard");
	TCase *tc = tcase_create("macs");

	tcase_add_loop_test(tc, every_type_and_mac, 0, 4 * PTP_SLOTS);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, receive_cases());
	return unit_run(s);
}
