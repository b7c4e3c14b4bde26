// SPDX-License-Identifier: GPL-2.0-or-later
/* util/secret: wiping, comparing, and which key files are read. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/run.h"
#include "util/secret.h"

static char dir[64];
static char path[128];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_secret.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(path);
	rmdir(dir);
}

static void write_file(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

/* Refused with this status, and the outputs left alone. */
static void refused(const char *file, size_t max, enum status want)
{
	void *out = dir;
	size_t len = 77;

	ck_assert_str_eq(status_name(secret_read_file(file, max, &out, &len)),
			 status_name(want));
	ck_assert_ptr_eq(out, dir);
	ck_assert_uint_eq(len, 77);
}

START_TEST(wipes)
{
	uint8_t buf[5] = { 1, 2, 3, 4, 5 };

	secret_wipe(buf + 1, 3);
	ck_assert_mem_eq(buf, "\x01\0\0\0\x05", 5);
	secret_wipe(NULL, 0);
	secret_free(NULL, 7);
}
END_TEST

START_TEST(compares)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	ck_assert(secret_equal(a, b, sizeof(a)));
	ck_assert(secret_equal(a, b, 0));
	for (size_t bit = 0; bit < 256; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!secret_equal(a, b, sizeof(a)));
		b[bit / 8] = 0;
	}
}
END_TEST

START_TEST(allocates_zeros)
{
	static const uint8_t zeros[64];
	void *p = secret_alloc(64);

	ck_assert_ptr_nonnull(p);
	ck_assert_mem_eq(p, zeros, 64);
	secret_free(p, 64);
	p = secret_alloc(0);
	ck_assert_ptr_nonnull(p);
	secret_free(p, 0);
}
END_TEST

START_TEST(reads_a_key_file)
{
	void *out = NULL;
	size_t len = 0;

	write_file("secret", 0600);
	ck_assert_int_eq(secret_read_file(path, 6, &out, &len), ST_OK);
	ck_assert_uint_eq(len, 6);
	ck_assert_str_eq(out, "secret");
	secret_free(out, len + 1);
}
END_TEST

START_TEST(follows_a_link)
{
	char target[160];
	void *out = NULL;
	size_t len = 0;

	write_file("secret", 0400);
	snprintf(target, sizeof(target), "%s/real", dir);
	ck_assert_int_eq(rename(path, target), 0);
	ck_assert_int_eq(symlink("real", path), 0);
	ck_assert_int_eq(secret_read_file(path, 100, &out, &len), ST_OK);
	ck_assert_str_eq(out, "secret");
	secret_free(out, len + 1);
	unlink(target);
}
END_TEST

/* Loop: each bit of group and others. */
START_TEST(refuses_what_others_can_touch)
{
	write_file("secret", 0600 | (mode_t)(1 << _i));
	refused(path, 100, ST_FILE_MODE);
}
END_TEST

START_TEST(refuses_anothers_file)
{
	void *out = NULL;
	size_t len = 0;

	if (geteuid() != 0) {
		return; /* only root can give a file away */
	}
	write_file("secret", 0600);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	refused(path, 100, ST_FILE_MODE);
	secret_trust_owner(65533);
	refused(path, 100, ST_FILE_MODE);
	secret_trust_owner(65534);
	ck_assert_int_eq(secret_read_file(path, 100, &out, &len), ST_OK);
	secret_free(out, len + 1);
}
END_TEST

START_TEST(refuses_no_file)
{
	errno = 0;
	refused(path, 100, ST_FILE_OPEN);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(refuses_length)
{
	write_file("secret", 0600);
	refused(path, 5, ST_FILE_FORMAT);
	unlink(path);
	write_file("", 0600);
	refused(path, 5, ST_FILE_FORMAT);
}
END_TEST

START_TEST(refuses_other_kinds_without_blocking)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(path, 100, ST_FILE_FORMAT);
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(path, 100, ST_FILE_FORMAT);
	refused("/dev/null", 100, ST_FILE_FORMAT);
}
END_TEST

START_TEST(hardens)
{
	struct rlimit lim;

	ck_assert_int_eq(setenv("SSLKEYLOGFILE", "/tmp/nowhere/keylog", 1), 0);
	ck_assert_int_eq(secret_harden_process(), ST_OK);
	ck_assert_ptr_null(getenv("SSLKEYLOGFILE"));
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &lim), 0);
	ck_assert_uint_eq(lim.rlim_max, 0);
	/* The leak checker of a sanitizer traces this process at its end. */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *memory = tcase_create("memory");
	TCase *file = tcase_create("file");

	suite_add_tcase(s, memory);
	tcase_add_test(memory, wipes);
	tcase_add_test(memory, compares);
	tcase_add_test(memory, allocates_zeros);
	tcase_add_test(memory, hardens);
	suite_add_tcase(s, file);
	tcase_add_checked_fixture(file, make_dir, remove_dir);
	tcase_add_test(file, reads_a_key_file);
	tcase_add_test(file, follows_a_link);
	tcase_add_loop_test(file, refuses_what_others_can_touch, 0, 6);
	tcase_add_test(file, refuses_anothers_file);
	tcase_add_test(file, refuses_no_file);
	tcase_add_test(file, refuses_length);
	tcase_add_test(file, refuses_other_kinds_without_blocking);
	return unit_run(s);
}
