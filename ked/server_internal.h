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
	struct event *look;
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
	struct metrics_store well;	/* is the store? */
	struct log_limit limit;
	struct log_limit place_limit;
};

/* ---- server_open.c: stages of the start; each logs its failure ---- */

enum status server_open_notify(struct server *s) MUST_CHECK;
enum status server_open_listeners(struct server *s) MUST_CHECK;
enum status server_open_metrics(struct server *s) MUST_CHECK;
enum status server_open_store(struct server *s) MUST_CHECK;
enum status server_load_groups(struct server *s) MUST_CHECK;

/* ---- server_process.c ---- */

/* Before keys are read. ST_SYSTEM, logged. */
enum status server_harden(void) MUST_CHECK;

/* Where conf names a user and we are root. ST_CONFIG, ST_SYSTEM, logged. */
enum status server_become_user(const struct kedconf *conf) MUST_CHECK;

/*
 * Root's process may read keys of the user that it will become, who must be able to read them again
 * at a reload. ST_CONFIG (logged): no such user.
 */
enum status server_trust_user(const struct kedconf *conf) MUST_CHECK;

/* A connection is a descriptor: makes as many possible as the configuration allows at once. */
void server_raise_descriptors(const struct server *s);

/* ---- server_creds.c ---- */

/* Reads what conf names. Logs why not, and how many days are left where that is few. */
enum status server_load_creds(const struct timebase *time, const struct kedconf *conf,
			      struct tls_creds **out) MUST_CHECK;

/* Of our own conf, for the connections to come. The stage before privileges are dropped. */
enum status server_load_own_creds(struct server *s) MUST_CHECK;

/* ---- server_loop.c ---- */

/* The loop with its events. ST_NO_MEMORY; server_free_events() in any case. */
enum status server_make_events(struct server *s) MUST_CHECK;
void server_free_events(struct server *s);

/* ---- server_workers.c ---- */

/* As many as conf says, each with its listeners; then they serve. ST_NO_MEMORY, ST_SYSTEM. */
enum status server_make_workers(struct server *s) MUST_CHECK;
enum status server_start_workers(struct server *s) MUST_CHECK;

/* Waits for their ends, and logs what they have done. */
void server_stop_workers(struct server *s);

/* ---- server_reload.c ---- */

/* Takes conf's level for the log, unless the command line gave one. */
void server_set_level(const struct server *s, const struct kedconf *conf);

/* Begins to watch the configuration and the files that it names, and says which a reload could
 * not read. */
enum status server_watch(struct server *s) MUST_CHECK;

/* Reads configuration and files again; takes all of it or nothing. */
void server_reload(struct server *s);

/* Tells the service manager that all is well, and on what we serve. */
void server_tell_manager(const struct server *s);

#endif
