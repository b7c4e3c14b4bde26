// SPDX-License-Identifier: GPL-2.0-or-later
/* The key agent's event loop: docs/architecture.md. Ends when the clock does. */
#include "agent/agent.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <event2/dns.h>
#include <event2/event.h>

#include "agent/health.h"
#include "agent/marks.h"
#include "agent/packet.h"
#include "agent/want.h"
#include "nts/names.h"
#include "nts/tls.h"
#include "util/log.h"
#include "util/timebase.h"

#define SAVE_DELAY_US 20000

struct agent {
	int fd;
	const struct aproto_config *config;
	struct servers servers;
	struct health health;
	struct tls_ticket *tickets[SERVERS_MAX];
	uint32_t addresses[SERVERS_MAX];
	struct want_time time;
	struct event_base *base;
	struct evdns_base *dns;
	struct event *readable;
	struct event *writable;
	struct evdns_base *old_dns;	/* or NULL */
	struct timespec resolv_time;	/* when it was changed last; 0 there is none */
	struct timespec hosts_time;	/* likewise */
	struct marks *marks;
	struct event *save;
	struct want_env env;
	struct want *wants[APROTO_WANTS_MAX];
};

void agent_log(void *ctx, int level, const char *line)
{
	const int *fd = ctx;
	struct aproto_log m;

	memset(&m, 0, sizeof(m));
	m.type = APROTO_LOG;
	m.level = level;
	log_clean(m.line, sizeof(m.line), line, strlen(line));
	/* Lines are not kept for a clock that does not read. */
	(void)!packet_send(*fd, &m, sizeof(m));
}

/*
 * Sends all news; what does not fit now goes when the socket is writable again. Marks go first:
 * the clock must have them before it has keys.
 */
static void flush(struct agent *a)
{
	if (marks_flush(a->marks, a->fd) == ST_AGAIN) {
		event_add(a->writable, NULL);
		return;
	}
	if (health_flush(&a->health, a->fd) == ST_AGAIN) {
		event_add(a->writable, NULL);
		return;
	}
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		if (a->wants[i] && want_flush(a->wants[i], a->fd) == ST_AGAIN) {
			event_add(a->writable, NULL);
			return;
		}
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static void on_news(void *ctx)
{
	flush(ctx);
}

static bool is_asking(const struct agent *a)
{
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		if (a->wants[i] && want_is_asking(a->wants[i])) {
			return true;
		}
	}
	return false;
}

/* The clock counts along: a successor of ours must not begin anew. */
static bool on_any_time(void *ctx, uint32_t exchanges)
{
	const struct agent *a = ctx;
	const struct aproto_any_time m = { .type = APROTO_ANY_TIME, .exchanges = exchanges };

	return packet_send(a->fd, &m, sizeof(m)) == ST_OK;
}

/* Also when the file comes or goes. */
static bool has_changed(const char *path, struct timespec *seen)
{
	struct stat sb;
	struct timespec at = { 0, 0 };
	bool changed;

	if (stat(path, &sb) == 0) {
		at = sb.st_mtim;
	}
	changed = at.tv_sec != seen->tv_sec || at.tv_nsec != seen->tv_nsec;
	*seen = at;
	return changed;
}

static bool names_changed(struct agent *a)
{
	bool changed = has_changed(NAMES_RESOLV_CONF, &a->resolv_time);

	return has_changed(NAMES_HOSTS, &a->hosts_time) || changed;
}

/*
 * Names and name servers may come and go while we run: at boot, or with a DHCP lease. libevent
 * cannot forget what /etc/hosts said, so there is a new resolver then; a cancelled look-up may
 * still be with the old one, which goes a change later.
 */
static void on_asking(void *ctx)
{
	struct agent *a = ctx;
	struct evdns_base *dns;

	if (is_asking(a) || !names_changed(a)) {
		return;
	}
	dns = names_open(a->base);
	if (!dns) {
		return;
	}
	if (a->old_dns) {
		evdns_base_free(a->old_dns, 0);
	}
	a->old_dns = a->dns;
	a->dns = dns;
	a->env.dns = dns;
}

static void add_want(struct agent *a, const struct aproto_want *m)
{
	char assoc[NTS_ASSOC_STR];
	enum status st;

	if (a->wants[m->index]) {
		want_again(a->wants[m->index], m);
		return;
	}
	st = want_new(&a->env, m, &a->wants[m->index]);
	if (st != ST_OK) {
		log_err("key agent: %s: %s", nts_assoc_str(&m->assoc, assoc), status_str(st));
	}
}

/* The clock sends one every few seconds, and the first as soon as the machine wakes up. */
static void answer_ping(const struct agent *a, const struct aproto_ping *m)
{
	(void)!packet_send(a->fd, m, sizeof(*m));
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		if (a->wants[i]) {
			want_look(a->wants[i]);
		}
	}
}

static void on_revoked(void *ctx)
{
	struct agent *a = ctx;

	event_base_loopbreak(a->base);
}

/* One Revoke takes back every registration that this client holds (WIRE.md 5). */
static void revoke(struct agent *a)
{
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		if (a->wants[i] && want_is_registered(a->wants[i])) {
			want_revoke(a->wants[i], on_revoked, a);
			return;
		}
	}
	on_revoked(a);
}

static void on_synced(struct agent *a)
{
	if (a->time.synced) {
		return;
	}
	a->time.synced = true;
	if (a->config->any_time) {
		log_notice("the clock is synchronized: the dates of certificates are checked now");
	}
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		if (a->wants[i]) {
			want_synced(a->wants[i]);
		}
	}
}

static void on_save(evutil_socket_t fd, short what, void *arg)
{
	struct agent *a = arg;

	(void)fd;
	(void)what;
	marks_save(a->marks, timebase_boot(&timebase_system));
}

/* Several packets make one file. */
static void take_marks(struct agent *a, const struct aproto_marks *m)
{
	const struct timeval soon = { 0, SAVE_DELAY_US };

	marks_take(a->marks, m->list, m->n);
	if (!event_pending(a->save, EV_TIMEOUT, NULL)) {
		event_add(a->save, &soon);
	}
}

static void take(struct agent *a, const union aproto *m, size_t len)
{
	enum status st = aproto_check(m, len);

	if (st == ST_OK && m->type == APROTO_WANT) {
		add_want(a, &m->want);
	} else if (st == ST_OK && m->type == APROTO_PING) {
		answer_ping(a, &m->ping);
	} else if (st == ST_OK && m->type == APROTO_SYNCED) {
		on_synced(a);
	} else if (st == ST_OK && m->type == APROTO_MARKS) {
		take_marks(a, &m->marks);
	} else if (st == ST_OK && m->type == APROTO_REVOKE) {
		revoke(a);
	} else {
		log_warning("key agent: packet of the clock refused: %s",
			    status_str(st == ST_OK ? ST_BAD_TYPE : st));
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct agent *a = arg;
	union aproto m;
	ssize_t n = recv(fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

	(void)what;
	if (n > 0) {
		take(a, &m, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		event_base_loopbreak(a->base);
	}
}

static enum status set_up(struct agent *a)
{
	a->base = event_base_new();
	if (!a->base) {
		return ST_NO_MEMORY;
	}
	(void)names_changed(a);
	a->dns = names_open(a->base);
	a->readable = event_new(a->base, a->fd, EV_READ | EV_PERSIST, on_readable, a);
	a->writable = event_new(a->base, a->fd, EV_WRITE, on_writable, a);
	a->save = evtimer_new(a->base, on_save, a);
	if (!a->dns || !a->readable || !a->writable || !a->save ||
	    event_add(a->readable, NULL) != 0) {
		return ST_NO_MEMORY;
	}
	a->env = (struct want_env){
		.base = a->base,
		.dns = a->dns,
		.config = a->config,
		.servers = &a->servers,
		.health = &a->health,
		.tickets = a->config->resumption ? a->tickets : NULL,
		.addresses = a->addresses,
		.time = &a->time,
		.news = on_news,
		.asking = on_asking,
		.any_time = on_any_time,
		.ctx = a,
	};
	flush(a);
	return ST_OK;
}

static void tear_down(struct agent *a)
{
	for (uint32_t i = 0; i < APROTO_WANTS_MAX; i++) {
		want_free(a->wants[i]);
	}
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		tls_ticket_free(a->tickets[i]);
	}
	if (a->save) {
		event_free(a->save);
	}
	if (a->readable) {
		event_free(a->readable);
	}
	if (a->writable) {
		event_free(a->writable);
	}
	if (a->old_dns) {
		evdns_base_free(a->old_dns, 0);
	}
	if (a->dns) {
		evdns_base_free(a->dns, 0);
	}
	if (a->base) {
		event_base_free(a->base);
	}
}

enum status agent_run(int fd, const struct aproto_config *config)
{
	struct agent a;
	enum status st;

	memset(&a, 0, sizeof(a));
	a.fd = fd;
	a.config = config;
	a.time.exchanges = config->any_time_used;
	st = servers_parse(config->servers, &a.servers);
	if (st != ST_OK) {
		log_err("nts_server %s: %s", config->servers, status_str(st));
		return st;
	}
	health_init(&a.health, &a.servers);
	st = marks_open(config->state_dir, timebase_boot(&timebase_system), &a.marks);
	if (st != ST_OK) {
		return st;
	}
	st = set_up(&a);
	if (st == ST_OK && event_base_dispatch(a.base) < 0) {
		st = ST_SYSTEM;
	}
	tear_down(&a);
	marks_save(a.marks, timebase_boot(&timebase_system));
	marks_close(a.marks);
	return st;
}
