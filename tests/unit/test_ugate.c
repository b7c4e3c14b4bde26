// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose messages a gate in ticket mode takes and signs, in which role: unicast/gate.h, WIRE.md 7 */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

START_TEST(a_contract)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_grants(7), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_ANNOUNCE, 1), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_SYNC, 1), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_FOLLOW_UP, 1), GUARD_OK);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_DELAY_RESP, 1), GUARD_OK);
	ck_assert_int_eq(pair_request(PTP_PDELAY_REQ, 2), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_PDELAY_RESP, 2), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_PDELAY_RESP_FOLLOW_UP, 2), GUARD_OK);
	/* cancel, and its acknowledgement */
	pair_signaling(R_CLOCK, 2, 0x0006);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_OK);
	pair_signaling(G_CLOCK, 8, 0x0007);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_OK);
}
END_TEST

START_TEST(the_ticket_is_stripped)
{
	size_t len, out, plain = pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	uint8_t before[PTPMSG_CAP];
	struct guard_undo undo;

	memcpy(before, pair.msg, plain);
	ck_assert_int_eq(ugate_sign(pair.r, pair.msg, plain, 1500, &pair.g_address, NULL,
				    &undo, &len), GUARD_SIGNED);
	ck_assert_uint_gt(len, plain + 26);
	ck_assert_int_eq(ugate_receive(pair.g, pair.msg, len, &pair.r_address, pair.now, &out),
			 GUARD_OK);
	ck_assert_uint_eq(out, plain);
	guard_restore(pair.msg, &undo);
	ck_assert_mem_eq(pair.msg, before, plain);
}
END_TEST

START_TEST(nothing_for_strangers)
{
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SUPPRESS_NO_KEY);
	ck_assert_int_eq(pair_send(pair.g, NULL), GUARD_SUPPRESS_MULTICAST);
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.g, &pair.m_address), GUARD_SUPPRESS_NO_KEY);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.r, &pair.m_address), GUARD_SUPPRESS_NO_KEY);
	pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	ck_assert_int_eq(pair_send(pair.r, &pair.m_address), GUARD_SUPPRESS_NO_KEY);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	pair.msg[4] = 9;
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SUPPRESS_GROUP);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_NO_TLV);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_NO_TLV);
}
END_TEST

START_TEST(too_long)
{
	pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	pair.len = ptpmsg_tlv(pair.msg, pair.len, 0x2004, 1300);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SUPPRESS_TOO_LONG);
}
END_TEST

/* A message reflected to its sender, and one of ours under another's key. */
START_TEST(reflection)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_OWN_IDENTITY);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_OWN_IDENTITY);
}
END_TEST

/* A requester is no master: its Announce is refused, and so is a request from a grantor. */
START_TEST(roles)
{
	static const uint8_t not_mine[] = {
		PTP_ANNOUNCE, PTP_SYNC, PTP_FOLLOW_UP, PTP_DELAY_RESP, PTP_PDELAY_RESP,
		PTP_PDELAY_RESP_FOLLOW_UP,
	};

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	for (size_t i = 0; i < sizeof(not_mine); i++) {
		pair_make(not_mine[i], R_CLOCK, 1);
		pair_sign(&pair.grant[0], false);
		ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_WRONG_ROLE);
		pair_make(not_mine[i], R_CLOCK, 1);
		ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SUPPRESS_NO_KEY);
	}
	pair_make(PTP_DELAY_REQ, G_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_WRONG_ROLE);
	pair_signaling(G_CLOCK, 1, PAIR_TLV_REQUEST);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_WRONG_ROLE);
}
END_TEST

/* Valid under the pair's key, but from elsewhere or from somebody else. */
START_TEST(another_address_or_identity)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.m_address), GUARD_WRONG_PEER);
	pair_make(PTP_DELAY_REQ, M_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_WRONG_PEER);
	ck_assert_int_eq(pair_answer(PTP_SYNC, 1), GUARD_OK);
	pair_make(PTP_SYNC, G_CLOCK, 2);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.m_address), GUARD_WRONG_PEER);
	pair_make(PTP_SYNC, M_CLOCK, 2);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_WRONG_PEER);
}
END_TEST

START_TEST(spoiled)
{
	struct nts_params other = pair_own_grant(0xBB, 0, 1000);

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	pair.msg[40] ^= 1;
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_BAD_ICV);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair_sign(&other, false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_UNKNOWN_KEY_ID);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	pair_sign(&other, false);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_UNKNOWN_KEY_ID);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	pair.msg[40] ^= 1;
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_BAD_ICV);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair.msg[4] = 1;
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_WRONG_GROUP);
}
END_TEST

/* To somebody else, and to another port of ours, under a sequenceId that we have asked with. */
START_TEST(answers_to_another_port)
{
	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	ck_assert_int_eq(pair_request(PTP_DELAY_REQ, 1), GUARD_OK);
	pair_make(PTP_DELAY_RESP, G_CLOCK, 1);
	ptpmsg_requester(pair.msg, M_CLOCK);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_NO_REQUEST);
	pair_make(PTP_DELAY_RESP, G_CLOCK, 1);
	ptpmsg_requester(pair.msg, R_CLOCK);
	pair.msg[53] = 2;
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_NO_REQUEST);
	ck_assert_int_eq(pair_answer(PTP_DELAY_RESP, 1), GUARD_OK);
}
END_TEST

/* Another pair of r's, with a grantor at this address, under a grant; *sa is the caller's. */
static void add_pair(const struct nts_assoc *grantor, const struct nts_params *grant,
		     struct sa_table **sa)
{
	static const struct fresh_limits limits = { .announce_timeout_ms = 6000 };
	struct requester *r;

	ck_assert_int_eq(sa_new(grantor, sa), ST_OK);
	ck_assert_int_eq(sa_install(*sa, grant, NULL, pair.now, pair.now), ST_OK);
	ck_assert_int_eq(requester_new(grantor, *sa, &limits, &r), ST_OK);
	requester_take(r, grant, NULL);
	ck_assert_int_eq(ugate_add_requester(pair.r, r), ST_OK);
}

/* A Sync of the grantor's identity under a grant, from an address. */
static enum guard_verdict sync_from(const struct nts_assoc *address, const struct nts_params *grant,
				    uint16_t seq)
{
	pair_make(PTP_SYNC, G_CLOCK, seq);
	pair_sign(grant, false);
	return pair_take(pair.r, address);
}

/*
 * Both addresses of one grantor are in the table: one key. What came from the first one is not
 * taken again from the second one, not even when the first pair has lost the key.
 */
START_TEST(a_grantor_with_two_addresses)
{
	struct sa_table *sa;

	add_pair(&pair.m_address, &pair.grant[0], &sa);
	ck_assert_int_eq(sync_from(&pair.g_address, &pair.grant[0], 1), GUARD_OK);
	ck_assert_int_eq(sync_from(&pair.m_address, &pair.grant[0], 1), GUARD_WRONG_PEER);
	pair.now += 301000;
	ck_assert_int_eq(sync_from(&pair.m_address, &pair.grant[0], 1), GUARD_WRONG_PEER);
	sa_clear(pair.sa);
	ck_assert_int_eq(sync_from(&pair.m_address, &pair.grant[0], 1), GUARD_IDENTITY_TAKEN);
	sa_free(sa);
}
END_TEST

/* With another key it is another grantor, as long as the first one is heard. */
START_TEST(a_grantor_that_went_elsewhere)
{
	struct nts_params other = pair_own_grant(0xB0, 0, 1000);
	struct sa_table *sa;

	add_pair(&pair.m_address, &other, &sa);
	ck_assert_int_eq(sync_from(&pair.g_address, &pair.grant[0], 1), GUARD_OK);
	ck_assert_int_eq(sync_from(&pair.m_address, &other, 2), GUARD_IDENTITY_TAKEN);
	pair.now += 299000;
	ck_assert_int_eq(sync_from(&pair.m_address, &other, 2), GUARD_IDENTITY_TAKEN);
	pair.now += 2000;
	ck_assert_int_eq(sync_from(&pair.m_address, &other, 2), GUARD_OK);
	ck_assert_int_eq(sync_from(&pair.g_address, &pair.grant[0], 5), GUARD_IDENTITY_TAKEN);
	sa_free(sa);
}
END_TEST

START_TEST(no_key_no_message)
{
	sa_clear(pair.sa);
	ck_assert(!requester_usable(pair.requester));
	pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SUPPRESS_NO_KEY);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SUPPRESS_NO_KEY);
}
END_TEST

/* Both roles between the same two: each direction has its own key. */
START_TEST(both_roles)
{
	const struct grantor_config config = { 0 };
	struct nts_params registration = pair_registration(2, 1000);
	const struct nts_assoc ids[] = { pair.g_address };
	static const struct fresh_limits limits = { .announce_timeout_ms = 6000 };
	struct nts_params back = pair_grant(0xC0, 2, ids, 1, 1000);
	struct requester *r;
	struct grantor *g;
	struct sa_table *sa;

	ck_assert_int_eq(grantor_new(&config, &g), ST_OK);
	ck_assert_int_eq(grantor_install(g, &registration, NULL, pair.now, pair.now), ST_OK);
	ugate_add_grantor(pair.r, g);
	ck_assert_int_eq(sa_new(&pair.r_address, &sa), ST_OK);
	ck_assert_int_eq(sa_install(sa, &back, NULL, pair.now, pair.now), ST_OK);
	ck_assert_int_eq(requester_new(&pair.r_address, sa, &limits, &r), ST_OK);
	requester_take(r, &back, NULL);
	ck_assert_int_eq(ugate_add_requester(pair.g, r), ST_OK);

	ck_assert_int_eq(pair_ask(1), GUARD_OK);
	pair_signaling(G_CLOCK, 1, PAIR_TLV_REQUEST);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	ck_assert_uint_eq(pair_signed_with(), 0xC0);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_OK);
	ck_assert_int_eq(pair_answer(PTP_ANNOUNCE, 1), GUARD_OK);
	ck_assert_uint_eq(pair_signed_with(), 0xA0);
	pair_make(PTP_ANNOUNCE, R_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	ck_assert_uint_eq(pair_signed_with(), 0xC0);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_OK);
	sa_free(sa);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ugate");
	TCase *t = tcase_create("gate");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_add_test(t, a_contract);
	tcase_add_test(t, the_ticket_is_stripped);
	tcase_add_test(t, nothing_for_strangers);
	tcase_add_test(t, too_long);
	tcase_add_test(t, reflection);
	tcase_add_test(t, roles);
	tcase_add_test(t, another_address_or_identity);
	tcase_add_test(t, spoiled);
	tcase_add_test(t, answers_to_another_port);
	tcase_add_test(t, a_grantor_with_two_addresses);
	tcase_add_test(t, a_grantor_that_went_elsewhere);
	tcase_add_test(t, no_key_no_message);
	tcase_add_test(t, both_roles);
	suite_add_tcase(s, t);
	return unit_run(s);
}
