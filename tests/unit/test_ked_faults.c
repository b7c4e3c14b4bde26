// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SQLite or the random generator fails at any call: the answer is an Internal Error or what it
 * would have been, and asked again all is as if nothing had happened. Key IDs that the generator
 * repeats are not handed out. Both libraries' functions are taken over here.
 */
#include <dlfcn.h>
#include <gnutls/crypto.h>

#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

#define CALLS_MAX 1000

static unsigned int calls_left;		/* until one fails; 0: none does */
static bool all_fail;			/* from that one on */
static const uint32_t *ids;		/* the next key IDs of the generator; NULL: random ones */
static bool same_id;			/* it gives the first of them for ever */

static bool fails(void)
{
	if (calls_left > 1) {
		calls_left--;
		return false;
	}
	return calls_left == 1 && (calls_left = all_fail, true);
}

/* In SQLite that ends the transaction, whatever else goes wrong. */
static bool is_rollback(sqlite3_stmt *stmt)
{
	const char *sql = sqlite3_sql(stmt);

	return sql && !strncmp(sql, "ROLLBACK", strlen("ROLLBACK"));
}

int sqlite3_step(sqlite3_stmt *stmt)
{
	static int (*real)(sqlite3_stmt *stmt);

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_step");
	}
	return !is_rollback(stmt) && fails() ? SQLITE_IOERR : real(stmt);
}

int gnutls_rnd(gnutls_rnd_level_t level, void *data, size_t len)
{
	static int (*real)(gnutls_rnd_level_t level, void *data, size_t len);

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "gnutls_rnd");
	}
	if (fails()) {
		return GNUTLS_E_RANDOM_FAILED;
	}
	if (!ids || len != sizeof(*ids)) {
		return real(level, data, len);
	}
	memcpy(data, ids, sizeof(*ids));
	ids += !same_id;
	return 0;
}

/* ---- at each call ---- */

static struct kedconf_group group;

static void set_up_group(void)
{
	group = (struct kedconf_group){
		.name = "main", .assoc = nts_assoc_group(0, 0, 0), .mac = ALG_HMAC_SHA256_128,
		.lifetime = LIFETIME, .update_period = UPDATE, .grace_period = 5,
		.policy = { .named = 3, .spp = { 1, 2 } }, .members = "slave*.test",
	};
	conf.groups = &group;
	conf.n_groups = 1;
	set_up();
}

/* A life of a registration, of a pair and of a group. */
static const struct step {
	const struct tls_peer *peer;
	struct ke_message message;
	int at_s;		/* since the start */
	uint16_t error;		/* when it is to be refused */
} life[] = {
	{ &gm, { .type = KE_REGISTRATION_REQUEST, .n_identities = 1, .identities = { IP(1) },
		 .n_aeads = 1, .aeads = { ALG_AEAD_AES_SIV_CMAC_256 } }, 0, 0 },
	{ &slave, { .type = KE_KEY_REQUEST, .assoc = { .type = NTS_ASSOC_GROUP } }, 0, 0 },
	{ &slave, { .type = KE_KEY_REQUEST, .assoc = IP(1), .n_identities = 1,
		    .identities = { IP(11) } }, 1, 0 },
	/* the update period: two of each */
	{ &gm, { .type = KE_REGISTRATION_REQUEST, .n_identities = 1, .identities = { IP(1) },
		 .n_aeads = 1, .aeads = { ALG_AEAD_AES_SIV_CMAC_256 } }, LIFETIME - UPDATE, 0 },
	{ &slave, { .type = KE_KEY_REQUEST, .assoc = { .type = NTS_ASSOC_GROUP } },
	  LIFETIME - UPDATE, 0 },
	{ &slave, { .type = KE_KEY_REQUEST, .assoc = IP(1), .n_identities = 2,
		    .identities = { IP(11), PORT(11) } }, LIFETIME - UPDATE, 0 },
	{ &gm, { .type = KE_REGISTRATION_REVOKE }, LIFETIME - UPDATE + 1, 0 },
	{ &slave, { .type = KE_KEY_REQUEST, .assoc = IP(1), .n_identities = 1,
		    .identities = { IP(11) } }, LIFETIME - UPDATE + 1, KE_ERR_NOT_REGISTERED },
};
#define STEPS (sizeof(life) / sizeof(life[0]))

static void ck_answered(const struct step *s, enum serve_result result)
{
	if (s->error) {
		ck_assert_int_ne(result, SERVE_GRANTED);
		ck_assert_msg(a.error == s->error, "Error %u: %s", a.error, last_line);
	} else {
		ck_assert_msg(result == SERVE_GRANTED, "%s", last_line);
	}
}

/* Nothing fails any more: what was refused is granted; the same again, and again from the file. */
static void ck_lasts(const struct step *s, bool refused)
{
	struct ke_message first;
	size_t len;

	calls_left = 0;
	boot += 1000;		/* a group waits that long for its store */
	if (refused || s->message.type != KE_REGISTRATION_REVOKE) {
		ck_answered(s, ask(s->peer, &s->message, &len));
	}
	first = a;
	restart();
	if (s->message.type == KE_REGISTRATION_REVOKE) {
		s++;
	}
	ck_answered(s, ask(s->peer, &s->message, &len));
	ck_assert_uint_eq(a.has_next, first.has_next);
	ck_assert_mem_eq(a.current.sa, first.current.sa, sizeof(a.current.sa));
	ck_assert_mem_eq(a.next.sa, first.next.sa, sizeof(a.next.sa));
	ck_assert_mem_eq(a.current.ticket_key, first.current.ticket_key,
			 sizeof(a.current.ticket_key));
	ck_assert_mem_eq(a.next.ticket_key, first.next.ticket_key, sizeof(a.next.ticket_key));
}

static enum serve_result take_step(const struct step *s)
{
	size_t len;

	boot = START + s->at_s * 1000;
	return ask(s->peer, &s->message, &len);
}

/* A life up to this step, whose n-th call fails; false: it has not so many. */
static bool live(size_t failing, unsigned int n)
{
	enum serve_result result;
	struct ke_message answer;
	bool failed;
	size_t i;

	for (i = 0; i < failing; i++) {
		ck_answered(&life[i], take_step(&life[i]));
	}
	calls_left = n;
	result = take_step(&life[failing]);
	failed = calls_left <= all_fail;
	if (result == SERVE_INTERNAL) {
		ck_assert(failed);
		ck_assert_uint_eq(a.error, KE_ERR_INTERNAL);
	} else {
		ck_answered(&life[failing], result);
	}
	answer = a;
	ck_lasts(&life[failing], result == SERVE_INTERNAL);
	if (answer.type == KE_KEY_GRANT) {
		ck_assert_mem_eq(a.current.sa, answer.current.sa, sizeof(a.current.sa));
	}
	return failed;
}

/* _i: a step, and whether one call fails or all from it on. */
START_TEST(any_call_fails)
{
	bool failed = true;
	unsigned int n;

	all_fail = _i % 2;
	for (n = 1; failed; n++) {
		ck_assert_uint_lt(n, CALLS_MAX);
		boot = START;
		set_up_group();
		failed = live((size_t)_i / 2, n);
		tear_down();
		memcpy(strrchr(dir, '.'), ".XXXXXX", strlen(".XXXXXX"));
	}
}
END_TEST

/* ---- key IDs that come again ---- */

static void ck_key_ids(const struct step *s, const uint32_t *generated, uint32_t first,
		       uint32_t second)
{
	ids = generated;
	ck_answered(s, take_step(s));
	ck_assert_uint_eq(a.current.sa[0].key_id, first);
	ck_assert_uint_eq(a.current.sa[1].key_id, second);
}

START_TEST(key_ids_are_used_once)
{
	static const uint32_t of_group[] = { 0, 7, 7, 8 }, of_ticket_key[] = { 0, 8, 9 },
			      of_pair[] = { 9, 7, 10, 10, 8, 11 };

	set_up_group();
	ck_key_ids(&life[1], of_group, 7, 8);
	ids = of_ticket_key;
	ck_answered(&life[0], take_step(&life[0]));
	ck_assert_uint_eq(a.current.ticket_key_id, 9);
	ck_key_ids(&life[2], of_pair, 10, 11);
	tear_down();
}
END_TEST

/* No other ID, no key. */
START_TEST(the_generator_stands_still)
{
	static const uint32_t used = 7, group_ids[] = { 7, 8 };

	set_up_group();
	ck_key_ids(&life[1], group_ids, 7, 8);
	ids = &used;
	same_id = true;
	ck_assert_int_eq(take_step(&life[0]), SERVE_INTERNAL);
	ck_assert_uint_eq(a.error, KE_ERR_INTERNAL);
	ck_assert_int_eq(take_step(&life[4]), SERVE_INTERNAL);
	ids = NULL;
	ck_answered(&life[0], take_step(&life[0]));
	tear_down();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_faults");
	TCase *t = tcase_create("ked_faults");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, any_call_fails, 0, 2 * (int)STEPS);
	tcase_add_test(t, key_ids_are_used_once);
	tcase_add_test(t, the_generator_stands_still);
	return unit_run(s);
}
