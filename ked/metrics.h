/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the server has counted and how it is, as Prometheus text over HTTP on one address of
 * loopback: GET /metrics. The names are an interface: keep them.
 *
 * Must not tell keys, key IDs, or who asked.
 */
#ifndef NTS_KED_METRICS_H
#define NTS_KED_METRICS_H

#include <event2/buffer.h>

#include "ked/worker.h"

struct metrics;

struct metrics_reloads {
	uint64_t taken;
	uint64_t refused;
	bool last_refused;		/* the file is another than what holds */
};

struct metrics_store {
	bool failed;			/* what was written last, or was to be */
	bool lost;			/* a restart would not find what is open */
	uint64_t restored;		/* times that it was written anew */
};

/* What is told; all of it must outlive the metrics. */
struct metrics_source {
	const struct timebase *time;
	struct groups *groups;
	unsigned int reader;		/* our number with them */
	struct grantors *grantors;
	struct snapshot *creds;		/* of struct tls_creds; our thread alone replaces */
	const struct limits *limits;
	size_t n_workers;
	struct worker *const *worker;
	const struct metrics_reloads *reloads;
	const struct metrics_store *store;
};

/* Binds a listening socket. ST_SYSTEM (errno tells), ST_BAD_VALUE. */
enum status metrics_listen(const char *address, int *fd) MUST_CHECK;

/* Answers on fd from now on, which it takes over in any case. ST_NO_MEMORY. */
enum status metrics_new(struct event_base *base, int fd, const struct metrics_source *source,
			struct metrics **out) MUST_CHECK;

/* m may be NULL. */
void metrics_free(struct metrics *m);

/* The text alone. ST_NO_MEMORY. */
enum status metrics_write(const struct metrics_source *source, struct evbuffer *out) MUST_CHECK;

#endif
