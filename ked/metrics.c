// SPDX-License-Identifier: GPL-2.0-or-later
/* The HTTP side of the metrics. */
#include "ked/metrics.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 16
#define TIMEOUT_SECONDS 5
#define HEADERS_MAX 8192	/* octets */

struct metrics {
	struct metrics_source source;
	struct evhttp *http;
};

static void on_metrics(struct evhttp_request *request, void *ctx)
{
	const struct metrics *m = ctx;
	struct evbuffer *text = evbuffer_new();

	if (!text || metrics_write(&m->source, text)) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
	} else {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
				  "text/plain; version=0.0.4; charset=utf-8");
		evhttp_send_reply(request, HTTP_OK, "OK", text);
	}
	if (text) {
		evbuffer_free(text);
	}
}

static enum status bind_and_listen(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (evutil_make_listen_socket_reuseable(fd) || bind(fd, sa, len) || listen(fd, BACKLOG)) {
		return ST_SYSTEM;
	}
	return ST_OK;
}

enum status metrics_listen(const char *address, int *out)
{
	struct sockaddr_storage sa;
	socklen_t len;
	enum status st = kedconf_address(address, &sa, &len);
	int fd, error;

	if (st) {
		return st;
	}
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return ST_SYSTEM;
	}
	st = bind_and_listen(fd, (struct sockaddr *)&sa, len);
	if (st) {
		error = errno;
		close(fd);
		errno = error;
		return st;
	}
	*out = fd;
	return ST_OK;
}

enum status metrics_new(struct event_base *base, int fd, const struct metrics_source *source,
			struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m) {
		m->source = *source;
		m->http = evhttp_new(base);
	}
	if (!m || !m->http || evhttp_set_cb(m->http, "/metrics", on_metrics, m) ||
	    evhttp_accept_socket(m->http, fd)) {
		close(fd);
		metrics_free(m);
		return ST_NO_MEMORY;
	}
	evhttp_set_allowed_methods(m->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(m->http, TIMEOUT_SECONDS);
	evhttp_set_max_headers_size(m->http, HEADERS_MAX);
	evhttp_set_max_body_size(m->http, 0);
	*out = m;
	return ST_OK;
}

void metrics_free(struct metrics *m)
{
	if (m) {
		if (m->http) {
			evhttp_free(m->http);
		}
		free(m);
	}
}
