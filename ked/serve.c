// SPDX-License-Identifier: GPL-2.0-or-later
/* From a request to its answer. Default is refusal. */
#include "ked/serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "ked/policy.h"
#include "ked/serve_internal.h"
#include "util/log.h"
#include "util/secret.h"

static const char *const result_text[SERVE_RESULTS] = {
#define X(name, text) [name] = text,
	SERVE_RESULT_TABLE(X)
#undef X
};

const char *serve_result_str(enum serve_result result)
{
	return (size_t)result < SERVE_RESULTS ? result_text[result] : "unknown";
}

enum status serve_new(struct groups *groups, struct grantors *grantors, unsigned int reader,
		      struct serve **out)
{
	struct serve *s = calloc(1, sizeof(*s));

	if (!s) {
		return ST_NO_MEMORY;
	}
	s->groups = groups;
	s->grantors = grantors;
	s->reader = reader;
	*out = s;
	return ST_OK;
}

void serve_free(struct serve *s)
{
	free(s);
}

const struct serve_counters *serve_counters(const struct serve *s)
{
	return &s->counters;
}

/* With the keys that are due by now. */
static const struct kedconf_group *find_group(struct job *job)
{
	const struct nts_assoc *assoc = &job->question.assoc;
	struct serve *s = job->serve;

	groups_leave(s->groups, s->reader);
	job->groups = groups_enter_for(s->groups, s->reader, assoc, job->request->now_ms);
	return groups_find(job->groups, assoc);
}

static enum status grant_group(struct job *job)
{
	const struct ke_message *q = &job->question;
	struct ke_message *a = &job->answer;
	const struct kedconf_group *group = find_group(job);
	char assoc[NTS_ASSOC_STR];
	enum status st;

	if (!group) {
		snprintf(job->why, sizeof(job->why), "no such group: %s",
			 nts_assoc_str(&q->assoc, assoc));
		return ST_NOT_AUTHORIZED;
	}
	st = policy_group(groups_conf(job->groups), group, job->request->peer);
	if (st) {
		snprintf(job->why, sizeof(job->why), "not a member of group %s", group->name);
		return st;
	}
	st = groups_params(job->groups, group, job->request->now_ms, &a->current, &a->next,
			   &a->has_next);
	if (st) {
		snprintf(job->why, sizeof(job->why), "no key for group %s: %s", group->name,
			 status_str(st));
		return st;
	}
	a->type = KE_KEY_GRANT;
	snprintf(job->why, sizeof(job->why), "group %s, key ID 0x%08x, lifetime %u s%s",
		 group->name, a->current.sa[0].key_id, a->current.lifetime,
		 a->has_next ? ", and the next" : "");
	return ST_OK;
}

static enum status key_request(struct job *job)
{
	return job->question.assoc.type == NTS_ASSOC_GROUP ? grant_group(job)
							   : serve_unicast(job);
}

/* By enum ke_type; what is not a request is refused by ke_decode. */
static enum status (*const handlers[KE_TYPES])(struct job *job) = {
	[KE_KEY_REQUEST] = key_request,
	[KE_REGISTRATION_REQUEST] = serve_registration,
	[KE_REGISTRATION_REVOKE] = serve_revoke,
};

/* A list that was in time when it was read, and has not been renewed since. */
static bool is_list_old(const struct serve_request *r)
{
	int64_t next_ms = r->creds ? tls_creds_crl_next_ms(r->creds) : 0;

	return next_ms && r->wall_ms >= next_ms;
}

/* The handshake may be older than the lists: a client may hold a connection over a reload. */
static enum status check_certificate(struct job *job)
{
	const struct tls_peer *peer = job->request->peer;

	if (is_list_old(job->request)) {
		snprintf(job->why, sizeof(job->why), "client_crl is out of date");
		return ST_NOT_AUTHORIZED;
	}
	if (policy_denied(groups_conf(job->groups), peer->fingerprint)) {
		snprintf(job->why, sizeof(job->why), "certificate is on the deny list");
		return ST_NOT_AUTHORIZED;
	}
	if (tls_creds_revoke(job->request->creds, peer->crl_name)) {
		snprintf(job->why, sizeof(job->why), "certificate is revoked");
		return ST_NOT_AUTHORIZED;
	}
	return ST_OK;
}

static enum status handle(struct job *job)
{
	enum status st;

	if ((size_t)job->question.type >= KE_TYPES || !handlers[job->question.type]) {
		return ST_BAD_TYPE;
	}
	job->row = job->question.type;
	st = check_certificate(job);
	if (st) {
		return st;
	}
	return handlers[job->question.type](job);
}

/* What the wire says of a request that was understood and yet not granted. */
static const struct {
	enum status st;
	uint16_t error;
} refusals[] = {
	{ ST_NOT_AUTHORIZED, KE_ERR_NOT_AUTHORIZED },
	{ ST_NOT_REGISTERED, KE_ERR_NOT_REGISTERED },
	{ ST_NO_COMMON_ALG, KE_ERR_NO_COMMON_ALG },
};

static uint16_t error_of(enum status st)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].st == st) {
			return refusals[i].error;
		}
	}
	return KE_ERR_INTERNAL;
}

static const struct {
	uint16_t error;
	enum serve_result result;
} results[] = {
	{ KE_ERR_UNRECOGNIZED_CRITICAL, SERVE_UNRECOGNIZED_CRITICAL },
	{ KE_ERR_BAD_REQUEST, SERVE_BAD_REQUEST },
	{ KE_ERR_INTERNAL, SERVE_INTERNAL },
	{ KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED },
	{ KE_ERR_NOT_REGISTERED, SERVE_NOT_REGISTERED },
	{ KE_ERR_NO_COMMON_ALG, SERVE_NO_COMMON_ALG },
};

static enum serve_result result_of(uint16_t error)
{
	size_t i;

	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i].error == error) {
			return results[i].result;
		}
	}
	return SERVE_INTERNAL;
}

static enum serve_result refuse(struct job *job, uint16_t error)
{
	secret_wipe(&job->answer, sizeof(job->answer));
	job->answer.type = KE_REFUSAL;
	job->answer.error = error;
	return result_of(error);
}

/*
 * The client counts from the answer's arrival (WIRE.md 6), and a disk may have been waited for: what
 * has gone by since the request goes off the spans. Next's count from when it becomes Current.
 */
static enum status take_off(struct job *job)
{
	const struct serve_request *r = job->request;
	uint64_t gone = r->time ? (timebase_boot(r->time) - r->now_ms) / 1000 : 0;
	struct nts_params *p = &job->answer.current;

	if (!gone || !p->lifetime) {
		return ST_OK;
	}
	if (gone >= p->lifetime) {
		snprintf(job->why, sizeof(job->why), "the key has ended before it was stored");
		return ST_TIMEOUT;
	}
	p->lifetime -= (uint32_t)gone;
	p->update_in = p->update_in > gone ? p->update_in - (uint32_t)gone : p->update_in > 0;
	return ST_OK;
}

/* Makes the answer as a message. */
static enum serve_result decide(struct job *job)
{
	const struct serve_request *r = job->request;
	enum status st = r->framed;

	if (!st) {
		st = ke_decode(r->data, r->len, KE_SERVER, &job->question);
	}
	if (st) {
		snprintf(job->why, sizeof(job->why), "%s", status_str(st));
	}
	if (st == ST_NO_PROTOCOL) {
		job->answer.type = KE_NO_PROTOCOL;
		return SERVE_NO_PROTOCOL;
	}
	if (st) {
		return refuse(job, ke_error_of_status(st));
	}
	st = handle(job);
	if (!st) {
		st = take_off(job);
	}
	return st ? refuse(job, error_of(st)) : SERVE_GRANTED;
}

static enum serve_result encode(struct job *job, enum serve_result result, uint8_t *out,
				size_t *len)
{
	enum status st;

	if (job->silent && result == SERVE_GRANTED) {
		*len = 0;
		return result;
	}
	st = ke_encode(&job->answer, out, SERVE_RESPONSE_MAX, len);
	if (!st) {
		return result;
	}
	snprintf(job->why, sizeof(job->why), "answer could not be written: %s", status_str(st));
	result = refuse(job, KE_ERR_INTERNAL);
	if (ke_encode(&job->answer, out, SERVE_RESPONSE_MAX, len)) {
		*len = 0;
	}
	return result;
}

static const char *what(const struct job *job)
{
	return job->row < KE_TYPES ? ke_type_str((enum ke_type)job->row) : "request";
}

static void note(struct job *job, enum serve_result result)
{
	const struct serve_request *r = job->request;
	struct serve *s = job->serve;
	int level = result == SERVE_GRANTED ? LOG_INFO : LOG_WARNING;

	s->counters.answers[job->row][result]++;
	log_limited(&s->limit[job->row][result], r->now_ms, level,
		    "%s from %s, %s, issuer %s: %s: %s", what(job), r->from, r->peer->subject,
		    r->peer->issuer, serve_result_str(result), job->why);
}

enum serve_result serve_answer(struct serve *s, const struct serve_request *request,
			       uint8_t out[SERVE_RESPONSE_MAX], size_t *len)
{
	struct job job = { .serve = s, .request = request, .row = SERVE_UNREADABLE };
	enum serve_result result;

	job.groups = groups_enter(s->groups, s->reader);
	result = decide(&job);
	groups_leave(s->groups, s->reader);
	result = encode(&job, result, out, len);
	note(&job, result);
	secret_wipe(&job.answer, sizeof(job.answer));
	return result;
}
