/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A blocking client of a KE server for test programs: one request's octets, one answer's. */
#ifndef NTS_TESTS_TOOLS_KECLIENT_H
#define NTS_TESTS_TOOLS_KECLIENT_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nts/message.h"
#include "nts/tls.h"

#define KECLIENT_TIMEOUT_MS 10000

struct keclient {
	int fd;
	struct tls_session *tls;
	size_t len;		/* of the answer; 0: a clean close without one */
	uint8_t in[KE_RESPONSE_MAX];
};

static inline int keclient_dial(const char *host, unsigned int port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	char service[8];
	int fd = -1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &list) != 0) {
		return -1;
	}
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static inline bool keclient_wait(const struct keclient *k)
{
	struct pollfd p = { k->fd, tls_wants_write(k->tls) ? POLLOUT : POLLIN, 0 };

	return poll(&p, 1, KECLIENT_TIMEOUT_MS) > 0;
}

/* A clean close before any octet of an answer is an answer too. */
static inline enum status keclient_read(struct keclient *k)
{
	enum status st = ST_AGAIN;
	size_t len = 0;

	k->len = 0;
	while (st == ST_AGAIN) {
		st = tls_read(k->tls, k->in + k->len, sizeof(k->in) - k->len, &len);
		if (st == ST_AGAIN && !keclient_wait(k)) {
			return ST_TIMEOUT;
		}
		if (st == ST_OK && len == 0) {
			return k->len ? ST_CLOSED : ST_OK;
		}
		if (st == ST_OK) {
			k->len += len;
			st = ke_frame(k->in, k->len, sizeof(k->in), &len);
		}
	}
	return st;
}

static inline enum status keclient_converse(struct keclient *k, const uint8_t *request, size_t len)
{
	enum status st;

	while ((st = tls_handshake(k->tls)) == ST_AGAIN) {
		if (!keclient_wait(k)) {
			return ST_TIMEOUT;
		}
	}
	while (st == ST_OK && (st = tls_write(k->tls, request, len)) == ST_AGAIN) {
		if (!keclient_wait(k)) {
			return ST_TIMEOUT;
		}
		st = ST_OK;
	}
	return st == ST_OK ? keclient_read(k) : st;
}

/* why gets a text on errors. */
static inline enum status keclient_ask(struct keclient *k, struct tls_creds *creds,
				       const char *host, unsigned int port,
				       const uint8_t *request, size_t len, struct tls_why *why)
{
	enum status st;

	why->text[0] = '\0';
	k->fd = keclient_dial(host, port);
	if (k->fd < 0 || fcntl(k->fd, F_SETFL, O_NONBLOCK) != 0) {
		return ST_CONNECT;
	}
	st = tls_client_new(creds, k->fd, host, &k->tls);
	if (st == ST_OK) {
		st = keclient_converse(k, request, len);
		snprintf(why->text, sizeof(why->text), "%s", tls_why(k->tls));
	}
	tls_free(k->tls);
	close(k->fd);
	k->tls = NULL;
	return st;
}

/* "192.0.2.1", "2001:db8::1", "02:00:00:00:00:01", "020000.fffe.000001-1" */
static inline bool keclient_identity(const char *text, struct nts_assoc *out)
{
	uint8_t *v = out->value;
	unsigned int port;
	int used = 0;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, v) == 1) {
		out->type = NTS_ASSOC_IPV4;
		return true;
	}
	if (inet_pton(AF_INET6, text, v) == 1) {
		out->type = NTS_ASSOC_IPV6;
		return true;
	}
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", v, v + 1, v + 2, v + 3, v + 4,
		   v + 5, &used) == 6 && !text[used]) {
		out->type = NTS_ASSOC_MAC;
		return true;
	}
	if (sscanf(text, "%2hhx%2hhx%2hhx.%2hhx%2hhx.%2hhx%2hhx%2hhx-%u%n", v, v + 1, v + 2,
		   v + 3, v + 4, v + 5, v + 6, v + 7, &port, &used) == 9 &&
	    !text[used] && port <= UINT16_MAX) {
		v[8] = (uint8_t)(port >> 8);
		v[9] = (uint8_t)port;
		out->type = NTS_ASSOC_PORT_IDENTITY;
		return true;
	}
	return false;
}

#endif
