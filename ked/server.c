// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the parts together and runs the loop. */
#include "ked/server.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "ked/listener.h"
#include "util/log.h"
#include "util/privileges.h"
#include "util/secret.h"

#define LISTENERS_MAX 16
#define ADVANCE_MIN_MS 10
#define ADVANCE_MAX_MS 10000	/* the loop's timers stand still in suspend, boot time does not */

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

struct server {
	const struct kedconf *conf;
	const struct timebase *time;
	struct event_base *base;
	struct event *signal[N_SIGNALS];
	struct event *advance;
	size_t n_listeners;
	struct listener *listener[LISTENERS_MAX];
	struct tls_creds *creds;
	struct store *store;
	struct groups *groups;
	struct serve *serve;
	struct conns *conns;
	struct log_limit limit;
};

/* An address of a family that this machine does not have is left out. */
static enum status listen_on(struct server *s, const char *item)
{
	struct sockaddr_storage sa;
	enum status st;
	socklen_t len;

	if (s->n_listeners == LISTENERS_MAX) {
		log_err("listen: more than %d addresses", LISTENERS_MAX);
		return ST_LIMIT;
	}
	st = kedconf_address(item, &sa, &len);
	if (!st) {
		st = listener_open((struct sockaddr *)&sa, len, &s->listener[s->n_listeners]);
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
	s->n_listeners++;
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
	if (!st && !s->n_listeners) {
		log_err("listen: no address to listen on");
		st = ST_CONFIG;
	}
	return st;
}

static enum status load_creds(const struct server *s, struct tls_creds **out)
{
	struct tls_files files = {
		.ca_file = s->conf->server.client_ca,
		.cert_file = s->conf->server.certificate,
		.key_file = s->conf->server.private_key,
	};
	struct tls_why why = { "" };
	enum status st = tls_creds_load(&files, out, &why);

	if (st) {
		log_err("certificate, private_key or client_ca: %s%s%s", status_str(st),
			*why.text ? ": " : "", why.text);
	}
	return st;
}

static enum status drop_privileges(struct server *s)
{
	const char *name = s->conf->server.user;
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

static enum status open_store(struct server *s)
{
	struct store_args args = { .path = s->conf->server.store, .time = s->time };
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
		log_limited(&s->limit, now, LOG_ERR, "group keys: %s: %s", status_str(st),
			    store_why(s->store));
	}
	advance_later(s);
}

static void reload_creds(struct server *s)
{
	struct tls_creds *creds;

	if (load_creds(s, &creds)) {
		log_err("reload failed, the old certificate, key and CA stay");
		return;
	}
	conns_set_creds(s->conns, creds);
	tls_creds_unref(s->creds);
	s->creds = creds;
	log_notice("certificate, private_key and client_ca read again");
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct server *s = ctx;

	(void)what;
	if (number == SIGHUP) {
		reload_creds(s);
		return;
	}
	log_notice("nts-ked ends on signal %d", (int)number);
	event_base_loopbreak(s->base);
}

static enum status make_events(struct server *s)
{
	size_t i;

	for (i = 0; i < N_SIGNALS; i++) {
		s->signal[i] = evsignal_new(s->base, signals[i], on_signal, s);
		if (!s->signal[i] || event_add(s->signal[i], NULL)) {
			return ST_NO_MEMORY;
		}
	}
	s->advance = evtimer_new(s->base, on_advance, s);
	if (!s->advance) {
		return ST_NO_MEMORY;
	}
	advance_later(s);
	return ST_OK;
}

static enum status make_service(struct server *s)
{
	struct conns_args args = {
		.time = s->time,
		.creds = s->creds,
		.handshake_timeout = s->conf->server.handshake_timeout,
		.request_timeout = s->conf->server.request_timeout,
		.max = s->conf->server.max_connections,
	};
	enum status st;

	s->base = event_base_new();
	if (!s->base) {
		return ST_NO_MEMORY;
	}
	st = serve_new(s->groups, &s->serve);
	if (st) {
		return st;
	}
	args.base = s->base;
	args.serve = s->serve;
	st = conns_new(&args, &s->conns);
	return st ? st : make_events(s);
}

static enum status start_listeners(struct server *s)
{
	char address[CONN_ADDRESS];
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < s->n_listeners && !st; i++) {
		st = listener_start(s->listener[i], s->base, s->conns, s->time);
		if (!st) {
			log_info("nts-ked ready on %s", listener_address(s->listener[i], address));
		}
	}
	return st;
}

#define OTHER_DESCRIPTORS 64	/* listeners, store, loop */

/* A connection is a descriptor; as many as are allowed at once should be possible. */
static enum status raise_descriptors(struct server *s)
{
	rlim_t wanted = s->conf->server.max_connections + OTHER_DESCRIPTORS;
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted) {
		return ST_OK;
	}
	if (limit.rlim_max < wanted) {
		log_warning("max_connections: %u asks for more descriptors than the limit of %llu",
			    s->conf->server.max_connections, (unsigned long long)limit.rlim_max);
		wanted = limit.rlim_max;
	}
	limit.rlim_cur = wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return ST_OK;
}

static enum status harden(struct server *s)
{
	enum status st = secret_harden_process();

	(void)s;
	if (st) {
		log_err("core dumps or new privileges could not be forbidden");
	}
	return st;
}

static enum status load_own_creds(struct server *s)
{
	return load_creds(s, &s->creds);
}

static enum status start(struct server *s)
{
	enum status st = make_service(s);

	if (!st) {
		st = start_listeners(s);
	}
	if (st) {
		log_err("event loop: %s", status_str(st));
	}
	return st;
}

/* In this order; each logs its failure. */
static enum status (*const stages[])(struct server *s) = {
	raise_descriptors, harden, open_listeners, load_own_creds, drop_privileges,
	open_store, load_groups, start,
};

enum status server_new(const struct kedconf *conf, const struct timebase *time,
		       struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));
	enum status st = ST_OK;
	size_t i;

	if (!s) {
		log_err("%s", status_str(ST_NO_MEMORY));
		return ST_NO_MEMORY;
	}
	s->conf = conf;
	s->time = time;
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

static uint64_t failed_handshakes(const struct conns_counters *c)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ST_COUNT; i++) {
		sum += c->handshake_failures[i];
	}
	return sum;
}

static uint64_t granted(const struct serve_counters *c)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= SERVE_UNREADABLE; i++) {
		sum += c->answers[i][SERVE_GRANTED];
	}
	return sum;
}

void server_run(struct server *s)
{
	const struct conns_counters *c = conns_counters(s->conns);

	event_base_dispatch(s->base);
	log_notice("%" PRIu64 " connections, %" PRIu64 " over the limit, %" PRIu64 " handshakes, "
		   "%" PRIu64 " failed handshakes, %" PRIu64 " answers, %" PRIu64 " grants",
		   c->accepted, c->over_limit, c->handshakes, failed_handshakes(c), c->answered,
		   granted(serve_counters(s->serve)));
}

void server_free(struct server *s)
{
	size_t i;

	if (!s) {
		return;
	}
	for (i = 0; i < s->n_listeners; i++) {
		listener_free(s->listener[i]);
	}
	conns_free(s->conns);
	for (i = 0; i < N_SIGNALS; i++) {
		if (s->signal[i]) {
			event_free(s->signal[i]);
		}
	}
	if (s->advance) {
		event_free(s->advance);
	}
	if (s->base) {
		event_base_free(s->base);
	}
	serve_free(s->serve);
	groups_free(s->groups);
	store_close(s->store);
	tls_creds_unref(s->creds);
	free(s);
}
