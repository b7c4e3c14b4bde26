// SPDX-License-Identifier: GPL-2.0-or-later
/* Rotation and freshness through a port's gate: tlv/guard.h. WIRE.md 6 and 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/gate.h"
#include "tests/unit/run.h"

/* ---- rotation ---- */

START_TEST(rotation)
{
	gate.a.lifetime = 10;
	sa_clear(gate.sa);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, &gate.b, gate.now, gate.now), ST_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 2), GUARD_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 3), GUARD_OK);
	gate.now += 10000;
	ck_assert(sa_tick(gate.sa, gate.now));
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 4), GUARD_OK);	/* grace */
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 5), GUARD_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 4), GUARD_STALE);
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 2), GUARD_STALE);
	gate.now += 4999;
	sa_tick(gate.sa, gate.now);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 6), GUARD_OK);
	gate.now += 1;
	sa_tick(gate.sa, gate.now);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 7), GUARD_UNKNOWN_KEY_ID);
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 7), GUARD_OK);
}
END_TEST

/* Keys that were dropped and are granted again bring no replay with them. */
START_TEST(dropped_and_granted_again)
{
	for (uint16_t seq = 1; seq < 100; seq++) {
		ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SIGNALING, seq), GUARD_OK);
	}
	sa_clear(gate.sa);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SIGNALING, 7), GUARD_NO_KEY);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, NULL, gate.now, gate.now), ST_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SIGNALING, 7), GUARD_STALE);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SIGNALING, 100), GUARD_OK);
}
END_TEST

/* ---- freshness, through the gate ---- */

START_TEST(replays_by_type)
{
	uint8_t type = ptpmsg_types[_i], first[PTPMSG_CAP];
	size_t len;

	for (uint16_t seq = 1; seq < 200; seq++) {
		gate_ask_both(seq);
		len = gate_make_signed(type, seq);
		if (seq == 1) {
			memcpy(first, gate.msg, len);
		}
		ck_assert_int_eq(gate_take(len), GUARD_OK);
		ck_assert_int_eq(gate_take(len), GUARD_STALE);
	}
	/* far behind: a response answers nothing; a request re-synchronizes, and does no harm */
	ck_assert_int_eq(gate_receive(first, len), gate_is_response(type) ? GUARD_NO_REQUEST :
			 type == PTP_DELAY_REQ || type == PTP_PDELAY_REQ ? GUARD_OK : GUARD_STALE);
	gate_ask_both(200);
	ck_assert_int_eq(gate_take(gate_make_signed(type, 200)), GUARD_OK);
}
END_TEST

START_TEST(senders_do_not_mix)
{
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_FOLLOW_UP, 1), GUARD_OK);
	ptpmsg_make(gate.msg, PTP_SYNC, THIRD, 1, TIME_NS - 3600 * S);
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)), GUARD_OK);
	gate_make(PTP_SYNC, 1);
	gate.msg[29] = 2;
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)), GUARD_OK);
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_STALE);
}
END_TEST

START_TEST(forgeries_leave_no_trace)
{
	struct nts_params forged = gate.a;

	forged.sa[0].key[0] ^= 1;
	gate.config.max_senders = 1;
	gate_remake();
	for (uint16_t seq = 0; seq < 1000; seq++) {
		ptpmsg_make(gate.msg, PTP_SYNC, (uint8_t)seq, seq, TIME_NS + 3600 * S);
		if ((uint8_t)seq != OURS) {
			ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &forged, 0)),
					 GUARD_BAD_ICV);
		}
	}
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
}
END_TEST

START_TEST(too_many_senders)
{
	gate.config.max_senders = 3;
	gate_remake();
	for (uint8_t clock = 1; clock <= 4; clock++) {
		ptpmsg_make(gate.msg, PTP_SYNC, clock, 1, TIME_NS);
		ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)),
				 clock <= 3 ? GUARD_OK : GUARD_TOO_MANY_SENDERS);
	}
	/* a new key, once the old one is gone, counts anew */
	ck_assert_int_eq(sa_install(gate.sa, &gate.b, NULL, gate.now, gate.now), ST_OK);
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 1), GUARD_OK);
	ck_assert_uint_eq(guard_senders(gate.guard), 4);
	sa_tick(gate.sa, gate.now + 5000);
	ck_assert_int_eq(gate_signed_by(&gate.b, PTP_SYNC, 2), GUARD_OK);
	ck_assert_uint_eq(guard_senders(gate.guard), 1);
}
END_TEST

START_TEST(responses)
{
	static const uint8_t pairs[][2] = {
		{ PTP_DELAY_REQ, PTP_DELAY_RESP },
		{ PTP_PDELAY_REQ, PTP_PDELAY_RESP },
		{ PTP_PDELAY_REQ, PTP_PDELAY_RESP_FOLLOW_UP },
	};
	uint8_t req = pairs[_i][0], resp = pairs[_i][1];
	size_t len;

	ck_assert_int_eq(gate_take(gate_make_signed(resp, 0)), GUARD_NO_REQUEST);
	gate_ask(req == PTP_DELAY_REQ ? PTP_PDELAY_REQ : PTP_DELAY_REQ, 5);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 5)), GUARD_NO_REQUEST);
	gate_ask(req, 5);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 4)), GUARD_NO_REQUEST);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 6)), GUARD_NO_REQUEST);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 5)), GUARD_OK);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 5)), GUARD_STALE);
	gate_ask(req, 40000);	/* we started anew */
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 40000)), GUARD_OK);
	ck_assert_int_eq(gate_take(gate_make_signed(resp, 5)), GUARD_NO_REQUEST);
	/* to somebody else: nothing to us */
	for (int i = 0; i < 2; i++) {
		len = gate_make(resp, 5);
		ptpmsg_requester(gate.msg, THIRD);
		ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, len, &gate.a, 0)), GUARD_OK);
	}
	/* to another port of ours */
	len = gate_make(resp, 40000);
	ptpmsg_requester(gate.msg, OURS);
	gate.msg[53] = 2;
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, len, &gate.a, 0)), GUARD_OK);
}
END_TEST

/* A response through a transparent clock: to this clock, with this sequenceId. */
static enum guard_verdict pass_response(uint8_t clock, uint16_t seq)
{
	size_t len = gate_make(PTP_DELAY_RESP, seq);

	ptpmsg_requester(gate.msg, clock);
	return gate_take(ptpmsg_sign(gate.msg, len, &gate.a, 0));
}

START_TEST(responses_through_a_transparent_clock)
{
	gate.config.transparent = true;
	gate_remake();
	for (uint16_t seq = 1; seq < 100; seq++) {
		ck_assert_int_eq(pass_response(1, seq), GUARD_OK);
		ck_assert_int_eq(pass_response(2, (uint16_t)(seq + 20000)), GUARD_OK);
		ck_assert_int_eq(pass_response(1, seq), GUARD_STALE);
		ck_assert_int_eq(pass_response(2, (uint16_t)(seq + 20000)), GUARD_STALE);
	}
	ck_assert_int_eq(gate_take(gate_make_signed(PTP_DELAY_RESP, 1)), GUARD_NO_REQUEST);
	gate_ask(PTP_DELAY_REQ, 1);
	ck_assert_int_eq(gate_take(gate_make_signed(PTP_DELAY_RESP, 1)), GUARD_OK);
}
END_TEST

START_TEST(stepped_back)
{
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
	gate.now += 5999;
	ptpmsg_make(gate.msg, PTP_SYNC, PEER, 2, TIME_NS - 3600 * S);
	ptpmsg_sign(gate.msg, 44, &gate.a, 0);
	ck_assert_int_eq(gate_take(70), GUARD_STALE);
	gate.now += 1;
	ck_assert_int_eq(gate_take(70), GUARD_OK);
	ck_assert_uint_eq(guard_counters(gate.guard)->steps_back, 1);
	gate.config.step_back_refuse = true;
	gate_remake();
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SYNC, 1), GUARD_OK);
	gate.now += 3600000;
	ptpmsg_make(gate.msg, PTP_SYNC, PEER, 2, TIME_NS - 3600 * S);
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)), GUARD_STALE);
}
END_TEST

static TCase *fresh_cases(void)
{
	TCase *tc = tcase_create("fresh");

	tcase_add_checked_fixture(tc, gate_setup, gate_teardown);
	tcase_add_test(tc, rotation);
	tcase_add_test(tc, dropped_and_granted_again);
	tcase_add_loop_test(tc, replays_by_type, 0, PTP_SLOTS);
	tcase_add_test(tc, senders_do_not_mix);
	tcase_add_test(tc, forgeries_leave_no_trace);
	tcase_add_test(tc, too_many_senders);
	tcase_add_loop_test(tc, responses, 0, 3);
	tcase_add_test(tc, responses_through_a_transparent_clock);
	tcase_add_test(tc, stepped_back);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("guard_fresh");

	suite_add_tcase(s, fresh_cases());
	return unit_run(s);
}
