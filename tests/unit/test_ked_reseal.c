// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store's keys under another key file: all of them or none, whatever instant it is killed at, and
 * nothing of the old ones left in its files.
 */
#include <sys/wait.h>

#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PAIRS 8
#define FILE_MAX (1 << 20)
#define DIES 9			/* exit status of a child that was killed on purpose */
#define WRITES_MAX 2000

static char key_a[64], key_b[64], wal[72];
static struct nts_params grantor_key;
static struct nts_sa pair_keys[PAIRS];

static void write_key(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static struct ke_message request_of(unsigned int pair)
{
	struct ke_message q = request(gm_ip, (struct nts_assoc)PORT(1));

	q.identities[0].value[7] = (uint8_t)pair;
	return q;
}

/* A client of the section for each pair. */
static struct tls_peer peer_of(unsigned int pair)
{
	struct tls_peer peer = slave;

	peer.fingerprint[1] = (uint8_t)pair;
	snprintf(peer.subject, sizeof(peer.subject), "CN=slave%u.test", pair);
	return peer;
}

static void fill(void)
{
	grantor_key = register_gm();
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ke_message q = request_of(i);
		struct tls_peer peer = peer_of(i);

		ck_granted(&peer, &q, KE_KEY_GRANT);
		pair_keys[i] = a.current.sa[0];
	}
}

/* Is every key what it was? */
static void ck_same(void)
{
	ck_assert_mem_eq(register_gm().ticket_key, grantor_key.ticket_key,
			 grantor_key.ticket_key_len);
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ke_message q = request_of(i);
		struct tls_peer peer = peer_of(i);

		ck_granted(&peer, &q, KE_KEY_GRANT);
		ck_assert_mem_eq(&a.current.sa[0], &pair_keys[i], sizeof(pair_keys[i]));
	}
}

static bool stands_in(const char *path, const uint8_t *key, size_t len)
{
	static uint8_t octets[FILE_MAX];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f) {
		return false;
	}
	n = fread(octets, 1, sizeof(octets), f);
	ck_assert_uint_lt(n, sizeof(octets));
	fclose(f);
	return memmem(octets, n, key, len) != NULL;
}

/* Any of its keys, in the store or its log of changes. */
static unsigned int open_keys(void)
{
	const char *const files[] = { file, wal };
	unsigned int n = 0;

	for (size_t i = 0; i < 2; i++) {
		n += stands_in(files[i], grantor_key.ticket_key, grantor_key.ticket_key_len);
		for (size_t k = 0; k < PAIRS; k++) {
			n += stands_in(files[i], pair_keys[k].key, pair_keys[k].key_len);
		}
	}
	return n;
}

static void ck_stands_open(void)
{
	ck_assert_uint_ge(open_keys(), PAIRS + 1);
}

static enum status reseal(const char *old, const char *new, size_t *keys)
{
	const struct store_args args = { .path = file, .time = &fake, .boot_id = "A",
					 .key_file = new };

	*keys = 0;
	return store_reseal(&args, old, keys, why);
}

static void ck_resealed(const char *old, const char *new, size_t wanted)
{
	size_t keys;

	ck_assert_msg(reseal(old, new, &keys) == ST_OK, "%s", why);
	ck_assert_uint_eq(keys, wanted);
}

/* The whole server on it: what it gives must be what it gave. */
static void ck_serves_with(const char *key)
{
	snprintf(key_file, sizeof(key_file), "%s", key);
	start();
	ck_same();
	stop();
}

static void set_up_full(void)
{
	snprintf(dir, sizeof(dir), "/dev/shm/ked_reseal.XXXXXX");	/* it is synced often */
	set_up();
	snprintf(key_a, sizeof(key_a), "%s/a.key", dir);
	snprintf(key_b, sizeof(key_b), "%s/b.key", dir);
	snprintf(wal, sizeof(wal), "%s-wal", file);
	write_key(key_a, KEY_A);
	write_key(key_b, KEY_B);
	fill();
	stop();
}

static void tear_down_full(void)
{
	start();
	unlink(key_a);
	unlink(key_b);
	*key_file = '\0';
	tear_down();
}

/* Keys and their pairs: one ticket key, and two Security Associations for each pair. */
#define KEYS (1 + 2 * PAIRS)

START_TEST(on_changed_off)
{
	ck_stands_open();
	ck_resealed(NULL, key_a, KEYS);
	ck_assert_uint_eq(open_keys(), 0);
	ck_serves_with(key_a);
	ck_resealed(key_a, key_b, KEYS);
	ck_serves_with(key_b);
	ck_assert_uint_eq(open_keys(), 0);
	ck_resealed(key_b, "", KEYS);
	ck_stands_open();
	ck_serves_with("");
}
END_TEST

/* A server that was killed leaves its log of changes. */
START_TEST(what_the_log_holds_goes_too)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start();
		boot += 1000LL * LIFETIME;
		fill();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(access(wal, F_OK), 0);
	start();
	boot += 1000LL * LIFETIME;
	fill();
	stop();
	ck_stands_open();
	ck_resealed("", key_a, 2 * KEYS);
	ck_assert_uint_eq(open_keys(), 0);
	ck_serves_with(key_a);
}
END_TEST

/* Another program may have left octets of rows that it removed. */
START_TEST(what_was_removed_goes_too)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "PRAGMA secure_delete = OFF; DELETE FROM pair_sa;"
				      "DELETE FROM pair", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_uint_gt(open_keys(), 1);
	ck_resealed("", key_a, 1);
	ck_assert_uint_eq(open_keys(), 0);
	snprintf(key_file, sizeof(key_file), "%s", key_a);
}
END_TEST

START_TEST(again_and_with_the_wrong_key)
{
	struct store *held;
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	size_t keys;

	ck_assert_int_eq(reseal(key_a, key_b, &keys), ST_AUTH_FAILED);
	ck_assert_ptr_nonnull(strstr(why, "neither"));
	ck_serves_with("");
	ck_resealed("", key_a, KEYS);
	ck_resealed("", key_a, 0);
	ck_resealed(key_b, key_a, 0);
	ck_assert_int_eq(reseal("", key_b, &keys), ST_AUTH_FAILED);
	ck_assert_int_eq(reseal("/nowhere", key_b, &keys), ST_FILE_OPEN);
	ck_assert_int_eq(reseal(key_a, "/nowhere", &keys), ST_FILE_OPEN);
	args.key_file = key_a;
	ck_assert_int_eq(store_open(&args, &held, why), ST_OK);
	ck_assert_int_eq(reseal(key_a, key_b, &keys), ST_LIMIT);
	store_close(held);
	ck_serves_with(key_a);
}
END_TEST

/* ---- killed at each instant at which it changes a file ---- */

static int writes_left;
static ssize_t (*real_pwrite)(int fd, const void *data, size_t len, off_t at);
static int (*real_ftruncate)(int fd, off_t len);
static int (*real_unlink)(const char *path);

/* The last one is torn. */
static ssize_t last_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (--writes_left == 0) {
		(void)!real_pwrite(fd, data, len / 2, at);
		_exit(DIES);
	}
	return real_pwrite(fd, data, len, at);
}

static int last_ftruncate(int fd, off_t len)
{
	if (--writes_left == 0) {
		_exit(DIES);
	}
	return real_ftruncate(fd, len);
}

static int last_unlink(const char *path)
{
	if (--writes_left == 0) {
		_exit(DIES);
	}
	return real_unlink(path);
}

/* False: this SQLite does not have it. */
static bool wrap(const char *name, sqlite3_syscall_ptr *real, sqlite3_syscall_ptr ours)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	*real = vfs->xGetSystemCall(vfs, name);
	return *real && vfs->xSetSystemCall(vfs, name, ours) == SQLITE_OK;
}

static bool wrap_all(void)
{
	return (wrap("pwrite64", (sqlite3_syscall_ptr *)&real_pwrite,
		     (sqlite3_syscall_ptr)last_pwrite) ||
		wrap("pwrite", (sqlite3_syscall_ptr *)&real_pwrite,
		     (sqlite3_syscall_ptr)last_pwrite)) &&
	       wrap("ftruncate", (sqlite3_syscall_ptr *)&real_ftruncate,
		    (sqlite3_syscall_ptr)last_ftruncate) &&
	       wrap("unlink", (sqlite3_syscall_ptr *)&real_unlink,
		    (sqlite3_syscall_ptr)last_unlink);
}

/* True: it was killed at that change. */
static bool dies_at(int change, const char *old, const char *new)
{
	int status;
	size_t keys;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		writes_left = change;
		_exit(wrap_all() && reseal(old, new, &keys) == ST_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 1);
	return WEXITSTATUS(status) == DIES;
}

/* Under that key exactly? */
static bool opens_with(const char *key)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A", .key_file = key };
	struct store *s;
	enum status st = store_open(&args, &s, why);

	ck_assert_msg(!st || st == ST_AUTH_FAILED, "%s", why);
	if (!st) {
		store_close(s);
	}
	return !st;
}

static const char *const changes[][2] = { { "", key_a }, { key_a, key_b } };

START_TEST(killed_at_any_instant)
{
	const char *old = changes[_i][0], *new = changes[_i][1];
	unsigned int kept = 0, changed = 0;

	if (*old) {
		ck_resealed("", old, KEYS);
	}
	for (int change = 1; dies_at(change, old, new); change++) {
		ck_assert_int_lt(change, WRITES_MAX);
		if (opens_with(old)) {
			ck_assert(!opens_with(new));
			ck_serves_with(old);
			kept++;
			continue;
		}
		ck_serves_with(new);
		changed++;
		ck_resealed(old, new, 0);
		ck_assert_uint_eq(open_keys(), 0);
		ck_resealed(new, old, KEYS);
	}
	printf("killed at %u changes of files: %u times the old store, %u times the new one\n",
	       kept + changed, kept, changed);
	ck_assert_uint_gt(kept, 3);
	ck_assert_uint_gt(changed, 3);
	ck_serves_with(new);
	ck_assert_uint_eq(open_keys(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_reseal");
	TCase *tc_all = tcase_create("ked_reseal");

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 120);
	tcase_add_checked_fixture(tc_all, set_up_full, tear_down_full);
	tcase_add_test(tc_all, on_changed_off);
	tcase_add_test(tc_all, what_the_log_holds_goes_too);
	tcase_add_test(tc_all, what_was_removed_goes_too);
	tcase_add_test(tc_all, again_and_with_the_wrong_key);
	tcase_add_loop_test(tc_all, killed_at_any_instant, 0, 2);
	return unit_run(s);
}
