// SPDX-License-Identifier: GPL-2.0-or-later
/* sd_notify's protocol, heard by a service manager of our own. */
#include <check.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/run.h"
#include "util/notify.h"

static char dir[] = "/tmp/test_notify.XXXXXX";
static char path[64];
static int manager = -1;

static void listen_at(const char *name, size_t len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	memcpy(sa.sun_path, name, len);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&sa,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	setenv("NOTIFY_SOCKET", path, 1);
}

static void tear_down(void)
{
	if (manager >= 0) {
		close(manager);
	}
	unlink(path);
	rmdir(dir);
}

static const char *heard(void)
{
	static char text[1024];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

START_TEST(says_how_it_is)
{
	struct timespec ts;
	struct notify n;
	uint64_t us;

	listen_at(path, strlen(path) + 1);
	ck_assert_int_eq(notify_open(&n), ST_OK);
	ck_assert_uint_eq(n.watchdog_ms, 0);
	notify_ready(&n, "2 groups");
	ck_assert_str_eq(heard(), "READY=1\nSTATUS=2 groups");
	notify_reloading(&n);
	ck_assert_int_eq(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &us), 1);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ck_assert_uint_le(us, (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
	ck_assert_uint_ge(us + 10000000, (uint64_t)ts.tv_sec * 1000000);
	notify_watchdog(&n);
	ck_assert_str_eq(heard(), "WATCHDOG=1");
	notify_stopping(&n);
	ck_assert_str_eq(heard(), "STOPPING=1");
	notify_close(&n);
	notify_close(&n);
	notify_stopping(&n);
	ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(abstract_name)
{
	char name[64] = "";
	struct notify n;

	snprintf(name, sizeof(name), "@test-notify-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	name[0] = '\0';
	listen_at(name, 1 + strlen(name + 1));
	ck_assert_int_eq(notify_open(&n), ST_OK);
	notify_ready(&n, "x");
	ck_assert_str_eq(heard(), "READY=1\nSTATUS=x");
	notify_close(&n);
}
END_TEST

START_TEST(nobody_wants_to_know)
{
	struct notify n;

	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	ck_assert_int_eq(notify_open(&n), ST_OK);
	ck_assert_int_eq(n.fd, -1);
	ck_assert_uint_eq(n.watchdog_ms, 0);
	notify_ready(&n, "x");
	notify_close(&n);
}
END_TEST

/* The manager is gone, or does not read: nothing blocks, nothing is raised. */
START_TEST(manager_is_deaf)
{
	struct notify n;
	int i;

	ck_assert_int_eq(notify_open(&n), ST_OK);
	notify_ready(&n, "x");
	listen_at(path, strlen(path) + 1);
	for (i = 0; i < 100000; i++) {
		notify_watchdog(&n);
	}
	notify_close(&n);
}
END_TEST

static const struct {
	const char *address;
} bad[] = {
	{ "relative/path" }, { "/" }, { "@" }, { "vsock:2:1" },
	{ "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

START_TEST(bad_addresses)
{
	struct notify n;

	setenv("NOTIFY_SOCKET", bad[_i].address, 1);
	ck_assert_int_eq(notify_open(&n), ST_CONFIG);
}
END_TEST

static uint32_t watchdog(const char *usec, const char *pid)
{
	struct notify n;
	uint32_t ms;

	setenv("WATCHDOG_USEC", usec, 1);
	if (pid) {
		setenv("WATCHDOG_PID", pid, 1);
	}
	ck_assert_int_eq(notify_open(&n), ST_OK);
	ms = n.watchdog_ms;
	notify_close(&n);
	return ms;
}

START_TEST(watchdog_of_this_process)
{
	char pid[16];

	ck_assert_uint_eq(watchdog("30000000", NULL), 15000);
	ck_assert_uint_eq(watchdog("1", NULL), 1);
	ck_assert_uint_eq(watchdog("18446744073709551615", NULL), UINT32_MAX);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	ck_assert_uint_eq(watchdog("30000000", pid), 15000);
	ck_assert_uint_eq(watchdog("30000000", "1"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("notify");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, says_how_it_is);
	tcase_add_test(tc, abstract_name);
	tcase_add_test(tc, nobody_wants_to_know);
	tcase_add_test(tc, manager_is_deaf);
	tcase_add_loop_test(tc, bad_addresses, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, watchdog_of_this_process);
	return unit_run(s);
}
