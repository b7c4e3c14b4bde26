// SPDX-License-Identifier: GPL-2.0-or-later
/* Which failures are logged: agent/said.h. */
#include <check.h>

#include "agent/said.h"
#include "tests/unit/run.h"

static char more[SAID_STR];

static bool news(struct said *s, enum status st, uint64_t now)
{
	return said_news(s, st, EXCHANGE_DECODE, now, more);
}

START_TEST(test_once_until_it_changes)
{
	struct said s = { 0 };

	ck_assert(news(&s, ST_REFUSED, 1000));
	ck_assert_str_eq(more, "");
	for (int i = 1; i < 60; i++) {
		ck_assert(!news(&s, ST_REFUSED, 1000 + i * 1000));
	}
	ck_assert(news(&s, ST_NOT_REGISTERED, 60000));
	ck_assert_str_eq(more, ", 59 more times since it was said last");
	ck_assert(!news(&s, ST_NOT_REGISTERED, 119000));
	ck_assert(said_news(&s, ST_NOT_REGISTERED, EXCHANGE_NAME, 119000, more));
}
END_TEST

START_TEST(test_ever_more_seldom)
{
	struct said s = { 0 };
	unsigned int lines = 0;

	for (uint64_t now = 0; now < 86400000; now += 10000) {
		lines += news(&s, ST_REFUSED, now);
	}
	ck_assert_uint_ge(lines, 28);	/* 0, 1, 3, 7, 15, 31, 63 min, then each hour */
	ck_assert_uint_le(lines, 31);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("said");
	TCase *tc = tcase_create("said");

	tcase_add_test(tc, test_once_until_it_changes);
	tcase_add_test(tc, test_ever_more_seldom);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
