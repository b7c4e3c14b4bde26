// SPDX-License-Identifier: GPL-2.0-or-later
/* A grantor's ticket keys, and the end of requesters with them: unicast/grantor.h. WIRE.md 6, 7. */
#include <check.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

START_TEST(registrations)
{
	struct nts_params a = pair_registration(0, 1000), b = pair_registration(1, 1000);
	struct nts_params bad = b, c = b;

	bad.ticket_key_id = 0;
	ck_assert_int_eq(grantor_install(pair.grantor, &bad, NULL, pair.now, pair.now),
			 ST_BAD_VALUE);
	bad = b;
	bad.aead = 16;
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &bad, pair.now, pair.now),
			 ST_UNKNOWN_ALG);
	bad = b;
	bad.ticket_key_len = 31;
	ck_assert_int_eq(grantor_install(pair.grantor, &bad, NULL, pair.now, pair.now),
			 ST_BAD_LENGTH);
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &a, pair.now, pair.now), ST_BAD_VALUE);
	ck_assert_int_eq(grantor_install(pair.grantor, &b, NULL, pair.now - 1000000, pair.now),
			 ST_EXPIRED);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 100);
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_NEXT], 101);
	/* the server is ahead: our Next is its Current */
	ck_assert_int_eq(grantor_install(pair.grantor, &b, NULL, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 101);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_PREVIOUS], 100);
	/* or behind */
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 101);
	ck_assert_uint_eq(pair_status().rotations, 1);
	/* or restored: our Previous is its Current */
	c.ticket_key_id = 102;
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &c, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 100);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_NEXT], 102);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_PREVIOUS], 101);
	/* or behind by more than the grace */
	pair.now += 1500000;
	ck_assert(grantor_tick(pair.grantor, pair.now));
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 102);
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &c, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 102);
	ck_assert_int_eq(grantor_install(pair.grantor, &a, NULL, pair.now, pair.now), ST_EXPIRED);
	ck_assert_uint_eq(pair_status().ticket_key_id[SA_CURRENT], 102);
}
END_TEST

START_TEST(the_end)
{
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair.now += 1000000;
	ck_assert_uint_le(grantor_deadline(pair.grantor), pair.now);
	ck_assert(grantor_tick(pair.grantor, pair.now));
	ck_assert(!grantor_registered(pair.grantor));
	ck_assert_uint_eq(pair_status().expiries, 1);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SUPPRESS_NO_KEY);
	/* in grace its requester's messages still count; its ticket does not */
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 2, &pair.r_address),
			 GUARD_TICKET_NO_GRANTOR);
	pair.now += 5000;
	grantor_tick(pair.grantor, pair.now);
	ck_assert_uint_eq(pair_status().requesters, 0);
	pair_make(PTP_DELAY_REQ, R_CLOCK, 2);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_UNKNOWN_KEY_ID);
}
END_TEST

/* Dropped, nothing is served; the same ticket key again, and nothing recorded counts anew. */
START_TEST(cleared)
{
	struct nts_params a = pair_registration(0, 1000), b = pair_registration(1, 1000);

	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	for (uint16_t seq = 1; seq < 100; seq++) {
		ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, seq, &pair.r_address),
				 GUARD_OK);
	}
	grantor_clear(pair.grantor);
	ck_assert(!grantor_registered(pair.grantor));
	ck_assert_uint_eq(pair_status().requesters, 0);
	for (int i = 0; i < SA_SLOTS; i++) {
		ck_assert_uint_eq(pair_status().ticket_key_id[i], 0);
	}
	pair_is_refused(GUARD_TICKET_NO_GRANTOR, &pair.grant[0], R_CLOCK, &pair.r_address);
	ck_assert_int_eq(pair_delay_req(&pair.grant[0], 0, 1, &pair.r_address),
			 GUARD_UNKNOWN_KEY_ID);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SUPPRESS_NO_KEY);
	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 7, &pair.r_address), GUARD_STALE);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 100, &pair.r_address), GUARD_OK);
	pair_make(PTP_SYNC, G_CLOCK, 1);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
}
END_TEST

/* Until it would have ended; and an impostor's of the same ID leaves nobody behind. */
START_TEST(cleared_for_good)
{
	struct nts_params a = pair_registration(0, 1000), b = pair_registration(1, 10000);

	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	grantor_clear(pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &b, NULL, pair.now, pair.now), ST_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[1], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	grantor_clear(pair.grantor);
	b.ticket_key[3] ^= 1;
	ck_assert_int_eq(grantor_install(pair.grantor, &b, NULL, pair.now, pair.now), ST_OK);
	ck_assert_uint_eq(pair_status().requesters, 0);
	pair_is_refused(GUARD_TICKET_FORGED, &pair.grant[1], R_CLOCK, &pair.r_address);
	/* the last three are remembered: one before them does not come back */
	ck_assert_int_eq(grantor_install(pair.grantor, &a, NULL, pair.now, pair.now), ST_EXPIRED);
	grantor_clear(pair.grantor);
	ck_assert_uint_eq(grantor_deadline(pair.grantor), 0);
	grantor_tick(pair.grantor, pair.now);
	ck_assert_uint_eq(grantor_deadline(pair.grantor), pair.now + 10005000);
	pair.now += 10005000;
	grantor_tick(pair.grantor, pair.now);
	ck_assert_int_eq(grantor_install(pair.grantor, &b, NULL, pair.now, pair.now), ST_EXPIRED);
}
END_TEST

/* Many requesters end with their ticket key, a bounded number in each call. */
START_TEST(many)
{
	enum { N = 3000 };
	struct nts_params a = pair_registration(0, 1000), b = pair_registration(1, 1000);
	uint32_t calls = 0;

	ck_assert_int_eq(grantor_install(pair.grantor, &a, &b, pair.now, pair.now), ST_OK);
	for (uint32_t i = 0; i < N; i++) {
		struct nts_assoc id = pair_address(0);
		struct nts_params g;

		id.value[2] = (uint8_t)(i >> 8);
		id.value[3] = (uint8_t)i;
		g = pair_grant(0x10000 + i, i % 2, &id, 1, 1000);
		pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
		ptpmsg_set_u16(pair.msg + 22, (uint16_t)i);
		pair_sign(&g, true);
		ck_assert_int_eq(pair_take(pair.g, &id), GUARD_OK);
	}
	ck_assert_uint_eq(pair_status().requesters, N);
	pair.now += 1000000;
	grantor_tick(pair.grantor, pair.now);
	pair.now += 5000;
	grantor_tick(pair.grantor, pair.now);
	ck_assert_uint_eq(pair_status().requesters, N / 2);
	while (grantor_deadline(pair.grantor) <= pair.now + 1) {
		grantor_tick(pair.grantor, ++pair.now);
		calls++;
	}
	ck_assert_uint_gt(calls, 2);
	ck_assert_uint_eq(pair_status().requesters, N / 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grantor_keys");
	TCase *t = tcase_create("keys");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, registrations);
	tcase_add_test(t, the_end);
	tcase_add_test(t, cleared);
	tcase_add_test(t, cleared_for_good);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	return unit_run(s);
}
