// SPDX-License-Identifier: GPL-2.0-or-later
/* The store: who may read it, what comes back, what time it is after a restart. */
#include <check.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ked/store.h"
#include "tests/unit/clocks.h"
#include "tests/unit/run.h"

#define HOUR 3600000LL

static char dir[] = "/tmp/test_ked_store.XXXXXX";
static char file[64];
static char why[STORE_WHY];

static void set_up(void)
{
	boot = 1000 * HOUR;
	wall = 500000 * HOUR;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/keys.db", dir);
	umask(0);
}

static void tear_down(void)
{
	static const char *const suffix[] = { "", "-wal", "-journal", "-shm" };
	char path[80];
	size_t i;

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		unlink(path);
	}
	rmdir(dir);
}

static enum status try_open(const char *boot_id, struct store **s)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = boot_id };

	why[0] = '\0';
	return store_open(&args, s, why);
}

static struct store *open_store(const char *boot_id)
{
	struct store *s = NULL;
	enum status st = try_open(boot_id, &s);

	ck_assert_msg(st == ST_OK, "%s: %s", status_name(st), why);
	return s;
}

static struct store_period example(uint8_t domain, uint32_t key_id)
{
	struct store_period p = {
		.assoc = nts_assoc_group(domain, 0x100, 7),
		.start_ms = boot,
		.update_ms = boot + HOUR,
		.end_ms = boot + 2 * HOUR,
		.grace = 5,
		.policy = { .named = 0x0801, .spp = { [0] = 1, [11] = 2 } },
		.n_sa = 2,
		.sa = {
			{ .spp = 1, .mac = ALG_HMAC_SHA256, .key_len = 32, .key_id = key_id,
			  .key = { 0x11, 0x22, [31] = 0x33 } },
			{ .spp = 2, .mac = ALG_AES_128_CMAC, .key_len = 16,
			  .key_id = key_id + 1, .key = { 0x44, [15] = 0x55 } },
		},
	};

	return p;
}

static struct store_period loaded[8];
static int n_loaded;

static enum status take(void *ctx, const struct store_period *p)
{
	(void)ctx;
	loaded[n_loaded++] = *p;
	return ST_OK;
}

static void load(struct store *s)
{
	n_loaded = 0;
	ck_assert_int_eq(store_load(s, take, NULL), ST_OK);
}

static void ck_assert_period(const struct store_period *a, const struct store_period *b)
{
	ck_assert(nts_assoc_equal(&a->assoc, &b->assoc));
	ck_assert_int_eq(a->start_ms, b->start_ms);
	ck_assert_int_eq(a->update_ms, b->update_ms);
	ck_assert_int_eq(a->end_ms, b->end_ms);
	ck_assert_uint_eq(a->grace, b->grace);
	ck_assert_mem_eq(&a->policy, &b->policy, sizeof(a->policy));
	ck_assert_uint_eq(a->n_sa, b->n_sa);
	ck_assert_mem_eq(a->sa, b->sa, sizeof(a->sa));
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		      sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(created_for_us_alone)
{
	struct store *s = open_store("A");
	struct store_period p = example(0, 1);
	struct stat sb;
	char path[80];

	ck_assert_int_eq(store_add_period(s, &p), ST_OK);
	ck_assert_int_eq(stat(file, &sb), 0);
	ck_assert_int_eq(sb.st_mode & 07777, 0600);
	snprintf(path, sizeof(path), "%s-wal", file);
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_int_eq(sb.st_mode & 07777, 0600);
	store_close(s);
}
END_TEST

static const mode_t bad_modes[] = { 0640, 0604, 0620, 0602, 0610, 0666 };

START_TEST(others_may_not)
{
	struct store *s = NULL;

	store_close(open_store("A"));
	ck_assert_int_eq(chmod(file, bad_modes[_i]), 0);
	ck_assert_int_eq(try_open("A", &s), ST_FILE_MODE);
	ck_assert_ptr_nonnull(strstr(why, "others can get at its keys"));
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(others_may_not_read_the_log)
{
	struct store *s = NULL;
	char path[80];
	int fd;

	store_close(open_store("A"));
	snprintf(path, sizeof(path), "%s-wal", file);
	fd = open(path, O_CREAT | O_WRONLY, 0644);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(try_open("A", &s), ST_FILE_MODE);
}
END_TEST

START_TEST(somebody_elses_file)
{
	struct store *s = NULL;

	store_close(open_store("A"));
	if (chown(file, 65534, 65534)) {
		return;		/* only root can make such a file */
	}
	ck_assert_int_eq(try_open("A", &s), ST_FILE_MODE);
	ck_assert_ptr_nonnull(strstr(why, "belongs to user 65534"));
}
END_TEST

START_TEST(not_a_plain_file)
{
	struct store *s = NULL;

	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_int_eq(try_open("A", &s), ST_FILE_FORMAT);
	unlink(file);
	ck_assert_int_eq(symlink("/tmp/elsewhere", file), 0);
	ck_assert_int_eq(try_open("A", &s), ST_FILE_OPEN);
	unlink(file);
	snprintf(file, sizeof(file), "/nonexistent/keys.db");
	ck_assert_int_eq(try_open("A", &s), ST_FILE_OPEN);
	ck_assert_str_eq(why, "/nonexistent/keys.db: No such file or directory");
	snprintf(file, sizeof(file), "%s/keys.db", dir);
}
END_TEST

START_TEST(not_a_store)
{
	struct store *s = NULL;
	int fd = open(file, O_CREAT | O_WRONLY, 0600);
	int i;

	ck_assert_int_ge(fd, 0);
	for (i = 0; i < 200; i++) {
		ck_assert_int_eq(write(fd, "not a database at all\n", 22), 22);
	}
	close(fd);
	ck_assert_int_eq(try_open("A", &s), ST_FILE_FORMAT);
	unlink(file);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	close(fd);
	run_sql("CREATE TABLE other (x)");
	ck_assert_int_eq(try_open("A", &s), ST_FILE_FORMAT);
}
END_TEST

START_TEST(later_version)
{
	struct store *s = NULL;

	store_close(open_store("A"));
	run_sql("PRAGMA user_version = 5");
	ck_assert_int_eq(try_open("A", &s), ST_FILE_FORMAT);
	ck_assert_ptr_nonnull(strstr(why, "version 4 (is 5)"));
}
END_TEST

START_TEST(one_user_at_a_time)
{
	struct store *s = open_store("A");
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct store *other = NULL;

		_exit(try_open("A", &other) == ST_LIMIT ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	store_close(s);
}
END_TEST

START_TEST(same_after_reopening)
{
	struct store *s = open_store("A");
	struct store_period a = example(1, 10), b = example(0, 0xFFFFFFFE);

	ck_assert_int_eq(store_add_period(s, &a), ST_OK);
	ck_assert_int_eq(store_add_period(s, &b), ST_OK);
	store_close(s);
	wall -= 5 * HOUR;	/* within one boot the wall clock does not count */
	boot += 10;
	s = open_store("A");
	ck_assert(!store_clock_was_back(s));
	load(s);
	ck_assert_int_eq(n_loaded, 2);
	ck_assert_period(&loaded[0], &b);
	ck_assert_period(&loaded[1], &a);
	store_close(s);
}
END_TEST

static void kill_after_adding(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct store *s = open_store("A");
		struct store_period p = example(1, 10);

		if (store_add_period(s, &p)) {
			_exit(1);
		}
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(there_after_kill)
{
	struct store_period p = example(1, 10);
	struct store *s;

	kill_after_adding();
	s = open_store("A");
	load(s);
	ck_assert_int_eq(n_loaded, 1);
	ck_assert_period(&loaded[0], &p);
	store_close(s);
}
END_TEST

/* 20 minutes between two boots by the wall clock. */
START_TEST(another_boot_takes_the_wall_clock)
{
	struct store *s = open_store("A");
	struct store_period p = example(1, 10);
	int round;

	ck_assert_int_eq(store_add_period(s, &p), ST_OK);
	store_close(s);
	wall += HOUR / 3;
	boot = 7000;
	for (round = 0; round < 2; round++) {
		s = open_store("B");
		ck_assert(!store_clock_was_back(s));
		load(s);
		ck_assert_int_eq(n_loaded, 1);
		ck_assert_int_eq(loaded[0].start_ms, 7000 - HOUR / 3);
		ck_assert_int_eq(loaded[0].update_ms, 7000 + HOUR - HOUR / 3);
		ck_assert_int_eq(loaded[0].end_ms, 7000 + 2 * HOUR - HOUR / 3);
		store_close(s);
		wall += 3 * HOUR;	/* counts no more: reckoned once */
	}
}
END_TEST

/* The wall clock was wrong when a was made, and right when b was. */
START_TEST(the_newest_reading_of_the_clock_counts)
{
	struct store *s = open_store("A");
	struct store_period a = example(1, 10), b = example(2, 20);

	wall -= 100 * HOUR;
	ck_assert_int_eq(store_add_period(s, &a), ST_OK);
	wall += 100 * HOUR;
	ck_assert_int_eq(store_add_period(s, &b), ST_OK);
	store_close(s);
	wall += HOUR / 3;
	boot = 7000;
	s = open_store("B");
	load(s);
	ck_assert_int_eq(n_loaded, 2);
	ck_assert_int_eq(loaded[0].end_ms, 7000 + 2 * HOUR - HOUR / 3);
	ck_assert_int_eq(loaded[1].end_ms, 7000 + 2 * HOUR - HOUR / 3);
	store_close(s);
}
END_TEST

/* With a period in it, and the wall clock back at 1970 in the boot after. */
static struct store *open_set_back(const struct store_period *p)
{
	struct store *s = open_store("A");

	ck_assert_int_eq(store_add_period(s, p), ST_OK);
	store_close(s);
	wall = 0;
	boot = 7000;
	s = open_store("B");
	ck_assert(store_clock_was_back(s));
	return s;
}

START_TEST(a_clock_set_back_grows_nothing)
{
	struct store_period p = example(1, 10);
	struct store *s = open_set_back(&p);

	load(s);
	ck_assert_int_eq(n_loaded, 1);
	ck_assert_int_eq(loaded[0].end_ms, 7000 + 2 * HOUR);
	store_close(s);
}
END_TEST

/* And the boot after that, whose clock is right, finds the keys as they were. */
START_TEST(a_clock_set_back_ends_nothing)
{
	struct store_period p = example(1, 10), q;
	int64_t right = wall;
	struct store *s = open_set_back(&p);

	boot += 60000;
	wall += 60000;
	ck_assert_int_eq(store_tick(s), ST_OK);
	q = example(2, 20);
	ck_assert_int_eq(store_add_period(s, &q), ST_OK);
	if (_i) {	/* set right before its end */
		wall = right + 60000;
		ck_assert_int_eq(store_tick(s), ST_OK);
		wall -= 2000;	/* from then on it is believed again */
		ck_assert_int_eq(store_tick(s), ST_OK);
		right -= 2000;
	}
	store_close(s);
	boot = 5000;
	wall = right + 65000;
	s = open_store("C");
	ck_assert(!store_clock_was_back(s));
	ck_assert(!store_clock_leapt(s));
	load(s);
	ck_assert_int_eq(n_loaded, 2);
	ck_assert_int_eq(loaded[0].end_ms, 2 * HOUR - 60000);
	ck_assert_int_eq(loaded[1].end_ms, 2 * HOUR);
	store_close(s);
}
END_TEST

START_TEST(over_is_not_loaded_and_goes)
{
	struct store *s = open_store("A");
	struct store_period old = example(1, 10), new;
	bool used;

	ck_assert_int_eq(store_add_period(s, &old), ST_OK);
	boot += 2 * HOUR;
	load(s);
	ck_assert_int_eq(n_loaded, 0);
	boot += 4999;		/* still in grace: its key IDs are taken */
	new = example(1, 20);
	ck_assert_int_eq(store_add_period(s, &new), ST_OK);
	ck_assert_int_eq(store_key_id_used(s, 11, &used), ST_OK);
	ck_assert(used);
	boot += 2;
	new = example(1, 30);
	ck_assert_int_eq(store_add_period(s, &new), ST_OK);
	ck_assert_int_eq(store_key_id_used(s, 11, &used), ST_OK);
	ck_assert(!used);
	ck_assert_int_eq(store_key_id_used(s, 21, &used), ST_OK);
	ck_assert(used);
	store_close(s);
}
END_TEST

START_TEST(no_key_id_twice)
{
	struct store *s = open_store("A");
	struct store_period a = example(1, 10), b = example(2, 11);

	ck_assert_int_eq(store_add_period(s, &a), ST_OK);
	ck_assert_int_eq(store_add_period(s, &b), ST_STORE);
	ck_assert_ptr_nonnull(strstr(store_why(s), "adding a key"));
	load(s);		/* nothing of b is there */
	ck_assert_int_eq(n_loaded, 1);
	store_close(s);
}
END_TEST

START_TEST(several_at_once)
{
	struct store *s = open_store("A");
	struct store_period a = example(1, 10), b = example(2, 11), c = example(3, 20);

	ck_assert_int_eq(store_periods_begin(s), ST_OK);
	ck_assert_int_eq(store_add_period(s, &a), ST_OK);
	ck_assert_int_eq(store_add_period(s, &b), ST_STORE);	/* a key ID twice */
	ck_assert_int_eq(store_add_period(s, &c), ST_OK);
	ck_assert_int_eq(store_periods_end(s, ST_OK), ST_OK);
	load(s);		/* nothing of b is there */
	ck_assert_int_eq(n_loaded, 2);
	b = example(2, 30);
	ck_assert_int_eq(store_periods_begin(s), ST_OK);
	ck_assert_int_eq(store_add_period(s, &b), ST_OK);
	ck_assert_int_eq(store_periods_end(s, ST_CRYPTO), ST_CRYPTO);
	load(s);
	ck_assert_int_eq(n_loaded, 2);
	store_close(s);
}
END_TEST

START_TEST(no_period_twice)
{
	struct store *s = open_store("A");
	struct store_period a = example(1, 10), b = example(1, 20);

	ck_assert_int_eq(store_add_period(s, &a), ST_OK);
	ck_assert_int_eq(store_add_period(s, &b), ST_STORE);
	load(s);
	ck_assert_int_eq(n_loaded, 1);
	store_close(s);
}
END_TEST

static const char *const damages[] = {
	"UPDATE period SET assoc_type = 9",
	"UPDATE period SET assoc_value = x'00'",
	"UPDATE period SET assoc_value = x'00f0000000'",
	"UPDATE period SET update_at = start_at",
	"UPDATE period SET update_at = end_at",
	"UPDATE period SET grace = -1",
	"UPDATE period SET policy_named = 0",
	"UPDATE period SET policy_named = 65536",
	"UPDATE period SET policy_named = policy_named | 2",	/* SPP 0 has no SA */
	"UPDATE period SET policy_spp = x'01'",
	"UPDATE sa SET mac = 3 WHERE spp = 1",
	"UPDATE sa SET mac = 2 WHERE spp = 1",
	"UPDATE sa SET key_id = 0 WHERE spp = 1",
	"UPDATE sa SET key_id = 4294967296 WHERE spp = 1",
	"UPDATE sa SET key = x'00' WHERE spp = 2",
	"UPDATE sa SET spp = 256 WHERE spp = 2",
	"DELETE FROM sa WHERE spp = 2",
	"DELETE FROM sa",
};

START_TEST(damaged_row)
{
	struct store *s = open_store("A");
	struct store_period p = example(1, 10);

	ck_assert_int_eq(store_add_period(s, &p), ST_OK);
	store_close(s);
	run_sql(damages[_i]);
	s = open_store("A");
	n_loaded = 0;
	ck_assert_msg(store_load(s, take, NULL) == ST_STORE, "%s", damages[_i]);
	ck_assert_str_eq(store_why(s),
			 "row 1 of its table period, or a key of it, is damaged");
	ck_assert_int_eq(n_loaded, 0);
	store_close(s);
}
END_TEST

static enum status refuse(void *ctx, const struct store_period *p)
{
	(void)ctx;
	(void)p;
	return ST_NO_MEMORY;
}

START_TEST(takers_refusal_is_passed_on)
{
	struct store *s = open_store("A");
	struct store_period p = example(1, 10);

	ck_assert_int_eq(store_add_period(s, &p), ST_OK);
	ck_assert_int_eq(store_load(s, refuse, NULL), ST_NO_MEMORY);
	store_close(s);
}
END_TEST

START_TEST(own_boot_id)
{
	struct store *s = open_store(NULL);

	store_close(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_store");
	TCase *tc = tcase_create("ked_store");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, created_for_us_alone);
	tcase_add_loop_test(tc, others_may_not, 0, sizeof(bad_modes) / sizeof(bad_modes[0]));
	tcase_add_test(tc, others_may_not_read_the_log);
	tcase_add_test(tc, somebody_elses_file);
	tcase_add_test(tc, not_a_plain_file);
	tcase_add_test(tc, not_a_store);
	tcase_add_test(tc, later_version);
	tcase_add_test(tc, one_user_at_a_time);
	tcase_add_test(tc, same_after_reopening);
	tcase_add_test(tc, there_after_kill);
	tcase_add_test(tc, another_boot_takes_the_wall_clock);
	tcase_add_test(tc, the_newest_reading_of_the_clock_counts);
	tcase_add_test(tc, a_clock_set_back_grows_nothing);
	tcase_add_loop_test(tc, a_clock_set_back_ends_nothing, 0, 2);
	tcase_add_test(tc, over_is_not_loaded_and_goes);
	tcase_add_test(tc, no_key_id_twice);
	tcase_add_test(tc, no_period_twice);
	tcase_add_test(tc, several_at_once);
	tcase_add_loop_test(tc, damaged_row, 0, sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(tc, takers_refusal_is_passed_on);
	tcase_add_test(tc, own_boot_id);
	return unit_run(s);
}
