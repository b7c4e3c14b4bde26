// SPDX-License-Identifier: GPL-2.0-or-later
/* util/log: levels, the sink, clean text and the bounded rate. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/run.h"
#include "util/log.h"

static struct {
	int n;
	int level;
	char line[2048];
} seen;

static void remember(void *ctx, int level, const char *line)
{
	ck_assert_ptr_eq(ctx, &seen);
	seen.n++;
	seen.level = level;
	snprintf(seen.line, sizeof(seen.line), "%s", line);
}

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	log_set_sink(remember, &seen);
}

START_TEST(levels)
{
	log_debug("no");
	ck_assert_int_eq(seen.n, 0);
	log_info("port %d", 3);
	ck_assert_int_eq(seen.level, LOG_INFO);
	ck_assert_str_eq(seen.line, "port 3");
	log_set_level(LOG_ERR);
	log_warning("no");
	ck_assert_int_eq(seen.n, 1);
	log_err("yes");
	ck_assert_int_eq(seen.n, 2);
}
END_TEST

START_TEST(one_line_stays_one_line)
{
	char longer[3000];

	log_info("a%sb", "\n<0>\033[m");
	ck_assert_str_eq(seen.line, "a?<0>?[mb");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	log_info("%s", longer);
	ck_assert_uint_eq(strlen(seen.line), 1023);
}
END_TEST

START_TEST(cleans)
{
	char out[8];

	ck_assert_str_eq(log_clean(out, sizeof(out), "a\0\n\x7f\xc3z", 6), "a????z");
	ck_assert_str_eq(log_clean(out, sizeof(out), "0123456789", 10), "0123456");
	ck_assert_str_eq(log_clean(out, 1, "0123", 4), "");
	ck_assert_str_eq(log_clean(out, sizeof(out), NULL, 0), "");
}
END_TEST

START_TEST(limits)
{
	struct log_limit limit = { 0 };
	uint64_t now = 123456;

	for (int i = 0; i < 1000; i++) {
		log_limited(&limit, now, LOG_INFO, "refused");
	}
	ck_assert_int_eq(seen.n, 5);
	ck_assert_str_eq(seen.line, "refused");
	log_limited(&limit, now + 999, LOG_INFO, "refused");
	ck_assert_int_eq(seen.n, 5);
	log_limited(&limit, now + 1000, LOG_INFO, "refused");
	ck_assert_int_eq(seen.n, 6);
	ck_assert_str_eq(seen.line, "refused (996 similar suppressed)");
	log_limited(&limit, now + 2000, LOG_INFO, "refused");
	ck_assert_str_eq(seen.line, "refused");
}
END_TEST

START_TEST(limit_fills_up_to_five)
{
	struct log_limit limit = { 0 };

	log_limited(&limit, 1, LOG_INFO, "x");
	for (int i = 0; i < 100; i++) {
		log_limited(&limit, UINT64_MAX, LOG_INFO, "x");
	}
	ck_assert_int_eq(seen.n, 6);
	for (int i = 0; i < 100; i++) {
		log_limited(&limit, 0, LOG_INFO, "x"); /* a clock that goes back gives nothing */
	}
	ck_assert_int_eq(seen.n, 6);
}
END_TEST

/* One line per second on average, over 1000 s of 10 lines per second. */
START_TEST(limit_holds_on_average)
{
	struct log_limit limit = { 0 };

	for (uint64_t t = 0; t < 1000000; t += 100) {
		log_limited(&limit, t, LOG_INFO, "x");
	}
	ck_assert_int_ge(seen.n, 1000);
	ck_assert_int_le(seen.n, 1005);
}
END_TEST

START_TEST(limit_does_not_count_what_the_level_hides)
{
	struct log_limit limit = { 0 };

	for (int i = 0; i < 10; i++) {
		log_limited(&limit, 0, LOG_DEBUG, "x");
	}
	log_limited(&limit, 0, LOG_INFO, "x");
	ck_assert_str_eq(seen.line, "x");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, levels);
	tcase_add_test(tc, one_line_stays_one_line);
	tcase_add_test(tc, cleans);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, limit_fills_up_to_five);
	tcase_add_test(tc, limit_holds_on_average);
	tcase_add_test(tc, limit_does_not_count_what_the_level_hides);
	return unit_run(s);
}
