// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a key agent ended, in words: agent/ended.h. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "agent/ended.h"
#include "tests/unit/run.h"
#include "util/log.h"

#define EXITED(n) ((n) << 8)	/* as waitpid tells it */

static const struct {
	int how;
	const char *heard[2];
	const char *words;
} ends[] = {
	{ SIGKILL, { NULL }, "killed" },
	{ SIGSEGV, { NULL }, "signal 11" },
	{ EXITED(127), { NULL }, "exit status 127, run by hand it says why" },
	{ EXITED(1), { NULL }, "exit status 1" },
	{ EXITED(1), { "no such user", "configuration error" }, "exit status 1: no such user" },
	{ EXITED(1), { "a\nb" }, "exit status 1: a?b" },
};

START_TEST(each_end)
{
	struct ended e = { .first = "of the one before" };

	ended_begin(&e);
	for (int i = 0; i < 2 && ends[_i].heard[i]; i++) {
		ended_hear(&e, LOG_WARNING, "no cause");
		ended_hear(&e, LOG_ERR, ends[_i].heard[i]);
	}
	ended_note(&e, ends[_i].how, 100);
	ck_assert_str_eq(e.words, ends[_i].words);
}
END_TEST

START_TEST(long_words_fit)
{
	struct ended e = { .words = "" };
	char line[512];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ended_hear(&e, LOG_CRIT, line);
	ended_note(&e, EXITED(127), 100);
	ck_assert_uint_lt(strlen(e.words), sizeof(e.words));
	ck_assert_ptr_nonnull(strstr(e.words, "xxxx"));
}
END_TEST

START_TEST(never_started)
{
	struct ended e = { .words = "" };

	ended_unborn(&e, EMFILE);
	ck_assert_str_eq(e.words, "cannot be started: Too many open files");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ended");
	TCase *tc = tcase_create("words");

	tcase_add_loop_test(tc, each_end, 0, (int)(sizeof(ends) / sizeof(ends[0])));
	tcase_add_test(tc, long_words_fit);
	tcase_add_test(tc, never_started);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
