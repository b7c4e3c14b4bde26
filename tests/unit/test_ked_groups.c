// SPDX-License-Identifier: GPL-2.0-or-later
/* Group keys under a clock that the test turns. */
#include <check.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ked/groups.h"
#include "ked/store_internal.h"
#include "tests/unit/clocks.h"
#include "tests/unit/run.h"
#include "util/log.h"

#define LIFETIME 100
#define UPDATE 40

static char dir[] = "/tmp/test_ked_groups.XXXXXX";
static char file[64];
static struct kedconf_group group[2];
static struct kedconf conf = { .n_groups = 2, .groups = group };
static struct store *store;
static struct groups *groups;
static struct nts_params current, next;
static bool has_next;

static void configure(struct kedconf_group *g, uint8_t domain)
{
	memset(g, 0, sizeof(*g));
	snprintf(g->name, sizeof(g->name), "g%u", domain);
	g->assoc = nts_assoc_group(domain, 0, 0);
	g->mac = ALG_HMAC_SHA256_128;
	g->lifetime = LIFETIME;
	g->update_period = UPDATE;
	g->grace_period = 7;
	g->policy = (struct nts_policy){ .named = 0x0801, .spp = { [0] = 1, [11] = 1 } };
}

static void start(const char *boot_id)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = boot_id };
	char why[STORE_WHY] = "";

	ck_assert_msg(store_open(&args, &store, why) == ST_OK, "%s", why);
	ck_assert_int_eq(groups_new(&conf, store, &groups), ST_OK);
}

static void stop(void)
{
	groups_free(groups);
	store_close(store);
	groups = NULL;
	store = NULL;
}

static void set_up(void)
{
	log_set_level(LOG_ERR);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/keys.db", dir);
	boot = 5000000;
	wall = 1700000000000;
	configure(&group[0], 0);
	configure(&group[1], 1);
	start("A");
}

static void tear_down(void)
{
	stop();
	unlink(file);
	rmdir(dir);
}

static void turn_to(int64_t ms)
{
	wall += 5000000 + ms - boot;
	boot = 5000000 + ms;
}

static enum status try_ask_of(const struct kedconf_group *conf_group)
{
	const struct groups_view *v = groups_enter_for(groups, 0, &conf_group->assoc,
						       (uint64_t)boot);
	enum status st = groups_params(v, conf_group, (uint64_t)boot, &current, &next, &has_next);

	groups_leave(groups, 0);
	return st;
}

static enum status try_ask(void)
{
	return try_ask_of(&group[0]);
}

static void ask(void)
{
	ck_assert_int_eq(try_ask(), ST_OK);
}

START_TEST(first_period)
{
	ask();
	ck_assert_uint_eq(current.n_sa, 1);
	ck_assert_uint_eq(current.sa[0].spp, 1);
	ck_assert_uint_eq(current.sa[0].mac, ALG_HMAC_SHA256_128);
	ck_assert_uint_eq(current.sa[0].key_len, 32);
	ck_assert_uint_ne(current.sa[0].key_id, 0);
	ck_assert_uint_eq(current.lifetime, LIFETIME);
	ck_assert_uint_eq(current.update_in, LIFETIME - UPDATE);
	ck_assert_uint_eq(current.grace, 7);
	ck_assert(current.has_grace);
	ck_assert_uint_eq(current.policy.named, 0x0801);
	ck_assert(!has_next);
}
END_TEST

/* offset ms, lifetime, update_in, next */
static const struct {
	int64_t at;
	uint32_t lifetime;
	uint32_t update_in;
	bool next;
} countdown[] = {
	{ 1, 100, 60, false },
	{ 1000, 99, 59, false },
	{ 1001, 99, 59, false },
	{ 59000, 41, 1, false },
	{ 59999, 41, 1, false },
	{ 60000, 40, 0, true },
	{ 60001, 40, 0, true },
	{ 99000, 1, 0, true },
	{ 99999, 1, 0, true },
	{ 100000, 100, 60, false },
	{ 159999, 41, 1, false },
	{ 160000, 40, 0, true },
};

START_TEST(both_count_down)
{
	size_t i;

	ask();
	for (i = 0; i < sizeof(countdown) / sizeof(countdown[0]); i++) {
		turn_to(countdown[i].at);
		ask();
		ck_assert_uint_eq(current.lifetime, countdown[i].lifetime);
		ck_assert_uint_eq(current.update_in, countdown[i].update_in);
		ck_assert_msg(has_next == countdown[i].next, "at %lld",
			      (long long)countdown[i].at);
	}
}
END_TEST

START_TEST(next_becomes_current)
{
	struct nts_sa first, second;

	ask();
	first = current.sa[0];
	turn_to(70000);
	ask();
	ck_assert_mem_eq(&first, &current.sa[0], sizeof(first));
	ck_assert(has_next);
	second = next.sa[0];
	ck_assert_uint_ne(second.key_id, first.key_id);
	ck_assert_mem_ne(second.key, first.key, first.key_len);
	ck_assert_uint_eq(next.lifetime, LIFETIME);
	ck_assert_uint_eq(next.update_in, LIFETIME - UPDATE);
	turn_to(99999);
	ask();
	ck_assert_mem_eq(&second, &next.sa[0], sizeof(second));
	turn_to(100000);
	ask();
	ck_assert_mem_eq(&second, &current.sa[0], sizeof(second));
	ck_assert(!has_next);
}
END_TEST

START_TEST(groups_differ)
{
	struct nts_sa other;

	ck_assert_int_eq(try_ask_of(&group[1]), ST_OK);
	other = current.sa[0];
	ask();
	ck_assert_uint_ne(other.key_id, current.sa[0].key_id);
	ck_assert_mem_ne(other.key, current.sa[0].key, 32);
}
END_TEST

START_TEST(restart_changes_nothing)
{
	struct nts_sa first, second;

	ask();
	first = current.sa[0];
	turn_to(70500);
	ask();
	second = next.sa[0];
	stop();
	turn_to(71500);
	wall += 86400000;	/* a step of the wall clock meanwhile */
	start("A");
	ask();
	ck_assert_mem_eq(&first, &current.sa[0], sizeof(first));
	ck_assert_mem_eq(&second, &next.sa[0], sizeof(second));
	ck_assert_uint_eq(current.lifetime, 29);
	ck_assert_uint_eq(current.update_in, 0);
	turn_to(99999);
	stop();
	turn_to(100000);
	start("A");
	ask();
	ck_assert_mem_eq(&second, &current.sa[0], sizeof(second));
	ck_assert_uint_eq(current.lifetime, LIFETIME);
	ck_assert(!has_next);
}
END_TEST

START_TEST(reboot_changes_nothing)
{
	struct nts_sa first;

	ask();
	first = current.sa[0];
	stop();
	wall += 30000;		/* half a minute later, in another boot */
	boot = 9000;
	start("B");
	ask();
	ck_assert_mem_eq(&first, &current.sa[0], sizeof(first));
	ck_assert_uint_eq(current.lifetime, 70);
	ck_assert_uint_eq(current.update_in, 30);
}
END_TEST

START_TEST(wall_steps_move_nothing)
{
	static const int64_t steps[] = { 86400000, -86400000, 31536000000, -1700000000000 };
	struct nts_sa first;
	size_t i;

	ask();
	first = current.sa[0];
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		wall += steps[i];
		boot += 1000;
		ask();
		ck_assert_mem_eq(&first, &current.sa[0], sizeof(first));
		ck_assert_uint_eq(current.lifetime, LIFETIME - 1 - (uint32_t)i);
	}
}
END_TEST

START_TEST(over_begins_anew)
{
	uint32_t first, second;

	ask();
	first = current.sa[0].key_id;
	turn_to(70000);
	ask();
	second = next.sa[0].key_id;
	stop();
	turn_to(200000);	/* the end of the second */
	start("A");
	ask();
	ck_assert_uint_ne(current.sa[0].key_id, first);
	ck_assert_uint_ne(current.sa[0].key_id, second);
	ck_assert_uint_eq(current.lifetime, LIFETIME);
	ck_assert(!has_next);
	turn_to(900000);	/* the same while running, as after a suspend */
	second = current.sa[0].key_id;
	ask();
	ck_assert_uint_ne(current.sa[0].key_id, second);
	ck_assert_uint_eq(current.lifetime, LIFETIME);
}
END_TEST

START_TEST(configuration_holds_from_the_next_period)
{
	ask();
	stop();
	group[0].mac = ALG_AES_128_CMAC;
	group[0].lifetime = 50;
	group[0].update_period = 10;
	group[0].grace_period = 1;
	group[0].policy = (struct nts_policy){ .named = 0x0003, .spp = { 4, 5 } };
	start("A");
	ask();
	ck_assert_uint_eq(current.sa[0].mac, ALG_HMAC_SHA256_128);
	ck_assert_uint_eq(current.lifetime, LIFETIME);
	ck_assert_uint_eq(current.grace, 7);
	ck_assert_uint_eq(current.policy.named, 0x0801);
	turn_to(60000);
	ask();
	ck_assert(has_next);
	ck_assert_uint_eq(next.n_sa, 2);
	ck_assert_uint_eq(next.sa[0].spp, 4);
	ck_assert_uint_eq(next.sa[1].spp, 5);
	ck_assert_uint_eq(next.sa[0].mac, ALG_AES_128_CMAC);
	ck_assert_uint_eq(next.sa[0].key_len, 16);
	ck_assert_uint_ne(next.sa[0].key_id, next.sa[1].key_id);
	ck_assert_uint_eq(next.lifetime, 50);
	ck_assert_uint_eq(next.update_in, 40);
	ck_assert_uint_eq(next.grace, 1);
}
END_TEST

START_TEST(deadlines)
{
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	ck_assert_uint_eq(groups_deadline(groups), 5060000);
	turn_to(60000);
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	ck_assert_uint_eq(groups_deadline(groups), 5100000);
	turn_to(100000);
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	ck_assert_uint_eq(groups_deadline(groups), 5160000);
}
END_TEST

/* A period of the other group that starts when ours is to start: the store refuses a second. */
static void spoil_store(int64_t start_ms)
{
	struct store_period p = {
		.assoc = group[0].assoc,
		.start_ms = start_ms,
		.update_ms = start_ms + 1,
		.end_ms = start_ms + 2,
		.policy = { .named = 1, .spp = { 1 } },
		.n_sa = 1,
		.sa = { { .spp = 1, .key_len = 32, .key_id = 99 } },
	};

	ck_assert_int_eq(store_add_period(store, &p), ST_OK);
}

START_TEST(not_durable_is_not_handed_out)
{
	spoil_store(boot);
	ck_assert_int_eq(try_ask(), ST_STORE);
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_STORE);
	/* the other group goes on; the failed one is tried again soon */
	ck_assert_int_eq(try_ask_of(&group[1]), ST_OK);
	ck_assert_uint_eq(groups_deadline(groups), (uint64_t)boot + 1000);
	boot += 1000;
	ask();
	ck_assert_uint_eq(current.lifetime, LIFETIME);
}
END_TEST

START_TEST(no_next_when_not_durable)
{
	ask();
	spoil_store(boot + LIFETIME * 1000);
	turn_to(60000);
	ck_assert_int_eq(try_ask(), ST_STORE);
}
END_TEST

static int count(void *ctx)
{
	(*(int *)ctx)++;
	return 0;
}

/* A wait for the disk is milliseconds: thousands of groups would make everybody wait. */
START_TEST(all_groups_in_one_transaction)
{
	int commits = 0;

	sqlite3_commit_hook(store->db, count, &commits);
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	ck_assert_int_eq(commits, 1);
	turn_to(60000);
	ck_assert_int_eq(try_ask_of(&group[1]), ST_OK);
	ck_assert(has_next);
	ck_assert_int_eq(try_ask_of(&group[0]), ST_OK);
	ck_assert(has_next);
	ck_assert_int_eq(commits, 2);
}
END_TEST

static void limit_files(rlim_t octets)
{
	struct rlimit limit = { octets, RLIM_INFINITY };

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full at the commit, when all groups believe that they have theirs. */
START_TEST(none_is_there_when_the_commit_fails)
{
	uint32_t id;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(1);
	ck_assert_int_eq(try_ask(), ST_STORE);
	ck_assert_int_eq(try_ask_of(&group[1]), ST_STORE);
	limit_files(RLIM_INFINITY);
	turn_to(1000);
	ask();
	id = current.sa[0].key_id;
	ck_assert_int_eq(try_ask_of(&group[1]), ST_OK);
	turn_to(61000);
	limit_files(1);
	ck_assert_int_eq(try_ask(), ST_STORE);
	limit_files(RLIM_INFINITY);
	turn_to(62000);
	ask();
	ck_assert(has_next);
	ck_assert_uint_eq(current.sa[0].key_id, id);
	id = next.sa[0].key_id;
	stop();
	start("A");
	ask();
	ck_assert_uint_eq(next.sa[0].key_id, id);
}
END_TEST

/* Whoever holds the store is making keys for others. */
START_TEST(waits_for_nobody_when_its_own_are_there)
{
	group[1].update_period = UPDATE / 2;
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	turn_to(60000);
	store_lock(store);
	ck_assert_int_eq(try_ask_of(&group[1]), ST_OK);
	store_unlock(store);
	ck_assert(!has_next);
	ask();
	ck_assert(has_next);
}
END_TEST

START_TEST(unknown_group)
{
	const struct groups_view *v = groups_enter(groups, 0);
	struct nts_assoc a = nts_assoc_group(0, 0, 1);

	ck_assert_ptr_null(groups_find(v, &a));
	a = nts_assoc_group(0, 0x100, 0);
	ck_assert_ptr_null(groups_find(v, &a));
	ck_assert_ptr_eq(groups_find(v, &group[1].assoc), &group[1]);
	groups_leave(groups, 0);
}
END_TEST

START_TEST(group_taken_out_and_back)
{
	uint32_t id;

	ask();
	id = current.sa[0].key_id;
	stop();
	conf.groups = group + 1;
	conf.n_groups = 1;
	start("A");
	ck_assert_int_eq(groups_advance(groups, (uint64_t)boot), ST_OK);
	stop();
	conf.groups = group;
	conf.n_groups = 2;
	start("A");
	ask();
	ck_assert_uint_eq(current.sa[0].key_id, id);
}
END_TEST

/* A reload is no restart: the wall clock may have been turned meanwhile, and nobody notices. */
START_TEST(reload_keeps_keys)
{
	struct kedconf_group changed[3];
	struct kedconf other = { .n_groups = 3, .groups = changed };
	const struct groups_view *v;
	uint32_t id;

	configure(&changed[0], 2);
	configure(&changed[1], 0);
	configure(&changed[2], 3);
	changed[1].lifetime = 2 * LIFETIME;
	ask();
	id = current.sa[0].key_id;
	turn_to(10000);
	wall += 1000000;
	ck_assert_int_eq(groups_reload(groups, &other), ST_OK);
	memset(&group[0], 0xEE, sizeof(group[0]));	/* nobody may look there any more */
	ck_assert_int_eq(try_ask_of(&changed[1]), ST_OK);
	ck_assert_uint_eq(current.sa[0].key_id, id);
	ck_assert_uint_eq(current.lifetime, LIFETIME - 10);
	ck_assert_int_eq(try_ask_of(&changed[0]), ST_OK);
	ck_assert_uint_ne(current.sa[0].key_id, id);
	ck_assert_uint_eq(current.lifetime, LIFETIME);
	v = groups_enter(groups, 0);
	ck_assert_ptr_eq(groups_conf(v), &other);
	ck_assert_ptr_null(groups_find(v, &group[1].assoc));
	ck_assert_ptr_eq(groups_find(v, &changed[2].assoc), &changed[2]);
	groups_leave(groups, 0);
	turn_to(LIFETIME * 1000);
	ck_assert_int_eq(try_ask_of(&changed[1]), ST_OK);
	ck_assert_uint_eq(current.lifetime, 2 * LIFETIME);
}
END_TEST

/* Out of the configuration and back, by reloads: the same keys. */
START_TEST(reload_takes_out_and_back)
{
	struct kedconf without = { .n_groups = 1, .groups = &group[1] };
	uint32_t id;

	ask();
	id = current.sa[0].key_id;
	ck_assert_int_eq(groups_reload(groups, &without), ST_OK);
	ck_assert_int_ne(try_ask(), ST_OK);
	ck_assert_int_eq(groups_reload(groups, &conf), ST_OK);
	ask();
	ck_assert_uint_eq(current.sa[0].key_id, id);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_groups");
	TCase *tc = tcase_create("ked_groups");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, first_period);
	tcase_add_test(tc, both_count_down);
	tcase_add_test(tc, next_becomes_current);
	tcase_add_test(tc, groups_differ);
	tcase_add_test(tc, restart_changes_nothing);
	tcase_add_test(tc, reboot_changes_nothing);
	tcase_add_test(tc, wall_steps_move_nothing);
	tcase_add_test(tc, over_begins_anew);
	tcase_add_test(tc, configuration_holds_from_the_next_period);
	tcase_add_test(tc, deadlines);
	tcase_add_test(tc, not_durable_is_not_handed_out);
	tcase_add_test(tc, no_next_when_not_durable);
	tcase_add_test(tc, all_groups_in_one_transaction);
	tcase_add_test(tc, none_is_there_when_the_commit_fails);
	tcase_add_test(tc, waits_for_nobody_when_its_own_are_there);
	tcase_add_test(tc, unknown_group);
	tcase_add_test(tc, group_taken_out_and_back);
	tcase_add_test(tc, reload_keeps_keys);
	tcase_add_test(tc, reload_takes_out_and_back);
	return unit_run(s);
}
