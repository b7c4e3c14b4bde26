// SPDX-License-Identifier: GPL-2.0-or-later
/* Which ticket and which key a pair uses, also after changes: unicast/requester.h. WIRE.md 6, 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

static void both_get_next(void)
{
	struct nts_params c = pair_registration(0, 1000), n = pair_registration(1, 1000);

	ck_assert_int_eq(grantor_install(pair.grantor, &c, &n, PAIR_NOW, pair.now), ST_OK);
	ck_assert_int_eq(sa_install(pair.sa, &pair.grant[0], &pair.grant[1], PAIR_NOW, pair.now),
			 ST_OK);
	requester_take(pair.requester, &pair.grant[0], &pair.grant[1]);
}

START_TEST(rotation)
{
	ck_assert(requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	ck_assert(!requester_wants_renewal(pair.requester));
	both_get_next();
	/* Next's ticket, signed with Next; the answer still comes under Current. */
	ck_assert(requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_ask(2), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA1);
	ck_assert(requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_grants(2), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	ck_assert(!requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_ask(3), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	ck_assert_int_eq(pair_answer(PTP_SYNC, 1), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	/* The grantor is first over the end, then the requester. */
	pair.now = PAIR_NOW + 1000000;
	ck_assert(grantor_tick(pair.grantor, pair.now));
	ck_assert_int_eq(pair_answer(PTP_SYNC, 2), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA1);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	ck_assert(sa_tick(pair.sa, pair.now));
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 2), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA1);
	ck_assert_int_eq(pair_answer(PTP_SYNC, 3), GUARD_OK);
	ck_assert(!requester_wants_renewal(pair.requester));
	/* Behind the grace the old key is gone, on both sides. */
	pair.now += 5000;
	grantor_tick(pair.grantor, pair.now);
	sa_tick(pair.sa, pair.now);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 3);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_UNKNOWN_KEY_ID);
	pair_signaling(R_CLOCK, 4, PAIR_TLV_REQUEST);
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_TICKET_EXPIRED);
}
END_TEST

/* A grantor that has forgotten everything is sent the Current ticket, then Next's. */
START_TEST(a_grantor_that_has_lost_current)
{
	const struct grantor_config config = { 0 };
	struct nts_params c = pair_registration(0, 1000), n = pair_registration(1, 1000);
	struct ugate_config gc = { .port_number = 1 };
	uint16_t first;

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	first = pair_number();
	both_get_next();
	ck_assert_int_eq(pair_ask(2), GUARD_OK);
	ck_assert_int_eq(pair_grants(2), GUARD_OK);
	ugate_free(pair.g);
	memset(gc.clock_identity, G_CLOCK, 8);
	ck_assert_int_eq(ugate_new(&gc, &pair.g), ST_OK);
	ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
	ugate_add_grantor(pair.g, pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &c, &n, PAIR_NOW, pair.now), ST_OK);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_UNKNOWN_KEY_ID);
	requester_lost(pair.requester);
	ck_assert(requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_ask(3), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	/* It numbers anew; what its first life sent is a replay still, before and after. */
	pair_signaling(G_CLOCK, first, PAIR_TLV_GRANT);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_grants_in_the_end(300), GUARD_OK);
	pair_signaling(G_CLOCK, first, PAIR_TLV_GRANT);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_grants(600), GUARD_OK);
	/* and after a minute of silence */
	pair.now += 61000;
	pair_signaling(G_CLOCK, (uint16_t)(first + 1), PAIR_TLV_GRANT);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_int_eq(pair_ask(4), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA1);
}
END_TEST

/* What tells that a ticket is no good: our own requests alone, and nothing forged ends it. */
START_TEST(unanswered)
{
	struct nts_params other = pair_own_grant(0xBB, 0, 1000);
	uint16_t granted;

	for (uint16_t seq = 1; seq < 5; seq++) {
		pair_signaling(R_CLOCK, seq, PAIR_TLV_REQUEST);
		ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	}
	ck_assert_uint_eq(requester_unanswered(pair.requester), 4);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	pair_sign(&other, false);
	ck_assert_int_ne(pair_take(pair.r, &pair.g_address), GUARD_OK);
	ck_assert_uint_eq(requester_unanswered(pair.requester), 4);
	ck_assert_uint_eq(requester_answered_ms(pair.requester), 0);
	ck_assert_int_eq(pair_ask(5), GUARD_OK);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	granted = pair_number();
	ck_assert_uint_eq(requester_unanswered(pair.requester), 0);
	ck_assert_uint_eq(requester_answered_ms(pair.requester), pair.now);
	/* a replay is no answer */
	ck_assert_int_eq(pair_ask(6), GUARD_OK);
	pair_signaling(G_CLOCK, granted, PAIR_TLV_GRANT);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_STALE);
	ck_assert_uint_eq(requester_unanswered(pair.requester), 1);
}
END_TEST

/* Another address of ours: the ticket that names it is shown until it was granted. */
START_TEST(moved)
{
	const struct nts_assoc ids[] = { pair.m_address, pair_identity(R_CLOCK) };
	struct nts_params grant = pair_grant(0xA0, 0, ids, 2, 1000);

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	requester_moved(pair.requester);
	ck_assert(!requester_wants_renewal(pair.requester));
	requester_take(pair.requester, &grant, NULL);
	ck_assert(requester_wants_renewal(pair.requester));
	ck_assert_int_eq(pair_answer(PTP_SYNC, 1), GUARD_OK);	/* still where we were */
	ck_assert(requester_wants_renewal(pair.requester));
	pair_signaling(R_CLOCK, 2, PAIR_TLV_REQUEST);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.g, &pair.m_address), GUARD_OK);
	pair_signaling(G_CLOCK, 2, PAIR_TLV_GRANT);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SUPPRESS_NO_KEY);
	ck_assert_int_eq(pair_send(pair.g, &pair.m_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_OK);
	ck_assert(!requester_wants_renewal(pair.requester));
}
END_TEST

/* A grant for what was asked before is no sign that the new address is known. */
START_TEST(moved_while_asking)
{
	const struct nts_assoc ids[] = { pair.m_address, pair_identity(R_CLOCK) };
	struct nts_params grant = pair_grant(0xA0, 0, ids, 2, 1000);

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	requester_moved(pair.requester);
	requester_take(pair.requester, &grant, NULL);
	ck_assert_int_eq(pair_grants(1), GUARD_OK);
	ck_assert(requester_wants_renewal(pair.requester));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ugate_keys");
	TCase *t = tcase_create("keys");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_add_test(t, rotation);
	tcase_add_test(t, a_grantor_that_has_lost_current);
	tcase_add_test(t, unanswered);
	tcase_add_test(t, moved);
	tcase_add_test(t, moved_while_asking);
	suite_add_tcase(s, t);
	return unit_run(s);
}
