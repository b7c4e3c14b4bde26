// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ticket-based unicast: who may, and then ked/grantors.h does it (draft 2.1.2, 2.2.5.4, 2.2.5.5;
 * WIRE.md 5). Default is refusal.
 */
#include "ked/serve_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ked/policy.h"

static enum status refuse(struct job *job, enum status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static enum status refuse(struct job *job, enum status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(job->why, sizeof(job->why), fmt, ap);
	va_end(ap);
	return st;
}

static const struct kedconf *conf_of(const struct job *job)
{
	return groups_conf(job->groups);
}

static void ask_for(const struct job *job, const struct kedconf_unicast *section,
		    struct grantors_ask *ask)
{
	*ask = (struct grantors_ask){
		.section = section,
		.peer = job->request->peer,
		.request = &job->question,
		.now_ms = job->request->now_ms,
	};
	client_digest(ask->peer, ask->client);
}

/* ---- does a registration count still? ---- */

static const struct kedconf_unicast *section_named(const struct kedconf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_unicast; i++) {
		if (!strcmp(conf->unicast[i].name, name)) {
			return &conf->unicast[i];
		}
	}
	return NULL;
}

/*
 * Why a grantor that has registered this identity would not be let do so today, or NULL. What is
 * not known of one from a store of before is not held against it.
 */
static const char *why_no_more(const struct job *job, const struct grantors_found *found,
			       const struct nts_assoc *identity,
			       const struct kedconf_unicast *section)
{
	const struct kedconf *conf = conf_of(job);

	if (!section) {
		return "its section of the configuration is gone";
	}
	if (policy_denied(conf, found->peer.fingerprint)) {
		return "its certificate is on the deny list";
	}
	if (tls_creds_revoke(job->request->creds, found->peer.crl_name)) {
		return "its certificate is revoked";
	}
	if (found->named && policy_unicast(conf, section, POLICY_GRANTOR, &found->peer)) {
		return "it may be a grantor no more";
	}
	if (found->named && policy_identity(conf, section, &found->peer, identity)) {
		return "that is its own no more";
	}
	return NULL;
}

static bool counts_still(const void *ctx, const struct grantors_found *found,
			 const struct nts_assoc *identity)
{
	const struct job *job = ctx;

	return !why_no_more(job, found, identity, section_named(conf_of(job), found->section));
}

/* ---- registrations ---- */

/* The first section in which the client is a grantor, or NULL. */
static const struct kedconf_unicast *section_of_grantor(const struct job *job)
{
	const struct kedconf *conf = conf_of(job);
	size_t i;

	for (i = 0; i < conf->n_unicast; i++) {
		if (!policy_unicast(conf, &conf->unicast[i], POLICY_GRANTOR, job->request->peer)) {
			return &conf->unicast[i];
		}
	}
	return NULL;
}

/* Are all identities of the request the client's own? *other: the first that is not. */
static enum status check_identities(const struct job *job, const struct kedconf_unicast *section,
				    char other[NTS_ASSOC_STR])
{
	const struct ke_message *q = &job->question;
	size_t i;

	for (i = 0; i < q->n_identities; i++) {
		if (policy_identity(conf_of(job), section, job->request->peer,
				    &q->identities[i])) {
			nts_assoc_str(&q->identities[i], other);
			return ST_NOT_AUTHORIZED;
		}
	}
	return ST_OK;
}

static enum status why_not_registered(struct job *job, enum status st)
{
	if (st == ST_NOT_AUTHORIZED) {
		return refuse(job, st, "another client holds one of the identities");
	}
	if (st == ST_LIMIT) {
		return refuse(job, ST_NOT_AUTHORIZED, "it has %d other registrations",
			      GRANTORS_REGISTRATIONS_MAX);
	}
	if (st == ST_NO_COMMON_ALG) {
		return refuse(job, st, "no known AEAD or no allowed MAC algorithm is offered");
	}
	return refuse(job, st, "no ticket key: %s", status_str(st));
}

enum status serve_registration(struct job *job)
{
	const struct kedconf_unicast *section = section_of_grantor(job);
	const struct ke_message *a = &job->answer;
	struct grantors_ask ask;
	char id[NTS_ASSOC_STR];
	enum status st;

	if (!section) {
		return refuse(job, ST_NOT_AUTHORIZED, "not a grantor");
	}
	st = check_identities(job, section, id);
	if (st) {
		return refuse(job, st, "%s is not its own", id);
	}
	ask_for(job, section, &ask);
	ask.counts_still = counts_still;
	ask.ctx = job;
	st = grantors_register(job->serve->grantors, &ask, &job->answer);
	if (st) {
		return why_not_registered(job, st);
	}
	snprintf(job->why, sizeof(job->why),
		 "unicast %s, %s%s, ticket key ID 0x%08x, lifetime %u s%s", section->name,
		 nts_assoc_str(&job->question.identities[0], id),
		 job->question.n_identities > 1 ? " and others" : "", a->current.ticket_key_id,
		 a->current.lifetime, a->has_next ? ", and the next" : "");
	return ST_OK;
}

enum status serve_revoke(struct job *job)
{
	uint8_t client[STORE_DIGEST];
	enum status st;
	size_t n = 0;

	client_digest(job->request->peer, client);
	st = grantors_revoke(job->serve->grantors, client, job->request->now_ms, &n);
	if (st == ST_NOT_REGISTERED && !section_of_grantor(job)) {
		return refuse(job, ST_NOT_AUTHORIZED, "not a grantor");
	}
	if (st == ST_NOT_REGISTERED) {
		return refuse(job, st, "it has no registration");
	}
	if (st) {
		return refuse(job, st, "registrations could not be taken back: %s",
			      status_str(st));
	}
	job->silent = true;
	snprintf(job->why, sizeof(job->why), "%zu registration%s taken back", n,
		 n == 1 ? "" : "s");
	return ST_OK;
}

/* ---- keys ---- */

/* The grantor that is asked for, as long as the configuration still wants it. */
static enum status find_grantor(struct job *job, struct grantors_found *found,
				const struct kedconf_unicast **section)
{
	const struct nts_assoc *assoc = &job->question.assoc;
	char id[NTS_ASSOC_STR];
	const char *why;

	nts_assoc_str(assoc, id);
	if (!grantors_find(job->serve->grantors, assoc, job->request->now_ms, found)) {
		return refuse(job, ST_NOT_REGISTERED, "no grantor %s has registered", id);
	}
	*section = section_named(conf_of(job), found->section);
	why = why_no_more(job, found, assoc, *section);
	return why ? refuse(job, ST_NOT_REGISTERED, "grantor %s: %s", id, why) : ST_OK;
}

/* Has another client registered one of these identities? */
static bool is_another_grantors(const struct job *job, const uint8_t client[STORE_DIGEST],
				char other[NTS_ASSOC_STR])
{
	const struct ke_message *q = &job->question;
	struct grantors_found found;
	size_t i;

	for (i = 0; i < q->n_identities; i++) {
		if (grantors_find(job->serve->grantors, &q->identities[i], job->request->now_ms,
				  &found) &&
		    memcmp(found.client, client, STORE_DIGEST) != 0 &&
		    counts_still(job, &found, &q->identities[i])) {
			nts_assoc_str(&q->identities[i], other);
			return true;
		}
	}
	return false;
}

static enum status note_grant(struct job *job, enum status st, const char *kind)
{
	const struct ke_message *a = &job->answer;
	char grantor[NTS_ASSOC_STR], requester[NTS_ASSOC_STR];

	nts_assoc_str(&job->question.assoc, grantor);
	nts_assoc_str(&job->question.identities[0], requester);
	if (st == ST_NOT_REGISTERED) {
		return refuse(job, st, "grantor %s has not registered again", grantor);
	}
	if (st) {
		return refuse(job, st, "no %s for %s with grantor %s: %s", kind, requester, grantor,
			      status_str(st));
	}
	snprintf(job->why, sizeof(job->why),
		 "%s for %s with grantor %s, key ID 0x%08x, lifetime %u s%s", kind, requester,
		 grantor, a->current.sa[0].key_id, a->current.lifetime,
		 a->has_next ? ", and the next" : "");
	return ST_OK;
}

/* The key of somebody else's pair. */
static enum status grant_pair(struct job *job, const struct grantors_ask *ask)
{
	enum status st = grantors_pair(job->serve->grantors, ask, &job->answer);

	if (st == ST_NOT_AUTHORIZED) {
		return refuse(job, st, "transparent clock: no such pair has a key");
	}
	return note_grant(job, st, "pair's key");
}

enum status serve_unicast(struct job *job)
{
	const struct tls_peer *peer = job->request->peer;
	const struct kedconf_unicast *section = NULL;
	struct grantors_found found;
	struct grantors_ask ask;
	char id[NTS_ASSOC_STR];
	bool requester, clock;
	enum status st;

	st = find_grantor(job, &found, &section);
	if (st) {
		return st;
	}
	requester = !policy_unicast(conf_of(job), section, POLICY_REQUESTER, peer);
	clock = !policy_unicast(conf_of(job), section, POLICY_TRANSPARENT_CLOCK, peer);
	if (!requester && !clock) {
		return refuse(job, ST_NOT_AUTHORIZED, "not a requester of unicast %s",
			      section->name);
	}
	ask_for(job, section, &ask);
	ask.registration = found.registration;
	if (!requester || (clock && check_identities(job, section, id))) {
		return grant_pair(job, &ask);
	}
	if (check_identities(job, section, id)) {
		return refuse(job, ST_NOT_AUTHORIZED, "%s is not its own", id);
	}
	if (is_another_grantors(job, ask.client, id)) {
		return refuse(job, ST_NOT_AUTHORIZED, "%s is another grantor's", id);
	}
	st = grantors_grant(job->serve->grantors, &ask, &job->answer);
	return note_grant(job, st, "key and ticket");
}
