// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds of the client's schedule over many draws, with the least and the greatest drawn too. */
#include <check.h>
#include <stdlib.h>

#include "nts/schedule.h"
#include "tests/unit/run.h"

#define DRAWS 2000
#define NOW 1000000u

/* 0: always the least, 1: always the greatest, else: random. */
static uint32_t draw(void *ctx, uint32_t below)
{
	int mode = *(int *)ctx;

	ck_assert_uint_gt(below, 0);
	if (mode < 2) {
		return mode == 0 ? 0 : below - 1;
	}
	return (uint32_t)random() % below;
}

#define FOR_DRAWS(mode) for (int mode = 0; mode < DRAWS; mode++)

START_TEST(test_start)
{
	struct schedule s = { .ask_at = 1, .expires_at = 2, .failures = 3 };
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;

	FOR_DRAWS(mode) {
		schedule_start(&s, NOW, 500, draw, &mode);
		least = s.ask_at < least ? s.ask_at : least;
		most = s.ask_at > most ? s.ask_at : most;
	}
	ck_assert_uint_eq(least, NOW);
	ck_assert_uint_eq(most, NOW + 499);
	ck_assert_uint_eq(s.expires_at, 0);
	ck_assert_uint_eq(s.failures, 0);
	schedule_start(&s, NOW, 0, draw, &(int){ 2 });
	ck_assert_uint_eq(s.ask_at, NOW);
}
END_TEST

static const struct {
	uint32_t lifetime, update_in;
	bool has_next;
	uint32_t next_lifetime, next_update_in;
	uint64_t least, most, expires;	/* milliseconds from now */
} answers[] = {
	{ 1000, 600, false, 0, 0, 600000, 899250, 1000000 },
	{ 1000, 0, false, 0, 0, 1000, 749250, 1000000 },
	{ 1, 1, false, 0, 0, 1000, 1000, 1000 },
	{ 1, 0, false, 0, 0, 1000, 1000, 1000 },
	{ 4, 0, false, 0, 0, 1000, 2250, 4000 },
	{ 300, 0, true, 1000, 600, 900000, 1199250, 1300000 },
	{ 1, 0, true, 1, 0, 1000, 1750, 2000 },
	{ UINT32_MAX, 0, true, UINT32_MAX, 0, 4294967295000ull, 7516192765500ull,
	  8589934590000ull },
};

START_TEST(test_success)
{
	struct schedule s = { .failures = 7 };
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;

	FOR_DRAWS(mode) {
		schedule_success(&s, NOW, answers[_i].lifetime, answers[_i].update_in,
				 answers[_i].has_next, answers[_i].next_lifetime,
				 answers[_i].next_update_in, draw, &mode);
		least = s.ask_at < least ? s.ask_at : least;
		most = s.ask_at > most ? s.ask_at : most;
		ck_assert_uint_eq(s.failures, 0);
		ck_assert_uint_eq(s.expires_at, NOW + answers[_i].expires);
	}
	ck_assert_uint_eq(least, NOW + answers[_i].least);
	ck_assert_uint_le(most, NOW + answers[_i].most);
	/* The greatest draw comes close to the end of the three quarters. */
	ck_assert_uint_ge(most + 1 + answers[_i].most / 1000, NOW + answers[_i].most);
}
END_TEST

#define FAILURES 9

/* The intervals in seconds, with keys that are good for a long time, and without any. */
static const struct {
	uint64_t expires_at;
	uint64_t seconds[FAILURES];
} growing[] = {
	{ NOW + 3600000, { 1, 2, 4, 8, 16, 32, 64, 64, 64 } },
	{ 0, { 1, 2, 4, 8, 16, 16, 16, 16, 16 } },
	{ NOW, { 1, 2, 4, 8, 16, 16, 16, 16, 16 } },
};

START_TEST(test_failures_grow)
{
	FOR_DRAWS(mode) {
		struct schedule s = { .expires_at = growing[_i].expires_at };

		for (uint32_t i = 0; i < FAILURES; i++) {
			schedule_failure(&s, NOW, draw, &mode);
			ck_assert_uint_le(s.ask_at, NOW + growing[_i].seconds[i] * 1000);
			ck_assert_uint_gt(s.ask_at, NOW + growing[_i].seconds[i] * 500 - (i == 0));
			ck_assert_uint_eq(s.failures, i + 1);
		}
	}
}
END_TEST

START_TEST(test_failure_hurries_before_the_end)
{
	FOR_DRAWS(mode) {
		struct schedule s = { .expires_at = NOW + 80000, .failures = 20, .doublings = 6 };

		schedule_failure(&s, NOW, draw, &mode);
		ck_assert_uint_le(s.ask_at, NOW + 10000);
		ck_assert_uint_gt(s.ask_at, NOW + 5000);
		s.expires_at = NOW + 10;
		schedule_failure(&s, NOW, draw, &mode);
		ck_assert_uint_eq(s.ask_at, NOW + 500);
		s.expires_at = NOW - 1;	/* too late to hurry, but a port waits */
		schedule_failure(&s, NOW, draw, &mode);
		ck_assert_uint_gt(s.ask_at, NOW + 8000);
		ck_assert_uint_le(s.ask_at, NOW + 16000);
	}
}
END_TEST

/* However often it asked in a hurry, afterwards the intervals begin at the first one. */
START_TEST(test_hurry_does_not_slow_down)
{
	struct schedule s = { .expires_at = NOW + 4000 };

	for (int i = 0; i < 20; i++) {
		schedule_failure(&s, NOW, draw, &(int){ 1 });
	}
	s.expires_at = 0;
	schedule_failure(&s, NOW, draw, &(int){ 0 });
	ck_assert_uint_eq(s.ask_at, NOW + 1000);
}
END_TEST

START_TEST(test_failures_do_not_wrap)
{
	struct schedule s = { .failures = UINT32_MAX, .doublings = 6 };

	schedule_failure(&s, NOW, draw, &(int){ 0 });
	ck_assert_uint_eq(s.failures, UINT32_MAX);
	ck_assert_uint_eq(s.ask_at, NOW + 16000);
}
END_TEST

/* Whoever calls in each second for an hour: 4, 8 ... 128 s lie between two times. */
START_TEST(test_again_is_bounded)
{
	FOR_DRAWS(mode) {
		struct schedule s = { .ask_at = NOW + 7200000, .expires_at = NOW + 9000000 };
		uint64_t last = 0, wait = 2000;
		unsigned int asked = 0;

		for (uint64_t now = NOW; now < NOW + 3600000; now += 1000) {
			schedule_again(&s, now, draw, &mode);
			if (now < s.ask_at) {
				continue;
			}
			wait = wait < 128000 ? wait * 2 : wait;
			ck_assert(!asked || now - last >= wait / 2);
			last = now;
			asked++;
			s.ask_at = NOW + 7200000;	/* granted: the same keys */
		}
		ck_assert_uint_ge(asked, 25);
		ck_assert_uint_le(asked, 34);
	}
}
END_TEST

START_TEST(test_again_comes_soon)
{
	FOR_DRAWS(mode) {
		struct schedule s = { .ask_at = NOW + 7200000 };

		schedule_again(&s, NOW, draw, &mode);
		ck_assert_uint_lt(s.ask_at, NOW + 4000);
		/* never later than it would have been */
		s = (struct schedule){ .ask_at = NOW + 1 };
		schedule_again(&s, NOW, draw, &mode);
		ck_assert_uint_le(s.ask_at, NOW + 1);
		/* quiet since: anew */
		s = (struct schedule){ .ask_at = NOW + 7200000, .again_at = NOW - 600001,
				       .again_ms = 128000 };
		schedule_again(&s, NOW, draw, &mode);
		ck_assert_uint_eq(s.again_ms, 4000);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schedule");
	TCase *tc = tcase_create("schedule");

	tcase_add_test(tc, test_start);
	tcase_add_loop_test(tc, test_success, 0, (int)(sizeof(answers) / sizeof(answers[0])));
	tcase_add_loop_test(tc, test_failures_grow, 0,
			    (int)(sizeof(growing) / sizeof(growing[0])));
	tcase_add_test(tc, test_failure_hurries_before_the_end);
	tcase_add_test(tc, test_hurry_does_not_slow_down);
	tcase_add_test(tc, test_failures_do_not_wrap);
	tcase_add_test(tc, test_again_is_bounded);
	tcase_add_test(tc, test_again_comes_soon);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
