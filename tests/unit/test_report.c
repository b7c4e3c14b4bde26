// SPDX-License-Identifier: GPL-2.0-or-later
/* The status socket: status/report.h. The server runs in a child, as in the clock's own process. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "status/report_wire.h"
#include "tests/unit/run.h"

#define WAIT_MS 5000

struct fixture {
	char dir[32];
	char path[64];
	pid_t child;
};

static struct fixture f;

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	memcpy(f.dir, "/tmp/nts-report-XXXXXX", 23);
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/sock", f.dir);
}

static void stop_child(void)
{
	if (f.child > 0) {
		kill(f.child, SIGKILL);
		waitpid(f.child, NULL, 0);
		f.child = 0;
	}
}

static void teardown(void)
{
	stop_child();
	unlink(f.path);
	ck_assert_int_eq(rmdir(f.dir), 0);
}

static bool fill_three(void *ctx, uint32_t i, uint32_t *n, struct report_port *out)
{
	(void)ctx;
	*n = 3;
	if (i >= 3) {
		return false;
	}
	out->number = (uint16_t)(i + 1);
	out->up = i != 1;
	out->counters.verdicts[GUARD_STALE] = 7000000000u + i;
	snprintf(out->interface, sizeof(out->interface), "eth%u", i);
	return true;
}

/* A hostile server: strings without an end. */
static bool fill_unterminated(void *ctx, uint32_t i, uint32_t *n, struct report_port *out)
{
	(void)ctx;
	*n = 1;
	memset(out, 'x', sizeof(*out));
	return i < 1;
}

static void serve_forever(report_fill fill, int ready)
{
	struct report_server *s = NULL;
	struct pollfd pfd = { .events = POLLIN };

	if (report_server_new(f.path, fill, NULL, &s) != ST_OK || write(ready, "!", 1) != 1) {
		return;
	}
	pfd.fd = report_server_fd(s);
	while (poll(&pfd, 1, WAIT_MS) > 0) {
		report_server_poll(s);
	}
}

static void serve(report_fill fill)
{
	int ready[2];
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	f.child = fork();
	ck_assert_int_ge(f.child, 0);
	if (!f.child) {
		serve_forever(fill, ready[1]);
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void no_litter(void)
{
	char own[96];

	snprintf(own, sizeof(own), "%s.%ld", f.path, (long)getpid());
	ck_assert_int_eq(access(own, F_OK), -1);
}

START_TEST(all_reports)
{
	struct report_port p[8];
	uint32_t n = 99;

	serve(fill_three);
	ck_assert_int_eq(report_query(f.path, WAIT_MS, p, 8, &n), ST_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(p[2].number, 3);
	ck_assert_str_eq(p[0].interface, "eth0");
	ck_assert_uint_eq(p[1].up, 0);
	ck_assert_uint_eq(p[2].counters.verdicts[GUARD_STALE], 7000000002u);
	no_litter();
}
END_TEST

START_TEST(at_most_max)
{
	struct report_port p[2];
	uint32_t n = 99;

	serve(fill_three);
	ck_assert_int_eq(report_query(f.path, WAIT_MS, p, 2, &n), ST_OK);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(strings_end)
{
	struct report_port p[2];
	uint32_t n = 0;

	serve(fill_unterminated);
	ck_assert_int_eq(report_query(f.path, WAIT_MS, p, 2, &n), ST_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(strlen(p[0].interface), sizeof(p[0].interface) - 1);
	ck_assert_uint_eq(strlen(p[0].server), sizeof(p[0].server) - 1);
	ck_assert_uint_eq(strlen(p[0].why), sizeof(p[0].why) - 1);
}
END_TEST

START_TEST(nobody_there)
{
	struct report_port p;
	uint32_t n = 99;

	ck_assert_int_eq(report_query(f.path, WAIT_MS, &p, 1, &n), ST_CONNECT);
	serve(fill_three);
	stop_child();
	ck_assert_int_eq(report_query(f.path, WAIT_MS, &p, 1, &n), ST_CONNECT);
	ck_assert_uint_eq(n, 99);
	no_litter();
}
END_TEST

START_TEST(silent_server_times_out)
{
	struct report_server *s = NULL;
	struct report_port p;
	uint32_t n = 99;

	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_OK);
	ck_assert_int_eq(report_query(f.path, 50, &p, 1, &n), ST_TIMEOUT);
	ck_assert_uint_eq(n, 99);
	report_server_free(s);
}
END_TEST

START_TEST(path_too_long)
{
	struct report_server *s = NULL;
	struct report_port p;
	char path[200];
	uint32_t n;

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(report_server_new(path, fill_three, NULL, &s), ST_TOO_LONG);
	ck_assert_int_eq(report_server_new("", fill_three, NULL, &s), ST_TOO_LONG);
	ck_assert_int_eq(report_query(path, 50, &p, 1, &n), ST_SYSTEM);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(mode_and_removal)
{
	struct report_server *s = NULL;
	struct stat st;
	mode_t old = umask(0);

	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_OK);
	umask(old);
	ck_assert_int_eq(lstat(f.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	report_server_free(s);
	ck_assert_int_eq(lstat(f.path, &st), -1);
	report_server_free(NULL);
}
END_TEST

START_TEST(stale_socket_replaced)
{
	struct report_server *s = NULL;

	serve(fill_three);
	stop_child();
	ck_assert_int_eq(access(f.path, F_OK), 0);
	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_OK);
	report_server_free(s);
}
END_TEST

START_TEST(live_socket_kept)
{
	struct report_server *a = NULL, *b = NULL;

	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &a), ST_OK);
	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &b), ST_SYSTEM);
	ck_assert_int_eq(errno, EADDRINUSE);
	ck_assert_ptr_null(b);
	ck_assert_int_eq(access(f.path, F_OK), 0);
	report_server_free(a);
}
END_TEST

START_TEST(other_file_kept)
{
	struct report_server *s = NULL;
	FILE *file = fopen(f.path, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_SYSTEM);
	ck_assert_int_eq(access(f.path, F_OK), 0);
}
END_TEST

static void send_raw(int fd, const void *data, size_t len)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", f.path);
	ck_assert_int_eq(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)),
			 (ssize_t)len);
}

static int named_socket(void)
{
	struct sockaddr_un none = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&none, sizeof(sa_family_t)), 0);
	return fd;
}

START_TEST(bad_requests)
{
	struct report_request good = {
		.magic = REPORT_MAGIC, .version = REPORT_VERSION,
		.size = sizeof(struct report_port),
	};
	struct report_request other = good;
	struct report_server *s = NULL;
	struct report_answer ans;
	uint8_t longer[sizeof(good) + 1];
	int fd = named_socket();
	size_t len;

	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_OK);
	for (len = 1; len < sizeof(good); len++) {
		send_raw(fd, &good, len);
		report_server_poll(s);
	}
	memcpy(longer, &good, sizeof(good));
	longer[sizeof(good)] = 0;
	send_raw(fd, longer, sizeof(longer));
	other.magic++;
	send_raw(fd, &other, sizeof(other));
	report_server_poll(s);
	ck_assert_int_eq(recv(fd, &ans, sizeof(ans), 0), -1);

	other = good;
	other.version++;
	send_raw(fd, &other, sizeof(other));
	report_server_poll(s);
	ck_assert_int_eq(recv(fd, &ans, sizeof(ans), 0), REPORT_ANSWER_HEAD);
	ck_assert_uint_eq(ans.version, REPORT_VERSION);
	send_raw(fd, &good, sizeof(good));
	report_server_poll(s);
	ck_assert_int_eq(recv(fd, &ans, sizeof(ans), 0), sizeof(ans));
	close(fd);
	report_server_free(s);
}
END_TEST

/* An asker that never reads fills its own queue only: the server goes on. */
START_TEST(full_asker_does_not_block)
{
	const struct report_request good = {
		.magic = REPORT_MAGIC, .version = REPORT_VERSION,
		.size = sizeof(struct report_port),
	};
	struct report_server *s = NULL;
	int fd = named_socket();
	int i;

	ck_assert_int_eq(report_server_new(f.path, fill_three, NULL, &s), ST_OK);
	for (i = 0; i < 4096; i++) {
		send_raw(fd, &good, sizeof(good));
		report_server_poll(s);
	}
	close(fd);
	report_server_free(s);
}
END_TEST

/* A server that speaks something else. */
START_TEST(other_version)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX }, from;
	struct report_answer ans = { .magic = REPORT_MAGIC, .version = REPORT_VERSION + 1 };
	struct report_request req;
	struct report_port p;
	socklen_t len = sizeof(from);
	uint32_t n = 99;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", f.path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	f.child = fork();
	if (!f.child) {
		recvfrom(fd, &req, sizeof(req), 0, (struct sockaddr *)&from, &len);
		sendto(fd, &ans, REPORT_ANSWER_HEAD, 0, (struct sockaddr *)&from, len);
		_exit(0);
	}
	close(fd);
	ck_assert_int_eq(report_query(f.path, WAIT_MS, &p, 1, &n), ST_BAD_VERSION);
	ck_assert_uint_eq(n, 99);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, all_reports);
	tcase_add_test(tc, at_most_max);
	tcase_add_test(tc, strings_end);
	tcase_add_test(tc, nobody_there);
	tcase_add_test(tc, silent_server_times_out);
	tcase_add_test(tc, path_too_long);
	tcase_add_test(tc, mode_and_removal);
	tcase_add_test(tc, stale_socket_replaced);
	tcase_add_test(tc, live_socket_kept);
	tcase_add_test(tc, other_file_kept);
	tcase_add_test(tc, bad_requests);
	tcase_add_test(tc, full_asker_does_not_block);
	tcase_add_test(tc, other_version);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
