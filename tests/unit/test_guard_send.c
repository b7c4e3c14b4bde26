// SPDX-License-Identifier: GPL-2.0-or-later
/* What a port's gate lets out: tlv/guard.h. WIRE.md 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/gate.h"
#include "tests/unit/run.h"

START_TEST(signing_follows_current)
{
	struct guard_undo undo;
	size_t len, out;

	gate.a.lifetime = 10;
	sa_clear(gate.sa);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, &gate.b, gate.now, gate.now), ST_OK);
	for (uint8_t id = 0xA; id <= 0xB; id++) {
		len = ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0);
		ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, 1500, NULL,
					    &undo, &out),
				 GUARD_SIGNED);
		ck_assert_uint_eq(gate.msg[len + 9], id);
		gate.now += 10000;
		sa_tick(gate.sa, gate.now);
	}
	gate.now += 1000000;
	sa_tick(gate.sa, gate.now);
	len = ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0);
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, 1500, NULL, &undo, &out),
			 GUARD_SUPPRESS_NO_KEY);
}
END_TEST

/* ---- signing ---- */

static const uint8_t estimate[10] = { 0, 0, 0x65, 1, 2, 3, 4, 5, 6, 7 };

/* Signs len octets in gate.msg with an estimate at hand; was it taken? Restores. */
static bool estimated(size_t len)
{
	uint8_t before[PTPMSG_CAP];
	struct guard_undo undo;
	size_t out;
	bool taken;

	memcpy(before, gate.msg, sizeof(before));
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, 1500, estimate, &undo,
				    &out), GUARD_SIGNED);
	taken = memcmp(gate.msg + 34, estimate, 10) == 0;
	guard_restore(gate.msg, &undo);
	ck_assert_mem_eq(gate.msg, before, len);
	return taken;
}

START_TEST(estimates)
{
	for (unsigned int i = 0; i < PTP_SLOTS; i++) {
		uint8_t type = ptpmsg_types[i];

		ck_assert_int_eq(estimated(ptpmsg_make(gate.msg, type, OURS, 1, 0)),
				 type == PTP_SYNC || type == PTP_ANNOUNCE);
		ck_assert(!estimated(ptpmsg_make(gate.msg, type, OURS, 1, 1)));
		ck_assert(!estimated(ptpmsg_make(gate.msg, type, PEER, 1, 0)));
	}
	ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0);
	gate.msg[6] = 0;	/* one-step */
	ck_assert(!estimated(44));
}
END_TEST

START_TEST(no_estimate_under_8021as)
{
	struct nts_assoc group = nts_assoc_group(0, 0x100, 0);

	sa_free(gate.sa);
	ck_assert_int_eq(sa_new(&group, &gate.sa), ST_OK);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, NULL, gate.now, gate.now), ST_OK);
	gate_remake();
	ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0);
	gate.msg[0] |= 0x10;
	ck_assert(!estimated(44));
	ptpmsg_make(gate.msg, PTP_SYNC, PEER, 1, 0);
	gate.msg[0] |= 0x10;
	ck_assert_int_eq(gate_take(ptpmsg_sign(gate.msg, 44, &gate.a, 0)), GUARD_OK);
}
END_TEST

/* Must not be sent: nothing may have been written. */
static enum guard_send unsent(size_t len, size_t cap)
{
	uint8_t before[PTPMSG_CAP];
	struct guard_counters counters = *guard_counters(gate.guard);
	struct guard_undo undo;
	enum guard_send result;
	size_t out = SIZE_MAX;

	memcpy(before, gate.msg, sizeof(before));
	result = guard_sign(gate.guard, gate.msg, len, cap, estimate, &undo, &out);
	ck_assert_uint_eq(guard_counters(gate.guard)->sends[result], counters.sends[result] + 1);
	ck_assert_mem_eq(gate.msg, before, sizeof(before));
	guard_restore(gate.msg, &undo);
	ck_assert_mem_eq(gate.msg, before, sizeof(before));
	return result;
}

START_TEST(suppressed)
{
	struct guard_undo undo;
	size_t out, len = ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0);

	ck_assert_int_eq(unsent(len, len + 25), GUARD_SUPPRESS_TOO_LONG);
	ck_assert_int_eq(unsent(len - 1, 1500), GUARD_SUPPRESS_GROUP);
	ck_assert_int_eq(unsent(len + 1, 1500), GUARD_SUPPRESS_GROUP);
	ck_assert_int_eq(unsent(0, 1500), GUARD_SUPPRESS_GROUP);
	gate.msg[4] = 1;
	ck_assert_int_eq(unsent(len, 1500), GUARD_SUPPRESS_GROUP);
	gate.msg[4] = 0;
	gate.msg[5] = 1;
	ck_assert_int_eq(unsent(len, 1500), GUARD_SUPPRESS_GROUP);
	gate.msg[5] = 0;
	gate.msg[0] = 0x10;
	ck_assert_int_eq(unsent(len, 1500), GUARD_SUPPRESS_GROUP);
	len = ptpmsg_tlv(gate.msg, ptpmsg_make(gate.msg, PTP_MANAGEMENT, OURS, 1, 0), 1,
			 1500 - 26 - 48 - 4);
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, PTPMSG_CAP, NULL, &undo,
				    &out), GUARD_SIGNED);
	ck_assert_uint_eq(out, 1500);
	len = ptpmsg_tlv(gate.msg, ptpmsg_make(gate.msg, PTP_MANAGEMENT, OURS, 1, 0), 1,
			 1500 - 26 - 48 - 2);
	ck_assert_int_eq(unsent(len, PTPMSG_CAP), GUARD_SUPPRESS_TOO_LONG);
	sa_clear(gate.sa);
	ck_assert_int_eq(unsent(ptpmsg_make(gate.msg, PTP_SYNC, OURS, 1, 0), 1500),
			 GUARD_SUPPRESS_NO_KEY);
}
END_TEST

START_TEST(plain)
{
	size_t len = ptpmsg_make(gate.msg, PTP_DELAY_REQ, OURS, 9, 0), out;
	uint8_t before[PTPMSG_CAP];
	struct guard_undo undo;

	gate.a.policy.named = PTPMSG_ALL & ~(1u << PTP_DELAY_REQ);
	sa_clear(gate.sa);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, NULL, gate.now, gate.now), ST_OK);
	memcpy(before, gate.msg, sizeof(before));
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, len, NULL, &undo, &out),
			 GUARD_PLAIN);
	ck_assert_uint_eq(out, len);
	guard_restore(gate.msg, &undo);
	ck_assert_mem_eq(gate.msg, before, sizeof(before));
	/* its response is secured, and one to it */
	ck_assert_int_eq(gate_take(gate_make_signed(PTP_DELAY_RESP, 9)), GUARD_OK);
	/* a forwarded request is not ours */
	len = ptpmsg_make(gate.msg, PTP_DELAY_REQ, THIRD, 10, 0);
	ck_assert_int_eq(guard_sign(gate.guard, gate.msg, len, 1500, NULL, &undo, &out),
			 GUARD_PLAIN);
	ck_assert_int_eq(gate_take(gate_make_signed(PTP_DELAY_RESP, 10)), GUARD_NO_REQUEST);
}
END_TEST

static TCase *send_cases(void)
{
	TCase *tc = tcase_create("send");

	tcase_add_checked_fixture(tc, gate_setup, gate_teardown);
	tcase_add_test(tc, signing_follows_current);
	tcase_add_test(tc, estimates);
	tcase_add_test(tc, no_estimate_under_8021as);
	tcase_add_test(tc, suppressed);
	tcase_add_test(tc, plain);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("guard_send");

	suite_add_tcase(s, send_cases());
	return unit_run(s);
}
