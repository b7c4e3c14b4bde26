// SPDX-License-Identifier: GPL-2.0-or-later
/* nts/message: values that cannot be, in octets and in structs, and the exact reason. */
#include <check.h>
#include <string.h>

#include "nts/message.h"
#include "tests/unit/run.h"
#include "tests/unit/samples.h"

static void expect(const struct sample *s, enum status want, const char *what, size_t i)
{
	struct octets o = sample_octets(s);
	enum status st = sample_decode(s->kind, &o, NULL);

	ck_assert_msg(st == want, "%s, %s %zu: %s instead of %s", sample_name(s->kind), what, i,
		      status_name(st), status_name(want));
}

#define KEY_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NONCE "505152535455565758595a5b5c5d5e5f"

/* One record, the n-th of a list, replaced. */
static const struct {
	enum sample_kind kind;
	enum list list;
	size_t n;
	const char *hex;
	enum status st;
} bad[] = {
	/* version and type */
	{ GROUP_REQUEST, TOP, 1, "84070002 0200", ST_BAD_VERSION },
	{ GROUP_REQUEST, TOP, 1, "84070002 0101", ST_BAD_VERSION },
	{ GROUP_REQUEST, TOP, 1, "84070002 0001", ST_BAD_VERSION },
	{ GROUP_REQUEST, TOP, 2, "84060002 0006", ST_BAD_TYPE },
	{ GROUP_REQUEST, TOP, 2, "84060002 ffff", ST_BAD_TYPE },
	{ REFUSAL, TOP, 2, "84060002 0006", ST_BAD_TYPE },
	{ REFUSAL, TOP, 2, "84060002 0007", ST_BAD_TYPE },
	/* the protocol of an answer */
	{ REFUSAL, TOP, 0, "80010002 0000", ST_BAD_VALUE },
	{ REFUSAL, TOP, 0, "80010004 0000 0001", ST_BAD_VALUE },
	{ REFUSAL, TOP, 0, "80010000", ST_BAD_LENGTH },
	{ NO_PROTOCOL, TOP, 0, "80010002 0001", ST_MISSING_RECORD },
	{ NO_PROTOCOL, TOP, 0, "80010002 0000", ST_BAD_VALUE },
	/* End of Message with a body */
	{ REVOKE, TOP, 3, "80000001 00", ST_BAD_LENGTH },
	/* associations */
	{ GROUP_REQUEST, TOP, 3, "84000007 0000 05 1100 0201", ST_BAD_VALUE },
	{ GROUP_REQUEST, TOP, 3, "84000007 0000 05 8100 0201", ST_BAD_VALUE },
	{ GROUP_REQUEST, TOP, 3, "84000007 0005 05 0100 0201", ST_BAD_VALUE },
	{ GROUP_REQUEST, TOP, 3, "84000000", ST_BAD_LENGTH },
	{ GROUP_REQUEST, TOP, 3, "84000006 0001 c0000201", ST_MISSING_RECORD },
	{ TICKET_REQUEST, TOP, 3, "8400000c 0001 c0000201 0001 c0000202", ST_BAD_LENGTH },
	{ TICKET_REQUEST, TOP, 3, "84000007 0000 05 0100 0201", ST_FOREIGN_RECORD },
	{ TICKET_REQUEST, TOP, 4, "84080007 0000 05 0100 0201", ST_BAD_VALUE },
	{ TICKET_REQUEST, TOP, 4, "8408000d 0001 c0000202 0000 05 0100 0201", ST_BAD_VALUE },
	{ TICKET_REQUEST, TOP, 4, "84080006 0006 c0000202", ST_BAD_VALUE },
	{ TICKET_REQUEST, TOP, 4, "84080000", ST_BAD_LENGTH },
	/* algorithm lists */
	{ TICKET_REQUEST, TOP, 5, "04040000", ST_BAD_LENGTH },
	{ TICKET_REQUEST, TOP, 5, "04040003 000000", ST_BAD_LENGTH },
	{ REGISTRATION_REQUEST, TOP, 4, "80040000", ST_BAD_LENGTH },
	{ REGISTRATION_REQUEST, TOP, 4, "80040005 000f001100", ST_BAD_LENGTH },
	/* Security Policies */
	{ GROUP_GRANT, CURRENT, 0, "840a0000", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 0, "840a0008 0001 1001 0b02 0c02", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 0, "840a0008 0001 0b02 0b02 0c02", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 0, "840a0008 0001 0103 0b02 0c02", ST_MISSING_RECORD },
	{ GROUP_GRANT, CURRENT, 0, "840a0008 0001 0101 0b01 0c01", ST_BAD_VALUE },
	/* Security Associations */
	{ GROUP_GRANT, CURRENT, 1, "84090029 01 0000 00000000 0020" KEY_32, ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 1, "84090029 01 0003 0a0b0c01 0020" KEY_32, ST_UNKNOWN_ALG },
	{ GROUP_GRANT, CURRENT, 1, "84090029 01 0002 0a0b0c01 0020" KEY_32, ST_BAD_LENGTH },
	{ GROUP_GRANT, CURRENT, 1, "84090029 01 0000 0a0b0c01 001f" KEY_32, ST_BAD_LENGTH },
	{ GROUP_GRANT, CURRENT, 1, "84090009 01 0000 0a0b0c01 0000", ST_BAD_LENGTH },
	{ GROUP_GRANT, CURRENT, 1, "84090029 02 0000 0a0b0c01 0020" KEY_32,
	  ST_DUPLICATE_RECORD },
	{ GROUP_GRANT, CURRENT, 1, "84090029 03 0000 0a0b0c01 0020" KEY_32, ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 1, "84090029 01 0000 0a0b0c02 0020" KEY_32, ST_BAD_VALUE },
	/* Next has a key ID of Current's, its own place or another */
	{ GROUP_GRANT, NEXT, 1, "84090029 01 0000 0a0b0c01 0020" KEY_32, ST_BAD_VALUE },
	{ GROUP_GRANT, NEXT, 1, "84090029 01 0000 0a0b0c02 0020" KEY_32, ST_BAD_VALUE },
	{ TICKET_GRANT, NEXT, 6, "840e0004 0000abcd", ST_BAD_VALUE },
	{ REGISTRATION_SUCCESS, NEXT, 3, "840e0004 0000abcd", ST_BAD_VALUE },
	/* times */
	{ GROUP_GRANT, CURRENT, 3, "84030004 00000000", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 3, "84030004 00000b3f", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 3, "84030004 00000b40", ST_OK },
	{ GROUP_GRANT, CURRENT, 4, "840f0004 00000e11", ST_BAD_VALUE },
	{ GROUP_GRANT, CURRENT, 4, "840f0004 00000000", ST_OK },
	{ GROUP_GRANT, CURRENT, 5, "04020004 00000000", ST_OK },
	{ GROUP_GRANT, NEXT, 4, "840f0004 ffffffff", ST_BAD_VALUE },
	{ REGISTRATION_SUCCESS, CURRENT, 0, "84030004 00000000", ST_BAD_VALUE },
	{ REGISTRATION_SUCCESS, CURRENT, 1, "840f0004 00000e11", ST_BAD_VALUE },
	/* tickets */
	{ TICKET_GRANT, CURRENT, 6, "840e0004 00000000", ST_BAD_VALUE },
	{ TICKET_GRANT, CURRENT, 7, "840b0006 000f 0000 0000", ST_BAD_LENGTH },
	{ TICKET_GRANT, CURRENT, 7, "840b0016 000f 0010" NONCE "0000", ST_BAD_LENGTH },
	{ TICKET_GRANT, CURRENT, 7, "840b0017 000f 0010" NONCE "0002 c0", ST_BAD_LENGTH },
	{ TICKET_GRANT, CURRENT, 7, "840b0017 ffff 0010" NONCE "0001 c0", ST_OK },
	{ TICKET_GRANT, CURRENT, 7, "840b0018 000f 0011" NONCE "00 0001 c0", ST_BAD_LENGTH },
	/* ticket keys */
	{ REGISTRATION_SUCCESS, CURRENT, 3, "840e0004 00000000", ST_BAD_VALUE },
	{ REGISTRATION_SUCCESS, CURRENT, 4, "80040002 0010", ST_UNKNOWN_ALG },
	{ REGISTRATION_SUCCESS, CURRENT, 4, "80040002 0011", ST_BAD_LENGTH },
	{ REGISTRATION_SUCCESS, CURRENT, 4, "80040004 000f 0011", ST_BAD_LENGTH },
	{ REGISTRATION_SUCCESS, CURRENT, 5, "840d0000", ST_BAD_LENGTH },
	{ REGISTRATION_SUCCESS, CURRENT, 5, "840d0040" KEY_32 KEY_32, ST_BAD_LENGTH },
	/* the Ticket Container */
	{ CONTAINER, TOP, 0, "8401", ST_FOREIGN_RECORD },
	{ CONTAINER, CURRENT, 3, "84080007 0000 05 0100 0201", ST_BAD_VALUE },
	{ CONTAINER, CURRENT, 0, "840a0002 0003", ST_BAD_VALUE },
};

#define BAD (int)(sizeof(bad) / sizeof(bad[0]))

START_TEST(bad_values)
{
	struct sample s;

	sample_init(&s, bad[_i].kind);
	ck_assert_uint_lt(bad[_i].n, s.list[bad[_i].list].n);
	s.list[bad[_i].list].r[bad[_i].n] = rec_from_hex(bad[_i].hex);
	expect(&s, bad[_i].st, bad[_i].hex, bad[_i].n);
}
END_TEST

/* A ticket must fit into a PTP message; one octet more than we have room for. */
START_TEST(longest_ticket)
{
	for (size_t len = NTS_TICKET_MAX; len <= NTS_TICKET_MAX + 1; len++) {
		struct sample s;
		struct octets *r;

		sample_init(&s, TICKET_GRANT);
		recs_drop(&s.list[TOP], 4);
		r = &s.list[CURRENT].r[7];
		r->len = 26 + len;
		r->at[2] = (uint8_t)((22 + len) >> 8);
		r->at[3] = (uint8_t)(22 + len);
		r->at[24] = (uint8_t)(len >> 8);
		r->at[25] = (uint8_t)len;
		expect(&s, len == NTS_TICKET_MAX ? ST_OK : ST_BAD_LENGTH, "ticket", len);
	}
}
END_TEST

/* 16 SPPs can be named; a 17th Security Association is one too many. */
START_TEST(most_security_associations)
{
	struct sample s;
	struct recs *l = &s.list[CURRENT];

	sample_init(&s, GROUP_GRANT);
	recs_drop(&s.list[TOP], 4);
	recs_drop(l, 2);
	recs_drop(l, 1);
	l->r[0] = rec_from_hex("840a0020 0000 0101 0202 0303 0404 0505 0606 0707"
			       "0808 0909 0a0a 0b0b 0c0c 0d0d 0e0e 0f0f");
	for (uint8_t spp = 0; spp < 17; spp++) {
		struct octets sa = rec_from_hex("84090019 00 0002 0a0b0c00 0010"
						"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

		sa.at[4] = spp;
		sa.at[10] = spp;
		recs_insert(l, 1, &sa);
		expect(&s, spp < 15 ? ST_MISSING_RECORD : spp == 15 ? ST_OK : ST_BAD_VALUE,
		       "SAs", spp);
	}
}
END_TEST

/* Nothing left and nothing to wait for: Lifetime 0 alone is the reason. */
START_TEST(lifetime_over)
{
	struct sample s;

	sample_init(&s, GROUP_GRANT);
	s.list[CURRENT].r[3] = rec_from_hex("84030004 00000000");
	s.list[CURRENT].r[4] = rec_from_hex("840f0004 00000000");
	expect(&s, ST_BAD_VALUE, "Lifetime 0", 0);
	s.list[CURRENT].r[3] = rec_from_hex("84030004 00000001");
	expect(&s, ST_OK, "Lifetime 1", 0);
}
END_TEST

/* Error 0 goes before Error 1: a later version may well have records that we do not know. */
START_TEST(unknown_critical_before_version)
{
	struct octets unknown = rec_from_hex("a0000000");
	struct sample s;

	sample_init(&s, GROUP_REQUEST);
	s.list[TOP].r[1] = rec_from_hex("84070002 0200");
	recs_insert(&s.list[TOP], 0, &unknown);
	expect(&s, ST_UNKNOWN_CRITICAL, "unknown critical", 0);
}
END_TEST

/* Current of one kind and Next of another. */
START_TEST(next_of_another_kind)
{
	struct sample s;

	sample_init(&s, TICKET_GRANT);
	recs_drop(&s.list[NEXT], 7);
	recs_drop(&s.list[NEXT], 6);
	expect(&s, ST_BAD_VALUE, "group Next of ticket Current", 0);
}
END_TEST

static struct ke_message grant(void)
{
	struct sample s;
	struct octets o;
	struct ke_message m;

	sample_init(&s, TICKET_GRANT);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(TICKET_GRANT, &o, &m), ST_OK);
	return m;
}

/* What the struct can say and octets cannot, or must not. */
START_TEST(encode_refuses)
{
	static const uint8_t zeros[2048];
	uint8_t out[2048] = { 0 };
	size_t len = 77;
	struct ke_message ok = grant();
	struct ke_message m;

#define REFUSE(change, status) do { \
		m = ok; \
		change; \
		ck_assert_str_eq(status_name(ke_encode(&m, out, sizeof(out), &len)), #status); \
		ck_assert_mem_eq(out, zeros, sizeof(out)); \
		ck_assert_uint_eq(len, 77); \
	} while (0)

	REFUSE(m.type = (enum ke_type)8, ST_BAD_TYPE);
	REFUSE(m.n_identities = 17, ST_BAD_LENGTH);
	REFUSE(m.n_macs = 17, ST_BAD_LENGTH);
	REFUSE(m.n_aeads = 255, ST_BAD_LENGTH);
	REFUSE(m.n_macs = 1, ST_FOREIGN_RECORD);
	REFUSE(m.type = KE_REFUSAL, ST_FOREIGN_RECORD);
	REFUSE(m.type = KE_REGISTRATION_SUCCESS, ST_FOREIGN_RECORD);
	REFUSE(m.current.n_sa = 17, ST_BAD_LENGTH);
	REFUSE(m.current.n_sa = 0, ST_MISSING_RECORD);
	REFUSE(m.current.policy.named = 0, ST_MISSING_RECORD);
	REFUSE(m.current.sa[0].key_len = 33, ST_BAD_LENGTH);
	REFUSE(m.current.sa[0].key_len = 31, ST_BAD_LENGTH);
	REFUSE(m.current.sa[0].key_id = 0, ST_BAD_VALUE);
	REFUSE(m.current.sa[0].mac = 77, ST_UNKNOWN_ALG);
	REFUSE(m.current.lifetime = 0, ST_BAD_VALUE);
	REFUSE(m.current.ticket.len = NTS_TICKET_MAX + 1, ST_BAD_LENGTH);
	REFUSE(m.current.ticket.nonce_len = NTS_NONCE_LEN + 1, ST_BAD_LENGTH);
	REFUSE(m.current.ticket_key_len = ALG_AEAD_KEY_MAX + 1, ST_BAD_LENGTH);
	REFUSE(m.current.ticket_key_id = 0, ST_MISSING_RECORD);
	REFUSE(m.next.sa[0].key_id = m.current.sa[0].key_id, ST_BAD_VALUE);
	memset(&ok, 0, sizeof(ok));
	ok.type = KE_KEY_REQUEST;
	REFUSE(m.assoc.value[5] = 1, ST_BAD_VALUE);
	REFUSE(m.assoc = nts_assoc_group(0, 0x1000, 0), ST_BAD_VALUE);
	REFUSE(m.assoc.type = 9, ST_BAD_VALUE);
	REFUSE(m.assoc.type = NTS_ASSOC_IPV4, ST_MISSING_RECORD);
	REFUSE(m.n_macs = 1, ST_FOREIGN_RECORD);
	REFUSE(m.has_next = true, ST_FOREIGN_RECORD);
#undef REFUSE
}
END_TEST

START_TEST(container_encode_refuses)
{
	static const uint8_t zeros[2048];
	uint8_t out[2048] = { 0 };
	size_t len = 77;
	struct ke_ticket_container t = {
		.policy = { .named = 1, .spp = { 5 } }, .n_sa = 1, .n_identities = 1,
		.sa = { { .spp = 5, .mac = 2, .key_len = 16, .key_id = 9 } },
		.identities = { { .type = NTS_ASSOC_IPV4 } },
	};
	struct ke_ticket_container bad_t;

#define REFUSE(change, status) do { \
		bad_t = t; \
		change; \
		ck_assert_str_eq(status_name(ke_container_encode(&bad_t, out, sizeof(out), \
								 &len)), #status); \
		ck_assert_mem_eq(out, zeros, sizeof(out)); \
		ck_assert_uint_eq(len, 77); \
	} while (0)

	REFUSE(bad_t.n_sa = 17, ST_BAD_LENGTH);
	REFUSE(bad_t.n_sa = 0, ST_MISSING_RECORD);
	REFUSE(bad_t.sa[0].key_len = 33, ST_BAD_LENGTH);
	REFUSE(bad_t.sa[0].spp = 6, ST_BAD_VALUE);
	REFUSE(bad_t.n_identities = 17, ST_BAD_LENGTH);
	REFUSE(bad_t.n_identities = 0, ST_MISSING_RECORD);
	REFUSE(bad_t.identities[0].type = NTS_ASSOC_GROUP, ST_BAD_VALUE);
#undef REFUSE
	ck_assert_int_eq(ke_container_encode(&t, out, sizeof(out), &len), ST_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("message_values");
	TCase *tc = tcase_create("message_values");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, bad_values, 0, BAD);
	tcase_add_test(tc, longest_ticket);
	tcase_add_test(tc, most_security_associations);
	tcase_add_test(tc, next_of_another_kind);
	tcase_add_test(tc, lifetime_over);
	tcase_add_test(tc, unknown_critical_before_version);
	tcase_add_test(tc, encode_refuses);
	tcase_add_test(tc, container_encode_refuses);
	return unit_run(s);
}
