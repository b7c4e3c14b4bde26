// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections and their events: what is said on one is dialog.c's. */
#include "ked/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "ked/dialog.h"
#include "nts/fault.h"
#include "util/log.h"

#define LINGER_SECONDS 2	/* for the peer's close_notify */

struct conn {
	LIST_ENTRY(conn) entry;
	struct conns *conns;
	struct limits_address *address;
	struct dialog dialog;
	struct event *io;
	struct event *timer;
	int fd;
	bool draining;		/* failed; only waits for the peer to have read our alert */
	bool woken;
	char from[CONN_ADDRESS];
};

LIST_HEAD(conn_list, conn);

struct conns {
	struct conns_args args;
	struct conn_list list;
	struct conns_counters counters;
	struct log_limit handshake_limit[ST_COUNT];	/* a flood of one reason hides no other */
	struct log_limit request_limit[ST_COUNT];
	struct log_limit accept_limit[ST_COUNT];
	struct log_limit limits_limit[LIMITS_VERDICTS];
};

static void run(struct conn *c);
static void on_io(evutil_socket_t fd, short what, void *ctx);

const char *conn_address(const struct sockaddr *sa, socklen_t len, char out[CONN_ADDRESS])
{
	char host[48], port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV)) {
		snprintf(out, CONN_ADDRESS, "unknown address");
	} else {
		snprintf(out, CONN_ADDRESS, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	}
	return out;
}

static uint64_t now_ms(const struct conns *conns)
{
	return timebase_boot(conns->args.time);
}

static void conn_free(struct conn *c)
{
	LIST_REMOVE(c, entry);
	limits_leave(c->conns->args.limits, c->address);
	if (c->io) {
		event_free(c->io);
	}
	if (c->timer) {
		event_free(c->timer);
	}
	dialog_free(&c->dialog);
	close(c->fd);
	free(c);
}

/* The timer runs already, from conn_set_up on: to move it needs no memory. */
static void move_timeout(struct conn *c, uint32_t seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	(void)event_add(c->timer, &tv);
}

/* Reads what still comes, and forgets it, until the peer ends, or sends too much. */
static void drain(struct conn *c)
{
	uint8_t ignored[2048];
	ssize_t n;

	do {
		n = recv(c->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
	} while (n > 0 && c->dialog.linger_reads++ < DIALOG_LINGER_READS);
	if (n >= 0 || errno != EAGAIN) {
		conn_free(c);
	}
}

/*
 * In TLS 1.3 a client sends its request before it hears that its certificate was refused. To
 * close with that request unread would reset the connection, and the client would learn of a
 * closed connection, not of the alert that says why.
 */
static void part(struct conn *c, enum status st)
{
	if (st == ST_CLOSED || st == ST_TIMEOUT || st == ST_NO_MEMORY || st == ST_SYSTEM ||
	    shutdown(c->fd, SHUT_WR)) {
		conn_free(c);
		return;
	}
	c->draining = true;
	move_timeout(c, LINGER_SECONDS);
	event_del(c->io);
	if (event_assign(c->io, c->conns->args.base, c->fd, EV_READ | EV_PERSIST, on_io, c) ||
	    event_add(c->io, NULL)) {
		conn_free(c);
		return;
	}
	drain(c);
}

/* Alerts from bad_certificate to unknown_ca, RFC 8446, 6.2. */
static bool is_of_certificate(enum status st, const char *why)
{
	int alert = fault_alert(why);

	return st == ST_TLS_ALERT && alert >= 42 && alert <= 48;
}

/* Ends a connection that did not get its answer. */
static void fail(struct conn *c, enum status st)
{
	struct conns *conns = c->conns;
	const char *why = tls_why(c->dialog.tls);
	struct log_limit *limit = &conns->request_limit[st];
	const char *doing = "connection";

	if (c->dialog.step == DIALOG_HANDSHAKE) {
		conns->counters.handshake_failures[st]++;
		limit = &conns->handshake_limit[st];
		doing = "TLS handshake";
	} else {
		conns->counters.request_failures[st]++;
	}
	log_limited(limit, now_ms(conns), LOG_WARNING, "%s with %s failed: %s%s%s%s%s", doing,
		    c->from, status_str(st), *why ? " (" : "", why, *why ? ")" : "",
		    is_of_certificate(st, why) ? ": the client refuses OUR CERTIFICATE, its log "
		    "says why" : "");
	part(c, st);
}

/* The first octets that woke us were several: see listener.c. From here on each does. */
static void await_each_octet(struct conn *c)
{
	int n = 1;

	if (!c->woken) {
		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof(n));
		c->woken = true;
	}
}

static void on_io(evutil_socket_t fd, short what, void *ctx)
{
	struct conn *c = ctx;

	(void)fd;
	(void)what;
	if (c->draining) {
		drain(c);
	} else {
		run(c);
	}
}

static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
	struct conn *c = ctx;

	(void)fd;
	(void)what;
	if (c->dialog.step == DIALOG_LINGER || c->draining) {
		conn_free(c);
	} else {
		fail(c, ST_TIMEOUT);
	}
}

static void wait_for_socket(struct conn *c)
{
	short what = EV_PERSIST | (tls_wants_write(c->dialog.tls) ? EV_WRITE : EV_READ);

	if (what == event_get_events(c->io) && event_pending(c->io, what, NULL)) {
		return;
	}
	event_del(c->io);
	if (event_assign(c->io, c->conns->args.base, c->fd, what, on_io, c) ||
	    event_add(c->io, NULL)) {
		fail(c, ST_SYSTEM);
	}
}

/* The request has its time, and so has the peer's end; an answer is written within the former. */
static void step_begins(struct conn *c)
{
	struct conns *conns = c->conns;

	if (c->dialog.step == DIALOG_REQUEST) {
		conns->counters.handshakes++;
		conns->counters.resumed += tls_resumed(c->dialog.tls);
		move_timeout(c, limits_request_timeout(conns->args.limits));
	} else if (c->dialog.step == DIALOG_LINGER) {
		conns->counters.answered++;
		move_timeout(c, LINGER_SECONDS);
	}
}

static void run(struct conn *c)
{
	enum status st = ST_OK;

	await_each_octet(c);
	while (!st && c->dialog.step < DIALOG_OVER) {
		st = dialog_step(&c->dialog);
		if (!st) {
			step_begins(c);
		}
	}
	if (!st) {
		conn_free(c);
	} else if (st == ST_AGAIN) {
		wait_for_socket(c);
	} else {
		fail(c, st);
	}
}

static enum status conn_set_up(struct conn *c)
{
	struct conns *conns = c->conns;
	struct timeval tv = { .tv_sec = limits_handshake_timeout(conns->args.limits) };

	c->io = event_new(conns->args.base, c->fd, EV_READ, on_io, c);
	c->timer = evtimer_new(conns->args.base, on_timeout, c);
	if (!c->io || !c->timer || event_add(c->timer, &tv)) {
		return ST_NO_MEMORY;
	}
	return dialog_open(&c->dialog, c->fd);
}

static void turn_away(struct conns *conns, const char *from, enum limits_verdict v)
{
	conns->counters.over_limit++;
	log_limited(&conns->limits_limit[v], now_ms(conns), LOG_WARNING,
		    "connection from %s refused: limit reached: %s (%u open)", from,
		    limits_str(v), limits_counters(conns->args.limits)->open);
}

static enum status conn_begin(struct conns *conns, int fd, const char *from,
			      struct limits_address *address)
{
	struct conn *c = calloc(1, sizeof(*c));
	enum status st;

	if (!c) {
		limits_leave(conns->args.limits, address);
		close(fd);
		return ST_NO_MEMORY;
	}
	c->conns = conns;
	c->fd = fd;
	c->address = address;
	snprintf(c->from, sizeof(c->from), "%s", from);
	c->dialog = (struct dialog){
		.time = conns->args.time,
		.serve = conns->args.serve,
		.creds = conns->args.creds,
		.reader = conns->args.reader,
		.from = c->from,
		.request_max = limits_request_size(conns->args.limits),
	};
	LIST_INSERT_HEAD(&conns->list, c, entry);
	st = conn_set_up(c);
	if (st) {
		conn_free(c);
		return st;
	}
	wait_for_socket(c);
	return ST_OK;
}

void conns_add(struct conns *conns, int fd, const struct sockaddr *from, socklen_t from_len)
{
	struct limits_address *address;
	char text[CONN_ADDRESS];
	enum limits_verdict v;
	enum status st;

	conns->counters.accepted++;
	conn_address(from, from_len, text);
	v = limits_enter(conns->args.limits, from, now_ms(conns), &address);
	if (v) {
		turn_away(conns, text, v);
		close(fd);
		return;
	}
	st = conn_begin(conns, fd, text, address);
	if (st) {
		log_limited(&conns->accept_limit[st], now_ms(conns), LOG_WARNING,
			    "connection from %s refused: %s", text, status_str(st));
	}
}

enum status conns_new(const struct conns_args *args, struct conns **out)
{
	struct conns *conns = calloc(1, sizeof(*conns));

	if (!conns) {
		return ST_NO_MEMORY;
	}
	conns->args = *args;
	LIST_INIT(&conns->list);
	*out = conns;
	return ST_OK;
}

void conns_free(struct conns *conns)
{
	if (!conns) {
		return;
	}
	while (!LIST_EMPTY(&conns->list)) {
		conn_free(LIST_FIRST(&conns->list));
	}
	free(conns);
}

const struct conns_counters *conns_counters(const struct conns *conns)
{
	return &conns->counters;
}
