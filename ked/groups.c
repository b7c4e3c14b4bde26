// SPDX-License-Identifier: GPL-2.0-or-later
/* The groups over their life: loaded, turned, exchanged for others, while threads read them. */
#include <stdlib.h>
#include <string.h>

#include "ked/groups_internal.h"
#include "util/secret.h"
#include "util/snapshot.h"

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

/* Stored periods of a group come in the order of their start. */
static enum status take_period(void *ctx, const struct store_period *p)
{
	struct groups_view *v = ctx;
	size_t i = groups_place(v, &p->assoc);
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
			groups_turn(g->store, v, now_ms);
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

		k = groups_place(v, &group->conf->assoc);
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
	size_t i = groups_place(v, group);

	if (i < v->n && now_ms >= groups_due(&v->group[i])) {
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

