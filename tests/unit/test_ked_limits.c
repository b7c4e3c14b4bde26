// SPDX-License-Identifier: GPL-2.0-or-later
/* What one address may have of the server, and all together. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "ked/limits.h"
#include "tests/unit/run.h"

static struct kedconf_server conf;
static struct limits *limits;
static uint64_t now_ms;

static void set_up(void)
{
	conf = (struct kedconf_server){
		.max_connections = 10,
		.max_connections_per_address = 4,
		.handshakes_per_second = 2,
		.handshakes_burst = 6,
		.handshake_timeout = 7,
		.request_timeout = 8,
		.request_size = 2048,
	};
	now_ms = 1000000;
	ck_assert_int_eq(limits_new(&conf, &limits), ST_OK);
}

static void tear_down(void)
{
	ck_assert_uint_eq(limits_counters(limits)->open, 0);
	limits_free(limits);
}

static enum limits_verdict enter(const char *from, struct limits_address **out)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, from, &four.sin_addr) == 1) {
		return limits_enter(limits, (struct sockaddr *)&four, now_ms, out);
	}
	ck_assert_int_eq(inet_pton(AF_INET6, from, &six.sin6_addr), 1);
	return limits_enter(limits, (struct sockaddr *)&six, now_ms, out);
}

static void leave_all(struct limits_address **held, int n)
{
	while (n--) {
		limits_leave(limits, held[n]);
	}
}

START_TEST(connections_of_one_address)
{
	struct limits_address *held[5];
	int i;

	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held[i]), LIMITS_OK);
	}
	ck_assert_int_eq(enter("192.0.2.1", &held[4]), LIMITS_PER_ADDRESS);
	ck_assert_int_eq(enter("192.0.2.2", &held[4]), LIMITS_OK);
	ck_assert_uint_eq(limits_counters(limits)->open, 5);
	ck_assert_uint_eq(limits_counters(limits)->hit[LIMITS_PER_ADDRESS], 1);
	limits_leave(limits, held[0]);
	ck_assert_int_eq(enter("192.0.2.1", &held[0]), LIMITS_OK);
	leave_all(held, 5);
}
END_TEST

START_TEST(connections_in_all)
{
	struct limits_address *held[11];
	char from[24];
	int i;

	for (i = 0; i < 10; i++) {
		snprintf(from, sizeof(from), "192.0.2.%d", i);
		ck_assert_int_eq(enter(from, &held[i]), LIMITS_OK);
	}
	ck_assert_int_eq(enter("192.0.2.99", &held[10]), LIMITS_CONNECTIONS);
	ck_assert_uint_eq(limits_counters(limits)->hit[LIMITS_CONNECTIONS], 1);
	limits_leave(limits, held[3]);
	ck_assert_int_eq(enter("192.0.2.99", &held[3]), LIMITS_OK);
	leave_all(held, 10);
}
END_TEST

/* Who is turned away pays no token: it is connections that cost. */
START_TEST(handshakes_per_second)
{
	struct limits_address *held;
	int i;

	for (i = 0; i < 6; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_OK);
		limits_leave(limits, held);
	}
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_RATE);
	ck_assert_int_eq(enter("192.0.2.2", &held), LIMITS_OK);
	limits_leave(limits, held);
	now_ms += 499;
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_RATE);
	now_ms += 1;
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_OK);
	limits_leave(limits, held);
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_RATE);
	ck_assert_uint_eq(limits_counters(limits)->hit[LIMITS_RATE], 3);
	now_ms -= 100000;
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_RATE);
}
END_TEST

/* However long one connection stood open meanwhile. */
START_TEST(no_more_than_a_burst)
{
	struct limits_address *first, *held;
	int i;

	ck_assert_int_eq(enter("192.0.2.1", &first), LIMITS_OK);
	now_ms += 24 * 3600 * 1000;
	for (i = 0; i < 6; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_OK);
		limits_leave(limits, held);
	}
	ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_RATE);
	limits_leave(limits, first);
}
END_TEST

START_TEST(what_an_address_is)
{
	struct limits_address *held[5];
	int i;

	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(enter(i % 2 ? "2001:db8::1" : "2001:db8::ffff:2", &held[i]),
				 LIMITS_OK);
	}
	ck_assert_int_eq(enter("2001:db8:0:0:3::", &held[4]), LIMITS_PER_ADDRESS);
	ck_assert_int_eq(enter("2001:db8:0:1::1", &held[4]), LIMITS_OK);
	leave_all(held, 5);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(enter(i % 2 ? "192.0.2.1" : "::ffff:192.0.2.1", &held[i]),
				 LIMITS_OK);
	}
	ck_assert_int_eq(enter("192.0.2.1", &held[4]), LIMITS_PER_ADDRESS);
	ck_assert_int_eq(enter("::ffff:192.0.2.2", &held[4]), LIMITS_OK);
	leave_all(held, 5);
}
END_TEST

START_TEST(a_reload_changes_them)
{
	struct limits_address *held[9];
	int i;

	ck_assert_uint_eq(limits_handshake_timeout(limits), 7);
	ck_assert_uint_eq(limits_request_timeout(limits), 8);
	ck_assert_uint_eq(limits_request_size(limits), 2048);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held[i]), LIMITS_OK);
	}
	conf.max_connections_per_address = 0;
	conf.handshakes_per_second = 0;
	conf.max_connections = 8;
	conf.request_timeout = 9;
	limits_set(limits, &conf);
	ck_assert_uint_eq(limits_request_timeout(limits), 9);
	for (; i < 8; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held[i]), LIMITS_OK);
	}
	ck_assert_int_eq(enter("192.0.2.1", &held[8]), LIMITS_CONNECTIONS);
	conf.max_connections = 2;
	limits_set(limits, &conf);
	ck_assert_int_eq(enter("192.0.2.1", &held[8]), LIMITS_CONNECTIONS);
	leave_all(held, 8);
	for (i = 0; i < 1000; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held[0]), LIMITS_OK);
		limits_leave(limits, held[0]);
	}
}
END_TEST

/* A million networks come by: memory stays bounded, whether their buckets are full again or not. */
START_TEST(memory_is_bounded)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	struct limits_address *held;
	uint32_t i, most = 0;

	for (i = 0; i < 200000; i++) {
		memcpy(&from.sin6_addr, &i, sizeof(i));
		ck_assert_int_eq(limits_enter(limits, (struct sockaddr *)&from, now_ms, &held),
				 LIMITS_OK);
		limits_leave(limits, held);
		if (limits_counters(limits)->addresses > most) {
			most = limits_counters(limits)->addresses;
		}
	}
	ck_assert_uint_le(most, 65536 + 2);
	ck_assert_uint_gt(most, 65000);
	now_ms += 1000000;
	for (i = 0; i < 40000; i++) {
		ck_assert_int_eq(enter("192.0.2.1", &held), LIMITS_OK);
		limits_leave(limits, held);
		now_ms += 500;
	}
	ck_assert_uint_le(limits_counters(limits)->addresses, 2);
}
END_TEST

static void *come_and_go(void *ctx)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct limits_address *held;
	uint32_t i;

	for (i = 0; i < 20000; i++) {
		from.sin_addr.s_addr = htonl(i % 50);
		if (!limits_enter(limits, (struct sockaddr *)&from, now_ms + i, &held)) {
			limits_leave(limits, held);
			++*(uint32_t *)ctx;
		}
	}
	return NULL;
}

START_TEST(many_threads)
{
	uint32_t entered[3] = { 0 };
	pthread_t thread[3];
	uint64_t sum = 0;
	int i;

	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_create(&thread[i], NULL, come_and_go, &entered[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		sum += entered[i];
	}
	ck_assert_uint_eq(limits_counters(limits)->hit[LIMITS_OK], sum);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(limits_str(LIMITS_RATE), "handshakes_per_second");
	ck_assert_str_eq(limits_str(LIMITS_OK), "none");
	ck_assert_str_eq(limits_str(LIMITS_VERDICTS), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_limits");
	TCase *tc = tcase_create("ked_limits");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, connections_of_one_address);
	tcase_add_test(tc, connections_in_all);
	tcase_add_test(tc, handshakes_per_second);
	tcase_add_test(tc, no_more_than_a_burst);
	tcase_add_test(tc, what_an_address_is);
	tcase_add_test(tc, a_reload_changes_them);
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, many_threads);
	tcase_add_test(tc, names);
	return unit_run(s);
}
