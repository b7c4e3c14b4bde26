// SPDX-License-Identifier: GPL-2.0-or-later
/* The server's certificate, key, CA and revocation list, read when it starts and on a reload. */
#include <inttypes.h>

#include "ked/server_internal.h"
#include "util/privileges.h"
#include "util/secret.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define DAYS_WARNING 14

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

/* A service starts as its user, whom the file does not name: he who owns the key. */
static void trust_owner(const struct kedconf *conf)
{
	struct privileges_user user;

	if (!*conf->server.user && !privileges_find_owner(conf->server.private_key, &user)) {
		secret_trust_owner(user.uid);
	}
}

static enum status check_store_key(const struct kedconf *conf)
{
	char why[STORE_WHY] = "";
	enum status st = store_check_key_file(conf->server.store_key_file, why);

	if (st) {
		log_err("store_key_file: %s", why);
	}
	return st;
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
		st = check_store_key(conf);
	}
	return st;
}

enum status server_load_own_creds(struct server *s)
{
	struct tls_creds *creds;
	enum status st = server_trust_user(s->conf);

	if (!st) {
		st = server_load_creds(s->time, s->conf, &creds);
	}
	if (!st) {
		snapshot_replace(&s->creds, creds);
	}
	return st;
}
