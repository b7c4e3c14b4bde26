/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's connections on one event loop: TLS handshake, one request, one answer, close_notify
 * (WIRE.md 1). Each is bounded in time, octets and number; none waits for another.
 */
#ifndef NTS_KED_CONN_H
#define NTS_KED_CONN_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "ked/limits.h"
#include "ked/serve.h"
#include "util/snapshot.h"
#include "util/timebase.h"

struct event_base;
struct conns;

struct conns_args {
	struct event_base *base;
	const struct timebase *time;
	struct serve *serve;
	struct snapshot *creds;		/* of struct tls_creds, for connections from now on */
	unsigned int reader;		/* our number with it */
	struct limits *limits;		/* of all that share these */
};

/* Any thread may read them. */
struct conns_counters {
	_Atomic uint64_t accepted;
	_Atomic uint64_t over_limit;		/* closed at once */
	_Atomic uint64_t handshakes;		/* ended well */
	_Atomic uint64_t resumed;		/* of them, on a session from before */
	_Atomic uint64_t handshake_failures[ST_COUNT];	/* by reason */
	_Atomic uint64_t request_failures[ST_COUNT];	/* after the handshake, without an answer */
	_Atomic uint64_t answered;
};

/* Everything that args points to must outlive it. ST_NO_MEMORY. */
enum status conns_new(const struct conns_args *args, struct conns **out) MUST_CHECK;

/* Closes all connections at once; c may be NULL. */
void conns_free(struct conns *c);

/* Takes over fd, a connected non-blocking socket, which is closed in the end in any case. */
void conns_add(struct conns *c, int fd, const struct sockaddr *from, socklen_t from_len);

const struct conns_counters *conns_counters(const struct conns *c);

/* An address with its port, as kedconf_address takes it. Returns out. */
#define CONN_ADDRESS 64
const char *conn_address(const struct sockaddr *sa, socklen_t len, char out[CONN_ADDRESS]);

#endif
