/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker: one event loop in a thread of its own, with its own listeners, connections and
 * counters. Workers share the group keys and the credentials, which they read as snapshots, and
 * the limits.
 */
#ifndef NTS_KED_WORKER_H
#define NTS_KED_WORKER_H

#include "ked/listener.h"

struct worker;

struct worker_args {
	const struct timebase *time;
	struct groups *groups;
	struct grantors *grantors;
	struct snapshot *creds;		/* of struct tls_creds */
	struct limits *limits;		/* of all workers */
	unsigned int reader;		/* its number with all snapshots */
};

/* Everything that args points to must outlive it. ST_NO_MEMORY. */
enum status worker_new(const struct worker_args *args, struct worker **out) MUST_CHECK;

/* Before it runs: it will accept from l, which it takes over in any case. ST_NO_MEMORY. */
enum status worker_listen(struct worker *w, struct listener *l) MUST_CHECK;

/* The address of the listener that was the i-th to be handed over; see listener_address. */
const char *worker_address(const struct worker *w, size_t i, char out[CONN_ADDRESS]);

/* Runs from now on, without taking signals. ST_SYSTEM. */
enum status worker_start(struct worker *w) MUST_CHECK;

/* Ends its thread, if it runs, and closes all; w may be NULL. */
void worker_free(struct worker *w);

/*
 * Has it answered the call before this one? Asks it again. True the first time. For the thread
 * that started it.
 */
bool worker_ping(struct worker *w);

/* Ends its thread, if it runs; what it counted stays. */
void worker_stop(struct worker *w);

const struct conns_counters *worker_conns(const struct worker *w);
const struct serve_counters *worker_serve(const struct worker *w);

#endif
