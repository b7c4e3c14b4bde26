// SPDX-License-Identifier: GPL-2.0-or-later
/* One text over HTTP: metrics_http.h. Must not wait for a client, nor hold more than it may. */
#include "util/metrics_http.h"

#include <errno.h>
#include <event2/util.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 16
#define MEMORY 8192		/* octets that one connection may fill, its request among them */

/* A connection, from its start to its end. */
struct client {
	struct event *deadline;
	int fd;
	bool used;
};

struct metrics_http {
	metrics_http_fill fill;
	void *ctx;
	struct MHD_Daemon *daemon;
	struct event *ready;		/* the daemon's epoll descriptor */
	struct event *again;		/* what it has to do beyond that */
	struct client client[METRICS_HTTP_MAX];
};

/* ---- one request ---- */

static enum MHD_Result reply(struct MHD_Connection *c, unsigned int code, struct evbuffer *text)
{
	struct MHD_Response *r =
		MHD_create_response_from_buffer(evbuffer_get_length(text),
						evbuffer_pullup(text, -1),
						MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued = MHD_NO;

	if (r && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
					 "text/plain; version=0.0.4; charset=utf-8") == MHD_YES &&
	    MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
	    MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES) {
		queued = MHD_queue_response(c, code, r);
	}
	if (r) {
		MHD_destroy_response(r);
	}
	return queued;
}

static unsigned int make_text(struct metrics_http *m, const char *path, const char *method,
			      struct evbuffer *text)
{
	enum status st;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	if (strcmp(path, "/metrics")) {
		return MHD_HTTP_NOT_FOUND;
	}
	st = m->fill(m->ctx, text);
	if (st != ST_OK) {
		evbuffer_drain(text, evbuffer_get_length(text));
		evbuffer_add_printf(text, "%s\n", status_str(st));
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	return MHD_HTTP_OK;
}

/* Answered at its first call, before any body: the connection then ends. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **request)
{
	struct evbuffer *text = evbuffer_new();
	enum MHD_Result queued = MHD_NO;

	(void)version;
	(void)upload;
	(void)upload_len;
	(void)request;
	if (text) {
		queued = reply(c, make_text(ctx, path, method, text), text);
		evbuffer_free(text);
	}
	return queued;
}

/* ---- connections ---- */

/* The daemon sees that its connection has ended. */
static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;

	(void)fd;
	(void)what;
	shutdown(c->fd, SHUT_RDWR);
}

static void begin(struct metrics_http *m, struct MHD_Connection *connection, void **ctx)
{
	const struct timeval limit = { .tv_sec = METRICS_HTTP_SECONDS };
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *c = m->client;

	while (c < m->client + METRICS_HTTP_MAX && c->used) {
		c++;
	}
	if (!info || c == m->client + METRICS_HTTP_MAX) {
		return;
	}
	c->used = true;
	c->fd = info->connect_fd;
	*ctx = c;
	if (evtimer_add(c->deadline, &limit)) {
		shutdown(c->fd, SHUT_RDWR);
	}
}

/* At its limit the daemon listens again only when it runs once more after an end. */
static void on_connection(void *ctx, struct MHD_Connection *connection, void **client,
			  enum MHD_ConnectionNotificationCode code)
{
	struct metrics_http *m = ctx;
	struct client *c = *client;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin(m, connection, client);
		return;
	}
	if (c) {
		evtimer_del(c->deadline);
		c->used = false;
	}
	if (m->again) {
		event_active(m->again, EV_TIMEOUT, 0);
	}
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct metrics_http *m = ctx;
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval in;

	(void)fd;
	(void)what;
	MHD_run(m->daemon);
	if (MHD_get_timeout(m->daemon, &ms) == MHD_YES) {
		in = (struct timeval){ .tv_sec = (time_t)(ms / 1000),
				       .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
		event_add(m->again, &in);
	}
}

/* ---- the whole ---- */

enum status metrics_http_listen(const struct sockaddr *sa, socklen_t len, int *out)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0) {
		return ST_SYSTEM;
	}
	if (evutil_make_listen_socket_reuseable(fd) || bind(fd, sa, len) || listen(fd, BACKLOG)) {
		error = errno;
		close(fd);
		errno = error;
		return ST_SYSTEM;
	}
	*out = fd;
	return ST_OK;
}

static enum status start(struct metrics_http *m, struct event_base *base, int fd)
{
	const union MHD_DaemonInfo *info;

	for (size_t i = 0; i < METRICS_HTTP_MAX; i++) {
		m->client[i].deadline = evtimer_new(base, on_deadline, &m->client[i]);
		if (!m->client[i].deadline) {
			return ST_NO_MEMORY;
		}
	}
	m->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, m,
				     MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, METRICS_HTTP_MAX,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, m,
				     MHD_OPTION_END);
	if (!m->daemon) {
		return ST_NO_MEMORY;
	}
	info = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	m->again = evtimer_new(base, on_ready, m);
	m->ready = info ? event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, m) : NULL;
	return m->again && m->ready && !event_add(m->ready, NULL) ? ST_OK : ST_NO_MEMORY;
}

enum status metrics_http_new(struct event_base *base, int fd, metrics_http_fill fill, void *ctx,
			     struct metrics_http **out)
{
	struct metrics_http *m = calloc(1, sizeof(*m));
	enum status st = ST_NO_MEMORY;

	if (m) {
		m->fill = fill;
		m->ctx = ctx;
		st = start(m, base, fd);
	}
	if (st != ST_OK) {
		if (!m || !m->daemon) {
			close(fd);
		}
		metrics_http_free(m);
		return st;
	}
	*out = m;
	return ST_OK;
}

void metrics_http_free(struct metrics_http *m)
{
	if (!m) {
		return;
	}
	if (m->ready) {
		event_free(m->ready);
	}
	if (m->daemon) {
		MHD_stop_daemon(m->daemon);
	}
	if (m->again) {
		event_free(m->again);
	}
	for (size_t i = 0; i < METRICS_HTTP_MAX; i++) {
		if (m->client[i].deadline) {
			event_free(m->client[i].deadline);
		}
	}
	free(m);
}
