// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for requesters. Must not touch a page before a record in it is taken. */
#include "unicast/records.h"

#include <string.h>
#include <sys/mman.h>

#include "util/secret.h"

#define HUGE_PAGE (2ul << 20)

_Static_assert(sizeof(struct peer) == 64 && sizeof(struct record) == 128, "two cache lines");
_Static_assert(sizeof(struct peer) + sizeof(struct record_rest) == PEERS_RECORD, "as it says");

/* A few thousand requesters do without: a huge page for ten of them would be a waste. */
static void ask_for_huge_pages(void *p, size_t size)
{
	uintptr_t from = ((uintptr_t)p / HUGE_PAGE + 2) * HUGE_PAGE;
	uintptr_t to = ((uintptr_t)p + size) / HUGE_PAGE * HUGE_PAGE;

	if (from < to) {
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	}
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		return NULL;
	}
	(void)madvise(p, size, MADV_DONTDUMP);
	ask_for_huge_pages(p, size);
	return p;
}

enum status records_new(uint32_t max, struct records *out)
{
	size_t n = (size_t)max + 1;
	struct record *first = map(n * sizeof(*first));
	struct record_rest *rest = map(n * sizeof(*rest));

	*out = (struct records) { .first = first, .rest = rest, .max = max };
	if (!first || !rest) {
		records_free(out);
		return ST_NO_MEMORY;
	}
	return ST_OK;
}

static void wipe_and_unmap(void *p, size_t used, size_t size)
{
	if (p) {
		secret_wipe(p, used);
		munmap(p, size);
	}
}

void records_free(struct records *r)
{
	size_t n = (size_t)r->max + 1, used = (size_t)r->used + 1;

	wipe_and_unmap(r->first, used * sizeof(*r->first), n * sizeof(*r->first));
	wipe_and_unmap(r->rest, used * sizeof(*r->rest), n * sizeof(*r->rest));
	memset(r, 0, sizeof(*r));
}

uint32_t records_take(struct records *r)
{
	uint32_t i = r->unused;

	if (i) {
		r->unused = r->rest[i].in_period;
		r->rest[i].in_period = 0;
		return i;
	}
	return r->used < r->max ? ++r->used : 0;
}

void records_give_back(struct records *r, uint32_t number)
{
	secret_wipe(&r->first[number], sizeof(r->first[number]));
	secret_wipe(&r->rest[number], sizeof(r->rest[number]));
	r->rest[number].in_period = r->unused;
	r->unused = number;
}
