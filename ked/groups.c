// SPDX-License-Identifier: GPL-2.0-or-later
/* Group keys, turned by the clock. Must not hand out what the store does not hold. */
#include "ked/groups.h"

#include <stdlib.h>
#include <string.h>

#include "ked/keys.h"
#include "util/log.h"
#include "util/secret.h"
#include "util/snapshot.h"

#define RETRY_MS 1000	/* after a failure of the store */

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

struct groups {
	struct store *store;
	struct snapshot view;
};

static size_t view_size(size_t n)
{
	return sizeof(struct groups_view) + n * sizeof(struct group);
}

static struct groups_view *view_copy(const struct groups_view *v)
{
	struct groups_view *copy = secret_alloc(view_size(v->n));

	if (copy) {
		memcpy(copy, v, view_size(v->n));
	}
	return copy;
}

static void view_free(struct groups_view *v)
{
	if (v) {
		secret_free(v, view_size(v->n));
	}
}

static size_t find(const struct groups_view *v, const struct nts_assoc *assoc)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (nts_assoc_equal(&v->group[i].conf->assoc, assoc)) {
			break;
		}
	}
	return i;
}

const struct kedconf_group *groups_find(const struct groups_view *v,
					const struct nts_assoc *assoc)
{
	size_t i = find(v, assoc);

	return i < v->n ? v->group[i].conf : NULL;
}

/* Stored periods of a group come in the order of their start. */
static enum status take_period(void *ctx, const struct store_period *p)
{
	struct groups_view *v = ctx;
	size_t i = find(v, &p->assoc);
	struct group *group = &v->group[i];

	if (i == v->n) {
		return ST_OK;
	}
	if (!group->has_current) {
		group->current = *p;
		group->has_current = true;
	} else if (!group->has_next && p->start_ms == group->current.end_ms) {
		group->next = *p;
		group->has_next = true;
	}
	return ST_OK;
}

static enum status view_load(const struct kedconf *conf, struct store *store,
			     struct groups_view **out)
{
	struct groups_view *v = secret_alloc(view_size(conf->n_groups));
	enum status st;

	if (!v) {
		return ST_NO_MEMORY;
	}
	v->conf = conf;
	for (v->n = 0; v->n < conf->n_groups; v->n++) {
		v->group[v->n].conf = &conf->groups[v->n];
	}
	st = store_load(store, take_period, v);
	if (st) {
		view_free(v);
		return st;
	}
	*out = v;
	return ST_OK;
}

enum status groups_new(const struct kedconf *conf, struct store *store, struct groups **out)
{
	struct groups *g = calloc(1, sizeof(*g));
	struct groups_view *v;
	enum status st;

	if (!g) {
		return ST_NO_MEMORY;
	}
	st = view_load(conf, store, &v);
	if (st) {
		free(g);
		return st;
	}
	g->store = store;
	snapshot_replace(&g->view, v);
	*out = g;
	return ST_OK;
}

void groups_free(struct groups *g)
{
	if (g) {
		view_free(snapshot_replace(&g->view, NULL));
		free(g);
	}
}

/* Makes a period and hands it to the store, which has still to say that it is durable. */
static enum status make_period(struct groups *g, const struct kedconf_group *conf,
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
	st = keys_make(g->store, &conf->policy, conf->mac, p.sa, &p.n_sa);
	if (!st) {
		st = store_add_period(g->store, &p);
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

static enum status make_missing(struct groups *g, struct group *group, int64_t now)
{
	enum status st = ST_OK;

	if (!group->has_current) {
		st = make_period(g, group->conf, now, &group->current);
		group->made_current = group->has_current = !st;
	}
	if (!st && !group->has_next && now >= group->current.update_ms) {
		st = make_period(g, group->conf, group->current.end_ms, &group->next);
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
static void make_all(struct groups *g, struct groups_view *v, uint64_t now_ms)
{
	enum status st = store_periods_begin(g->store);
	size_t i;

	for (i = 0; i < v->n; i++) {
		v->group[i].failed = make_missing(g, &v->group[i], (int64_t)now_ms);
	}
	st = store_periods_end(g->store, st);
	for (i = 0; i < v->n; i++) {
		settle(&v->group[i], st, now_ms);
	}
}

static uint64_t group_deadline(const struct group *group)
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

static void view_advance(struct groups *g, struct groups_view *v, uint64_t now_ms)
{
	bool lacking = false;
	uint64_t at;
	size_t i;

	for (i = 0; i < v->n; i++) {
		turn(&v->group[i], (int64_t)now_ms);
		lacking = lacking || lacks(&v->group[i], (int64_t)now_ms);
	}
	if (lacking) {
		make_all(g, v, now_ms);
	}
	v->deadline_ms = UINT64_MAX;
	for (i = 0; i < v->n; i++) {
		at = group_deadline(&v->group[i]);
		v->deadline_ms = at < v->deadline_ms ? at : v->deadline_ms;
	}
}

/* The first that failed, if any. */
static enum status view_failed(const struct groups_view *v)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < v->n && !st; i++) {
		st = v->group[i].failed;
	}
	return st;
}

enum status groups_advance(struct groups *g, uint64_t now_ms)
{
	struct groups_view *old = NULL;
	struct groups_view *v;
	enum status st;

	store_lock(g->store);
	v = snapshot_current(&g->view);
	if (now_ms >= v->deadline_ms) {
		v = view_copy(v);
		if (v) {
			view_advance(g, v, now_ms);
			old = snapshot_replace(&g->view, v);
		}
	}
	st = v ? view_failed(v) : ST_NO_MEMORY;
	st = st ? st : store_tick(g->store);
	store_unlock(g->store);
	snapshot_wait(&g->view, old);
	view_free(old);
	return st;
}

/* What is in use stays as it is; the store is asked only for groups that are new. */
static void keep_periods(const struct groups_view *old, struct groups_view *v)
{
	size_t i, k;

	for (i = 0; i < old->n; i++) {
		const struct group *group = &old->group[i];

		k = find(v, &group->conf->assoc);
		if (k < v->n) {
			const struct kedconf_group *conf = v->group[k].conf;

			v->group[k] = *group;
			v->group[k].conf = conf;
		}
	}
}

enum status groups_reload(struct groups *g, const struct kedconf *conf)
{
	struct groups_view *old = NULL;
	struct groups_view *v;
	enum status st;

	store_lock(g->store);
	st = view_load(conf, g->store, &v);
	if (!st) {
		old = snapshot_current(&g->view);
		keep_periods(old, v);
		snapshot_replace(&g->view, v);
	}
	store_unlock(g->store);
	if (!st) {
		snapshot_wait(&g->view, old);
		view_free(old);
	}
	return st;
}

const struct kedconf *groups_conf(const struct groups_view *v)
{
	return v->conf;
}

static uint64_t span(int64_t from, int64_t to)
{
	return to > from ? (uint64_t)(to - from) : 0;
}

bool groups_info(const struct groups_view *v, size_t i, uint64_t now_ms, struct groups_info *out)
{
	const struct group *group = &v->group[i];
	int64_t now = (int64_t)now_ms;

	if (i >= v->n) {
		return false;
	}
	*out = (struct groups_info){ .conf = group->conf, .has_next = group->has_next };
	if (group->has_current && now < group->current.end_ms) {
		out->has_current = true;
		out->age = span(group->current.start_ms, now);
		out->update_in = span(now, group->current.update_ms);
		out->ends_in = span(now, group->current.end_ms);
	}
	return true;
}

uint64_t groups_deadline(struct groups *g)
{
	uint64_t at;

	store_lock(g->store);
	at = ((struct groups_view *)snapshot_current(&g->view))->deadline_ms;
	store_unlock(g->store);
	return at;
}

const struct groups_view *groups_enter(struct groups *g, unsigned int reader)
{
	return snapshot_enter(&g->view, reader);
}

const struct groups_view *groups_enter_for(struct groups *g, unsigned int reader,
					   const struct nts_assoc *group, uint64_t now_ms)
{
	const struct groups_view *v = groups_enter(g, reader);
	size_t i = find(v, group);

	if (i < v->n && now_ms >= group_deadline(&v->group[i])) {
		groups_leave(g, reader);
		(void)!groups_advance(g, now_ms);	/* the view says for whom it failed */
		v = groups_enter(g, reader);
	}
	return v;
}

void groups_leave(struct groups *g, unsigned int reader)
{
	snapshot_leave(&g->view, reader);
}

/* Seconds from one instant to another, rounded up; 0 when it is past. */
static uint32_t seconds_left(int64_t from_ms, int64_t to_ms)
{
	return to_ms > from_ms ? (uint32_t)((to_ms - from_ms + 999) / 1000) : 0;
}

static void fill(const struct store_period *p, int64_t from_ms, struct nts_params *out)
{
	memset(out, 0, sizeof(*out));
	out->policy = p->policy;
	out->n_sa = p->n_sa;
	memcpy(out->sa, p->sa, sizeof(out->sa));
	out->lifetime = seconds_left(from_ms, p->end_ms);
	out->update_in = seconds_left(from_ms, p->update_ms);
	out->grace = p->grace;
	out->has_grace = true;
}

enum status groups_params(const struct groups_view *v, const struct kedconf_group *conf,
			  uint64_t now_ms, struct nts_params *current, struct nts_params *next,
			  bool *has_next)
{
	size_t i = find(v, &conf->assoc);
	const struct group *group = &v->group[i];
	int64_t now = (int64_t)now_ms;

	if (i == v->n) {
		return ST_STORE;
	}
	if (group->failed) {
		return group->failed;
	}
	if (!group->has_current || now >= group->current.end_ms) {
		return ST_NO_MEMORY;	/* nothing else keeps groups_enter_for from making one */
	}
	now = now < group->current.start_ms ? group->current.start_ms : now;
	fill(&group->current, now, current);
	*has_next = group->has_next;
	if (group->has_next) {
		fill(&group->next, group->next.start_ms, next);
	}
	return ST_OK;
}
