// SPDX-License-Identifier: GPL-2.0-or-later
/* Marks of a pair over restarts of its two sides: unicast/gate.h, tlv/kept.h. WIRE.md 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

#define MS 1000000ULL
#define LIVES 20

static uint8_t taken[LIVES][PTPMSG_CAP];	/* recorded */
static size_t taken_len[LIVES];

static void record(unsigned int i)
{
	memcpy(taken[i], pair.msg, pair.len);
	taken_len[i] = pair.len;
}

static enum guard_verdict again(unsigned int i, struct ugate *gate, const struct nts_assoc *from)
{
	memcpy(pair.msg, taken[i], taken_len[i]);
	pair.len = taken_len[i];
	return pair_take(gate, from);
}

static uint32_t requesters(void)
{
	struct grantor_status st;

	grantor_status(pair.grantor, &st);
	return st.requesters;
}

/* The grantor's Announce or Sync, of the time that it is. */
static enum guard_verdict tells(uint8_t type, uint16_t seq)
{
	pair.len = ptpmsg_make(pair.msg, type, G_CLOCK, seq,
			       1700000000000000000ULL + pair.now * MS);
	pair.msg[6] |= 0x04;
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	return pair_take(pair.r, &pair.g_address);
}

START_TEST(a_grantor)
{
	for (uint16_t i = 0; i < 4; i++) {
		ck_assert_int_eq(pair_ask((uint16_t)(65534 + i)), GUARD_OK);
		record(i);
	}
	ck_assert(ugate_marks_urgent(pair.g));
	pair_restart_grantor(true);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(again(i, pair.g, &pair.r_address), GUARD_STALE);
	}
	ck_assert_uint_eq(requesters(), 0);
	ck_assert_int_eq(pair_ask(2), GUARD_OK);
	ck_assert_uint_eq(requesters(), 1);
	ck_assert_int_eq(again(0, pair.g, &pair.r_address), GUARD_STALE);
	/* and once more */
	pair_restart_grantor(true);
	ck_assert_int_eq(again(3, pair.g, &pair.r_address), GUARD_STALE);
	ck_assert_int_eq(pair_ask(3), GUARD_OK);
	/* what it is for */
	pair_restart_grantor(false);
	ck_assert_int_eq(again(0, pair.g, &pair.r_address), GUARD_OK);
}
END_TEST

/* It was heard until the grantor's end, though not by Signaling: no minute of silence. */
START_TEST(a_grantor_that_heard_its_requester)
{
	ck_assert_int_eq(pair_ask(5000), GUARD_OK);
	record(0);
	for (uint16_t seq = 5001; seq < 5100; seq++) {
		ck_assert_int_eq(pair_ask(seq), GUARD_OK);
	}
	for (uint16_t seq = 1; seq < 5; seq++) {
		pair.now += 30000;
		ck_assert_int_eq(pair_request(PTP_DELAY_REQ, seq), GUARD_OK);
	}
	pair_restart_grantor(true);
	ck_assert_int_eq(again(0, pair.g, &pair.r_address), GUARD_STALE);
	ck_assert_uint_eq(requesters(), 0);
	ck_assert_int_eq(pair_ask(5100), GUARD_OK);
	ck_assert_int_eq(again(0, pair.g, &pair.r_address), GUARD_STALE);
}
END_TEST

/* Both restarted: the requester numbers anew, with a new ticket. */
START_TEST(a_grantor_and_a_requester)
{
	ck_assert_int_eq(pair_ask(1000), GUARD_OK);
	record(0);
	pair_restart_grantor(true);
	ck_assert_int_eq(pair_ask(30000), GUARD_STALE);
	pair.grant[0] = pair_own_grant(0xA0, 0, 1000);
	pair_restart_requester(true);
	ck_assert_int_eq(pair_ask(30001), GUARD_OK);
	ck_assert_int_eq(again(0, pair.g, &pair.r_address), GUARD_STALE);
	ck_assert_int_eq(pair_ask(30002), GUARD_OK);
}
END_TEST

START_TEST(a_requester)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(7), GUARD_OK);
	record(0);
	ck_assert_int_eq(tells(PTP_ANNOUNCE, 1), GUARD_OK);
	record(1);
	ck_assert_int_eq(tells(PTP_SYNC, 1), GUARD_OK);
	record(2);
	ck_assert_int_eq(tells(PTP_FOLLOW_UP, 1), GUARD_OK);
	record(3);
	ck_assert(ugate_marks_urgent(pair.r));
	pair.now += 500;
	pair_restart_requester(true);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(again(i, pair.r, &pair.g_address), GUARD_STALE);
	}
	pair.now += 500;
	ck_assert_int_eq(tells(PTP_ANNOUNCE, 2), GUARD_OK);
	ck_assert_int_eq(tells(PTP_SYNC, 2), GUARD_OK);
	ck_assert_int_eq(tells(PTP_FOLLOW_UP, 2), GUARD_OK);
	ck_assert_int_eq(pair_grants(8), GUARD_OK);
	pair_restart_requester(false);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(again(i, pair.r, &pair.g_address), GUARD_OK);
	}
}
END_TEST

/* The grantor restarted while its requester was away. */
START_TEST(a_requester_and_its_grantor)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(7), GUARD_OK);
	record(0);
	ck_assert_int_eq(tells(PTP_ANNOUNCE, 1), GUARD_OK);
	record(1);
	pair_restart_requester(true);
	pair_restart_grantor(true);
	pair.now += 2000;
	ck_assert_int_eq(pair_ask(2), GUARD_OK);
	ck_assert_int_eq(again(0, pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_grants_in_the_end(20000), GUARD_OK);
	ck_assert_int_eq(tells(PTP_ANNOUNCE, 0), GUARD_OK);
	ck_assert_int_eq(again(0, pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(again(1, pair.r, &pair.g_address), GUARD_STALE);
	/* and once more: earlier numberings are kept, too */
	pair_restart_requester(true);
	ck_assert_int_eq(again(0, pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(again(1, pair.r, &pair.g_address), GUARD_STALE);
}
END_TEST

/*
 * It restarts again and again under one key, and its requester now and then. The first five lives
 * are followed at once, later ones at the latest after a minute; none of their grants counts twice.
 */
START_TEST(a_grantor_that_restarts_often)
{
	uint16_t seq = 1, numbers[LIVES];

	ck_assert_int_eq(pair_ask(seq), GUARD_OK);
	for (unsigned int life = 0; life < LIVES; life++) {
		enum guard_verdict v = pair_grants_in_the_end(1);

		if (v == GUARD_STALE && life > 5) {
			pair.now += 61000;
			v = pair_grants_in_the_end(1);
		}
		ck_assert_int_eq(v, GUARD_OK);
		record(life);
		numbers[life] = pair_number();
		for (unsigned int i = 0; i <= life; i++) {
			/* not where the new numbers happen to run into the old ones */
			if ((uint16_t)(numbers[i] - numbers[life] - 1) >= FRESH_WINDOW) {
				ck_assert_int_eq(again(i, pair.r, &pair.g_address), GUARD_STALE);
			}
		}
		pair.now += 5000;
		if (life % 3 == 2) {
			pair.grant[0] = pair_own_grant(0xA0, 0, 1000);
			pair_restart_requester(true);
		}
		pair_restart_grantor(true);
		ck_assert_int_eq(pair_ask(++seq), GUARD_OK);
	}
}
END_TEST

/* A bounded number of requesters between two looks; what was handed on is not handed on again. */
START_TEST(many_requesters)
{
	static struct mark list[600];
	struct kept_lot lot = { .out = list, .max = 600 };

	for (uint16_t i = 0; i < 600; i++) {
		struct nts_assoc ids[] = { pair_address(0), pair_identity(0) };
		struct nts_params p;

		ids[0].value[1] = ids[1].value[0] = (uint8_t)(i >> 8);
		ids[0].value[2] = ids[1].value[1] = (uint8_t)i;
		p = pair_grant(0x1000u + i, 0, ids, 2, 1000);
		pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
		memcpy(pair.msg + 20, ids[1].value, PTP_PORT_IDENTITY_LEN);
		pair_sign(&p, true);
		ck_assert_int_eq(pair_take(pair.g, &ids[0]), GUARD_OK);
	}
	ugate_marks(pair.g, &lot);
	ck_assert_uint_eq(lot.n, 512);
	ck_assert(lot.more);
	ck_assert_uint_eq(list[511].key_id, 0x1000u + 511);
	ck_assert(list[511].tickets[0] || list[511].tickets[1] || list[511].tickets[2] ||
		  list[511].tickets[3]);
	ck_assert_uint_eq(list[511].ends_ms, PAIR_NOW + 1005000);
	lot = (struct kept_lot) { .out = list, .max = 600, .since_ms = pair.now + 1 };
	ugate_marks(pair.g, &lot);
	ck_assert_uint_eq(lot.n, 0);
	ck_assert(!lot.more);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ugate_marks");
	TCase *tc = tcase_create("marks");

	tcase_add_checked_fixture(tc, pair_setup, pair_teardown);
	tcase_add_test(tc, a_grantor);
	tcase_add_test(tc, a_grantor_that_heard_its_requester);
	tcase_add_test(tc, a_grantor_and_a_requester);
	tcase_add_test(tc, a_requester);
	tcase_add_test(tc, a_requester_and_its_grantor);
	tcase_add_test(tc, a_grantor_that_restarts_often);
	tcase_add_test(tc, many_requesters);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
