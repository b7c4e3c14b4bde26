// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for requesters. Must not touch a page before a record in it is taken. */
#include "unicast/records.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "util/secret.h"

#define HUGE_PAGE (2ul << 20)

struct records {
	struct peer *all;	/* the mapping */
	size_t size;		/* its octets */
	uint32_t max;
	uint32_t used;		/* records that were ever taken */
	struct peer *unused;	/* given back, linked by in_period */
};

/* A few thousand requesters do without: a huge page for ten of them would be a waste. */
static void ask_for_huge_pages(const struct records *r)
{
	uintptr_t from = ((uintptr_t)r->all / HUGE_PAGE + 2) * HUGE_PAGE;
	uintptr_t to = ((uintptr_t)r->all + r->size) / HUGE_PAGE * HUGE_PAGE;

	if (from < to) {
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	}
}

enum status records_new(uint32_t max, struct records **out)
{
	struct records *r = calloc(1, sizeof(*r));
	void *p;

	if (!r) {
		return ST_NO_MEMORY;
	}
	r->max = max;
	r->size = (size_t)max * sizeof(*r->all);
	p = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) {
		free(r);
		return ST_NO_MEMORY;
	}
	r->all = p;
	(void)madvise(p, r->size, MADV_DONTDUMP);
	ask_for_huge_pages(r);
	*out = r;
	return ST_OK;
}

void records_free(struct records *r)
{
	if (!r) {
		return;
	}
	secret_wipe(r->all, r->used * sizeof(*r->all));
	munmap(r->all, r->size);
	free(r);
}

struct peer *records_take(struct records *r)
{
	struct peer *e = r->unused;

	if (e) {
		r->unused = e->in_period;
		return e;
	}
	return r->used < r->max ? &r->all[r->used++] : NULL;
}

void records_give_back(struct records *r, struct peer *record)
{
	secret_wipe(record, sizeof(*record));
	record->in_period = r->unused;
	r->unused = record;
}
