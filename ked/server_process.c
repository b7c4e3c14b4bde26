// SPDX-License-Identifier: GPL-2.0-or-later
/* What the process may and may not: core dumps, its user, descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "ked/server_internal.h"
#include "util/privileges.h"
#include "util/secret.h"

#define OTHER_DESCRIPTORS 64
#define WORKER_DESCRIPTORS (LISTENERS_MAX + 8)	/* its listeners and its loop */

enum status server_harden(void)
{
	enum status st = secret_harden_process();

	if (st) {
		log_err("core dumps or new privileges could not be forbidden");
	}
	return st;
}

/* Whom conf names, where we are root; else *found is false. ST_CONFIG (logged): no such user. */
static enum status find_user(const struct kedconf *conf, struct privileges_user *user, bool *found)
{
	const char *name = conf->server.user;
	enum status st;

	*found = false;
	if (!*name || !privileges_held()) {
		return ST_OK;
	}
	st = privileges_find(name, user);
	if (st) {
		log_err("user: cannot become %s: no such user", name);
	}
	*found = !st;
	return st;
}

enum status server_become_user(const struct kedconf *conf)
{
	struct privileges_user user;
	bool found;
	enum status st = find_user(conf, &user, &found);

	if (!found) {
		return st;
	}
	st = privileges_become(&user);
	if (st) {
		log_err("user: cannot become %s: %s", conf->server.user, strerror(errno));
	}
	return st;
}

enum status server_trust_user(const struct kedconf *conf)
{
	struct privileges_user user;
	bool found;
	enum status st = find_user(conf, &user, &found);

	if (found) {
		secret_trust_owner(user.uid);
	}
	return st;
}

void server_raise_descriptors(const struct server *s)
{
	rlim_t wanted = s->conf->server.max_connections + OTHER_DESCRIPTORS +
			s->conf->server.workers * WORKER_DESCRIPTORS;
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted) {
		return;
	}
	if (limit.rlim_max < wanted) {
		log_warning("max_connections: %u asks for more descriptors than the limit of %llu",
			    s->conf->server.max_connections, (unsigned long long)limit.rlim_max);
		wanted = limit.rlim_max;
	}
	limit.rlim_cur = wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}
