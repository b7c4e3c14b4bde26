// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock's end of the agent against fake agents, and things that end at once. Time is the
 * test's.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/link.h"
#include "tests/unit/fake_agent.h"
#include "tests/unit/run.h"
#include "util/log.h"

#define WAIT_STEPS 5000		/* of a millisecond */

struct heard {
	unsigned int keys;
	unsigned int states;
	unsigned int logs;
	char line[512];
	char told[64];		/* the states' wants, in order */
};

static void on_keys(void *ctx, const struct aproto_keys *m)
{
	(void)m;
	((struct heard *)ctx)->keys++;
}

static void on_state(void *ctx, const struct aproto_state *m)
{
	struct heard *h = ctx;

	h->told[h->states++ % (sizeof(h->told) - 1)] = (char)('0' + m->index);
}

static void on_log(void *ctx, int level, const char *line)
{
	struct heard *h = ctx;

	(void)level;
	h->logs++;
	snprintf(h->line, sizeof(h->line), "%s", line);
}

static struct alink *open_link(const char *path, struct heard *h)
{
	struct aproto_config config = { .servers = "ke", .ca_file = "a", .cert_file = "b",
					.key_file = "c", .timeout_ms = 1 };
	struct alink_events events = { .keys = on_keys, .state = on_state, .log = on_log,
				       .ctx = h };
	struct alink *l;

	memset(h, 0, sizeof(*h));
	ck_assert_int_eq(alink_new(path, &config, &events, &l), ST_OK);
	return l;
}

/* Polls until cond holds. */
#define POLL_UNTIL(l, now, cond) do { \
	int steps_ = 0; \
	while (!(cond)) { \
		ck_assert_msg(steps_++ < WAIT_STEPS, "waited for " #cond); \
		poll(&(struct pollfd){ alink_fd(l), POLLIN, 0 }, 1, 1); \
		alink_poll(l, now); \
	} \
} while (0)

static struct alink_status status_of(const struct alink *l)
{
	struct alink_status st;

	alink_status(l, &st);
	return st;
}

static void has_no_children(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static void ignore(int sig)
{
	(void)sig;
}

START_TEST(test_talks)
{
	struct nts_assoc a = nts_assoc_group(0, 0, 0);
	struct nts_assoc b = nts_assoc_group(1, 0, 0);
	struct heard h;
	char path[FAKE_AGENT_PATH];
	struct alink *l = open_link(fake_agent_path("good", path), &h);
	uint32_t index = 99;
	sigset_t set;

	/* What the clock has must not pass to the agent. */
	ck_assert_int_ge(dup(0), 0);
	signal(SIGUSR1, ignore);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ck_assert_int_eq(alink_fd(l), -1);
	ck_assert_uint_eq(alink_deadline(l), 0);
	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	ck_assert_uint_eq(index, 0);
	alink_poll(l, 1000);
	ck_assert_int_ge(alink_fd(l), 0);
	ck_assert_uint_eq(alink_deadline(l), 4000);	/* the first ping */
	ck_assert_int_eq(alink_want(l, &b, &index), ST_OK);
	ck_assert_uint_eq(index, 1);
	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	ck_assert_uint_eq(index, 0);
	POLL_UNTIL(l, 1000, h.states == 2);
	ck_assert_uint_eq(h.logs, 1);
	ck_assert_str_eq(h.line, "ke fds=4 signals=1");
	ck_assert_uint_eq(status_of(l).starts, 1);
	ck_assert_uint_eq(status_of(l).bad_packets, 0);
	alink_free(l);
	has_no_children();
}
END_TEST

START_TEST(test_wants_are_told_again)
{
	struct nts_assoc a = nts_assoc_group(0, 0, 0);
	struct heard h;
	char path[FAKE_AGENT_PATH];
	struct alink *l = open_link(fake_agent_path("good", path), &h);
	uint32_t index;

	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	alink_poll(l, 0);
	POLL_UNTIL(l, 0, h.states == 1);
	kill(status_of(l).pid, SIGSEGV);
	POLL_UNTIL(l, 0, alink_deadline(l) == 100 && status_of(l).pid == 0);
	POLL_UNTIL(l, 100, h.states == 2);
	ck_assert_uint_eq(status_of(l).starts, 2);
	alink_free(l);
	has_no_children();
}
END_TEST

/* To be asked for now, or under other identities: the agent hears of it at once, once. */
START_TEST(test_wants_again)
{
	struct aproto_want want = { .kind = APROTO_REQUESTER, .n_identities = 1 };
	struct heard h;
	char path[FAKE_AGENT_PATH];
	struct alink *l = open_link(fake_agent_path("good", path), &h);
	uint32_t index;

	want.assoc.type = want.identities[0].type = NTS_ASSOC_IPV4;
	ck_assert_int_eq(alink_want_more(l, &want, &index), ST_OK);
	alink_want_again(l, index);	/* nobody is there: the first telling asks */
	alink_poll(l, 0);
	POLL_UNTIL(l, 0, h.states == 1);
	alink_want_again(l, index);
	POLL_UNTIL(l, 0, h.states == 2);
	ck_assert(!alink_want_changed(l, &want, index));
	want.identities[0].value[0] = 9;
	ck_assert(alink_want_changed(l, &want, index));
	POLL_UNTIL(l, 0, h.states == 3);
	ck_assert(!alink_want_changed(l, &want, index));
	alink_free(l);
}
END_TEST

/* An agent that cannot take it now hears of it later, and of no other want. */
START_TEST(test_change_is_put_off)
{
	struct aproto_want want = { .kind = APROTO_REQUESTER, .n_identities = 1 };
	struct aproto_marks marks = { .n = 0 };
	struct heard h;
	char path[FAKE_AGENT_PATH];
	struct alink *l = open_link(fake_agent_path("good", path), &h);
	uint32_t index;

	want.assoc.type = want.identities[0].type = NTS_ASSOC_IPV4;
	for (uint32_t i = 0; i < 3; i++) {
		want.assoc.value[0] = (uint8_t)i;
		ck_assert_int_eq(alink_want_more(l, &want, &index), ST_OK);
	}
	alink_poll(l, 0);
	POLL_UNTIL(l, 0, h.states == 3);
	kill(status_of(l).pid, SIGSTOP);
	for (int i = 0; alink_marks(l, &marks); i++) {
		ck_assert_int_lt(i, 10000);
	}
	want.assoc.value[0] = 9;
	ck_assert(alink_want_changed(l, &want, 0));
	kill(status_of(l).pid, SIGCONT);
	POLL_UNTIL(l, 0, h.states >= 4);
	alink_want_again(l, 2);
	POLL_UNTIL(l, 0, h.states >= 5);
	ck_assert_str_eq(h.told, "01202");
	alink_free(l);
	has_no_children();
}
END_TEST

/* Each agent is told what the one before knew and has settled, except what that one took back. */
START_TEST(test_heirs)
{
	static const char nothing[] = "server 0 keys 0 0 unchecked 0 expires 0 until 0";
	const char *lines[] = { nothing, "server 2 keys 7 8 unchecked 1 expires 9 until 10",
				"server 2 keys 7 8 unchecked 0 expires 9 until 10", nothing };
	struct nts_assoc a = nts_assoc_group(0, 0, 0);
	struct heard h;
	char path[FAKE_AGENT_PATH], line[128];
	struct alink *l = open_link(fake_agent_path("heir", path), &h);
	uint32_t index;
	uint64_t now = 0;

	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	for (uint32_t i = 0; i < 4; i++) {
		POLL_UNTIL(l, now, h.logs == i + 1);
		snprintf(line, sizeof(line), "used %u %s", i ? 5 : 0, lines[i]);
		ck_assert_str_eq(h.line, line);
		kill(status_of(l).pid, SIGKILL);
		POLL_UNTIL(l, now += 10, status_of(l).starts == i + 2);
	}
	ck_assert_uint_ge(h.keys, 2);
	ck_assert_uint_eq(status_of(l).bad_packets, 0);
	alink_free(l);
	has_no_children();
}
END_TEST

/* An agent that ends at once is started ever more slowly; one that lived on starts it anew. */
START_TEST(test_backoff)
{
	static const uint64_t delays[] = { 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
	struct heard h;
	struct alink *l = open_link(_i ? "/no/such/agent" : "/bin/false", &h);
	uint64_t now = 5;

	for (uint32_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		alink_poll(l, now);
		POLL_UNTIL(l, now, alink_deadline(l) == now + delays[i]);
		ck_assert_int_eq(alink_fd(l), -1);
		ck_assert_int_eq(status_of(l).pid, 0);
		ck_assert_uint_eq(status_of(l).starts, _i ? 0 : i + 1);
		alink_poll(l, now + delays[i] - 1);
		ck_assert_uint_eq(status_of(l).starts, _i ? 0 : i + 1);
		now += delays[i];
	}
	alink_free(l);
	has_no_children();
}
END_TEST

START_TEST(test_backoff_starts_anew)
{
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link("/bin/false", &h);

	alink_poll(l, 0);
	POLL_UNTIL(l, 0, alink_deadline(l) == 100);
	alink_poll(l, 100);
	POLL_UNTIL(l, 100, alink_deadline(l) == 300);
	alink_free(l);
	l = open_link(fake_agent_path("good", path), &h);
	alink_poll(l, 0);
	kill(status_of(l).pid, SIGKILL);
	POLL_UNTIL(l, 59999, alink_deadline(l) == 60099);
	alink_poll(l, 60099);
	kill(status_of(l).pid, SIGKILL);
	POLL_UNTIL(l, 60200, alink_deadline(l) == 60400);
	alink_poll(l, 60400);
	kill(status_of(l).pid, SIGKILL);
	POLL_UNTIL(l, 130000, alink_deadline(l) == 130100);
	alink_free(l);
	has_no_children();
}
END_TEST

static void count_line(void *ctx, int level, const char *line)
{
	(void)level;
	(void)line;
	++*(unsigned int *)ctx;
}

/* An agent that ends for the same cause for a quarter of an hour does not fill the log. */
START_TEST(test_log_of_a_crash_loop)
{
	unsigned int lines = 0;
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("dying", path), &h);
	uint64_t now = 0;

	log_set_sink(count_line, &lines);
	for (uint32_t i = 1; i <= 100; i++) {
		alink_poll(l, now);
		ck_assert_uint_eq(status_of(l).starts, i);
		POLL_UNTIL(l, now, status_of(l).pid == 0 && alink_deadline(l) >= now + 100);
		now = alink_deadline(l);
	}
	log_set_sink(NULL, NULL);
	ck_assert_str_eq(status_of(l).ended, "exit status 0: there is no such user");
	ck_assert_uint_eq(lines, 11);	/* the first seven, then after 1, 3, 7 and 15 minutes */
	ck_assert_uint_eq(h.logs, 12);
	alink_free(l);
}
END_TEST

/* One that lives on after such a time is heard again. */
START_TEST(test_hush_ends)
{
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("pings", path), &h);
	uint64_t now = 0;

	for (int i = 0; i < 10; i++) {
		alink_poll(l, now);
		kill(status_of(l).pid, SIGKILL);
		POLL_UNTIL(l, now, status_of(l).pid == 0 && alink_deadline(l) >= now + 100);
		now = alink_deadline(l);
	}
	alink_poll(l, now);
	ck_assert_uint_eq(h.logs, 0);
	POLL_UNTIL(l, now + 60000, h.logs == 1);
	alink_free(l);
}
END_TEST

START_TEST(test_bad_packets)
{
	struct nts_assoc a = nts_assoc_group(0, 0, 0);
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("bad", path), &h);
	uint32_t index;

	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	alink_poll(l, 0);
	POLL_UNTIL(l, 0, h.logs == 1);
	ck_assert_uint_eq(status_of(l).bad_packets, 9);
	ck_assert_uint_eq(h.keys + h.states, 0);
	ck_assert_int_ne(status_of(l).pid, 0);
	alink_free(l);
	has_no_children();
}
END_TEST

START_TEST(test_chatty)
{
	struct nts_assoc a = nts_assoc_group(0, 0, 0);
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("chatty", path), &h);
	uint32_t index;

	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	alink_poll(l, 1000);
	POLL_UNTIL(l, 1000, h.states == 1);
	ck_assert_uint_eq(h.logs, 64);
	a = nts_assoc_group(1, 0, 0);
	ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	POLL_UNTIL(l, 2000, h.states == 2);
	ck_assert_uint_eq(h.logs, 128);
	alink_free(l);
	has_no_children();
}
END_TEST

/* An agent that does not read its end of input is killed in a bounded time. */
START_TEST(test_deaf)
{
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("deaf", path), &h);
	struct timespec from, to;

	alink_poll(l, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	alink_free(l);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_int_lt(to.tv_sec - from.tv_sec, 10);
	has_no_children();
}
END_TEST

/* One that is there, but answers no ping, is killed at the fifth. */
START_TEST(test_hang)
{
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("deaf", path), &h);

	alink_poll(l, 0);
	for (uint64_t now = 3000; now < 15000; now += 3000) {
		alink_poll(l, now);
		ck_assert_uint_eq(alink_deadline(l), now + 3000);
	}
	ck_assert_uint_eq(status_of(l).hangs, 0);
	POLL_UNTIL(l, 15000, alink_deadline(l) == 15100);
	ck_assert_uint_eq(status_of(l).hangs, 1);
	ck_assert_str_eq(status_of(l).ended, "killed: it did not answer any more");
	alink_poll(l, 15100);
	ck_assert_uint_eq(status_of(l).starts, 2);
	alink_free(l);
	has_no_children();
}
END_TEST

/* After a long sleep of the machine one unanswered ping is no hang. */
START_TEST(test_sleep_is_no_hang)
{
	char path[FAKE_AGENT_PATH];
	struct heard h;
	struct alink *l = open_link(fake_agent_path("pings", path), &h);

	alink_poll(l, 0);
	for (uint64_t now = 3000; now < 10000000; now *= 3) {
		alink_poll(l, now);
		POLL_UNTIL(l, now, h.logs > 0);
		h.logs = 0;
	}
	ck_assert_uint_eq(status_of(l).hangs, 0);
	ck_assert_uint_eq(status_of(l).starts, 1);
	alink_free(l);
	has_no_children();
}
END_TEST

START_TEST(test_limit)
{
	struct heard h;
	struct alink *l = open_link("/bin/false", &h);
	uint32_t index = 0;

	for (unsigned int i = 0; i < APROTO_WANTS_MAX; i++) {
		struct nts_assoc a = nts_assoc_group((uint8_t)i, 0, 0);

		ck_assert_int_eq(alink_want(l, &a, &index), ST_OK);
	}
	ck_assert_int_eq(alink_want(l, &(struct nts_assoc){ .type = NTS_ASSOC_IPV4 }, &index),
			 ST_LIMIT);
	ck_assert_uint_eq(index, APROTO_WANTS_MAX - 1);
	alink_free(l);
	alink_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tc;

	if (fake_agent_acts()) {
		return EXIT_SUCCESS;
	}
	suite = suite_create("alink");
	tc = tcase_create("alink");
	tcase_add_unchecked_fixture(tc, fake_agents_setup, fake_agents_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_talks);
	tcase_add_test(tc, test_wants_are_told_again);
	tcase_add_test(tc, test_heirs);
	tcase_add_loop_test(tc, test_backoff, 0, 2);
	tcase_add_test(tc, test_wants_again);
	tcase_add_test(tc, test_change_is_put_off);
	tcase_add_test(tc, test_backoff_starts_anew);
	tcase_add_test(tc, test_log_of_a_crash_loop);
	tcase_add_test(tc, test_hush_ends);
	tcase_add_test(tc, test_bad_packets);
	tcase_add_test(tc, test_chatty);
	tcase_add_test(tc, test_deaf);
	tcase_add_test(tc, test_hang);
	tcase_add_test(tc, test_sleep_is_no_hang);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
