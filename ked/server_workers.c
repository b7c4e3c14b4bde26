// SPDX-License-Identifier: GPL-2.0-or-later
/* The server's workers, made, started and stopped together. */
#include <inttypes.h>

#include "ked/server_internal.h"

static enum status make_worker(struct server *s, size_t number)
{
	struct worker_args args = {
		.time = s->time,
		.groups = s->groups,
		.grantors = s->grantors,
		.creds = &s->creds,
		.limits = s->limits,
		.reader = (unsigned int)number,
	};
	enum status st = worker_new(&args, &s->worker[number]);
	size_t i;

	for (i = 0; i < s->n_addresses && !st; i++) {
		st = worker_listen(s->worker[number], s->listener[i][number]);
		s->listener[i][number] = NULL;
	}
	return st;
}

enum status server_make_workers(struct server *s)
{
	enum status st = limits_new(&s->conf->server, &s->limits);

	while (!st && s->n_workers < s->conf->server.workers) {
		st = make_worker(s, s->n_workers++);
	}
	return st;
}

enum status server_start_workers(struct server *s)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < s->n_workers && !st; i++) {
		st = worker_start(s->worker[i]);
	}
	return st;
}

struct totals {
	uint64_t accepted, over_limit, handshakes, failed, answered, grants;
};

static void add_up(const struct worker *w, struct totals *t)
{
	const struct conns_counters *c = worker_conns(w);
	const struct serve_counters *r = worker_serve(w);
	size_t i;

	t->accepted += c->accepted;
	t->over_limit += c->over_limit;
	t->handshakes += c->handshakes;
	t->answered += c->answered;
	for (i = 0; i < ST_COUNT; i++) {
		t->failed += c->handshake_failures[i];
	}
	for (i = 0; i <= SERVE_UNREADABLE; i++) {
		t->grants += r->answers[i][SERVE_GRANTED];
	}
}

void server_stop_workers(struct server *s)
{
	struct totals t = { 0 };
	size_t i;

	for (i = 0; i < s->n_workers; i++) {
		worker_stop(s->worker[i]);
		add_up(s->worker[i], &t);
	}
	log_notice("%" PRIu64 " connections, %" PRIu64 " over the limit, %" PRIu64 " handshakes, "
		   "%" PRIu64 " failed handshakes, %" PRIu64 " answers, %" PRIu64 " grants",
		   t.accepted, t.over_limit, t.handshakes, t.failed, t.answered, t.grants);
}
