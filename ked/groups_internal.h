/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ked/groups*.c share. */
#ifndef NTS_KED_GROUPS_INTERNAL_H
#define NTS_KED_GROUPS_INTERNAL_H

#include "ked/groups.h"

struct group {
	const struct kedconf_group *conf;
	bool has_current;
	bool has_next;
	struct store_period current;
	struct store_period next;	/* starts where current ends */
	bool made_current;		/* and may not be durable yet, in make_all */
	bool made_next;
	uint64_t retry_ms;		/* after a failure; 0 none */
	enum status failed;		/* why nothing could be made; ST_OK: could be */
};

struct groups_view {
	const struct kedconf *conf;
	uint64_t deadline_ms;
	size_t n;
	struct group group[];
};

/* ---- groups_view.c ---- */

/* Where the group stands in the view; its n: nowhere. */
size_t groups_place(const struct groups_view *v, const struct nts_assoc *assoc);

/* ---- groups_turn.c ---- */

/*
 * Under store_lock. What is over goes, Next becomes Current, what is missing is made, durably;
 * where that failed the group says so.
 */
void groups_turn(struct store *store, struct groups_view *v, uint64_t now_ms);

/* When groups_turn has something to do for this group next. */
uint64_t groups_due(const struct group *group);

#endif
