// SPDX-License-Identifier: GPL-2.0-or-later
/* The set of verified chains: what it knows, until when, and how much of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "nts/tls_cache.h"

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

	ck_assert(!tls_cache_has(cache, digest(0), NOW));
	ck_assert(!tls_cache_has(cache, digest(1), NOW));
	tls_cache_add(cache, digest(1), NOW, NOW + 10);
	ck_assert(tls_cache_has(cache, digest(1), NOW));
	memcpy(other, digest(1), sizeof(other));
	other[31] ^= 1;
	ck_assert(!tls_cache_has(cache, other, NOW));
}
END_TEST

START_TEST(holds_for_its_span)
{
	tls_cache_add(cache, digest(1), NOW, NOW + 10);
	ck_assert(tls_cache_has(cache, digest(1), NOW + 9));
	ck_assert(!tls_cache_has(cache, digest(1), NOW + 10));
	ck_assert(!tls_cache_has(cache, digest(1), NOW + 1000));
	ck_assert(!tls_cache_has(cache, digest(1), NOW - 1));
	tls_cache_add(cache, digest(1), NOW - 100, NOW + 5);
	ck_assert(tls_cache_has(cache, digest(1), NOW - 1));
	ck_assert(!tls_cache_has(cache, digest(1), NOW + 5));
	tls_cache_add(cache, digest(2), NOW, NOW);
	ck_assert(!tls_cache_has(cache, digest(2), NOW));
}
END_TEST

/* Five of one set of four: the eldest goes. The same one again takes no second place. */
START_TEST(is_bounded)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		tls_cache_add(cache, digest(7 + (i << 16)), NOW, NOW + 10);
		tls_cache_add(cache, digest(7), NOW, NOW + 10);
	}
	for (i = 0; i < 4; i++) {
		ck_assert(tls_cache_has(cache, digest(7 + (i << 16)), NOW));
	}
	tls_cache_add(cache, digest(7 + (4 << 16)), NOW, NOW + 10);
	ck_assert(!tls_cache_has(cache, digest(7), NOW));
	for (i = 1; i < 5; i++) {
		ck_assert(tls_cache_has(cache, digest(7 + (i << 16)), NOW));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_cache");
	TCase *tc = tcase_create("tls_cache");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, knows_what_was_added);
	tcase_add_test(tc, holds_for_its_span);
	tcase_add_test(tc, is_bounded);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
