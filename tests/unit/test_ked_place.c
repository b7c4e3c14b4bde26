// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store whose files are deleted, moved or exchanged while it is open: what it was and what came
 * later is there after kill -9, and nobody's file is overwritten.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* What a child was given, before and after somebody took its store away. */
static struct given {
	struct nts_params grantor;
	struct nts_sa pair;
} *given;

static char wal[80], copy[80], aside[96], wal_aside[96];

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static bool is_file(const char *path, const char *text)
{
	char got[80] = "";
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	(void)!fgets(got, sizeof(got), f);
	fclose(f);
	return !strcmp(got, text);
}

static void set_up_shared(void)
{
	snprintf(dir, sizeof(dir), "/dev/shm/ked_place.XXXXXX");	/* it is synced often */
	set_up();
	snprintf(wal, sizeof(wal), "%s-wal", file);
	snprintf(copy, sizeof(copy), "%s-new", file);
	snprintf(aside, sizeof(aside), "%s/aside", dir);
	snprintf(wal_aside, sizeof(wal_aside), "%s/aside-wal", dir);
	given = mmap(NULL, sizeof(*given), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	ck_assert(given != MAP_FAILED);
}

static void tear_down_shared(void)
{
	unlink(aside);
	unlink(wal_aside);
	tear_down();
}

static void seal(void)
{
	stop();
	unlink(file);
	snprintf(key_file, sizeof(key_file), "%s/key", dir);
	write_file(key_file, KEY);
	start();
}

static struct nts_sa pair_key(void)
{
	struct ke_message q = request(gm_ip, slave_ip);

	ck_granted(&slave, &q, KE_KEY_GRANT);
	return a.current.sa[0];
}

static void ck_keeps(enum status wanted, bool wants_restored)
{
	bool restored = !wants_restored;
	enum status st = store_keep_place(store, &restored);

	ck_assert_msg(st == wanted, "%s: %s", status_name(st), store_why(store));
	ck_assert_int_eq(restored, wants_restored);
}

static void ck_same(void)
{
	ck_assert_mem_eq(register_gm().ticket_key, given->grantor.ticket_key,
			 given->grantor.ticket_key_len);
	ck_assert_mem_eq(pair_key().key, given->pair.key, given->pair.key_len);
}

/* ---- taken away ---- */

struct removal {
	void (*db)(void);
	void (*wal)(void);
};

static void delete_db(void)
{
	ck_assert_int_eq(unlink(file), 0);
}

static void delete_wal(void)
{
	ck_assert_int_eq(unlink(wal), 0);
}

static void move_db(void)
{
	ck_assert_int_eq(rename(file, aside), 0);
}

static void move_wal(void)
{
	ck_assert_int_eq(rename(wal, wal_aside), 0);
}

static const struct removal removals[] = {
	{ delete_db, NULL }, { NULL, delete_wal }, { delete_db, delete_wal },
	{ move_db, NULL }, { NULL, move_wal }, { move_db, move_wal },
};
#define N_REMOVALS (int)(sizeof(removals) / sizeof(removals[0]))

static void take_away(const struct removal *r)
{
	if (r->db) {
		r->db();
	}
	if (r->wal) {
		r->wal();
	}
}

/* Runs in a child that ends without closing anything, as if killed. */
static void in_child(void (*run)(const struct removal *r), const struct removal *r)
{
	pid_t pid;
	int status;

	stop();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start();
		run(r);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	start();
}

static void lose_and_go_on(const struct removal *r)
{
	given->grantor = register_gm();
	ck_keeps(ST_OK, false);
	take_away(r);
	ck_keeps(ST_OK, true);
	given->pair = pair_key();
	ck_keeps(ST_OK, false);
}

static void ck_ours_alone(const char *path)
{
	struct stat sb;

	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0600);
}

START_TEST(taken_away_and_killed)
{
	if (_i >= N_REMOVALS) {
		seal();
	}
	umask(0);
	in_child(lose_and_go_on, &removals[_i % N_REMOVALS]);
	ck_same();
	ck_ours_alone(file);
	ck_ours_alone(wal);
	ck_assert_int_ne(access(copy, F_OK), 0);
	ck_keeps(ST_OK, false);
}
END_TEST

/* Again and again, and at its end. */
START_TEST(taken_away_many_times)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	for (int i = 0; i < 3 * N_REMOVALS; i++) {
		take_away(&removals[i % N_REMOVALS]);
		ck_keeps(ST_OK, true);
		ck_same();
	}
	delete_db();
	restart();
	ck_same();
}
END_TEST

/* ---- what is not ours ---- */

START_TEST(another_file_is_left_alone)
{
	const char *name = _i ? wal : file;

	given->grantor = register_gm();
	given->pair = pair_key();
	take_away(&(struct removal){ _i ? NULL : move_db, _i ? move_wal : NULL });
	write_file(name, "somebody's");
	ck_keeps(ST_STORE, false);
	ck_assert_ptr_nonnull(strstr(store_why(store), "another file stands at"));
	ck_same();
	ck_assert(is_file(name, "somebody's"));
	unlink(name);
	ck_keeps(ST_OK, true);
	restart();
	ck_same();
}
END_TEST

/* Both are gone, and somebody's log of changes is there: it is not applied to the store. */
START_TEST(a_log_without_a_store_is_left_alone)
{
	given->grantor = register_gm();
	delete_db();
	move_wal();
	write_file(wal, "somebody's");
	ck_keeps(ST_STORE, false);
	ck_assert(is_file(wal, "somebody's"));
	unlink(wal);
	ck_keeps(ST_OK, true);
}
END_TEST

START_TEST(put_back)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	move_db();
	symlink(aside, file);
	ck_keeps(ST_STORE, false);
	ck_assert_int_eq(rename(aside, file), 0);
	ck_keeps(ST_OK, false);
	ck_same();
}
END_TEST

START_TEST(others_may_not)
{
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_keeps(ST_FILE_MODE, false);
	ck_assert_int_eq(chmod(file, 0600), 0);
	ck_keeps(ST_OK, false);
}
END_TEST

/* ---- written where it stands ---- */

static void copy_over(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp %s %s", from, to);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(written_where_it_stands)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	copy_over(file, aside);
	ck_keeps(ST_OK, false);
	if (_i) {
		copy_over(aside, file);
	} else {
		ck_assert_int_eq(truncate(file, 4096), 0);
	}
	ck_keeps(ST_STORE, false);
	ck_assert_ptr_nonnull(strstr(store_why(store), "somebody else has written"));
	ck_same();
}
END_TEST

/* What we write there ourselves is nothing to complain of. */
START_TEST(our_own_writing)
{
	struct stat sb, now;
	size_t len;
	int i;

	given->grantor = register_gm();
	given->pair = pair_key();
	if (_i) {
		delete_db();
		ck_keeps(ST_OK, true);
	}
	ck_assert_int_eq(stat(file, &sb), 0);
	for (i = 0; i < 3000; i++) {
		ck_assert_int_eq(ask(&gm, &taking_back, &len), SERVE_GRANTED);
		register_gm();
		ck_assert_int_eq(stat(file, &now), 0);
		if (now.st_size != sb.st_size) {
			break;
		}
		ck_keeps(ST_OK, false);
	}
	ck_assert_int_gt(i, 10);
	ck_assert_int_lt(i, 3000);
	ck_keeps(ST_OK, false);
}
END_TEST

/* ---- what cannot be mended now is mended later ---- */

START_TEST(no_folder)
{
	char gone[72];

	given->grantor = register_gm();
	given->pair = pair_key();
	snprintf(gone, sizeof(gone), "%s.gone", dir);
	ck_assert_int_eq(rename(dir, gone), 0);
	ck_keeps(ST_STORE, false);
	ck_assert_ptr_nonnull(strstr(store_why(store), "it is gone and cannot be written anew"));
	ck_same();
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_keeps(ST_OK, true);
	restart();
	ck_same();
	snprintf(aside, sizeof(aside), "%s/keys.db", gone);
	snprintf(wal_aside, sizeof(wal_aside), "%s/keys.db-wal", gone);
	unlink(aside);
	unlink(wal_aside);
	rmdir(gone);
}
END_TEST

START_TEST(no_space)
{
	struct rlimit all, none;

	given->grantor = register_gm();
	given->pair = pair_key();
	delete_db();
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	none = (struct rlimit){ .rlim_cur = 8192, .rlim_max = all.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_keeps(ST_STORE, false);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	ck_assert_int_ne(access(file, F_OK), 0);
	ck_assert_int_ne(access(copy, F_OK), 0);
	ck_same();
	ck_keeps(ST_OK, true);
	restart();
	ck_same();
}
END_TEST

/* ---- at any instant ---- */

static int (*real_open)(const char *path, int flags, int mode);
static ssize_t (*real_pwrite)(int fd, const void *data, size_t len, off_t at);
static int writes_left;
static void (*at_last)(void);

static int open_no_wal(const char *path, int flags, int mode)
{
	if (strstr(path, "-wal")) {
		errno = EMFILE;
		return -1;
	}
	return real_open(path, flags, mode);
}

static ssize_t counted_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (--writes_left == 0) {
		at_last();
	}
	return real_pwrite(fd, data, len, at);
}

static void set_call(const char *name, sqlite3_syscall_ptr ours)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	ck_assert_int_eq(vfs->xSetSystemCall(vfs, name, ours), SQLITE_OK);
}

static sqlite3_syscall_ptr get_call(const char *name)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	return vfs->xGetSystemCall(vfs, name);
}

static void count_writes(int n, void (*last)(void))
{
	const char *name = get_call("pwrite64") ? "pwrite64" : "pwrite";

	writes_left = n;
	at_last = last;
	real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))get_call(name);
	set_call(name, (sqlite3_syscall_ptr)counted_pwrite);
}

START_TEST(new_one_cannot_be_opened)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	real_open = (int (*)(const char *, int, int))get_call("open");
	delete_db();
	set_call("open", (sqlite3_syscall_ptr)open_no_wal);
	ck_keeps(ST_STORE, false);
	ck_assert_int_ne(access(file, F_OK), 0);
	ck_same();
	set_call("open", (sqlite3_syscall_ptr)real_open);
	ck_keeps(ST_OK, true);
	restart();
	ck_same();
}
END_TEST

static void put_another(void)
{
	write_file(file, "somebody's");
}

START_TEST(another_comes_between)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	delete_db();
	count_writes(3, put_another);
	ck_keeps(ST_STORE, false);
	ck_assert_int_le(writes_left, 0);
	ck_assert(is_file(file, "somebody's"));
	ck_assert_int_ne(access(copy, F_OK), 0);
	ck_same();
	unlink(file);
	ck_keeps(ST_OK, true);
}
END_TEST

static void die(void)
{
	_exit(0);
}

static int dies_at;

static void lose_and_die(const struct removal *r)
{
	given->grantor = register_gm();
	given->pair = pair_key();
	take_away(r);
	count_writes(dies_at, die);
	ck_keeps(ST_OK, true);
	_exit(writes_left > 0 ? 1 : 2);		/* it lived */
}

/* True: it was killed at that write. The store is whole then: the one of before, or a new one. */
static bool dies(int at, unsigned int *kept)
{
	int status;
	pid_t pid;

	stop();
	dies_at = at;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start();
		lose_and_die(&removals[2]);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	start();
	*kept += !memcmp(register_gm().ticket_key, given->grantor.ticket_key,
			 given->grantor.ticket_key_len);
	ck_assert_int_ne(access(copy, F_OK), 0);
	return WEXITSTATUS(status) == 0;
}

START_TEST(killed_while_it_is_written)
{
	unsigned int kept = 0;
	int at = 1;

	while (dies(at, &kept)) {
		at++;
		ck_assert_int_lt(at, 1000);
	}
	printf("killed at %d writes: %u times the old keys\n", at - 1, kept);
	ck_assert_int_gt(at, 10);
	ck_assert_uint_ge(kept, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_place");
	TCase *tc_all = tcase_create("ked_place");

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 60);
	tcase_add_checked_fixture(tc_all, set_up_shared, tear_down_shared);
	tcase_add_loop_test(tc_all, taken_away_and_killed, 0, 2 * N_REMOVALS);
	tcase_add_test(tc_all, taken_away_many_times);
	tcase_add_loop_test(tc_all, another_file_is_left_alone, 0, 2);
	tcase_add_test(tc_all, a_log_without_a_store_is_left_alone);
	tcase_add_test(tc_all, put_back);
	tcase_add_test(tc_all, others_may_not);
	tcase_add_loop_test(tc_all, written_where_it_stands, 0, 2);
	tcase_add_loop_test(tc_all, our_own_writing, 0, 2);
	tcase_add_test(tc_all, no_folder);
	tcase_add_test(tc_all, no_space);
	tcase_add_test(tc_all, new_one_cannot_be_opened);
	tcase_add_test(tc_all, another_comes_between);
	tcase_add_test(tc_all, killed_while_it_is_written);
	return unit_run(s);
}
