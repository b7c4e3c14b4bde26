// SPDX-License-Identifier: GPL-2.0-or-later
/* Marks on disk: agent/marks.h. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/marks.h"
#include "agent/proto.h"
#include "tests/unit/run.h"

#define BOOT_ID_AT 8
#define NOW 1000000ULL

static char dir[] = "/tmp/nts-marks-XXXXXX";
static char file[64];
static int pair[2];

static void setup(void)
{
	strncpy(dir, "/tmp/nts-marks-XXXXXX", sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/marks", dir);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
}

static void teardown(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/lock", dir);
	unlink(path);
	unlink(file);
	rmdir(dir);
	close(pair[0]);
	close(pair[1]);
}

static struct mark mark_of(uint32_t key_id, uint64_t ends_ms)
{
	return (struct mark) {
		.newest_ns = 5000000000, .ever_ns = 5000000000, .newest_ms = NOW - 10,
		.last_ms = NOW - 10, .ends_ms = ends_ms, .key_id = key_id, .port_number = 1,
	};
}

static void keep(const struct mark *list, uint32_t n)
{
	struct marks *m;

	ck_assert_int_eq(marks_open(dir, NOW, &m), ST_OK);
	marks_take(m, list, n);
	marks_save(m, NOW);
	marks_close(m);
}

/* What a later agent tells its clock; how many. */
static uint32_t recalled(uint64_t now_ms, struct aproto_marks *out)
{
	struct marks *m;
	ssize_t n;

	ck_assert_int_eq(marks_open(dir, now_ms, &m), ST_OK);
	ck_assert_int_eq(marks_flush(m, pair[0]), ST_OK);
	marks_close(m);
	n = recv(pair[1], out, sizeof(*out), 0);
	return n < 0 ? 0 : out->n;
}

static void change_octet(off_t at)
{
	int fd = open(file, O_RDWR);
	uint8_t octet;

	ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
	octet ^= 1;
	ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
	close(fd);
}

START_TEST(same_boot)
{
	const struct mark list[] = { mark_of(1, NOW + 5000), mark_of(2, NOW + 50000) };
	struct aproto_marks got;

	keep(list, 2);
	ck_assert_uint_eq(recalled(NOW + 100, &got), 2);
	ck_assert_mem_eq(got.list, list, sizeof(list));
	/* The key of one has ended. */
	ck_assert_uint_eq(recalled(NOW + 5000, &got), 1);
	ck_assert_uint_eq(got.list[0].key_id, 2);
}
END_TEST

START_TEST(other_boot)
{
	const struct mark list[] = { mark_of(1, NOW + 5000) };
	struct aproto_marks got;

	keep(list, 1);
	change_octet(BOOT_ID_AT);
	ck_assert_uint_eq(recalled(300, &got), 1);
	ck_assert_uint_eq(got.list[0].newest_ns, 12000000000);
	ck_assert_uint_eq(got.list[0].newest_ms, 300);
	ck_assert_uint_eq(got.list[0].ends_ms, 5300);
}
END_TEST

START_TEST(bad_file)
{
	const struct mark list[] = { mark_of(1, NOW + 5000), mark_of(2, NOW + 5000) };
	struct aproto_marks got;

	keep(list, 2);
	ck_assert_int_eq(truncate(file, 150), 0);
	ck_assert_uint_eq(recalled(NOW, &got), 0);
	keep(list, 2);
	change_octet(0);
	ck_assert_uint_eq(recalled(NOW, &got), 0);
	/* It is written anew. */
	keep(list, 2);
	ck_assert_uint_eq(recalled(NOW, &got), 2);
}
END_TEST

/* Whose marks have other fields in the same size. */
START_TEST(of_an_earlier_program)
{
	static const char *const magics[] = { "ntsmark1", "ntsmark2" };
	const struct mark list[] = { mark_of(1, NOW + 5000) };
	struct aproto_marks got;

	for (int i = 0; i < 2; i++) {
		int fd;

		keep(list, 1);
		fd = open(file, O_WRONLY);
		ck_assert_int_eq(pwrite(fd, magics[i], 8, 0), 8);
		close(fd);
		ck_assert_uint_eq(recalled(NOW, &got), 0);
	}
}
END_TEST

START_TEST(newer_takes_the_place)
{
	struct mark k = mark_of(1, NOW + 5000);
	struct aproto_marks got;

	keep(&k, 1);
	k.top = 77;
	keep(&k, 0);
	ck_assert_uint_eq(recalled(NOW, &got), 1);
	ck_assert_uint_eq(got.list[0].top, 0);
	teardown();
	setup();
	keep(&k, 1);
	ck_assert_uint_eq(recalled(NOW, &got), 1);
	ck_assert_uint_eq(got.list[0].top, 77);
}
END_TEST

START_TEST(no_folder)
{
	static const char *const names[] = { "", "/nonexistent/folder" };
	struct mark k = mark_of(1, NOW + 5000);
	struct marks *m;

	ck_assert_int_eq(marks_open(names[_i], NOW, &m), ST_OK);
	marks_take(m, &k, 1);
	marks_save(m, NOW);
	ck_assert_int_eq(marks_flush(m, pair[0]), ST_OK);
	marks_close(m);
	ck_assert_int_eq(recv(pair[1], &k, sizeof(k), 0), -1);
}
END_TEST

START_TEST(shared_folder)
{
	const struct mark list[] = { mark_of(1, NOW + 5000) };
	struct aproto_marks got;
	struct marks *m;

	ck_assert_int_eq(marks_open(dir, NOW, &m), ST_OK);
	keep(list, 1);
	marks_close(m);
	ck_assert_uint_eq(recalled(NOW, &got), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("marks");
	TCase *tc = tcase_create("marks");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, same_boot);
	tcase_add_test(tc, other_boot);
	tcase_add_test(tc, bad_file);
	tcase_add_test(tc, of_an_earlier_program);
	tcase_add_test(tc, newer_takes_the_place);
	tcase_add_loop_test(tc, no_folder, 0, 2);
	tcase_add_test(tc, shared_folder);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
