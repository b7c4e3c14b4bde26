/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a request for a pair's key gets: for each period a ticket key and a pair, which may have to
 * be made first. Reads the tables, under their lock.
 */
#ifndef NTS_KED_PLAN_H
#define NTS_KED_PLAN_H

#include "ked/grantors_tables.h"

struct plan {
	const struct grantors_ask *ask;
	int64_t now;
	size_t n;				/* Current and perhaps Next */
	struct store_ticket_key key[PERIODS];
	struct store_pair pair[PERIODS];	/* n_sa 0: to be made, for mac */
	uint16_t mac[PERIODS];
	bool store;				/* something is to be made or changed */
};

/* For a requester. Whoever asked wipes *plan. ST_NOT_REGISTERED, ST_NO_COMMON_ALG. */
enum status plan_make(const struct grantors *g, const struct grantors_ask *ask,
		      struct plan *plan) MUST_CHECK;

/*
 * For a transparent clock that names a pair: Next only where the requester has it already; nothing
 * is to be made. Also ST_NOT_AUTHORIZED: no requester has named all of that.
 */
enum status plan_named(const struct grantors *g, const struct grantors_ask *ask,
		       struct plan *plan) MUST_CHECK;

#endif
