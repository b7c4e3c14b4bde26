// SPDX-License-Identifier: GPL-2.0-or-later
/* One text over HTTP: metrics_http.h. Must not wait for a client, nor hold more than it may. */
#include "util/metrics_http.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 16
#define LINE 128		/* octets of a request's first line that matter */

struct client {
	struct metrics_http *server;
	struct bufferevent *bev;	/* NULL: free */
	struct event *deadline;
};

struct metrics_http {
	metrics_http_fill fill;
	void *ctx;
	struct event_base *base;
	struct evconnlistener *listener;
	struct client client[METRICS_HTTP_MAX];
};

enum answer { ANSWER_OK, ANSWER_BAD, ANSWER_PATH, ANSWER_METHOD, ANSWER_DOWN };

static const char *const answers[] = {
	[ANSWER_OK] = "200 OK",
	[ANSWER_BAD] = "400 Bad Request",
	[ANSWER_PATH] = "404 Not Found",
	[ANSWER_METHOD] = "405 Method Not Allowed\r\nAllow: GET, HEAD",
	[ANSWER_DOWN] = "503 Service Unavailable",
};

static void client_end(struct client *c)
{
	if (c->deadline) {
		event_free(c->deadline);
	}
	if (c->bev) {
		bufferevent_free(c->bev);
	}
	c->deadline = NULL;
	c->bev = NULL;
}

/* ---- one request ---- */

static bool is_metrics(const char *path)
{
	return !strncmp(path, "/metrics", 8) && (path[8] == ' ' || path[8] == '?');
}

/* "GET /metrics HTTP/1.1"; *head: without the text. */
static enum answer judge(const char line[LINE], bool *head)
{
	const char *path = strchr(line, ' ');
	const char *version = path ? strchr(path + 1, ' ') : NULL;

	if (!version || strncmp(version, " HTTP/1.", 8)) {
		return ANSWER_BAD;
	}
	*head = !strncmp(line, "HEAD ", 5);
	if (!*head && strncmp(line, "GET ", 4)) {
		return ANSWER_METHOD;
	}
	return is_metrics(path + 1) ? ANSWER_OK : ANSWER_PATH;
}

static enum answer make_text(struct metrics_http *m, enum answer answer, struct evbuffer *text)
{
	enum status st;

	if (answer == ANSWER_OK) {
		st = m->fill(m->ctx, text);
		if (st == ST_OK) {
			return answer;
		}
		answer = ANSWER_DOWN;
		evbuffer_drain(text, evbuffer_get_length(text));
		evbuffer_add_printf(text, "%s\n", status_str(st));
	}
	return answer;
}

static void on_written(struct bufferevent *bev, void *ctx)
{
	(void)bev;
	client_end(ctx);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	(void)what;
	client_end(ctx);
}

static void reply(struct client *c, enum answer answer, bool head)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	struct evbuffer *text = evbuffer_new();

	if (!text) {
		client_end(c);
		return;
	}
	answer = make_text(c->server, answer, text);
	bufferevent_disable(c->bev, EV_READ);
	bufferevent_setcb(c->bev, NULL, on_written, on_event, c);
	evbuffer_add_printf(out, "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; "
			    "charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			    answers[answer], evbuffer_get_length(text));
	if (!head) {
		evbuffer_add_buffer(out, text);
	}
	evbuffer_free(text);
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	struct client *c = ctx;
	char line[LINE] = "";
	bool head = false;
	enum answer answer;

	if (end.pos < 0) {
		if (evbuffer_get_length(in) >= METRICS_HTTP_REQUEST) {
			client_end(c);
		}
		return;
	}
	evbuffer_remove(in, line, sizeof(line) - 1);
	line[strcspn(line, "\r\n")] = '\0';
	evbuffer_drain(in, evbuffer_get_length(in));
	answer = judge(line, &head);
	reply(c, answer, head);
}

/* ---- connections ---- */

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	client_end(ctx);
}

static struct client *find_free(struct metrics_http *m)
{
	for (size_t i = 0; i < METRICS_HTTP_MAX; i++) {
		if (!m->client[i].bev) {
			return &m->client[i];
		}
	}
	return NULL;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa,
		      int len, void *ctx)
{
	const struct timeval limit = { .tv_sec = METRICS_HTTP_SECONDS };
	struct metrics_http *m = ctx;
	struct client *c = find_free(m);

	(void)listener;
	(void)sa;
	(void)len;
	if (!c) {
		close(fd);
		return;
	}
	c->server = m;
	c->bev = bufferevent_socket_new(m->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		close(fd);
		return;
	}
	c->deadline = evtimer_new(m->base, on_deadline, c);
	if (!c->deadline || evtimer_add(c->deadline, &limit)) {
		client_end(c);
		return;
	}
	bufferevent_setwatermark(c->bev, EV_READ, 0, METRICS_HTTP_REQUEST);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* ---- ---- */

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

enum status metrics_http_new(struct event_base *base, int fd, metrics_http_fill fill, void *ctx,
			     struct metrics_http **out)
{
	struct metrics_http *m = calloc(1, sizeof(*m));

	if (m) {
		*m = (struct metrics_http){ .fill = fill, .ctx = ctx, .base = base };
		m->listener = evconnlistener_new(base, on_accept, m, LEV_OPT_CLOSE_ON_FREE |
						 LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	}
	if (!m || !m->listener) {
		close(fd);
		free(m);
		return ST_NO_MEMORY;
	}
	*out = m;
	return ST_OK;
}

void metrics_http_free(struct metrics_http *m)
{
	if (!m) {
		return;
	}
	for (size_t i = 0; i < METRICS_HTTP_MAX; i++) {
		client_end(&m->client[i]);
	}
	evconnlistener_free(m->listener);
	free(m);
}
