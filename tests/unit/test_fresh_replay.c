// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole key's life recorded and sent again: more messages than there are sequenceIds, in
 * several orders, between honest ones and during silence. docs/freshness.md.
 */
#include <check.h>
#include <string.h>

#include "tests/unit/run.h"
#include "tlv/fresh.h"

#define MESSAGES 200000u	/* three times around sequenceId */
#define STEP_MS 62		/* 16 a second */
#define START_NS 1700000000000000000ULL

static const struct fresh_limits limits = { .announce_timeout_ms = 6000 };
static struct fresh_mark mark;
static uint64_t now_ms;

static uint64_t time_of(uint32_t i)
{
	return START_NS + (uint64_t)i * STEP_MS * 1000000;
}

static enum fresh_result give(enum ptp_rule rule, uint32_t i)
{
	return fresh_check(&mark, rule, (uint16_t)i, time_of(i), now_ms, &limits);
}

static void live(enum ptp_rule rule, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		now_ms += STEP_MS;
		ck_assert_int_eq(give(rule, i), FRESH_OK);
	}
}

/* Orders: forward, backward, every 64th, every 65,536th; each visits all. */
static uint32_t order(int which, uint32_t i)
{
	static const uint32_t strides[] = { 1, MESSAGES - 1, 63, 65537 };

	return (uint32_t)((uint64_t)i * strides[which] % MESSAGES);
}

static uint32_t replay_all(enum ptp_rule rule, int which)
{
	uint32_t effect = 0;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		effect += give(rule, order(which, i)) != FRESH_STALE;
	}
	return effect;
}

START_TEST(whole_life)
{
	memset(&mark, 0, sizeof(mark));
	now_ms = 1000;
	live(PTP_RULE_TIMED, 0, MESSAGES);
	ck_assert_uint_eq(replay_all(PTP_RULE_TIMED, _i), 0);
	live(PTP_RULE_TIMED, MESSAGES, MESSAGES + 100);
	ck_assert_uint_eq(replay_all(PTP_RULE_TIMED, _i), 0);
}
END_TEST

/* Each recorded answer that matches the next request comes just before the honest one. */
START_TEST(answers_after_the_wrap)
{
	uint32_t effect = 0;

	memset(&mark, 0, sizeof(mark));
	now_ms = 1000;
	live(PTP_RULE_RESPONSE, 0, MESSAGES);
	for (uint32_t next = MESSAGES; next < 2 * MESSAGES; next++) {
		for (uint32_t old = next - 65536; old < MESSAGES; old -= 65536) {
			effect += give(PTP_RULE_RESPONSE, old) != FRESH_STALE;
		}
		live(PTP_RULE_RESPONSE, next, next + 1);
	}
	ck_assert_uint_eq(effect, 0);
}
END_TEST

/* No lasting refusal of one whose clock stepped back by an hour. */
START_TEST(answers_of_a_stepped_back_clock)
{
	const uint64_t hour = 3600000000000ULL;
	unsigned int refused = 0;

	memset(&mark, 0, sizeof(mark));
	now_ms = 1000;
	live(PTP_RULE_RESPONSE, 0, 100);
	for (uint32_t i = 100; i < 400; i++) {
		now_ms += STEP_MS;
		refused += fresh_check(&mark, PTP_RULE_RESPONSE, (uint16_t)i, time_of(i) - hour,
				       now_ms, &limits) == FRESH_STALE;
	}
	ck_assert_uint_eq(refused, limits.announce_timeout_ms / STEP_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fresh_replay");
	TCase *tc = tcase_create("replay");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, whole_life, 0, 4);
	tcase_add_test(tc, answers_after_the_wrap);
	tcase_add_test(tc, answers_of_a_stepped_back_clock);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
