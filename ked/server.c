// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the parts together and runs the loop: server.h. */
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "ked/server_internal.h"
#include "util/privileges.h"

static enum status harden(struct server *s)
{
	(void)s;
	return server_harden();
}

static enum status drop_privileges(struct server *s)
{
	if (!*s->conf->server.user && privileges_held()) {
		log_warning("user is not given: stays root");
	}
	return server_become_user(s->conf);
}

static enum status start_metrics(struct server *s)
{
	const struct metrics_source source = {
		.time = s->time,
		.groups = s->groups,
		.reader = SNAPSHOT_READERS - 1,
		.grantors = s->grantors,
		.creds = &s->creds,
		.limits = s->limits,
		.n_workers = s->n_workers,
		.worker = s->worker,
		.reloads = &s->reloads,
		.store = &s->well,
	};
	int fd = s->metrics_fd;

	s->metrics_fd = -1;
	return fd < 0 ? ST_OK : metrics_new(s->base, fd, &source, &s->metrics);
}

static void tell_ready(const struct server *s)
{
	char address[CONN_ADDRESS];
	size_t i;

	for (i = 0; i < s->n_addresses; i++) {
		log_info("nts-ked ready on %s", worker_address(s->worker[0], i, address));
	}
	server_tell_manager(s);
}

static enum status start(struct server *s)
{
	enum status st = server_make_events(s);

	if (!st) {
		st = server_make_workers(s);
	}
	if (!st) {
		st = server_start_workers(s);
	}
	if (!st) {
		st = start_metrics(s);
	}
	if (!st) {
		st = server_watch(s);
	}
	if (st) {
		log_err("event loops: %s", status_str(st));
	} else {
		tell_ready(s);
	}
	return st;
}

/* In this order; each logs its failure. */
static enum status (*const stages[])(struct server *s) = {
	server_open_notify, harden, server_open_listeners, server_open_metrics,
	server_load_own_creds, drop_privileges, server_open_store, server_load_groups, start,
};

enum status server_new(const struct server_args *args, struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));
	enum status st = ST_OK;
	size_t i;

	if (!s) {
		log_err("%s", status_str(ST_NO_MEMORY));
		kedconf_free(args->conf);
		return ST_NO_MEMORY;
	}
	s->conf = args->conf;
	s->path = args->path;
	s->level = args->level;
	s->time = args->time;
	s->metrics_fd = -1;
	server_set_level(s, s->conf);
	server_raise_descriptors(s);
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]) && !st; i++) {
		st = stages[i](s);
	}
	if (st) {
		server_free(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void server_run(struct server *s)
{
	event_base_dispatch(s->base);
	server_stop_workers(s);
}

static void free_listeners(struct server *s)
{
	size_t i, k;

	for (i = 0; i < LISTENERS_MAX; i++) {
		for (k = 0; k < KEDCONF_WORKERS; k++) {
			listener_free(s->listener[i][k]);
		}
	}
}

void server_free(struct server *s)
{
	size_t i;

	if (!s) {
		return;
	}
	metrics_free(s->metrics);
	if (s->metrics_fd >= 0) {
		close(s->metrics_fd);
	}
	watch_free(s->watch);
	for (i = 0; i < s->n_workers; i++) {
		worker_free(s->worker[i]);
	}
	limits_free(s->limits);
	free_listeners(s);
	server_free_events(s);
	grantors_free(s->grantors);
	groups_free(s->groups);
	store_close(s->store);
	tls_creds_unref(snapshot_current(&s->creds));
	notify_close(&s->notify);
	kedconf_free(s->conf);
	free(s);
}
