// SPDX-License-Identifier: GPL-2.0-or-later
/* Which answers become keys for the clock: agent/want_internal.h. */
#include <check.h>
#include <string.h>

#include "agent/want_internal.h"
#include "tests/unit/run.h"
#include "tests/unit/samples.h"

#define NOW 1000000

static const struct servers two = {
	.n = 2, .list = { { "one.example.net", 4460 }, { "two.example.net", 4460 } },
};
static const struct want_env env = { .servers = &two };
static struct want w;
static struct ke_message answer;
static struct exchange_result result;

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.env = &env;
	w.asked.kind = APROTO_GROUP;
	result = (struct exchange_result){ .answer = &answer, .arrival_ms = NOW };
}

static void answered(enum sample_kind kind)
{
	struct sample s;
	struct octets o;

	sample_init(&s, kind);
	o = sample_octets(&s);
	ck_assert_int_eq(sample_decode(kind, &o, &answer), ST_OK);
}

static void is(enum status st)
{
	w.has_keys = false;
	ck_assert_str_eq(status_name(want_take_grant(&w, &result)), status_name(st));
	ck_assert_int_eq(w.has_keys, st == ST_OK);
}

/* Keys in hand, of the other server. */
static void has_others(uint32_t key_id, uint64_t expires_ms)
{
	w.granted = (struct aproto_granted){
		.server = 1, .key_id = { key_id, 0 }, .expires_ms = expires_ms,
	};
}

START_TEST(an_answer_to_each_question)
{
	static const struct {
		enum sample_kind answer;
		enum status st[3];	/* asked for a group's key, a requester's, a registration */
	} rows[] = {
		{ GROUP_GRANT, { ST_OK, ST_MISSING_RECORD, ST_BAD_TYPE } },
		{ TICKET_GRANT, { ST_FOREIGN_RECORD, ST_OK, ST_BAD_TYPE } },
		{ REGISTRATION_SUCCESS, { ST_BAD_TYPE, ST_BAD_TYPE, ST_OK } },
	};
	static const uint32_t kinds[] = { APROTO_GROUP, APROTO_REQUESTER, APROTO_GRANTOR };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answered(rows[i].answer);
		for (size_t k = 0; k < 3; k++) {
			w.asked.kind = kinds[k];
			is(rows[i].st[k]);
		}
	}
}
END_TEST

START_TEST(what_the_clock_gets)
{
	answered(GROUP_GRANT);
	w.asked.index = 3;
	w.server = 1;
	is(ST_OK);
	ck_assert_uint_eq(w.keys.type, APROTO_KEYS);
	ck_assert_uint_eq(w.keys.index, 3);
	ck_assert_uint_eq(w.keys.arrival_ms, NOW);
	ck_assert_str_eq(w.keys.server, "two.example.net:4460");
	ck_assert_mem_eq(w.keys.current.sa[0].key, answer.current.sa[0].key,
			 answer.current.sa[0].key_len);
	ck_assert_uint_eq(w.keys.has_next, answer.has_next);
}
END_TEST

START_TEST(next_without_a_ticket)
{
	answered(TICKET_GRANT);
	w.asked.kind = APROTO_REQUESTER;
	ck_assert(answer.has_next);
	answer.next.has_ticket = false;
	is(ST_MISSING_RECORD);
}
END_TEST

/* The link's own check, before anything is sent. */
START_TEST(what_the_clock_would_refuse)
{
	answered(GROUP_GRANT);
	answer.next.sa[0].key_id = answer.current.sa[0].key_id;
	ck_assert(answer.has_next);
	is(ST_BAD_VALUE);
}
END_TEST

START_TEST(keys_of_another_server)
{
	answered(GROUP_GRANT);
	has_others(answer.current.sa[0].key_id + 1000, NOW + 60000);
	is(ST_OTHER_KEYS);
	w.granted.expires_ms = NOW + 2001;
	is(ST_OTHER_KEYS);
	w.granted.expires_ms = NOW + 2000;	/* about to end */
	is(ST_OK);
	has_others(answer.current.sa[0].key_id, NOW + 60000);	/* they share their state */
	is(ST_OK);
	has_others(answer.next.sa[0].key_id, NOW + 60000);
	is(ST_OK);
	has_others(0, NOW + 60000);		/* not to be kept: want_again */
	is(ST_OK);
	has_others(answer.current.sa[0].key_id + 1000, NOW + 60000);
	w.server = 1;				/* the same server may do as it likes */
	is(ST_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("want_grant");
	TCase *tc = tcase_create("want_grant");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, an_answer_to_each_question);
	tcase_add_test(tc, what_the_clock_gets);
	tcase_add_test(tc, next_without_a_ticket);
	tcase_add_test(tc, what_the_clock_would_refuse);
	tcase_add_test(tc, keys_of_another_server);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
