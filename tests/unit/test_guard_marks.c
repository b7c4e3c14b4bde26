// SPDX-License-Identifier: GPL-2.0-or-later
/* What a port's gate remembers over a restart of the receiver: tlv/guard.h. WIRE.md 7. */
#include <check.h>

#include "tests/unit/gate.h"
#include "tests/unit/run.h"

#define MAX 8
#define SYNC_LEN 44

/* A Sync of the peer, so long after TIME_NS. */
static enum guard_verdict sync_at(uint16_t seq, uint64_t after_ns)
{
	ptpmsg_make(gate.msg, PTP_SYNC, PEER, seq, TIME_NS + after_ns);
	return gate_take(ptpmsg_sign(gate.msg, SYNC_LEN, &gate.a, 0));
}

/* The marks touched since then, all of them. */
static uint32_t collect(struct mark out[MAX], uint64_t since_ms)
{
	struct kept_lot lot = { .out = out, .max = MAX, .since_ms = since_ms };

	guard_marks(gate.guard, &lot);
	ck_assert(!lot.more);
	return lot.n;
}

static void restart(const struct mark *list, uint32_t n)
{
	gate_remake();
	ck_assert_int_eq(guard_recall(gate.guard, list, n, gate.now), ST_OK);
}

START_TEST(replays_after_a_restart)
{
	struct mark list[MAX];

	for (uint16_t seq = 1; seq <= 20; seq++) {
		ck_assert_int_eq(sync_at(seq, seq * S), GUARD_OK);
	}
	ck_assert_uint_eq(collect(list, 0), 1);
	restart(list, 1);
	ck_assert_int_eq(sync_at(20, 20 * S), GUARD_STALE);
	ck_assert_int_eq(sync_at(7, 7 * S), GUARD_STALE);
	/* never taken, but no later than what was */
	ck_assert_int_eq(sync_at(21, 20 * S), GUARD_STALE);
	ck_assert_int_eq(sync_at(21, 21 * S), GUARD_OK);
	ck_assert_int_eq(sync_at(20, 20 * S), GUARD_STALE);
	ck_assert_int_eq(sync_at(21, 21 * S), GUARD_STALE);
}
END_TEST

/* While we were gone time went on: what the peer sent meanwhile, and we did not take, is old. */
START_TEST(replays_from_between)
{
	struct mark list[MAX];

	ck_assert_int_eq(sync_at(1, 0), GUARD_OK);
	ck_assert_uint_eq(collect(list, 0), 1);
	gate.now += 30000;
	restart(list, 1);
	ck_assert_int_eq(sync_at(20, 20 * S), GUARD_STALE);
	ck_assert_int_eq(sync_at(31, 31 * S), GUARD_OK);
}
END_TEST

/* A mark is that of one port, one key, one message type and one sender. */
START_TEST(only_where_it_belongs)
{
	struct mark list[MAX], other;

	ck_assert_int_eq(sync_at(1, S), GUARD_OK);
	ck_assert_uint_eq(collect(list, 0), 1);
	for (int i = 0; i < 5; i++) {
		other = list[0];
		other.port_number += i == 0;
		other.key_id += i == 1;
		other.spp ^= i == 2;
		other.slot += i == 3;
		other.source[7] ^= i == 4;
		restart(&other, 1);
		ck_assert_int_eq(sync_at(1, S), GUARD_OK);
	}
	list[0].slot = PTP_SLOTS;
	restart(list, 1);
	ck_assert_int_eq(sync_at(1, S), GUARD_OK);
}
END_TEST

/* Lots of any size, as an agent that somebody else has taken over may send them. */
START_TEST(lots_of_all_sizes)
{
	static struct mark many[MARKS_MAX];
	struct mark list[MAX], other;

	ck_assert_int_eq(sync_at(1, S), GUARD_OK);
	ck_assert_uint_eq(collect(list, 0), 1);
	other = list[0];
	other.port_number++;
	restart(&other, 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(guard_recall(gate.guard, NULL, 0, gate.now), ST_OK);
	}
	ck_assert_int_eq(guard_recall(gate.guard, list, 1, gate.now), ST_OK);
	many[0] = list[0];
	ck_assert_int_eq(guard_recall(gate.guard, many, MARKS_MAX, gate.now), ST_LIMIT);
	ck_assert_int_eq(guard_recall(gate.guard, many, MARKS_MAX - 1, gate.now), ST_OK);
	ck_assert_int_eq(guard_recall(gate.guard, list, 1, gate.now), ST_OK);
	ck_assert_int_eq(sync_at(1, S), GUARD_STALE);
}
END_TEST

START_TEST(what_is_kept)
{
	struct mark list[MAX];
	struct kept_lot lot = { .out = list, .max = 1 };

	ck_assert(!guard_marks_urgent(gate.guard));
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_DELAY_REQ, 1), GUARD_OK);
	ck_assert(!guard_marks_urgent(gate.guard));
	ck_assert_uint_eq(collect(list, 0), 0);
	ck_assert_int_eq(sync_at(5, S), GUARD_OK);
	ck_assert(guard_marks_urgent(gate.guard));
	ck_assert_uint_eq(collect(list, 0), 1);
	ck_assert(!guard_marks_urgent(gate.guard));
	ck_assert_uint_eq(list[0].key_id, 0xA);
	ck_assert_uint_eq(list[0].spp, 3);
	ck_assert_uint_eq(list[0].top, 5);
	ck_assert_uint_eq(list[0].port_number, 1);
	ck_assert_uint_eq(list[0].source[0], PEER);
	ck_assert_uint_eq(list[0].newest_ns, TIME_NS + S);
	ck_assert_uint_eq(list[0].ends_ms, NOW + 1005000);
	ck_assert_int_eq(sync_at(6, 2 * S), GUARD_OK);
	ck_assert(!guard_marks_urgent(gate.guard));
	ck_assert_int_eq(gate_signed_by(&gate.a, PTP_SIGNALING, 1), GUARD_OK);
	ck_assert(guard_marks_urgent(gate.guard));
	guard_marks(gate.guard, &lot);
	ck_assert(lot.more);
	ck_assert_uint_eq(lot.n, 1);
	gate.now += 10;
	ck_assert_uint_eq(collect(list, gate.now), 0);
	ck_assert_int_eq(sync_at(7, 3 * S), GUARD_OK);
	ck_assert_uint_eq(collect(list, gate.now), 1);
	ck_assert_uint_eq(list[0].top, 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guard_marks");
	TCase *tc = tcase_create("marks");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, gate_setup, gate_teardown);
	tcase_add_test(tc, replays_after_a_restart);
	tcase_add_test(tc, replays_from_between);
	tcase_add_test(tc, only_where_it_belongs);
	tcase_add_test(tc, lots_of_all_sizes);
	tcase_add_test(tc, what_is_kept);
	return unit_run(s);
}
