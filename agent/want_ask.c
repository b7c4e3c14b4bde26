// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One question to a KE server. Credentials are read anew each time, so that renewed certificates
 * are taken up. Must not leave the dates of certificates unlooked at but by nts_cert_time_check
 * (RFC 8915, 8.5).
 */
#include "agent/want_internal.h"

#include <string.h>

#include "util/log.h"
#include "util/secret.h"
#include "util/timebase.h"

#define DAY_MS 86400000

static void say_over(struct want_time *t)
{
	if (!t->said_over) {
		log_warning("nts_cert_time_check until_sync: not synchronized after %u exchanges, "
			    "the dates of certificates are checked from now on", t->exchanges);
	}
	t->said_over = true;
}

static bool may_ignore_time(const struct want *w)
{
	const struct aproto_config *c = w->env->config;
	struct want_time *t = w->env->time;

	if (!c->any_time || t->synced) {
		return false;
	}
	if (t->exchanges >= c->any_time_max) {
		say_over(t);
		return false;
	}
	return true;
}

/*
 * Logs each such exchange: while they last, a stolen and expired certificate would do. Only those
 * count that show one: at boot the network may come up after us.
 */
static bool count_exchange(void *ctx)
{
	struct want *w = ctx;
	const struct aproto_config *c = w->env->config;
	struct want_time *t = w->env->time;

	if (!w->any_time) {
		return true;
	}
	if (t->exchanges >= c->any_time_max || !w->env->any_time(w->env->ctx, t->exchanges + 1)) {
		return false;
	}
	t->exchanges++;
	log_warning("THE DATES OF THE KE SERVER'S CERTIFICATE ARE NOT CHECKED: nts_cert_time_check "
		    "until_sync, exchange %u of at most %u", t->exchanges, c->any_time_max);
	return true;
}

static void warn_of_end(struct want *w)
{
	int64_t left = w->cert_not_after_ms - timebase_wall(&timebase_system);
	uint64_t now = timebase_boot(&timebase_system);

	if (left >= (int64_t)w->env->config->cert_warn_days * DAY_MS ||
	    (w->warned_ms && now - w->warned_ms < DAY_MS)) {
		return;
	}
	w->warned_ms = now;
	if (left < 0) {
		log_err("nts_cert_file %s HAS ENDED, or the clock of this machine is wrong",
			w->env->config->cert_file);
		return;
	}
	log_warning("nts_cert_file %s ends in %d days", w->env->config->cert_file,
		    (int)(left / DAY_MS));
}

static enum status load_credentials(struct want *w, struct tls_creds **out, struct tls_why *why)
{
	const struct aproto_config *c = w->env->config;
	const struct tls_files files = {
		.ca_file = c->ca_file,
		.cert_file = c->cert_file,
		.key_file = c->key_file,
		.crl_file = c->crl_file[0] ? c->crl_file : NULL,
		.any_time = w->any_time,
	};
	enum status st = tls_creds_load(&files, out, why);

	if (st == ST_OK) {
		w->cert_not_after_ms = tls_creds_not_after_ms(*out);
		w->crl_next_ms = tls_creds_crl_next_ms(*out);
		warn_of_end(w);
	}
	return st;
}

static void fill_request(const struct want *w, struct ke_message *m)
{
	const struct aproto_want *a = &w->asked;

	if (w->revoked) {
		m->type = KE_REGISTRATION_REVOKE;
		return;
	}
	m->type = a->kind == APROTO_GRANTOR ? KE_REGISTRATION_REQUEST : KE_KEY_REQUEST;
	if (a->kind != APROTO_GRANTOR) {
		m->assoc = a->assoc;
	}
	m->n_identities = (uint8_t)a->n_identities;
	memcpy(m->identities, a->identities, sizeof(m->identities));
	m->n_macs = (uint8_t)a->n_macs;
	memcpy(m->macs, a->macs, sizeof(m->macs));
	m->n_aeads = (uint8_t)a->n_aeads;
	memcpy(m->aeads, a->aeads, sizeof(m->aeads));
}

static enum status start_exchange(struct want *w, struct tls_creds *creds, exchange_done done)
{
	struct ke_message *request = secret_alloc(sizeof(*request));
	struct exchange_args args = {
		.base = w->env->base,
		.dns = w->env->dns,
		.creds = creds,
		.host = want_server(w)->host,
		.port = want_server(w)->port,
		.timeout_ms = w->env->config->timeout_ms,
		.request = request,
		.ticket = w->env->tickets ? &w->env->tickets[w->server] : NULL,
		.first_address = w->env->addresses[w->server],
		.connected = count_exchange,
	};
	enum status st;

	if (!request) {
		return ST_NO_MEMORY;
	}
	fill_request(w, request);
	st = exchange_start(&args, done, w, &w->exchange);
	secret_free(request, sizeof(*request));
	return st;
}

enum status want_exchange(struct want *w, exchange_done done, struct tls_why *why)
{
	struct tls_creds *creds;
	enum status st;

	w->any_time = may_ignore_time(w);
	st = load_credentials(w, &creds, why);
	if (st != ST_OK) {
		return st;
	}
	st = start_exchange(w, creds, done);
	tls_creds_unref(creds);
	return st;
}
