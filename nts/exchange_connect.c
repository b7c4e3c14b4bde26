// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first steps of an exchange: the name by libevent's own resolver, then TCP to one of its
 * addresses after the other. Must not block.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nts/exchange_internal.h"
#include "util/secret.h"

void exchange_explain(struct exchange *x, const char *why)
{
	snprintf(x->why, sizeof(x->why), "%s", why);
}

void exchange_close_socket(struct exchange *x)
{
	if (x->fd >= 0) {
		event_del(x->io);
		close(x->fd);
		x->fd = -1;
	}
}

static void on_lookup(int err, struct evutil_addrinfo *addrs, void *arg)
{
	struct lookup *lookup = arg;
	struct exchange *x = lookup->x;

	secret_free(lookup, sizeof(*lookup));
	if (!x) {
		if (addrs) {
			evutil_freeaddrinfo(addrs);
		}
		return;
	}
	x->lookup = NULL;
	x->gai_error = addrs || err ? err : EVUTIL_EAI_NONAME;
	x->addrs = addrs;
	for (struct evutil_addrinfo *a = addrs; a; a = a->ai_next) {
		x->n_addrs++;
	}
	event_active(x->kick, EV_TIMEOUT, 0);
}

static enum status start_lookup(struct exchange *x)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
	};
	struct evdns_getaddrinfo_request *request;
	char port[8];

	x->lookup = secret_alloc(sizeof(*x->lookup));
	if (!x->lookup) {
		return ST_NO_MEMORY;
	}
	x->lookup->x = x;
	snprintf(port, sizeof(port), "%u", x->port);
	request = evdns_getaddrinfo(x->dns, x->host, port, &hints, on_lookup, x->lookup);
	if (x->lookup) {	/* it has not called back yet */
		x->dns_request = request;
	}
	return ST_AGAIN;
}

enum status exchange_resolve(struct exchange *x)
{
	if (x->addrs) {
		return ST_OK;
	}
	if (x->gai_error) {
		exchange_explain(x, evutil_gai_strerror(x->gai_error));
		return ST_NAME;
	}
	return start_lookup(x);
}

static void name_peer(struct exchange *x, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		evutil_inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		snprintf(x->peer, sizeof(x->peer), "[%s]:%u", text, x->port);
	} else {
		const struct sockaddr_in *in4 = (const void *)sa;

		evutil_inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		snprintf(x->peer, sizeof(x->peer), "%s:%u", text, x->port);
	}
}

/* Is it the way to the server that failed, or the server? */
static enum status of_errno(int err)
{
	switch (err) {
	case ETIMEDOUT:
		return ST_TIMEOUT;
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		return ST_UNREACHABLE;
	default:
		return ST_CONNECT;
	}
}

static enum status connect_failed(struct exchange *x, int err)
{
	snprintf(x->why, sizeof(x->why), "%s: %s", x->peer, strerror(err));
	x->connect_st = of_errno(err);
	exchange_close_socket(x);
	return x->connect_st;
}

static enum status connect_to(struct exchange *x, const struct evutil_addrinfo *addr)
{
	const int on = 1;

	name_peer(x, addr->ai_addr);
	x->fd = socket(addr->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (x->fd < 0) {
		return connect_failed(x, errno);
	}
	if (setsockopt(x->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
		return connect_failed(x, errno);
	}
	if (connect(x->fd, addr->ai_addr, (socklen_t)addr->ai_addrlen) == 0) {
		return ST_OK;
	}
	return errno == EINPROGRESS ? ST_AGAIN : connect_failed(x, errno);
}

static enum status check_connected(struct exchange *x)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(x->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0) {
		err = errno;
	}
	return err ? connect_failed(x, err) : ST_OK;
}

static const struct evutil_addrinfo *next_address(struct exchange *x)
{
	uint32_t number = (x->first_addr + x->tried_addrs++) % x->n_addrs;
	const struct evutil_addrinfo *addr = x->addrs;

	while (number-- > 0) {
		addr = addr->ai_next;
	}
	return addr;
}

/* One address after the other. */
enum status exchange_connect(struct exchange *x)
{
	enum status st = x->fd >= 0 ? check_connected(x) : ST_CONNECT;

	while (st != ST_OK && st != ST_AGAIN && x->tried_addrs < x->n_addrs) {
		st = connect_to(x, next_address(x));
	}
	if (st == ST_OK) {
		x->why[0] = '\0';
	}
	return st == ST_OK || st == ST_AGAIN ? st : x->connect_st;
}

void exchange_give_up_address(struct exchange *x)
{
	connect_failed(x, ETIMEDOUT);
}
