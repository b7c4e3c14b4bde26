// SPDX-License-Identifier: GPL-2.0-or-later
/* What a view of the groups tells its readers. Must not change it. */
#include <string.h>

#include "ked/groups_internal.h"

size_t groups_place(const struct groups_view *v, const struct nts_assoc *assoc)
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
	size_t i = groups_place(v, assoc);

	return i < v->n ? v->group[i].conf : NULL;
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
	size_t i = groups_place(v, &conf->assoc);
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
