// SPDX-License-Identifier: GPL-2.0-or-later
/* The set of verified chains: what it knows, until when, and how much of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nts/tls_cache.h"
#include "tests/unit/run.h"

#define NOW 1700000000

static struct tls_cache *cache;

static const uint8_t *digest(unsigned int n)
{
	static uint8_t d[TLS_CACHE_DIGEST];

	memset(d, 0, sizeof(d));
	d[0] = (uint8_t)(n >> 8);
	d[1] = (uint8_t)n;
	d[31] = (uint8_t)(n >> 16);
	return d;
}

static void add(const uint8_t *d, int64_t now_s, int64_t until_s)
{
	struct tls_peer peer = { .n_names = 2, .names = { { 'd', "one" }, { 'u', "two" } } };

	snprintf(peer.subject, sizeof(peer.subject), "CN=%u", d[31]);
	tls_cache_add(cache, d, now_s, until_s, &peer);
}

/* And if so, it is he who was added. */
static bool has(const uint8_t *d, int64_t now_s)
{
	struct tls_peer *peer = tls_cache_find(cache, d, now_s);
	char subject[16];

	if (!peer) {
		return false;
	}
	snprintf(subject, sizeof(subject), "CN=%u", d[31]);
	ck_assert_str_eq(peer->subject, subject);
	ck_assert_uint_eq(peer->n_names, 2);
	ck_assert_str_eq(peer->names[1].text, "two");
	free(peer);
	return true;
}

static void set_up(void)
{
	ck_assert_int_eq(tls_cache_new(&cache), ST_OK);
}

static void tear_down(void)
{
	tls_cache_free(cache);
}

START_TEST(knows_what_was_added)
{
	uint8_t other[TLS_CACHE_DIGEST];

	ck_assert(!has(digest(0), NOW));
	ck_assert(!has(digest(1), NOW));
	add(digest(1), NOW, NOW + 10);
	ck_assert(has(digest(1), NOW));
	memcpy(other, digest(1), sizeof(other));
	other[31] ^= 1;
	ck_assert(!has(other, NOW));
}
END_TEST

START_TEST(holds_for_its_span)
{
	add(digest(1), NOW, NOW + 10);
	ck_assert(has(digest(1), NOW + 9));
	ck_assert(!has(digest(1), NOW + 10));
	ck_assert(!has(digest(1), NOW + 1000));
	ck_assert(!has(digest(1), NOW - 1));
	add(digest(1), NOW - 100, NOW + 5);
	ck_assert(has(digest(1), NOW - 1));
	ck_assert(!has(digest(1), NOW + 5));
	add(digest(2), NOW, NOW);
	ck_assert(!has(digest(2), NOW));
}
END_TEST

/* Five of one set of four: the eldest goes. The same one again takes no second place. */
START_TEST(is_bounded)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		add(digest(7 + (i << 16)), NOW, NOW + 10);
		add(digest(7), NOW, NOW + 10);
	}
	for (i = 0; i < 4; i++) {
		ck_assert(has(digest(7 + (i << 16)), NOW));
	}
	add(digest(7 + (4 << 16)), NOW, NOW + 10);
	ck_assert(!has(digest(7), NOW));
	for (i = 1; i < 5; i++) {
		ck_assert(has(digest(7 + (i << 16)), NOW));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_cache");
	TCase *tc = tcase_create("tls_cache");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, knows_what_was_added);
	tcase_add_test(tc, holds_for_its_span);
	tcase_add_test(tc, is_bounded);
	return unit_run(s);
}
