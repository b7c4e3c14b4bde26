// SPDX-License-Identifier: GPL-2.0-or-later
/* Freshness at a gate in ticket mode: replays, and numbers that jump. WIRE.md 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

START_TEST(replays)
{
	uint8_t kept[PTPMSG_CAP];
	size_t len;

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_STALE);
	memcpy(kept, pair.msg, pair.len);
	len = pair.len;
	for (uint16_t seq = 2; seq < 200; seq++) {
		ck_assert_int_eq(pair_ask(seq), GUARD_OK);
	}
	memcpy(pair.msg, kept, len);
	pair.len = len;
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_STALE);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_STALE);
	ck_assert_int_eq(pair_answer(PTP_SYNC, 1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_answer(PTP_DELAY_RESP, 1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_answer(PTP_DELAY_RESP, 99), GUARD_NO_REQUEST);
}
END_TEST

/* Restarted, with another sequenceId: taken with a ticket not seen before, not without. */
START_TEST(a_jump_needs_a_new_ticket)
{
	struct nts_params fresh;

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_ask(5000), GUARD_STALE);
	fresh = pair_own_grant(0xA0, 0, 1000);
	requester_take(pair.requester, &fresh, NULL);
	ck_assert_int_eq(pair_ask(5000), GUARD_OK);
	ck_assert_int_eq(pair_ask(10000), GUARD_STALE);
	/* a replay under the first ticket does not bring the window back */
	requester_take(pair.requester, &pair.grant[0], NULL);
	ck_assert_int_eq(pair_ask(1), GUARD_STALE);
}
END_TEST

/* Quiet Signaling beside Delay_Req that go on: what was captured long ago stays refused. */
START_TEST(no_jump_while_heard)
{
	ck_assert_int_eq(pair_ask(5000), GUARD_OK);
	pair.now += 40000;
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	pair.now += 40000;
	ck_assert_int_eq(pair_ask(4000), GUARD_STALE);
	ck_assert_int_eq(pair_ask(7000), GUARD_STALE);
	ck_assert_int_eq(pair_ask(5900), GUARD_OK);	/* others were asked in between */
	pair.now += 61000;				/* nothing at all */
	ck_assert_int_eq(pair_ask(4000), GUARD_OK);
}
END_TEST

/* A requester that restarts often: each new ticket is good for a jump, until too many were seen. */
START_TEST(jumps_have_an_end)
{
	struct nts_params fresh;
	uint16_t seq = 1;
	int first = 0, last = 0;

	ck_assert_int_eq(pair_ask(seq), GUARD_OK);
	for (int i = 0; i < 1000; i++) {
		fresh = pair_own_grant(0xA0, 0, 1000);
		requester_take(pair.requester, &fresh, NULL);
		if (pair_ask((uint16_t)(seq + 5000)) == GUARD_OK) {
			seq += 5000;
			first += i < 8;
			last += i >= 900;
		} else {
			ck_assert_int_eq(pair_ask(++seq), GUARD_OK);
		}
		/* once seen it is good for messages in sequence only */
		ck_assert_int_eq(pair_ask((uint16_t)(seq + 20000)), GUARD_STALE);
		ck_assert_int_eq(pair_ask((uint16_t)(seq - 20000)), GUARD_STALE);
	}
	ck_assert_int_ge(first, 5);
	ck_assert_int_eq(last, 0);
}
END_TEST

/* The grantor's first grant, held back until others have come: it opens no way for these again. */
START_TEST(the_first_grant_held_back)
{
	uint8_t grants[2][PTPMSG_CAP];
	size_t len[2];

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	for (int i = 0; i < 100; i++) {
		pair_signaling(G_CLOCK, 1, PAIR_TLV_GRANT);
		ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
		if (i < 2) {
			memcpy(grants[i], pair.msg, pair.len);
			len[i] = pair.len;
		}
		ck_assert(i == 0 || pair_take(pair.r, &pair.g_address) == GUARD_OK);
	}
	for (int i = 0; i < 4; i++) {
		memcpy(pair.msg, grants[i % 2], len[i % 2]);
		pair.len = len[i % 2];
		ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
		pair.now += 61000;
	}
}
END_TEST

/* However many other requesters linuxptp grants something to in between. */
START_TEST(signaling_is_numbered_for_each)
{
	struct guard_undo undo;
	uint16_t before;

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	before = pair_number();
	for (uint16_t seq = 1000; seq < 60000; seq += 1000) {
		ck_assert_int_eq(pair_grants(seq), GUARD_OK);
		ck_assert_uint_eq(pair_number(), ++before);
	}
	/* linuxptp's own number comes back */
	pair_signaling(G_CLOCK, 77, PAIR_TLV_GRANT);
	ck_assert_int_eq(ugate_sign(pair.g, pair.msg, pair.len, 1500, &pair.r_address,
				    NULL, &undo, &pair.len), GUARD_SIGNED);
	ck_assert_uint_eq(pair_number(), ++before);
	guard_restore(pair.msg, &undo);
	ck_assert_uint_eq(pair_number(), 77);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ugate_fresh");
	TCase *t = tcase_create("fresh");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_add_test(t, replays);
	tcase_add_test(t, a_jump_needs_a_new_ticket);
	tcase_add_test(t, no_jump_while_heard);
	tcase_add_test(t, jumps_have_an_end);
	tcase_add_test(t, the_first_grant_held_back);
	tcase_add_test(t, signaling_is_numbered_for_each);
	suite_add_tcase(s, t);
	return unit_run(s);
}
