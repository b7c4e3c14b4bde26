// SPDX-License-Identifier: GPL-2.0-or-later
/* Snapshots: what is being read stays whole, and nobody who reads waits. */
#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/run.h"
#include "util/snapshot.h"

#define READERS 3
#define TURNS 2000
#define WORDS 64

struct thing {
	unsigned int word[WORDS];	/* all alike while it may be read */
};

static struct snapshot snapshot;
static atomic_bool over;
static atomic_uint torn, reads;

static struct thing *make(unsigned int value)
{
	struct thing *t = malloc(sizeof(*t));
	size_t i;

	ck_assert_ptr_nonnull(t);
	for (i = 0; i < WORDS; i++) {
		t->word[i] = value;
	}
	return t;
}

static void spoil_and_free(struct thing *t)
{
	size_t i;

	for (i = 0; i < WORDS; i++) {
		t->word[i] = (unsigned int)i;
	}
	free(t);
}

static void *read_on(void *ctx)
{
	unsigned int reader = *(unsigned int *)ctx;
	const struct thing *t;
	size_t i;

	while (!over) {
		t = snapshot_enter(&snapshot, reader);
		for (i = 1; i < WORDS; i++) {
			torn += t->word[i] != t->word[0];
		}
		snapshot_leave(&snapshot, reader);
		reads++;
	}
	return NULL;
}

START_TEST(readers_see_whole_things)
{
	unsigned int number[READERS] = { 0, 7, SNAPSHOT_READERS - 1 };
	pthread_t thread[READERS];
	struct thing *old;
	unsigned int i;

	snapshot_replace(&snapshot, make(0));
	for (i = 0; i < READERS; i++) {
		ck_assert_int_eq(pthread_create(&thread[i], NULL, read_on, &number[i]), 0);
	}
	for (i = 1; i <= TURNS || reads < TURNS; i++) {
		old = snapshot_replace(&snapshot, make(i));
		snapshot_wait(&snapshot, old);
		spoil_and_free(old);
	}
	over = true;
	for (i = 0; i < READERS; i++) {
		pthread_join(thread[i], NULL);
	}
	ck_assert_uint_eq(torn, 0);
	free(snapshot_replace(&snapshot, NULL));
}
END_TEST

static atomic_bool waited;

static void *wait_for_old(void *old)
{
	snapshot_wait(&snapshot, old);
	waited = true;
	return NULL;
}

START_TEST(the_writer_waits_for_readers_of_the_old)
{
	struct thing *first = make(1), *second = make(2);
	pthread_t thread;

	snapshot_replace(&snapshot, first);
	ck_assert_ptr_eq(snapshot_enter(&snapshot, 0), first);
	ck_assert_ptr_eq(snapshot_replace(&snapshot, second), first);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_old, first), 0);
	/* another reader does not wait, and sees the new one */
	ck_assert_ptr_eq(snapshot_enter(&snapshot, 1), second);
	ck_assert(!waited);
	ck_assert_uint_eq(first->word[0], 1);
	snapshot_leave(&snapshot, 0);
	pthread_join(thread, NULL);
	ck_assert(waited);
	snapshot_leave(&snapshot, 1);
	free(first);
	free(snapshot_replace(&snapshot, NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("snapshot");
	TCase *tc = tcase_create("snapshot");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, readers_see_whole_things);
	tcase_add_test(tc, the_writer_waits_for_readers_of_the_old);
	return unit_run(s);
}
