// SPDX-License-Identifier: GPL-2.0-or-later
/* Current, Next and Previous: tlv/sa.h. WIRE.md 6. */
#include <check.h>

#include "tests/unit/ptpmsg.h"
#include "tests/unit/run.h"
#include "tlv/sa.h"

#define NOW 1000000ULL
#define HMAC ALG_HMAC_SHA256_128
#define SYNC_ONLY (1u << PTP_SYNC)

static struct sa_table *t;
static struct nts_params a, b, c;	/* 100 s, grace 5 s; key IDs 0xA, 0xB, 0xC */

static void setup(void)
{
	struct nts_assoc group = nts_assoc_group(0, 0, 0);

	a = ptpmsg_params(0xA, HMAC, PTPMSG_ALL, 100, 5);
	b = ptpmsg_params(0xB, HMAC, PTPMSG_ALL, 100, 5);
	c = ptpmsg_params(0xC, HMAC, PTPMSG_ALL, 100, 5);
	ck_assert_int_eq(sa_new(&group, &t), ST_OK);
}

static void teardown(void)
{
	sa_free(t);
}

static void install(const struct nts_params *current, const struct nts_params *next, uint64_t at)
{
	ck_assert_int_eq(sa_install(t, current, next, at, at), ST_OK);
}

/* The key IDs in the three slots, 0 for none. */
static void expect(uint32_t current, uint32_t next, uint32_t previous)
{
	struct sa_status st;

	sa_status(t, &st);
	ck_assert_uint_eq(st.key_id[SA_CURRENT], current);
	ck_assert_uint_eq(st.key_id[SA_NEXT], next);
	ck_assert_uint_eq(st.key_id[SA_PREVIOUS], previous);
	ck_assert_int_eq(st.have[SA_CURRENT], current != 0);
	ck_assert_int_eq(st.have[SA_NEXT], next != 0);
	ck_assert_int_eq(st.have[SA_PREVIOUS], previous != 0);
	ck_assert_int_eq(sa_usable(t), current != 0);
	ck_assert_int_eq(sa_any(t), current || next || previous);
	if (current) {
		ck_assert_uint_eq(sa_signer(t, PTP_SYNC)->key_id, current);
	}
}

static uint64_t expires(void)
{
	struct sa_status st;

	sa_status(t, &st);
	return st.expires_at;
}

static uint64_t serial(uint32_t key_id)
{
	struct sa_key *k;

	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 3, key_id, &k), SA_FOUND);
	ck_assert_uint_eq(k->key_id, key_id);
	return k->serial;
}

START_TEST(empty)
{
	struct sa_key *k;

	expect(0, 0, 0);
	ck_assert(sa_secured(t, PTP_SYNC));
	ck_assert(!sa_plain_ok(t, PTP_SYNC));
	ck_assert_ptr_null(sa_signer(t, PTP_SYNC));
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 3, 0xA, &k), SA_NO_KEYS);
	ck_assert(!sa_tick(t, UINT64_MAX));
	ck_assert_uint_eq(sa_deadline(t), UINT64_MAX);
}
END_TEST

START_TEST(rotation)
{
	uint64_t was;

	install(&a, &b, NOW);
	expect(0xA, 0xB, 0);
	was = serial(0xB);
	ck_assert_uint_ne(was, serial(0xA));
	ck_assert_uint_eq(sa_deadline(t), NOW + 100000);
	ck_assert(!sa_tick(t, NOW + 99999));
	ck_assert(sa_tick(t, NOW + 100000));
	expect(0xB, 0, 0xA);
	ck_assert_uint_eq(serial(0xB), was);
	ck_assert_uint_eq(expires(), NOW + 200000);
	ck_assert_uint_eq(sa_deadline(t), NOW + 105000);
	ck_assert(!sa_tick(t, NOW + 104999));
	expect(0xB, 0, 0xA);
	ck_assert(!sa_tick(t, NOW + 105000));
	expect(0xB, 0, 0);
	ck_assert_uint_eq(sa_deadline(t), NOW + 200000);
}
END_TEST

START_TEST(expiry_without_next)
{
	struct sa_status st;
	struct sa_key *k;

	install(&a, NULL, NOW);
	ck_assert(sa_tick(t, NOW + 100000));
	expect(0, 0, 0xA);
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 3, 0xA, &k), SA_FOUND);
	sa_status(t, &st);
	ck_assert_uint_eq(st.expiries, 1);
	ck_assert_uint_eq(st.rotations, 0);
	ck_assert(!sa_tick(t, NOW + 105000));
	expect(0, 0, 0);
}
END_TEST

START_TEST(late_tick)
{
	struct sa_status st;

	install(&a, &b, NOW);
	ck_assert(sa_tick(t, NOW + 1000000));
	expect(0, 0, 0);
	sa_status(t, &st);
	ck_assert_uint_eq(st.rotations, 1);
	ck_assert_uint_eq(st.expiries, 1);
}
END_TEST

START_TEST(same_grant_again)
{
	uint64_t sa, sb;

	install(&a, &b, NOW);
	sa = serial(0xA);
	sb = serial(0xB);
	for (int i = 0; i < 100; i++) {
		/* whole seconds of a countdown, asked at odd instants: the end must not move */
		a.lifetime = (uint32_t)(100 - i * 700 / 1000);
		install(&a, &b, NOW + (uint64_t)i * 700);
		ck_assert_uint_eq(expires(), NOW + 100000);
	}
	ck_assert_uint_eq(serial(0xA), sa);
	ck_assert_uint_eq(serial(0xB), sb);
	expect(0xA, 0xB, 0);
	install(&a, NULL, NOW + 70000);
	expect(0xA, 0xB, 0);
}
END_TEST

START_TEST(rounding_goes)
{
	install(&a, NULL, NOW);
	a.lifetime = 90;
	install(&a, NULL, NOW + 9300);
	ck_assert_uint_eq(expires(), NOW + 99300);
	install(&a, NULL, NOW + 9900);
	ck_assert_uint_eq(expires(), NOW + 99300);
}
END_TEST

START_TEST(new_times)
{
	install(&a, &b, NOW);
	a.lifetime = 103;
	install(&a, &b, NOW);
	ck_assert_uint_eq(expires(), NOW + 103000);
	a.lifetime = 50;
	install(&a, &b, NOW);
	ck_assert_uint_eq(expires(), NOW + 50000);
	sa_tick(t, NOW + 50000);
	ck_assert_uint_eq(expires(), NOW + 150000);
	sa_clear(t);
	a.lifetime = 1;
	install(&a, NULL, 0);	/* just booted */
	ck_assert_uint_eq(expires(), 1000);
}
END_TEST

START_TEST(server_ahead)
{
	uint64_t sb;

	install(&a, &b, NOW);
	sb = serial(0xB);
	install(&b, NULL, NOW + 99000);
	expect(0xB, 0, 0xA);
	ck_assert_uint_eq(serial(0xB), sb);
	ck_assert_uint_eq(sa_deadline(t), NOW + 104000);
	install(&b, &c, NOW + 99500);
	expect(0xB, 0xC, 0xA);
}
END_TEST

START_TEST(server_behind)
{
	uint64_t sa, sb;

	install(&a, &b, NOW);
	sa = serial(0xA);
	sb = serial(0xB);
	sa_tick(t, NOW + 100000);
	a.lifetime = 2;
	install(&a, &b, NOW + 100500);
	expect(0xB, 0, 0xA);
	ck_assert_uint_eq(serial(0xA), sa);
	ck_assert_uint_eq(serial(0xB), sb);
	ck_assert(!sa_tick(t, NOW + 107499));
	expect(0xB, 0, 0xA);
	ck_assert(!sa_tick(t, NOW + 107500));
	expect(0xB, 0, 0);
}
END_TEST

/* By more than the grace: the key that it calls Current is wiped, and its marks are gone. */
START_TEST(server_far_behind)
{
	uint64_t sb;

	install(&a, &b, NOW);
	sb = serial(0xB);
	sa_tick(t, NOW + 100000);
	sa_tick(t, NOW + 105000);
	expect(0xB, 0, 0);
	a.lifetime = 2;
	install(&a, &b, NOW + 106000);
	expect(0xB, 0, 0);
	ck_assert_uint_eq(serial(0xB), sb);
}
END_TEST

START_TEST(ended_keys_stay_away)
{
	install(&a, &b, NOW);
	install(&b, &c, NOW + 50000);	/* the agent asked early */
	sa_tick(t, NOW + 55000);
	expect(0xB, 0xC, 0);
	ck_assert_int_eq(sa_install(t, &a, NULL, NOW + 56000, NOW + 56000), ST_EXPIRED);
	ck_assert_int_eq(sa_install(t, &b, &a, NOW + 56000, NOW + 56000), ST_EXPIRED);
	expect(0xB, 0xC, 0);

	/* Nor a Next that was exchanged: its messages are taken before its time. */
	a.sa[0].key_id = 0xD;
	install(&b, &a, NOW + 57000);
	ck_assert_int_eq(sa_install(t, &b, &c, NOW + 58000, NOW + 58000), ST_EXPIRED);
	expect(0xB, 0xD, 0);
}
END_TEST

START_TEST(server_back_at_previous)
{
	uint64_t sa;

	install(&a, &b, NOW);
	sa = serial(0xA);
	sa_tick(t, NOW + 100000);
	install(&a, &c, NOW + 101000);	/* restored from a backup */
	expect(0xA, 0xC, 0xB);
	ck_assert_uint_eq(serial(0xA), sa);
}
END_TEST

START_TEST(server_lost_its_store)
{
	install(&a, &b, NOW);
	install(&c, NULL, NOW + 10000);
	expect(0xC, 0, 0xA);
	ck_assert_uint_eq(sa_deadline(t), NOW + 15000);
	ck_assert_uint_eq(expires(), NOW + 110000);
}
END_TEST

START_TEST(another_next)
{
	struct sa_key *k;
	uint64_t sb;

	install(&a, &b, NOW);
	sb = serial(0xB);
	ck_assert(sa_holds(t, sb));
	install(&a, &c, NOW);
	expect(0xA, 0xC, 0);
	ck_assert(!sa_holds(t, sb));
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 3, 0xB, &k), SA_UNKNOWN_KEY_ID);
}
END_TEST

START_TEST(refused_grants_change_nothing)
{
	struct nts_params bad = c;
	uint32_t generation;

	install(&a, &b, NOW);
	generation = sa_generation(t);
	ck_assert_int_eq(sa_install(t, &c, NULL, NOW, NOW + 100000), ST_EXPIRED);
	bad.sa[0].mac = 99;
	ck_assert_int_eq(sa_install(t, &bad, NULL, NOW, NOW), ST_UNKNOWN_ALG);
	ck_assert_int_eq(sa_install(t, &c, &bad, NOW, NOW), ST_BAD_VALUE);
	bad.sa[0].key_id = 0xD;
	ck_assert_int_eq(sa_install(t, &c, &bad, NOW, NOW), ST_UNKNOWN_ALG);
	bad = c;
	bad.sa[0].key_len = 31;
	ck_assert_int_eq(sa_install(t, &bad, NULL, NOW, NOW), ST_BAD_LENGTH);
	bad = c;
	bad.n_sa = 0;
	ck_assert_int_eq(sa_install(t, &bad, NULL, NOW, NOW), ST_BAD_VALUE);
	bad.n_sa = NTS_SA_MAX + 1;
	ck_assert_int_eq(sa_install(t, &bad, NULL, NOW, NOW), ST_BAD_VALUE);
	bad = c;
	bad.policy.spp[PTP_ANNOUNCE] = 4;
	ck_assert_int_eq(sa_install(t, &bad, NULL, NOW, NOW), ST_BAD_VALUE);
	expect(0xA, 0xB, 0);
	ck_assert_uint_eq(sa_generation(t), generation);
	ck_assert_uint_eq(expires(), NOW + 100000);
}
END_TEST

START_TEST(policies)
{
	struct sa_key *k;

	a.policy.named = SYNC_ONLY | 1u << PTP_ANNOUNCE;
	a.sa[1] = a.sa[0];
	a.sa[1].spp = 4;
	a.sa[1].key_id = 0xA4;
	a.n_sa = 2;
	a.policy.spp[PTP_ANNOUNCE] = 4;
	install(&a, NULL, NOW);
	ck_assert_uint_eq(sa_signer(t, PTP_SYNC)->key_id, 0xA);
	ck_assert_uint_eq(sa_signer(t, PTP_ANNOUNCE)->key_id, 0xA4);
	ck_assert_uint_eq(sa_signer(t, PTP_ANNOUNCE)->spp, 4);
	ck_assert_ptr_null(sa_signer(t, PTP_FOLLOW_UP));
	ck_assert(sa_secured(t, PTP_SYNC) && !sa_secured(t, PTP_FOLLOW_UP));
	ck_assert(!sa_plain_ok(t, PTP_SYNC) && sa_plain_ok(t, PTP_FOLLOW_UP));
	ck_assert_int_eq(sa_verifier(t, PTP_ANNOUNCE, 4, 0xA4, &k), SA_FOUND);
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 4, 0xA4, &k), SA_NOT_IN_POLICY);
	ck_assert_int_eq(sa_verifier(t, PTP_FOLLOW_UP, 3, 0xA, &k), SA_NOT_IN_POLICY);
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 4, 0xA, &k), SA_UNKNOWN_KEY_ID);
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 3, 0xAA, &k), SA_UNKNOWN_KEY_ID);
	ck_assert_int_eq(sa_verifier(t, PTP_SYNC, 5, 0xA, &k), SA_UNKNOWN_SPP);
}
END_TEST

START_TEST(policies_change_at_a_rotation)
{
	struct sa_key *k;

	b.policy.named = SYNC_ONLY;
	install(&a, &b, NOW);
	/* each key under its own set's policies; signing under Current's */
	ck_assert(sa_secured(t, PTP_ANNOUNCE) && sa_plain_ok(t, PTP_ANNOUNCE));
	ck_assert(!sa_plain_ok(t, PTP_SYNC));
	ck_assert_int_eq(sa_verifier(t, PTP_ANNOUNCE, 3, 0xA, &k), SA_FOUND);
	ck_assert_int_eq(sa_verifier(t, PTP_ANNOUNCE, 3, 0xB, &k), SA_NOT_IN_POLICY);
	sa_tick(t, NOW + 100000);
	ck_assert(!sa_secured(t, PTP_ANNOUNCE));
	ck_assert_ptr_null(sa_signer(t, PTP_ANNOUNCE));
	ck_assert_int_eq(sa_verifier(t, PTP_ANNOUNCE, 3, 0xA, &k), SA_FOUND);
	b.lifetime = 50;
	install(&b, &c, NOW + 150000);
	sa_tick(t, NOW + 200000);
	ck_assert(sa_secured(t, PTP_ANNOUNCE) && sa_plain_ok(t, PTP_ANNOUNCE));
	sa_tick(t, NOW + 205000);
	ck_assert(!sa_plain_ok(t, PTP_ANNOUNCE));
}
END_TEST

/* The same keys again are those that they were, until they would have ended. */
START_TEST(cleared)
{
	uint64_t sa, sb, ends;

	install(&a, &b, NOW);
	sa = serial(0xA);
	sb = serial(0xB);
	sa_clear(t);
	expect(0, 0, 0);
	ck_assert(sa_holds(t, sa));
	ck_assert_ptr_null(sa_key_of(t, sa, &ends)->handle);
	ck_assert_uint_eq(ends, NOW + 105000);
	ck_assert(nts_assoc_equal(sa_assoc(t), &(struct nts_assoc) { .type = NTS_ASSOC_GROUP }));
	install(&a, NULL, NOW + 1000);
	ck_assert_uint_eq(serial(0xA), sa);
	install(&a, &b, NOW + 1000);
	ck_assert_uint_eq(serial(0xB), sb);
	sa_clear(t);
	ck_assert_uint_eq(sa_deadline(t), NOW + 106000);
	sa_tick(t, NOW + 106000);
	ck_assert(!sa_holds(t, sa));
	ck_assert(sa_holds(t, sb));
	ck_assert_int_eq(sa_install(t, &a, NULL, NOW + 106000, NOW + 106000), ST_EXPIRED);
	install(&b, &c, NOW + 106000);
	ck_assert_uint_eq(serial(0xB), sb);
}
END_TEST

/* An impostor's key of the same ID leaves nothing behind. */
START_TEST(cleared_and_another)
{
	uint64_t sa;

	install(&a, NULL, NOW);
	sa = serial(0xA);
	sa_clear(t);
	a.sa[0].key[5] ^= 1;
	install(&a, NULL, NOW);
	ck_assert_uint_ne(serial(0xA), sa);
	ck_assert(!sa_holds(t, sa));
}
END_TEST

START_TEST(many_rotations)
{
	uint64_t at = NOW;

	a = ptpmsg_params(0xA, 0xA % 3, PTPMSG_ALL, 100, 5);
	install(&a, NULL, at);
	for (uint32_t id = 0xB; id < 0x100; id++) {
		uint64_t before = serial(id - 1);

		a.lifetime = 50;
		b = ptpmsg_params(id, (uint16_t)(id % 3), PTPMSG_ALL, 100, 5);
		install(&a, &b, at + 50000);
		ck_assert_uint_eq(serial(id - 1), before);
		ck_assert(sa_tick(t, at + 100000));
		expect(id, 0, id - 1);
		a = b;
		at += 100000;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sa");
	TCase *tc = tcase_create("slots");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, rotation);
	tcase_add_test(tc, expiry_without_next);
	tcase_add_test(tc, late_tick);
	tcase_add_test(tc, same_grant_again);
	tcase_add_test(tc, rounding_goes);
	tcase_add_test(tc, new_times);
	tcase_add_test(tc, server_ahead);
	tcase_add_test(tc, server_behind);
	tcase_add_test(tc, server_far_behind);
	tcase_add_test(tc, ended_keys_stay_away);
	tcase_add_test(tc, server_back_at_previous);
	tcase_add_test(tc, server_lost_its_store);
	tcase_add_test(tc, another_next);
	tcase_add_test(tc, refused_grants_change_nothing);
	tcase_add_test(tc, policies);
	tcase_add_test(tc, policies_change_at_a_rotation);
	tcase_add_test(tc, cleared);
	tcase_add_test(tc, cleared_and_another);
	tcase_add_test(tc, many_rotations);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
