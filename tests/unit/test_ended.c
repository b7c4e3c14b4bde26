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

static const struct ended_when seldom = { .delay_ms = 100 };

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
	ended_note(&e, ends[_i].how, seldom);
	ck_assert_str_eq(e.words, ends[_i].words);
}
END_TEST

START_TEST(long_words_fit)
{
	struct ended e = { .words = "" };
	const char *cause = "the key agent does not run as root: give nts_key_file "
			    "/etc/ptp4l-nts/node.key to a user of its own, or name one with "
			    "nts_user";
	char line[512];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ended_hear(&e, LOG_CRIT, line);
	ended_note(&e, EXITED(127), seldom);
	ck_assert_uint_lt(strlen(e.words), sizeof(e.words));
	ck_assert_ptr_nonnull(strstr(e.words, "xxxx"));
	e.first[0] = '\0';
	ended_hear(&e, LOG_ERR, cause);
	ended_note(&e, EXITED(1), seldom);
	ck_assert_ptr_nonnull(strstr(e.words, "nts_user"));
}
END_TEST

START_TEST(never_started)
{
	struct ended e = { .words = "" };

	ended_unborn(&e, "/x", EMFILE, seldom);
	ck_assert_str_eq(e.words, "cannot be started: Too many open files");
}
END_TEST

/* Whether it is logged: what is often and the same is so ever more seldom, what is new at once. */
static const struct {
	int how;
	uint64_t at_s;
	bool often, hushed;
} repeated[] = {
	{ SIGKILL, 0, false, false },
	{ SIGKILL, 10, false, false },
	{ SIGKILL, 20, true, true },
	{ SIGKILL, 69, true, true },
	{ SIGKILL, 70, true, false },
	{ SIGKILL, 189, true, true },
	{ SIGSEGV, 189, true, false },
	{ SIGSEGV, 190, true, true },
	{ SIGSEGV, 191, false, false },
};

START_TEST(ever_more_seldom)
{
	struct ended e = { .words = "" };

	for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		ended_begin(&e);
		ended_note(&e, repeated[i].how, (struct ended_when){
			.now_ms = repeated[i].at_s * 1000, .often = repeated[i].often });
		ck_assert_msg(e.hushed == repeated[i].hushed, "row %zu", i);
	}
}
END_TEST

START_TEST(a_hang_is_the_cause)
{
	struct ended e = { .words = "" };

	ended_hear(&e, LOG_ERR, "certificate has ended");
	ended_hang(&e);
	ended_note(&e, SIGKILL, seldom);
	ck_assert_str_eq(e.words, "killed: it did not answer any more");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ended");
	TCase *tc = tcase_create("words");

	tcase_add_loop_test(tc, each_end, 0, (int)(sizeof(ends) / sizeof(ends[0])));
	tcase_add_test(tc, long_words_fit);
	tcase_add_test(tc, never_started);
	tcase_add_test(tc, ever_more_seldom);
	tcase_add_test(tc, a_hang_is_the_cause);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
