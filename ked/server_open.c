// SPDX-License-Identifier: GPL-2.0-or-later
/* What a server opens before it serves, stage by stage. */
#include <errno.h>
#include <string.h>

#include "ked/server_internal.h"

enum status server_open_notify(struct server *s)
{
	enum status st = notify_open(&s->notify);

	if (st) {
		s->notify.fd = -1;
		log_err("NOTIFY_SOCKET: %s",
			st == ST_SYSTEM ? strerror(errno) : "not an address of a socket");
	}
	return st;
}

/* One listener for each worker, while we may still bind. */
static enum status listen_for_all(struct server *s, const struct sockaddr *sa, socklen_t len)
{
	struct listener **l = s->listener[s->n_addresses];
	size_t n = s->conf->server.workers;
	enum status st = listener_open(sa, len, n > 1, &l[0]);
	size_t i;

	for (i = 1; i < n && !st; i++) {
		st = listener_twin(l[0], &l[i]);
	}
	return st;
}

/* An address of a family that this machine does not have is left out. */
static enum status listen_on(struct server *s, const char *item)
{
	struct sockaddr_storage sa;
	enum status st;
	socklen_t len;

	if (s->n_addresses == LISTENERS_MAX) {
		log_err("listen: more than %d addresses", LISTENERS_MAX);
		return ST_LIMIT;
	}
	st = kedconf_address(item, &sa, &len);
	if (!st) {
		st = listen_for_all(s, (struct sockaddr *)&sa, len);
	}
	if (st == ST_SYSTEM && errno == EAFNOSUPPORT) {
		log_warning("listen: %s left out: %s", item, strerror(errno));
		return ST_OK;
	}
	if (st) {
		log_err("listen: %s: %s", item,
			st == ST_SYSTEM ? strerror(errno) : status_str(st));
		return st;
	}
	s->n_addresses++;
	return ST_OK;
}

enum status server_open_listeners(struct server *s)
{
	const char *at = s->conf->server.listen;
	enum status st = ST_OK;
	char item[KEDCONF_ITEM];

	while (!st && kedconf_item(&at, item)) {
		st = listen_on(s, item);
	}
	if (!st && !s->n_addresses) {
		log_err("listen: no address to listen on");
		st = ST_CONFIG;
	}
	return st;
}

enum status server_open_metrics(struct server *s)
{
	const char *address = s->conf->server.metrics;
	enum status st = *address ? metrics_listen(address, &s->metrics_fd) : ST_OK;

	if (st) {
		log_err("metrics: %s: %s", address,
			st == ST_SYSTEM ? strerror(errno) : status_str(st));
	}
	return st;
}

enum status server_open_store(struct server *s)
{
	struct store_args args = {
		.path = s->conf->server.store,
		.time = s->time,
		.key_file = s->conf->server.store_key_file,
	};
	char why[STORE_WHY] = "";
	enum status st = store_open(&args, &s->store, why);

	if (st) {
		log_err("store: %s", why);
		return st;
	}
	if (store_clock_was_back(s->store)) {
		log_warning("store: the wall clock stands before the last change of keys; "
			    "lifetimes are reckoned from that change");
	}
	if (store_clock_leapt(s->store)) {
		log_warning("store: the wall clock stands more than a year after the last change "
			    "of keys; is it right?");
	}
	return ST_OK;
}

enum status server_load_groups(struct server *s)
{
	enum status st = groups_new(s->conf, s->store, &s->groups);

	if (!st) {
		st = groups_advance(s->groups, timebase_boot(s->time));
	}
	if (st) {
		log_err("store: group keys: %s: %s", status_str(st), store_why(s->store));
		return st;
	}
	st = grantors_new(s->store, &s->grantors);
	if (st) {
		log_err("store: registrations: %s: %s", status_str(st), store_why(s->store));
	}
	return st;
}
