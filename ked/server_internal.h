/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's insides, for ked/server*.c only. */
#ifndef NTS_KED_SERVER_INTERNAL_H
#define NTS_KED_SERVER_INTERNAL_H

#include "ked/metrics.h"
#include "ked/server.h"
#include "ked/watch.h"
#include "ked/worker.h"
#include "util/log.h"
#include "util/notify.h"

#define LISTENERS_MAX 16
#define SERVER_SIGNALS 3

struct server {
	struct kedconf *conf;
	const char *path;		/* of conf's file */
	int level;			/* of the log; -1: conf's */
	const struct timebase *time;
	struct notify notify;
	struct event_base *base;
	struct event *signal[SERVER_SIGNALS];
	struct event *advance;
	struct event *watchdog;
	struct watch *watch;
	size_t n_addresses;
	/* until a worker has them */
	struct listener *listener[LISTENERS_MAX][KEDCONF_WORKERS];
	int metrics_fd;			/* until metrics has it; -1: none */
	struct metrics *metrics;
	struct snapshot creds;		/* of struct tls_creds */
	struct store *store;
	struct groups *groups;
	struct grantors *grantors;
	struct limits *limits;
	size_t n_workers;
	struct worker *worker[KEDCONF_WORKERS];
	struct metrics_reloads reloads;
	struct log_limit limit;
};

/* Takes conf's level for the log, unless the command line gave one. */
void server_set_level(const struct server *s, const struct kedconf *conf);

/* Before keys are read. ST_SYSTEM, logged. */
enum status server_harden(void) MUST_CHECK;

/* Where conf names a user and we are root. ST_CONFIG, ST_SYSTEM, logged. */
enum status server_become_user(const struct kedconf *conf) MUST_CHECK;

/*
 * Root's process may read keys of the user that it will become, who must be able to read them again
 * at a reload. ST_CONFIG (logged): no such user.
 */
enum status server_trust_user(const struct kedconf *conf) MUST_CHECK;

/* Reads what conf names. Logs why not, and how many days are left where that is few. */
enum status server_load_creds(const struct timebase *time, const struct kedconf *conf,
			      struct tls_creds **out) MUST_CHECK;

/* Begins to watch the configuration and the files that it names, and says which a reload could
 * not read. */
enum status server_watch(struct server *s) MUST_CHECK;

/* A connection is a descriptor: makes as many possible as the configuration allows at once. */
void server_raise_descriptors(const struct server *s);

/* Reads configuration and files again; takes all of it or nothing. */
void server_reload(struct server *s);

/* Tells the service manager that all is well, and on what we serve. */
void server_tell_manager(const struct server *s);

#endif
