// SPDX-License-Identifier: GPL-2.0-or-later
/* Hash table: finds what is in it, grows, sweeps all. */
#include <check.h>

#include "tests/unit/run.h"
#include "util/hmap.h"

#define N 5000

struct thing {
	struct hmap_node node;
	uint64_t id;
	bool seen;
};

static struct hmap m;
static struct thing thing[N];

static void set_up(void)
{
	ck_assert_int_eq(hmap_init(&m, 12345), ST_OK);
}

static void tear_down(void)
{
	hmap_free(&m);
}

static uint64_t hash_of(uint64_t id)
{
	return hmap_hash(&m, 7, &id, sizeof(id));
}

static struct thing *find(uint64_t id)
{
	struct hmap_node *node = hmap_first(&m, hash_of(id));

	for (; node; node = hmap_again(node)) {
		if (((struct thing *)node)->id == id) {
			return (struct thing *)node;
		}
	}
	return NULL;
}

static void fill(void)
{
	uint64_t i;

	for (i = 0; i < N; i++) {
		thing[i].id = i;
		hmap_add(&m, &thing[i].node, hash_of(i));
	}
}

START_TEST(finds_what_is_there)
{
	uint64_t i;

	ck_assert_ptr_null(find(1));
	fill();
	ck_assert_uint_eq(m.n, N);
	ck_assert_uint_ge(m.buckets, N);
	for (i = 0; i < N; i++) {
		ck_assert_ptr_eq(find(i), &thing[i]);
	}
	for (i = 0; i < N; i += 2) {
		hmap_remove(&m, &thing[i].node);
	}
	for (i = 0; i < N; i++) {
		ck_assert_ptr_eq(find(i), i % 2 ? &thing[i] : NULL);
	}
	ck_assert_uint_eq(m.n, N / 2);
}
END_TEST

START_TEST(one_hash_for_several)
{
	size_t n = 0;
	struct hmap_node *node;

	hmap_add(&m, &thing[0].node, 1);
	hmap_add(&m, &thing[1].node, 1);
	hmap_add(&m, &thing[2].node, 1 + m.buckets);	/* the same bucket */
	for (node = hmap_first(&m, 1); node; node = hmap_again(node)) {
		ck_assert_ptr_ne(node, &thing[2].node);
		n++;
	}
	ck_assert_uint_eq(n, 2);
}
END_TEST

static void visit(void *ctx, struct hmap_node *node)
{
	struct thing *t = (struct thing *)node;

	(void)ctx;
	ck_assert(!t->seen);
	t->seen = true;
	if (t->id % 3 == 0) {
		hmap_remove(&m, node);
	}
}

START_TEST(sweeps_all_in_the_end)
{
	size_t i;

	fill();
	for (i = 0; i < m.buckets; i += 4) {
		hmap_sweep(&m, 4, visit, NULL);
	}
	for (i = 0; i < N; i++) {
		ck_assert(thing[i].seen);
		ck_assert_ptr_eq(find(i), i % 3 ? &thing[i] : NULL);
	}
}
END_TEST

START_TEST(another_seed_another_hash)
{
	struct hmap other = { .seed = 54321 };
	uint64_t id = 1;

	ck_assert_uint_ne(hmap_hash(&m, 7, &id, sizeof(id)), hmap_hash(&other, 7, &id, sizeof(id)));
	ck_assert_uint_ne(hmap_hash(&m, 7, &id, sizeof(id)), hmap_hash(&m, 8, &id, sizeof(id)));
	ck_assert_uint_ne(hmap_hash(&m, 7, &id, 4), hmap_hash(&m, 7, &id, 5));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hmap");
	TCase *tc = tcase_create("hmap");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, finds_what_is_there);
	tcase_add_test(tc, one_hash_for_several);
	tcase_add_test(tc, sweeps_all_in_the_end);
	tcase_add_test(tc, another_seed_another_hash);
	return unit_run(s);
}
