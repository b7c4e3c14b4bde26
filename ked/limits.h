/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of the server one address may have, and all together: connections at once, and
 * handshakes in a second (a token bucket for each address). Shared by all workers; a reload may
 * change the numbers at any time.
 *
 * An address is an IPv4 address, or the first 64 bits of an IPv6 address, which are one network.
 */
#ifndef NTS_KED_LIMITS_H
#define NTS_KED_LIMITS_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "config/kedconf.h"
#include "util/status.h"

/* What does not fit; the texts are for logs and labels. */
#define LIMITS_TABLE(X) \
	X(LIMITS_CONNECTIONS, "connections") \
	X(LIMITS_PER_ADDRESS, "connections_per_address") \
	X(LIMITS_RATE, "handshakes_per_second")

enum limits_verdict {
	LIMITS_OK,
#define X(name, text) name,
	LIMITS_TABLE(X)
#undef X
	LIMITS_VERDICTS
};

/* The name of a limit; "none" for LIMITS_OK. Never NULL. */
const char *limits_str(enum limits_verdict v);

/* Any thread may read them. */
struct limits_counters {
	_Atomic uint64_t hit[LIMITS_VERDICTS];	/* connections turned away, by reason */
	atomic_uint open;			/* connections now */
	atomic_uint addresses;			/* that are remembered now */
};

struct limits;
struct limits_address;	/* one address with connections, or lately so */

/* ST_NO_MEMORY, ST_CRYPTO. */
enum status limits_new(const struct kedconf_server *conf, struct limits **out) MUST_CHECK;

/* When no connection is left; l may be NULL. */
void limits_free(struct limits *l);

/* Takes the numbers of a new configuration; connections that are there stay. */
void limits_set(struct limits *l, const struct kedconf_server *conf);

/*
 * May a connection from there begin now (boot time ms)? LIMITS_OK: *out is to be given back with
 * limits_leave when it ends. Anything else: counted, nothing to give back. Out of memory is
 * LIMITS_CONNECTIONS.
 */
enum limits_verdict limits_enter(struct limits *l, const struct sockaddr *from, uint64_t now_ms,
				 struct limits_address **out) MUST_CHECK;
void limits_leave(struct limits *l, struct limits_address *address);

const struct limits_counters *limits_counters(const struct limits *l);

/* What holds for a connection that begins now. Any thread may ask. */
uint32_t limits_handshake_timeout(const struct limits *l);	/* seconds */
uint32_t limits_request_timeout(const struct limits *l);	/* seconds */
uint32_t limits_request_size(const struct limits *l);		/* octets */

#endif
