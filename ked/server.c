// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the parts together and runs the loop. */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ked/server_internal.h"
#include "util/privileges.h"
#include "util/secret.h"

#define ADVANCE_MIN_MS 10
#define ADVANCE_MAX_MS 10000	/* the loop's timers stand still in suspend, boot time does not */

static const int signals[SERVER_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

/* One listener for each worker, while we may still bind. */
static enum status listen_for_all(struct server *s, const struct sockaddr *sa, socklen_t len)
{
	struct listener **l = s->listener[s->n_addresses];
	size_t n = s->conf->server.workers;
	enum status st = listener_open(sa, len, n > 1, &l[0]);
	size_t i;

	for (i = 1; i < n && !st; i++) {
		st = listener_twin(l[0], &l[i]);
	}
	return st;
}

/* An address of a family that this machine does not have is left out. */
static enum status listen_on(struct server *s, const char *item)
{
	struct sockaddr_storage sa;
	enum status st;
	socklen_t len;

	if (s->n_addresses == LISTENERS_MAX) {
		log_err("listen: more than %d addresses", LISTENERS_MAX);
		return ST_LIMIT;
	}
	st = kedconf_address(item, &sa, &len);
	if (!st) {
		st = listen_for_all(s, (struct sockaddr *)&sa, len);
	}
	if (st == ST_SYSTEM && errno == EAFNOSUPPORT) {
		log_warning("listen: %s left out: %s", item, strerror(errno));
		return ST_OK;
	}
	if (st) {
		log_err("listen: %s: %s", item,
			st == ST_SYSTEM ? strerror(errno) : status_str(st));
		return st;
	}
	s->n_addresses++;
	return ST_OK;
}

static enum status open_listeners(struct server *s)
{
	const char *at = s->conf->server.listen;
	enum status st = ST_OK;
	char item[KEDCONF_ITEM];

	while (!st && kedconf_item(&at, item)) {
		st = listen_on(s, item);
	}
	if (!st && !s->n_addresses) {
		log_err("listen: no address to listen on");
		st = ST_CONFIG;
	}
	return st;
}

static enum status open_metrics(struct server *s)
{
	const char *address = s->conf->server.metrics;
	enum status st = *address ? metrics_listen(address, &s->metrics_fd) : ST_OK;

	if (st) {
		log_err("metrics: %s: %s", address,
			st == ST_SYSTEM ? strerror(errno) : status_str(st));
	}
	return st;
}

enum status server_become_user(const struct kedconf *conf)
{
	const char *name = conf->server.user;
	struct privileges_user user;
	enum status st;

	if (!*name || !privileges_held()) {
		return ST_OK;
	}
	st = privileges_find(name, &user);
	if (!st) {
		st = privileges_become(&user);
	}
	if (st) {
		log_err("user: cannot become %s: %s", name,
			st == ST_CONFIG ? "no such user" : strerror(errno));
	}
	return st;
}

static enum status drop_privileges(struct server *s)
{
	return server_become_user(s->conf);
}

static enum status open_store(struct server *s)
{
	struct store_args args = {
		.path = s->conf->server.store,
		.time = s->time,
		.key_file = s->conf->server.store_key_file,
	};
	char why[STORE_WHY] = "";
	enum status st = store_open(&args, &s->store, why);

	if (st) {
		log_err("store: %s", why);
		return st;
	}
	if (store_clock_was_back(s->store)) {
		log_warning("store: the wall clock stands before the last change of keys; "
			    "lifetimes are reckoned from that change");
	}
	if (store_clock_leapt(s->store)) {
		log_warning("store: the wall clock stands more than a year after the last change "
			    "of keys; is it right?");
	}
	return ST_OK;
}

static enum status load_groups(struct server *s)
{
	enum status st = groups_new(s->conf, s->store, &s->groups);

	if (!st) {
		st = groups_advance(s->groups, timebase_boot(s->time));
	}
	if (st) {
		log_err("store: group keys: %s: %s", status_str(st), store_why(s->store));
		return st;
	}
	st = grantors_new(s->store, &s->grantors);
	if (st) {
		log_err("store: registrations: %s: %s", status_str(st), store_why(s->store));
	}
	return st;
}

static void advance_later(struct server *s)
{
	uint64_t now = timebase_boot(s->time);
	uint64_t at = groups_deadline(s->groups);
	uint64_t ms = at > now ? at - now : 0;
	struct timeval tv;

	ms = ms < ADVANCE_MIN_MS ? ADVANCE_MIN_MS : ms;
	ms = ms > ADVANCE_MAX_MS ? ADVANCE_MAX_MS : ms;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(s->advance, &tv);
}

static void on_advance(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	uint64_t now = timebase_boot(s->time);
	enum status st = groups_advance(s->groups, now);

	(void)fd;
	(void)what;
	if (st) {
		store_lock(s->store);
		log_limited(&s->limit, now, LOG_ERR, "group keys: %s: %s", status_str(st),
			    store_why(s->store));
		store_unlock(s->store);
	}
	advance_later(s);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct server *s = ctx;

	(void)what;
	if (number == SIGHUP) {
		server_reload(s);
		return;
	}
	log_notice("nts-ked ends on signal %d", (int)number);
	notify_stopping(&s->notify);
	event_base_loopbreak(s->base);
}

static void watchdog_later(struct server *s)
{
	uint32_t ms = s->notify.watchdog_ms;
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (ms) {
		event_add(s->watchdog, &tv);
	}
}

/* We are well when all workers are: each has answered what we asked it the last time. */
static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	bool well = true;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < s->n_workers; i++) {
		well = worker_ping(s->worker[i]) && well;
	}
	if (well) {
		notify_watchdog(&s->notify);
	}
	watchdog_later(s);
}

static enum status make_events(struct server *s)
{
	size_t i;

	s->base = event_base_new();
	if (!s->base) {
		return ST_NO_MEMORY;
	}
	for (i = 0; i < SERVER_SIGNALS; i++) {
		s->signal[i] = evsignal_new(s->base, signals[i], on_signal, s);
		if (!s->signal[i] || event_add(s->signal[i], NULL)) {
			return ST_NO_MEMORY;
		}
	}
	s->advance = evtimer_new(s->base, on_advance, s);
	s->watchdog = evtimer_new(s->base, on_watchdog, s);
	if (!s->advance || !s->watchdog) {
		return ST_NO_MEMORY;
	}
	advance_later(s);
	watchdog_later(s);
	return ST_OK;
}

#define OTHER_DESCRIPTORS 64
#define WORKER_DESCRIPTORS (LISTENERS_MAX + 8)	/* its listeners and its loop */

void server_raise_descriptors(const struct server *s)
{
	rlim_t wanted = s->conf->server.max_connections + OTHER_DESCRIPTORS +
			s->conf->server.workers * WORKER_DESCRIPTORS;
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted) {
		return;
	}
	if (limit.rlim_max < wanted) {
		log_warning("max_connections: %u asks for more descriptors than the limit of %llu",
			    s->conf->server.max_connections, (unsigned long long)limit.rlim_max);
		wanted = limit.rlim_max;
	}
	limit.rlim_cur = wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum status raise_descriptors(struct server *s)
{
	server_raise_descriptors(s);
	return ST_OK;
}

enum status server_harden(void)
{
	enum status st = secret_harden_process();

	if (st) {
		log_err("core dumps or new privileges could not be forbidden");
	}
	return st;
}

static enum status harden(struct server *s)
{
	(void)s;
	return server_harden();
}

static enum status load_own_creds(struct server *s)
{
	struct tls_creds *creds;
	enum status st = server_trust_user(s->conf);

	if (!st) {
		st = server_load_creds(s->time, s->conf, &creds);
	}
	if (!st) {
		snapshot_replace(&s->creds, creds);
	}
	return st;
}

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

static enum status make_workers(struct server *s)
{
	enum status st = limits_new(&s->conf->server, &s->limits);

	while (!st && s->n_workers < s->conf->server.workers) {
		st = make_worker(s, s->n_workers++);
	}
	return st;
}

static enum status start_workers(struct server *s)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < s->n_workers && !st; i++) {
		st = worker_start(s->worker[i]);
	}
	return st;
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
	enum status st = make_events(s);

	if (!st) {
		st = make_workers(s);
	}
	if (!st) {
		st = start_workers(s);
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

static enum status open_notify(struct server *s)
{
	enum status st = notify_open(&s->notify);

	if (st) {
		s->notify.fd = -1;
		log_err("NOTIFY_SOCKET: %s",
			st == ST_SYSTEM ? strerror(errno) : "not an address of a socket");
	}
	return st;
}

/* In this order; each logs its failure. */
static enum status (*const stages[])(struct server *s) = {
	open_notify, raise_descriptors, harden, open_listeners, open_metrics, load_own_creds,
	drop_privileges, open_store, load_groups, start,
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

void server_run(struct server *s)
{
	struct totals t = { 0 };
	size_t i;

	event_base_dispatch(s->base);
	for (i = 0; i < s->n_workers; i++) {
		worker_stop(s->worker[i]);
		add_up(s->worker[i], &t);
	}
	log_notice("%" PRIu64 " connections, %" PRIu64 " over the limit, %" PRIu64 " handshakes, "
		   "%" PRIu64 " failed handshakes, %" PRIu64 " answers, %" PRIu64 " grants",
		   t.accepted, t.over_limit, t.handshakes, t.failed, t.answered, t.grants);
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
	for (i = 0; i < SERVER_SIGNALS; i++) {
		if (s->signal[i]) {
			event_free(s->signal[i]);
		}
	}
	if (s->advance) {
		event_free(s->advance);
	}
	if (s->watchdog) {
		event_free(s->watchdog);
	}
	if (s->base) {
		event_base_free(s->base);
	}
	grantors_free(s->grantors);
	groups_free(s->groups);
	store_close(s->store);
	tls_creds_unref(snapshot_current(&s->creds));
	notify_close(&s->notify);
	kedconf_free(s->conf);
	free(s);
}
