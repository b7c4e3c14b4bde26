// SPDX-License-Identifier: GPL-2.0-or-later
/* Another configuration while the server runs: taken whole, or refused and the old one stays. */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ked/server_internal.h"

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
