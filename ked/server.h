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

struct server_args {
	const char *path;		/* of conf's file, for reloads; must outlive the server */
	struct kedconf *conf;		/* taken over in any case */
	int level;			/* of the log, instead of the file's; -1: the file's */
	const struct timebase *time;	/* must outlive the server */
};

/*
 * Ready to run: listens, has its keys, told so in the log ("nts-ked ready on ADDRESS", one line
 * per address) and to the service manager. Any status: it has been logged, in one sentence.
 */
enum status server_new(const struct server_args *args, struct server **out) MUST_CHECK;

/*
 * Could a server with this configuration read its certificate, key, CA and revocation list, and do
 * they fit together, and is there a key in store_key_file? As the user that we are now. Any
 * status: it has been logged.
 */
enum status server_check(const struct kedconf *conf, const struct timebase *time) MUST_CHECK;

/*
 * Instead of a server: keys in its store, encrypted with the key of old_key_file ("": not), are
 * encrypted with that of store_key_file ("": not). *keys as of store_reseal. Any status: it has
 * been logged.
 */
enum status server_reseal(const struct kedconf *conf, const struct timebase *time,
			  const char *old_key_file, size_t *keys) MUST_CHECK;

/*
 * Serves until SIGTERM or SIGINT. On SIGHUP, and when one of the files changes, reads the
 * configuration and all files that it names again; when anything about them is wrong, all of the
 * old stays. What a running server cannot change is said in the log.
 */
void server_run(struct server *s);

/* s may be NULL. */
void server_free(struct server *s);

#endif
