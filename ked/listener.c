// SPDX-License-Identifier: GPL-2.0-or-later
/* Listening and accepting. */
#include "ked/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

/*
 * New connections begin between the steps of the others, a few at a time. So a flood of them waits
 * where it costs next to nothing, in the kernel, and the handshakes on their way fit into the
 * cache.
 */
#define ACCEPTS_PER_TURN 4
#define PAUSE_MS 100
#define FIRST_OCTETS 16	/* no ClientHello is shorter; who sends it by octets costs nothing */

struct listener {
	int fd;
	struct event *io;
	struct event *resume;
	struct conns *conns;
	const struct timebase *time;
	struct log_limit limit;
};

static bool out_of_resources(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static const struct timeval pause_tv = { .tv_usec = PAUSE_MS * 1000 };

/* Without memory to wake us again it does not pause. */
static void pause_accepting(struct listener *l, int error)
{
	if (!event_add(l->resume, &pause_tv)) {
		event_del(l->io);
	}
	log_limited(&l->limit, timebase_boot(l->time), LOG_ERR,
		    "accepting pauses for %d ms: %s", PAUSE_MS, strerror(error));
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
	struct listener *l = ctx;

	(void)fd;
	(void)what;
	if (event_add(l->io, NULL)) {
		(void)event_add(l->resume, &pause_tv);
	}
}

/* What else goes wrong concerns a connection that is gone already. */
static void on_io(evutil_socket_t fd, short what, void *ctx)
{
	struct listener *l = ctx;
	struct sockaddr_storage from;
	socklen_t len;
	int i, conn;

	(void)what;
	for (i = 0; i < ACCEPTS_PER_TURN; i++) {
		len = sizeof(from);
		conn = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (conn < 0 && out_of_resources(errno)) {
			pause_accepting(l, errno);
		}
		if (conn < 0) {
			return;
		}
		conns_add(l->conns, conn, (struct sockaddr *)&from, len);
	}
}

/* Connections inherit it: no octet waits for a packet to be full, and few octets wake nobody. */
static enum status prepare_connections(int fd)
{
	int on = 1, octets = FIRST_OCTETS;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &octets, sizeof(octets))) {
		return ST_SYSTEM;
	}
	return ST_OK;
}

enum sharing { SHARING_NONE, SHARING_FIRST, SHARING_TWIN };

/*
 * Who is to share an address offers that after his bind, so that somebody else's socket on it is
 * an error; the twins must do so before theirs.
 */
static enum status bind_and_listen(int fd, const struct sockaddr *sa, socklen_t len,
				   enum sharing sharing)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))) {
		return ST_SYSTEM;
	}
	if (sa->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) {
		return ST_SYSTEM;
	}
	if (sharing == SHARING_TWIN && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on))) {
		return ST_SYSTEM;
	}
	if (bind(fd, sa, len)) {
		return ST_SYSTEM;
	}
	if (sharing == SHARING_FIRST &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on))) {
		return ST_SYSTEM;
	}
	return listen(fd, SOMAXCONN) ? ST_SYSTEM : prepare_connections(fd);
}

static enum status listener_new(const struct sockaddr *sa, socklen_t len, enum sharing sharing,
				struct listener **out)
{
	struct listener *l = calloc(1, sizeof(*l));
	enum status st = ST_SYSTEM;
	int error;

	if (!l) {
		return ST_NO_MEMORY;
	}
	l->fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (l->fd >= 0) {
		st = bind_and_listen(l->fd, sa, len, sharing);
	}
	if (st) {
		error = errno;
		listener_free(l);
		errno = error;
		return st;
	}
	*out = l;
	return ST_OK;
}

enum status listener_open(const struct sockaddr *sa, socklen_t len, bool shared,
			  struct listener **out)
{
	return listener_new(sa, len, shared ? SHARING_FIRST : SHARING_NONE, out);
}

enum status listener_twin(const struct listener *l, struct listener **out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getsockname(l->fd, (struct sockaddr *)&sa, &len)) {
		return ST_SYSTEM;
	}
	return listener_new((struct sockaddr *)&sa, len, SHARING_TWIN, out);
}

enum status listener_start(struct listener *l, struct event_base *base, struct conns *conns,
			   const struct timebase *time)
{
	l->conns = conns;
	l->time = time;
	l->io = event_new(base, l->fd, EV_READ | EV_PERSIST, on_io, l);
	l->resume = evtimer_new(base, on_resume, l);
	if (!l->io || !l->resume || event_add(l->io, NULL)) {
		return ST_NO_MEMORY;
	}
	return ST_OK;
}

void listener_free(struct listener *l)
{
	if (!l) {
		return;
	}
	if (l->io) {
		event_free(l->io);
	}
	if (l->resume) {
		event_free(l->resume);
	}
	if (l->fd >= 0) {
		close(l->fd);
	}
	free(l);
}

const char *listener_address(const struct listener *l, char out[CONN_ADDRESS])
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	(void)getsockname(l->fd, (struct sockaddr *)&sa, &len);
	return conn_address((struct sockaddr *)&sa, len, out);
}
