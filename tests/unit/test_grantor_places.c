// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and PortIdentities at a grantor: who has them, who moves, who gives way. WIRE.md 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

START_TEST(second_requester_behind_one_address)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	/* the same with the same identity: two clients may not be one requester */
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, R_CLOCK, &pair.r_address);
	/* the first one has been gone for long */
	pair.now += 301000;
	ck_assert_int_eq(pair_ask_as(&second, M_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
}
END_TEST

START_TEST(anothers_port_identity)
{
	const struct nts_assoc ids[] = { pair.m_address };
	struct nts_params other = pair_grant(0xA7, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair_is_refused(GUARD_IDENTITY_TAKEN, &other, R_CLOCK, &pair.m_address);
	ck_assert_int_eq(pair_ask_as(&other, M_CLOCK, 1, &pair.m_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 2);
	/* and later, under the key that it has */
	pair_is_refused(GUARD_IDENTITY_TAKEN, &other, R_CLOCK, &pair.m_address);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 9);
	pair_sign(&other, false);
	ck_assert_int_eq(pair_take(pair.g, &pair.m_address), GUARD_WRONG_PEER);
}
END_TEST

/* Another address that the ticket names, too: the requester has moved, and its SA with it. */
START_TEST(moves)
{
	const struct nts_assoc ids[] = { pair.r_address, pair.m_address };
	struct nts_params g = pair_grant(0xA8, 0, ids, 2, 1000);

	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 2, &pair.m_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	ck_assert(grantor_knows(pair.grantor, &pair.m_address));
	ck_assert(!grantor_knows(pair.grantor, &pair.r_address));
}
END_TEST

/* A grant with two keys: SPP 4 for Delay_Req, 3 for all else. */
static struct nts_params grant_of_two(uint32_t key_id, const struct nts_assoc *ids, uint8_t n)
{
	struct ke_ticket_container t = { .n_sa = 2, .n_identities = n };
	struct nts_params g = pair_grant(key_id, 0, ids, n, 1000);
	static uint8_t counter;
	uint8_t nonce[NTS_NONCE_LEN] = { ++counter, 98 };

	g.sa[g.n_sa++] = (struct nts_sa) {
		.spp = 4, .mac = g.sa[0].mac, .key_id = key_id + 1, .key_len = g.sa[0].key_len,
		.key = { 4 },
	};
	g.policy.spp[PTP_DELAY_REQ] = 4;
	t.policy = g.policy;
	memcpy(t.sa, g.sa, sizeof(t.sa));
	memcpy(t.identities, ids, n * sizeof(*ids));
	ck_assert_int_eq(ticket_seal(&pair.tk[0], nonce, &t, &g.ticket), ST_OK);
	return g;
}

START_TEST(moves_with_all_keys)
{
	const struct nts_assoc ids[] = { pair.r_address, pair.m_address };
	struct nts_params g = grant_of_two(0xB0, ids, 2);

	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_delay_req(&g, 1, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 2, &pair.m_address), GUARD_OK);
	ck_assert_int_eq(pair_delay_req(&g, 1, 2, &pair.m_address), GUARD_OK);
	ck_assert_int_eq(pair_delay_req(&g, 1, 3, &pair.r_address), GUARD_WRONG_PEER);
	ck_assert(!grantor_knows(pair.grantor, &pair.r_address));
	ck_assert_uint_eq(pair_status().requesters, 2);
}
END_TEST

/* In the update period: its own Next, where it was, is in nobody's way. */
START_TEST(moves_with_next)
{
	const struct nts_assoc before[] = { pair.r_address, pair_identity(R_CLOCK) };
	const struct nts_assoc after[] = { pair.m_address, pair_identity(R_CLOCK) };
	struct nts_params a = pair_registration(0, 1000), b = pair_registration(1, 1000);
	struct nts_params next = pair_grant(0xA1, 1, before, 2, 1000), g;

	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&next, R_CLOCK, 2, &pair.r_address), GUARD_OK);
	g = pair_grant(0xA0, 0, after, 2, 1000);
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 3, &pair.m_address), GUARD_OK);
	g = pair_grant(0xA1, 1, after, 2, 1000);
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 4, &pair.m_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 2);
	ck_assert(!grantor_knows(pair.grantor, &pair.r_address));
	/* another's key under its identity is a conflict still */
	g = pair_grant(0xA2, 1, &pair.r_address, 1, 1000);
	pair_is_refused(GUARD_IDENTITY_TAKEN, &g, R_CLOCK, &pair.r_address);
}
END_TEST

/* What a departed requester once sent, sent again, does not keep its place. */
START_TEST(replays_keep_no_place)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	for (uint16_t seq = 1000; seq < 1200; seq++) {
		pair.now += 1000;
		ck_assert_int_eq(pair_delay_req(&pair.grant[0], 0, seq, &pair.r_address), GUARD_OK);
	}
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	for (uint16_t seq = 1000; seq < 1006; seq++) {
		pair.now += 50500;
		(void)pair_delay_req(&pair.grant[0], 0, seq, &pair.r_address);
	}
	ck_assert_int_eq(pair_ask_as(&second, M_CLOCK, 1, &pair.r_address), GUARD_OK);
}
END_TEST

/* Neither do its requests of the contract, which are taken anew after a minute of silence. */
START_TEST(replayed_signaling_keeps_no_place)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000);

	for (uint16_t seq = 1000; seq < 1200; seq++) {
		ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, seq, &pair.r_address),
				 GUARD_OK);
	}
	for (uint16_t seq = 1000; seq < 1005; seq++) {
		pair.now += 61000;
		ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, seq, &pair.r_address),
				 GUARD_OK);
		ck_assert_int_eq(pair_delay_req(&pair.grant[0], 0, seq, &pair.r_address), GUARD_OK);
	}
	ck_assert_int_eq(pair_ask_as(&second, M_CLOCK, 1, &pair.r_address), GUARD_OK);
}
END_TEST

/* One that was restarted is heard, whatever number it goes on from. */
START_TEST(a_restarted_one_keeps_its_place)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000), again;

	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_delay_req(&pair.grant[0], 0, 9000, &pair.r_address), GUARD_OK);
	again = pair_own_grant(0xA0, 0, 1000);
	ck_assert_int_eq(pair_ask_as(&again, R_CLOCK, 30000, &pair.r_address), GUARD_OK);
	for (uint16_t seq = 5000; seq < 5004; seq++) {
		pair.now += 100000;
		ck_assert_int_eq(pair_delay_req(&again, 0, seq, &pair.r_address), GUARD_OK);
	}
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	/* after a replay its contracts say that it is there, then it is heard again */
	pair.now += 1000;
	ck_assert_int_eq(pair_delay_req(&again, 0, 4000, &pair.r_address), GUARD_OK);
	pair.now += 200000;
	ck_assert_int_eq(pair_ask_as(&again, R_CLOCK, 30001, &pair.r_address), GUARD_OK);
	pair.now += 200000;
	ck_assert_int_eq(pair_delay_req(&again, 0, 4001, &pair.r_address), GUARD_OK);
	pair.now += 200000;
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
}
END_TEST

/* Claimed by one whose ticket does not name it; then its owner comes, to whom it was given. */
START_TEST(a_port_identity_that_was_given)
{
	const struct nts_assoc ids[] = { pair.m_address };
	struct nts_params squatter = pair_grant(0xA7, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&squatter, R_CLOCK, 1, &pair.m_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	ck_assert(!grantor_knows(pair.grantor, &pair.m_address));
	pair_is_refused(GUARD_IDENTITY_TAKEN, &squatter, R_CLOCK, &pair.m_address);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 2, &pair.r_address), GUARD_OK);
}
END_TEST

START_TEST(an_address_that_was_given)
{
	const struct nts_assoc ids[] = { pair_identity(M_CLOCK) };
	struct nts_params squatter = pair_grant(0xA7, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&squatter, M_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	pair_is_refused(GUARD_ADDRESS_TAKEN, &squatter, M_CLOCK, &pair.r_address);
	ck_assert_int_eq(pair_ask_as(&squatter, M_CLOCK, 1, &pair.m_address), GUARD_OK);
	pair_is_refused(GUARD_ADDRESS_TAKEN, &squatter, M_CLOCK, &pair.r_address);
}
END_TEST

/* After a day the clock's lower octets are what they were: a place is free all the same. */
START_TEST(silent_for_long)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params registration = pair_registration(0, 1000000);
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000);

	ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now, pair.now),
			 ST_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair.now += 65536 * 1000 + 10000;
	ck_assert_int_eq(pair_ask_as(&second, M_CLOCK, 1, &pair.r_address), GUARD_OK);
}
END_TEST

/* Each of a requester's keys tells that it is there, not only that of its Signaling. */
START_TEST(one_place_for_all_keys)
{
	const struct nts_assoc ids[] = { pair.r_address };
	struct nts_params g = grant_of_two(0xB0, ids, 1), again = grant_of_two(0xB0, ids, 1);
	struct nts_params second = pair_grant(0xA6, 0, ids, 1, 1000);
	uint16_t seq = 9000;

	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 1, &pair.r_address), GUARD_OK);
	for (int i = 0; i < 4; i++) {
		pair.now += 100000;
		ck_assert_int_eq(pair_delay_req(&g, 1, ++seq, &pair.r_address), GUARD_OK);
	}
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	/* restarted: its Delay_Req begin elsewhere, with its Signaling's word for it */
	ck_assert_int_eq(pair_ask_as(&again, R_CLOCK, 30000, &pair.r_address), GUARD_OK);
	for (seq = 5000; seq < 5004; seq++) {
		pair.now += 100000;
		ck_assert_int_eq(pair_delay_req(&again, 1, seq, &pair.r_address), GUARD_OK);
	}
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	/* a replay, and contracts that go on after it */
	ck_assert_int_eq(pair_delay_req(&again, 1, 4000, &pair.r_address), GUARD_OK);
	pair.now += 100000;
	ck_assert_int_eq(pair_ask_as(&again, R_CLOCK, 30001, &pair.r_address), GUARD_OK);
	pair.now += 200000;
	ck_assert_int_eq(pair_delay_req(&again, 1, 4001, &pair.r_address), GUARD_OK);
	pair.now += 200000;
	pair_is_refused(GUARD_ADDRESS_TAKEN, &second, M_CLOCK, &pair.r_address);
	pair.now += 101000;
	ck_assert_int_eq(pair_ask_as(&second, M_CLOCK, 1, &pair.r_address), GUARD_OK);
}
END_TEST

/* Delay_Req under one key: requests recorded under the other one stay refused, however old. */
START_TEST(heard_by_all_keys)
{
	struct nts_params g = grant_of_two(0xB0, &pair.r_address, 1);

	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 5000, &pair.r_address), GUARD_OK);
	for (uint16_t seq = 1; seq < 4; seq++) {
		pair.now += 40000;
		ck_assert_int_eq(pair_delay_req(&g, 1, seq, &pair.r_address), GUARD_OK);
	}
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 4000, &pair.r_address), GUARD_STALE);
	pair.now += 61000;
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 4000, &pair.r_address), GUARD_OK);
}
END_TEST

/* What was taken before ends nobody, though its ticket goes before that of who is there now. */
START_TEST(replays_end_nobody)
{
	const struct nts_assoc both[] = { pair.r_address, pair_identity(R_CLOCK) };
	const struct nts_assoc later[] = { pair.m_address, pair_identity(R_CLOCK) };
	const struct nts_assoc ids[] = { pair_identity(M_CLOCK) };
	struct nts_params before = pair_grant(0xA0, 0, both, 2, 1000);
	struct nts_params moved = pair_grant(0xA0, 0, later, 2, 1000);
	struct nts_params heir = pair_grant(0xA6, 0, ids, 1, 1000);

	ck_assert_int_eq(pair_ask_as(&before, R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&moved, R_CLOCK, 2, &pair.m_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&heir, M_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&before, R_CLOCK, 1, &pair.r_address), GUARD_STALE);
	ck_assert_uint_eq(pair_status().requesters, 2);
	ck_assert(grantor_knows(pair.grantor, &pair.r_address));
	ck_assert_int_eq(pair_ask_as(&heir, M_CLOCK, 2, &pair.r_address), GUARD_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grantor_places");
	TCase *t = tcase_create("places");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_add_test(t, second_requester_behind_one_address);
	tcase_add_test(t, anothers_port_identity);
	tcase_add_test(t, moves);
	tcase_add_test(t, moves_with_all_keys);
	tcase_add_test(t, moves_with_next);
	tcase_add_test(t, replays_keep_no_place);
	tcase_add_test(t, replayed_signaling_keeps_no_place);
	tcase_add_test(t, a_restarted_one_keeps_its_place);
	tcase_add_test(t, a_port_identity_that_was_given);
	tcase_add_test(t, an_address_that_was_given);
	tcase_add_test(t, silent_for_long);
	tcase_add_test(t, one_place_for_all_keys);
	tcase_add_test(t, heard_by_all_keys);
	tcase_add_test(t, replays_end_nobody);
	suite_add_tcase(s, t);
	return unit_run(s);
}
