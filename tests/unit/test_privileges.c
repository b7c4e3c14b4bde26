// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving up root; what needs root is left out where the test is not root's. */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/unit/run.h"
#include "util/privileges.h"

START_TEST(finds)
{
	struct privileges_user u;

	ck_assert_int_eq(privileges_find("nobody", &u), ST_OK);
	ck_assert_str_eq(u.name, "nobody");
	ck_assert_uint_ne(u.uid, 0);
	ck_assert_int_eq(privileges_find("no-such-user", &u), ST_CONFIG);
	ck_assert_int_eq(privileges_find("", &u), ST_CONFIG);
	ck_assert_int_eq(privileges_find_owner("/", &u), ST_OK);
	ck_assert_str_eq(u.name, "root");
	ck_assert_int_eq(privileges_find_owner("/nonexistent", &u), ST_FILE_OPEN);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(owner_without_a_name)
{
	char path[] = "/tmp/test_privileges.XXXXXX";
	struct privileges_user u;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchown(fd, 54321, 54322), 0);
	ck_assert_int_eq(privileges_find_owner(path, &u), ST_OK);
	ck_assert_uint_eq(u.uid, 54321);
	ck_assert_uint_eq(u.gid, 54322);
	ck_assert_str_eq(u.name, "");
	close(fd);
	unlink(path);
}
END_TEST

static void is_for_good(const struct privileges_user *u)
{
	ck_assert(!privileges_held());
	ck_assert_uint_eq(getuid(), u->uid);
	ck_assert_uint_eq(getegid(), u->gid);
	ck_assert_int_ne(setresuid((uid_t)-1, 0, (uid_t)-1), 0);
	ck_assert_int_ne(setgid(0), 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

START_TEST(becomes_a_user)
{
	struct privileges_user u;

	ck_assert_int_eq(privileges_find("nobody", &u), ST_OK);
	ck_assert(privileges_held());
	ck_assert_int_eq(privileges_become(&u), ST_OK);
	is_for_good(&u);
	ck_assert_int_eq(privileges_become(&(struct privileges_user){ .uid = 1, .gid = 1 }),
			 ST_SYSTEM);
}
END_TEST

START_TEST(becomes_a_number)
{
	const struct privileges_user u = { .uid = 54321, .gid = 54322 };

	ck_assert_int_eq(privileges_become(&u), ST_OK);
	is_for_good(&u);
	ck_assert_int_eq(getgroups(0, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("privileges");
	TCase *tc = tcase_create("privileges");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, finds);
	if (geteuid() == 0) {
		tcase_add_test(tc, owner_without_a_name);
		tcase_add_test(tc, becomes_a_user);
		tcase_add_test(tc, becomes_a_number);
	}
	return unit_run(s);
}
