/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole KE server, put together: listeners, credentials, store, group keys, connections, in
 * the order that privileges want it: bind and load as root, then drop, then open the store.
 * Logs what keeps it from starting.
 */
#ifndef NTS_KED_SERVER_H
#define NTS_KED_SERVER_H

#include "config/kedconf.h"
#include "util/timebase.h"

struct server;

/*
 * Ready to run: listens, has its keys, told so in the log ("nts-ked ready on ADDRESS", one line
 * per address). conf and time must outlive it. Any status: it has been logged, in one sentence.
 */
enum status server_new(const struct kedconf *conf, const struct timebase *time,
		       struct server **out) MUST_CHECK;

/*
 * Serves until SIGTERM or SIGINT. SIGHUP reads certificate, key and CA again; when they are not
 * acceptable the old ones stay.
 */
void server_run(struct server *s);

/* s may be NULL. */
void server_free(struct server *s);

#endif
