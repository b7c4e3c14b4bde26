/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's connections on one event loop: TLS handshake, one request, one answer, close_notify
 * (WIRE.md 1). Each is bounded in time, octets and number; none waits for another.
 */
#ifndef NTS_KED_CONN_H
#define NTS_KED_CONN_H

#include <sys/socket.h>

#include "ked/serve.h"
#include "util/timebase.h"

struct event_base;
struct conns;

struct conns_args {
	struct event_base *base;
	const struct timebase *time;
	struct serve *serve;
	struct tls_creds *creds;	/* a reference is taken */
	uint32_t handshake_timeout;	/* seconds */
	uint32_t request_timeout;	/* seconds; from the end of the handshake to the answer's */
	uint32_t max;			/* connections at once */
};

struct conns_counters {
	uint64_t accepted;
	uint64_t over_limit;		/* closed at once */
	uint64_t handshakes;		/* ended well */
	uint64_t handshake_failures[ST_COUNT];	/* by reason */
	uint64_t request_failures[ST_COUNT];	/* after the handshake, without an answer */
	uint64_t answered;
};

/* Everything that args points to must outlive it. ST_NO_MEMORY. */
enum status conns_new(const struct conns_args *args, struct conns **out) MUST_CHECK;

/* Closes all connections at once; c may be NULL. */
void conns_free(struct conns *c);

/* Takes over fd, a connected non-blocking socket, which is closed in the end in any case. */
void conns_add(struct conns *c, int fd, const struct sockaddr *from, socklen_t from_len);

/* Connections from now on use these; those that are there keep theirs. */
void conns_set_creds(struct conns *c, struct tls_creds *creds);

const struct conns_counters *conns_counters(const struct conns *c);

/* An address with its port, as kedconf_address takes it. Returns out. */
#define CONN_ADDRESS 64
const char *conn_address(const struct sockaddr *sa, socklen_t len, char out[CONN_ADDRESS]);

#endif
