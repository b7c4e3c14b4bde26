/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One text over HTTP: GET and HEAD of /metrics, for Prometheus; libmicrohttpd in our event loop.
 * One request per connection, which has METRICS_HTTP_SECONDS in all; more connections at once than
 * METRICS_HTTP_MAX wait for these. No other path, no body, no TLS: it belongs on loopback.
 */
#ifndef NTS_UTIL_METRICS_HTTP_H
#define NTS_UTIL_METRICS_HTTP_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "util/status.h"

#define METRICS_HTTP_MAX 16
#define METRICS_HTTP_SECONDS 5

struct metrics_http;

/* Writes the text; what is not ST_OK becomes "503 Service Unavailable" with the status' words. */
typedef enum status (*metrics_http_fill)(void *ctx, struct evbuffer *out);

/* Binds a listening socket. ST_SYSTEM (errno tells). */
enum status metrics_http_listen(const struct sockaddr *sa, socklen_t len, int *fd) MUST_CHECK;

/* Answers on fd from now on, which it takes over in any case. ST_NO_MEMORY. */
enum status metrics_http_new(struct event_base *base, int fd, metrics_http_fill fill, void *ctx,
			     struct metrics_http **out) MUST_CHECK;

/* Ends its connections, too; m may be NULL. */
void metrics_http_free(struct metrics_http *m);

#endif
