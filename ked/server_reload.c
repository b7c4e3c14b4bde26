// SPDX-License-Identifier: GPL-2.0-or-later
/* Another configuration while the server runs: taken whole, or refused and the old one stays. */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ked/server_internal.h"
#include "util/privileges.h"
#include "util/secret.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define DAYS_WARNING 14
#define FILES_MAX 8

struct file_option {
	const char *name;
	size_t offset;		/* in struct kedconf */
};

static const struct file_option files[] = {
	{ "certificate", offsetof(struct kedconf, server.certificate) },
	{ "private_key", offsetof(struct kedconf, server.private_key) },
	{ "client_ca", offsetof(struct kedconf, server.client_ca) },
	{ "client_crl", offsetof(struct kedconf, server.client_crl) },
	{ "deny_file", offsetof(struct kedconf, authorization.deny_file) },
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

/* Texts that hold from the start of the process to its end. */
static const struct file_option fixed[] = {
	{ "listen", offsetof(struct kedconf, server.listen) },
	{ "store", offsetof(struct kedconf, server.store) },
	{ "store_key_file", offsetof(struct kedconf, server.store_key_file) },
	{ "user", offsetof(struct kedconf, server.user) },
	{ "metrics", offsetof(struct kedconf, server.metrics) },
};
#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))

static const char *text_of(const struct kedconf *conf, const struct file_option *o)
{
	return (const char *)conf + o->offset;
}

void server_set_level(const struct server *s, const struct kedconf *conf)
{
	log_set_level(s->level < 0 ? (int)conf->server.log_level : s->level);
}

static void warn_of_end(const struct timebase *time, const char *what, int64_t end_ms)
{
	int64_t left = end_ms - timebase_wall(time);

	if (end_ms && left < 0) {
		log_warning("%s: is over since %" PRId64 " days", what, -left / DAY_MS);
	} else if (end_ms && left < DAYS_WARNING * DAY_MS) {
		log_warning("%s: %" PRId64 " days left", what, left / DAY_MS);
	}
}

enum status server_load_creds(const struct timebase *time, const struct kedconf *conf,
			      struct tls_creds **out)
{
	struct tls_files named = {
		.ca_file = conf->server.client_ca,
		.cert_file = conf->server.certificate,
		.key_file = conf->server.private_key,
		.crl_file = conf->server.client_crl[0] ? conf->server.client_crl : NULL,
	};
	struct tls_why why = { "" };
	enum status st = tls_creds_load(&named, out, &why);

	if (st) {
		log_err("certificate, private_key, client_ca or client_crl: %s%s%s",
			status_str(st), *why.text ? ": " : "", why.text);
		return st;
	}
	st = conf->server.resumption ? tls_creds_resumption(*out, conf->server.resumption) : ST_OK;
	if (st) {
		log_err("resumption: %s", status_str(st));
		tls_creds_unref(*out);
		return st;
	}
	warn_of_end(time, "certificate", tls_creds_not_after_ms(*out));
	warn_of_end(time, "client_ca", tls_creds_ca_not_after_ms(*out));
	warn_of_end(time, "client_crl", tls_creds_crl_next_ms(*out));
	return ST_OK;
}

enum status server_trust_user(const struct kedconf *conf)
{
	const char *name = conf->server.user;
	struct privileges_user user;
	enum status st;

	if (!*name || !privileges_held()) {
		return ST_OK;
	}
	st = privileges_find(name, &user);
	if (st) {
		log_err("user: cannot become %s: no such user", name);
		return st;
	}
	secret_trust_owner(user.uid);
	return ST_OK;
}

/* A service starts as its user, whom the file does not name: he who owns the key. */
static void trust_owner(const struct kedconf *conf)
{
	struct privileges_user user;

	if (!*conf->server.user && !privileges_find_owner(conf->server.private_key, &user)) {
		secret_trust_owner(user.uid);
	}
}

enum status server_check(const struct kedconf *conf, const struct timebase *time)
{
	struct tls_creds *creds;
	enum status st = server_trust_user(conf);

	trust_owner(conf);
	if (!st) {
		st = server_load_creds(time, conf, &creds);
	}
	if (!st) {
		tls_creds_unref(creds);
	}
	return st;
}

static enum status watch_files(struct server *s)
{
	const char *names[FILES_MAX] = { s->path };
	size_t i, n = 1;

	for (i = 0; i < N_FILES; i++) {
		names[n] = text_of(s->conf, &files[i]);
		n += *names[n] != '\0';
	}
	return watch_set(s->watch, names, n);
}

static void say_unreadable(const char *what, const char *name)
{
	if (*name && access(name, R_OK)) {
		log_warning("%s: %s: %s for user %u: a reload will be refused", what, name,
			    strerror(errno), (unsigned int)geteuid());
	}
}

static void on_change(void *ctx)
{
	struct server *s = ctx;

	log_notice("a file of the configuration has changed");
	server_reload(s);
}

enum status server_watch(struct server *s)
{
	enum status st = watch_new(s->base, on_change, s, &s->watch);
	size_t i;

	if (!st) {
		st = watch_files(s);
	}
	say_unreadable("configuration", s->path);
	for (i = 0; i < N_FILES; i++) {
		say_unreadable(files[i].name, text_of(s->conf, &files[i]));
	}
	return st;
}

static void log_error(void *ctx, const char *error)
{
	(void)ctx;
	log_err("%s", error);
}

static void say_fixed(const struct kedconf *old, const struct kedconf *new)
{
	size_t i;

	for (i = 0; i < N_FIXED; i++) {
		if (strcmp(text_of(old, &fixed[i]), text_of(new, &fixed[i]))) {
			log_warning("%s has changed: that takes a restart", fixed[i].name);
		}
	}
	if (old->server.workers != new->server.workers) {
		log_warning("workers has changed: that takes a restart");
	}
}

/* From here on nothing can fail but memory for the watch, and then the old files are watched. */
static void take(struct server *s, struct kedconf *conf, struct tls_creds *creds)
{
	struct tls_creds *old_creds = snapshot_replace(&s->creds, creds);
	struct kedconf *old = s->conf;

	snapshot_wait(&s->creds, old_creds);
	tls_creds_unref(old_creds);
	limits_set(s->limits, &conf->server);
	server_set_level(s, conf);
	say_fixed(old, conf);
	s->conf = conf;
	server_raise_descriptors(s);
	event_active(s->advance, EV_TIMEOUT, 0);	/* groups that are new want keys */
	if (watch_files(s)) {
		log_err("files are not watched: %s", status_str(ST_NO_MEMORY));
	}
	kedconf_free(old);
}

static enum status load_groups(struct server *s, const struct kedconf *conf)
{
	enum status st = groups_reload(s->groups, conf);

	if (st) {
		log_err("store: group keys: %s", status_str(st));
	}
	return st;
}

static enum status reload(struct server *s)
{
	struct tls_creds *creds = NULL;
	struct kedconf *conf = NULL;
	enum status st = kedconf_load(s->path, log_error, NULL, &conf);

	if (!st) {
		st = server_load_creds(s->time, conf, &creds);
	}
	if (!st) {
		st = load_groups(s, conf);
	}
	if (st) {
		tls_creds_unref(creds);
		kedconf_free(conf);
		return st;
	}
	take(s, conf, creds);
	return ST_OK;
}

void server_reload(struct server *s)
{
	notify_reloading(&s->notify);
	s->reloads.last_refused = reload(s) != ST_OK;
	if (s->reloads.last_refused) {
		s->reloads.refused++;
		log_err("reload refused: the old configuration stays");
	} else {
		s->reloads.taken++;
		log_notice("configuration, certificates and keys read again");
	}
	server_tell_manager(s);
}

void server_tell_manager(const struct server *s)
{
	char text[128];

	snprintf(text, sizeof(text), "%zu groups, %zu workers, %" PRIu64 " reloads, %" PRIu64
		 " refused", s->conf->n_groups, s->n_workers, s->reloads.taken,
		 s->reloads.refused);
	notify_ready(&s->notify, text);
}
