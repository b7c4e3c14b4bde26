// SPDX-License-Identifier: GPL-2.0-or-later
/* Group keys turned by the clock (draft 2.1.1). Must not hand out what the store does not hold. */
#include "ked/groups_internal.h"
#include "ked/keys.h"
#include "util/log.h"
#include "util/secret.h"

#define RETRY_MS 1000	/* after a failure of the store */

/* Makes a period and hands it to the store, which has still to say that it is durable. */
static enum status make_period(struct store *store, const struct kedconf_group *conf,
			       int64_t start_ms, struct store_period *out)
{
	struct store_period p = {
		.assoc = conf->assoc,
		.start_ms = start_ms,
		.end_ms = start_ms + (int64_t)conf->lifetime * 1000,
		.grace = conf->grace_period,
		.policy = conf->policy,
	};
	enum status st;

	p.update_ms = p.end_ms - (int64_t)conf->update_period * 1000;
	st = keys_make(store, &conf->policy, conf->mac, p.sa, &p.n_sa);
	if (!st) {
		st = store_add_period(store, &p);
	}
	if (!st) {
		*out = p;
	}
	secret_wipe(&p, sizeof(p));
	return st;
}

static void drop(struct store_period *p, bool *has)
{
	secret_wipe(p, sizeof(*p));
	*has = false;
}

/* What is over goes; Next becomes Current. */
static void turn(struct group *group, int64_t now)
{
	while (group->has_current && now >= group->current.end_ms) {
		drop(&group->current, &group->has_current);
		if (group->has_next) {
			group->current = group->next;
			group->has_current = true;
			drop(&group->next, &group->has_next);
		}
	}
}

static bool lacks(const struct group *group, int64_t now)
{
	return !group->has_current || (!group->has_next && now >= group->current.update_ms);
}

static enum status make_missing(struct store *store, struct group *group, int64_t now)
{
	enum status st = ST_OK;

	if (!group->has_current) {
		st = make_period(store, group->conf, now, &group->current);
		group->made_current = group->has_current = !st;
	}
	if (!st && !group->has_next && now >= group->current.update_ms) {
		st = make_period(store, group->conf, group->current.end_ms, &group->next);
		group->made_next = group->has_next = !st;
	}
	return st;
}

static void settle_period(struct group *group, enum status st, struct store_period *p, bool *has)
{
	if (st) {
		drop(p, has);
		group->failed = st;
	} else {
		log_info("group %s: new key ID 0x%08x%s, lifetime %u s", group->conf->name,
			 p->sa[0].key_id, p->n_sa > 1 ? " and others" : "",
			 (unsigned int)((p->end_ms - p->start_ms) / 1000));
	}
}

/* What was made is durable, when st is ST_OK, or was not made. */
static void settle(struct group *group, enum status st, uint64_t now_ms)
{
	if (group->made_current) {
		settle_period(group, st, &group->current, &group->has_current);
	}
	if (group->made_next) {
		settle_period(group, st, &group->next, &group->has_next);
	}
	group->made_current = false;
	group->made_next = false;
	group->retry_ms = group->failed ? now_ms + RETRY_MS : 0;
}

/* All in one transaction: to wait for the disk once for each group would take seconds. */
static void make_all(struct store *store, struct groups_view *v, uint64_t now_ms)
{
	enum status st = store_periods_begin(store);
	size_t i;

	for (i = 0; i < v->n; i++) {
		v->group[i].failed = make_missing(store, &v->group[i], (int64_t)now_ms);
	}
	st = store_periods_end(store, st);
	for (i = 0; i < v->n; i++) {
		settle(&v->group[i], st, now_ms);
	}
}

uint64_t groups_due(const struct group *group)
{
	int64_t at;

	if (group->retry_ms) {
		return group->retry_ms;
	}
	if (!group->has_current) {
		return 0;
	}
	at = group->has_next ? group->current.end_ms : group->current.update_ms;
	return at > 0 ? (uint64_t)at : 0;
}

void groups_turn(struct store *store, struct groups_view *v, uint64_t now_ms)
{
	bool lacking = false;
	uint64_t at;
	size_t i;

	for (i = 0; i < v->n; i++) {
		turn(&v->group[i], (int64_t)now_ms);
		lacking = lacking || lacks(&v->group[i], (int64_t)now_ms);
	}
	if (lacking) {
		make_all(store, v, now_ms);
	}
	v->deadline_ms = UINT64_MAX;
	for (i = 0; i < v->n; i++) {
		at = groups_due(&v->group[i]);
		v->deadline_ms = at < v->deadline_ms ? at : v->deadline_ms;
	}
}
