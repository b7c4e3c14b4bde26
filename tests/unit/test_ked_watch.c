// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that change in all the ways in which files change. */
#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ked/watch.h"
#include "tests/unit/run.h"

#define PATIENCE_MS 5000	/* shorter than the watch's own look now and then */
#define SILENCE_MS 600

static char dir[] = "/tmp/test_ked_watch.XXXXXX";
static struct event_base *base;
static struct watch *watch;
static int told;

static void changed(void *ctx)
{
	ck_assert_ptr_eq(ctx, &told);
	told++;
	event_base_loopbreak(base);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void set_up(void)
{
	static const char *const files[] = { "plain", "links/current/file", "later/file" };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	put("plain", "1");
	ck_assert_int_eq(mkdir("links", 0700) | mkdir("links/one", 0700) |
			 mkdir("links/two", 0700) | mkdir("later", 0700), 0);
	put("links/one/file", "1");
	put("links/two/file", "1");
	ck_assert_int_eq(symlink("one", "links/current"), 0);
	told = 0;
	base = event_base_new();
	ck_assert_int_eq(watch_new(base, changed, &told, &watch), ST_OK);
	ck_assert_int_eq(watch_set(watch, files, 3), ST_OK);
}

static void tear_down(void)
{
	static const char *const files[] = {
		"plain", "plain.new", "other", "links/one/file", "links/two/file", "links/current",
		"links/new", "later/file",
	};
	size_t i;

	watch_free(watch);
	event_base_free(base);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		unlink(files[i]);
	}
	ck_assert_int_eq(rmdir("links/one") | rmdir("links/two") | rmdir("links") |
			 rmdir("later") | rmdir(dir), 0);
}

static void run_for(int ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

static void is_told(void)
{
	run_for(PATIENCE_MS);
	ck_assert_int_eq(told, 1);
	told = 0;
}

static void is_not_told(void)
{
	run_for(SILENCE_MS);
	ck_assert_int_eq(told, 0);
}

START_TEST(nothing_happens)
{
	is_not_told();
}
END_TEST

START_TEST(written_in_place)
{
	put("plain", "22");
	is_told();
	put("plain", "33");
	is_told();
}
END_TEST

START_TEST(exchanged)
{
	put("plain.new", "2");
	is_not_told();
	ck_assert_int_eq(rename("plain.new", "plain"), 0);
	is_told();
	put("plain.new", "3");
	ck_assert_int_eq(rename("plain.new", "plain"), 0);
	is_told();
}
END_TEST

START_TEST(goes_and_comes)
{
	unlink("plain");
	is_told();
	put("plain", "1");
	is_told();
	put("later/file", "1");
	is_told();
}
END_TEST

START_TEST(mode)
{
	ck_assert_int_eq(chmod("plain", 0644), 0);
	run_for(SILENCE_MS);
	told = 0;
	ck_assert_int_eq(chmod("plain", 0600), 0);
	is_told();
}
END_TEST

static void swap(const char *to)
{
	ck_assert_int_eq(symlink(to, "links/new"), 0);
	ck_assert_int_eq(rename("links/new", "links/current"), 0);
}

START_TEST(link_is_exchanged)
{
	swap("two");
	is_told();
	swap("one");
	is_told();
	swap("two");
	is_told();
	put("links/two/file", "22");
	is_told();
}
END_TEST

START_TEST(others_change)
{
	put("other", "1");
	put("links/two/file", "22");
	is_not_told();
}
END_TEST

START_TEST(a_burst_is_told_once)
{
	char text[16];
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "%d", i);
		put("plain", text);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	is_told();
	is_not_told();
}
END_TEST

START_TEST(another_set)
{
	static const char *const files[] = { "other" };

	ck_assert_int_eq(watch_set(watch, files, 1), ST_OK);
	put("plain", "22");
	is_not_told();
	put("other", "1");
	is_told();
	ck_assert_int_eq(watch_set(watch, NULL, 0), ST_OK);
	put("other", "22");
	is_not_told();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_watch");
	TCase *tc = tcase_create("ked_watch");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nothing_happens);
	tcase_add_test(tc, written_in_place);
	tcase_add_test(tc, exchanged);
	tcase_add_test(tc, goes_and_comes);
	tcase_add_test(tc, mode);
	tcase_add_test(tc, link_is_exchanged);
	tcase_add_test(tc, others_change);
	tcase_add_test(tc, a_burst_is_told_once);
	tcase_add_test(tc, another_set);
	return unit_run(s);
}
