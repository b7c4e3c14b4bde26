// SPDX-License-Identifier: GPL-2.0-or-later
/* What no line says alone: config/kedconf_check.h. */
#include "config/kedconf_check.h"

#include "config/kedconf_deny.h"
#include "config/kedconf_option.h"

struct whole {
	struct kedconf *conf;
	struct kedconf_errors *errors;
	int last;		/* line of the file */
};

static void check_server(struct whole *w)
{
	const struct kedconf_option *o;
	size_t i;

	if (!w->conf->server.line) {
		kedconf_error(w->errors, w->last, "section [server] is missing");
		return;
	}
	for (i = 0; (o = kedconf_option_at(i)); i++) {
		const char *field = (const char *)&w->conf->server + o->offset;

		if (o->section == KEDCONF_SERVER && !o->fallback && !*field) {
			kedconf_error(w->errors, w->conf->server.line,
				      "%s is missing in [server]", o->name);
		}
	}
}

static void check_group(struct whole *w, struct kedconf_group *g)
{
	const struct kedconf_group *other;

	g->assoc = nts_assoc_group((uint8_t)g->domain, (uint16_t)g->sdo_id,
				   (uint16_t)g->sub_group);
	if (g->update_period >= g->lifetime) {
		kedconf_error(w->errors, g->line, "update_period %u of [group %s] is not below "
			      "its lifetime %u", g->update_period, g->name, g->lifetime);
	}
	if (g->grace_period > g->lifetime) {
		kedconf_error(w->errors, g->line, "grace_period %u of [group %s] is above its "
			      "lifetime %u", g->grace_period, g->name, g->lifetime);
	}
	for (other = w->conf->groups; other < g; other++) {
		if (nts_assoc_equal(&other->assoc, &g->assoc)) {
			kedconf_error(w->errors, g->line, "[group %s] has domain, sdo_id and "
				      "sub_group of [group %s]", g->name, other->name);
		}
	}
}

static void check_unicast(struct whole *w, const struct kedconf_unicast *u)
{
	if (u->lifetime <= u->lead || u->update_period >= u->lifetime - u->lead) {
		kedconf_error(w->errors, u->line, "update_period %u and lead %u of [unicast %s] "
			      "are together not below its lifetime %u", u->update_period, u->lead,
			      u->name, u->lifetime);
	}
	if (u->grace_period > u->lifetime) {
		kedconf_error(w->errors, u->line, "grace_period %u of [unicast %s] is above its "
			      "lifetime %u", u->grace_period, u->name, u->lifetime);
	}
}

static void complain_deny(void *ctx, const char *path, int line, const char *what)
{
	struct whole *w = ctx;
	int at = w->conf->authorization.line;

	if (path) {
		kedconf_error(w->errors, at, "deny_file: %s:%d: %s", path, line, what);
	} else {
		kedconf_error(w->errors, at, "deny: %s", what);
	}
}

enum status kedconf_check(struct kedconf *conf, struct kedconf_errors *errors, int last)
{
	struct whole w = { .conf = conf, .errors = errors, .last = last };
	enum status st;
	size_t i;

	check_server(&w);
	st = kedconf_deny_load(&conf->authorization, complain_deny, &w, &conf->denied,
			       &conf->n_denied);
	if (!conf->n_groups && !conf->n_unicast) {
		kedconf_error(errors, last, "no [group NAME] and no [unicast NAME] section");
	}
	for (i = 0; i < conf->n_groups; i++) {
		check_group(&w, &conf->groups[i]);
	}
	for (i = 0; i < conf->n_unicast; i++) {
		check_unicast(&w, &conf->unicast[i]);
	}
	return st == ST_NO_MEMORY ? st : ST_OK;
}
