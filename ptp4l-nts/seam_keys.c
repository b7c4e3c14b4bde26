// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key sets of the clock: from the agent, checked once more, installed, rotated. The policies that a
 * KE server sends must secure what this clock's ports need (WIRE.md 7).
 */
#include "ptp4l-nts/seam.h"

#include <string.h>

#include "util/secret.h"

#define REVOKE_WAIT_MS 3000
#define AHEAD_MS 60000	/* the agent may have read the clock a little later than we */

static bool policies_suffice(const struct seam_want *w, const struct nts_params *p)
{
	return (w->required & ~p->policy.named) == 0;
}

static void log_grant(struct seam *s, struct seam_want *w, bool first)
{
	char assoc[NTS_ASSOC_STR];
	struct sa_status st;

	if (w->kind == APROTO_GRANTOR) {
		log_limited(&w->grants, s->now_ms, first ? LOG_NOTICE : LOG_INFO,
			    "NTS: %s is registered as grantor at %s",
			    nts_assoc_str(sa_assoc(w->sa), assoc), w->server);
		return;
	}
	sa_status(w->sa, &st);
	log_limited(&w->grants, s->now_ms, first ? LOG_NOTICE : LOG_INFO,
		    "NTS: keys for %s from %s: key ID %08x, %s",
	       nts_assoc_str(sa_assoc(w->sa), assoc), w->server, st.key_id[SA_CURRENT],
	       st.have[SA_NEXT] ? "next one known" : "no next one yet");
}

static enum status install(struct seam *s, struct seam_want *w, const struct aproto_keys *m)
{
	const struct nts_params *next = m->has_next ? &m->next : NULL;
	enum status st;

	if (m->arrival_ms > s->now_ms + AHEAD_MS) {
		return ST_BAD_VALUE;
	}
	if (w->kind == APROTO_GRANTOR) {
		return grantor_install(w->grantor, &m->current, next, m->arrival_ms, s->now_ms);
	}
	if (!policies_suffice(w, &m->current) || (next && !policies_suffice(w, next))) {
		return ST_UNSECURED_POLICY;
	}
	st = sa_install(w->sa, &m->current, next, m->arrival_ms, s->now_ms);
	if (st == ST_OK && w->kind == APROTO_REQUESTER) {
		requester_take(w->requester, &m->current, next);
	}
	return st;
}

static void on_keys(void *ctx, const struct aproto_keys *m)
{
	struct seam *s = ctx;
	char assoc[NTS_ASSOC_STR];
	struct seam_want *w;
	enum status st;
	bool first;

	if (m->index >= s->n_wants) {
		return;
	}
	w = &s->wants[m->index];
	first = w->kind == APROTO_GRANTOR ? !grantor_registered(w->grantor) : !sa_usable(w->sa);
	st = install(s, w, m);
	w->taken = st;
	if (st != ST_OK) {
		log_limited(&w->refusals, s->now_ms, LOG_ERR,
			    "NTS: keys for %s from %s not taken: %s",
			    nts_assoc_str(sa_assoc(w->sa), assoc), m->server, status_str(st));
		return;
	}
	s->has_keys = true;
	w->seen_grant_ms = m->arrival_ms;
	memcpy(w->server, m->server, sizeof(w->server));
	log_grant(s, w, first);
	if (w->kind == APROTO_REQUESTER) {
		seam_unicast_keys(s, w);
	}
}

/* The agent has logged it already, at a bounded rate. */
static void on_state(void *ctx, const struct aproto_state *m)
{
	struct seam *s = ctx;

	if (m->index < s->n_wants) {
		s->wants[m->index].state = *m;
	}
}

static void on_server(void *ctx, const struct aproto_server *m)
{
	struct seam *s = ctx;

	s->servers[m->number] = *m;
	s->n_servers = m->n;
}

/*
 * The port goes down, as with any keys that are gone; a grantor's serves nobody. The agent has said
 * why, and asks anew.
 */
static void on_drop(void *ctx, const struct aproto_verdict *m)
{
	struct seam *s = ctx;
	struct seam_want *w = &s->wants[m->index];
	char assoc[NTS_ASSOC_STR];

	seam_marks_end(s);
	if (w->kind == APROTO_GRANTOR) {
		grantor_clear(w->grantor);
		log_err("NTS: ticket keys of %s dropped: no requester is served until a KE server "
			"whose certificate is valid gives others",
			nts_assoc_str(sa_assoc(w->sa), assoc));
	} else {
		sa_clear(w->sa);
	}
	w->taken = ST_CERT_BAD;
	s->due = true;
}

static void on_marks(void *ctx, const struct aproto_marks *m)
{
	seam_marks_recall(ctx, m);
}

static void on_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	log_at(level, "key agent: %s", line);
}

enum status seam_keys_start(struct seam *s, const struct aproto_config *conf)
{
	const struct alink_events events = {
		.keys = on_keys, .state = on_state, .log = on_log, .server = on_server,
		.drop = on_drop, .marks = on_marks,
		.ctx = s,
	};
	char path[512];
	enum status st = seam_conf_agent_path(path, sizeof(path));

	if (st == ST_OK) {
		st = alink_new(path, conf, &events, &s->link);
	}
	return st;
}

void seam_keys_stop(struct seam *s)
{
	uint32_t i;

	seam_marks_end(s);
	if (s->link && seam_unicast_revokes(s)) {
		alink_revoke(s->link, REVOKE_WAIT_MS);
	}
	alink_free(s->link);
	s->link = NULL;
	seam_ports_free(s);
	for (i = 0; i < s->n_wants; i++) {
		sa_free(s->wants[i].sa);
	}
	secret_wipe(s->wants, sizeof(s->wants));
	s->n_wants = 0;
}

static void tick_grantor(struct seam *s, struct grantor *g)
{
	struct grantor_status before, after;

	if (s->now_ms < grantor_deadline(g)) {
		return;
	}
	grantor_status(g, &before);
	if (!grantor_tick(g, s->now_ms)) {
		return;
	}
	grantor_status(g, &after);
	s->due = true;
	if (after.rotations != before.rotations) {
		log_info("NTS: ticket key ID %08x is current now, %u requesters",
			 after.ticket_key_id[SA_CURRENT], after.requesters);
	}
	if (after.expiries != before.expiries) {
		log_err("NTS: ticket key ID %08x has ended without a successor: no requester is "
			"served until the KE server gives another",
			before.ticket_key_id[SA_CURRENT]);
	}
}

static void log_tick(struct seam_want *w)
{
	char assoc[NTS_ASSOC_STR];
	struct sa_status st;

	sa_status(w->sa, &st);
	nts_assoc_str(sa_assoc(w->sa), assoc);
	if (st.rotations != w->seen.rotations && st.have[SA_CURRENT]) {
		log_info("NTS: %s: key ID %08x is current now", assoc, st.key_id[SA_CURRENT]);
	}
	if (st.expiries != w->seen.expiries) {
		log_err("NTS: %s: key ID %08x has ended without a successor", assoc,
			w->seen.key_id[SA_CURRENT]);
	}
	w->seen = st;
}

void seam_keys_tick(struct seam *s)
{
	uint32_t i;

	for (i = 0; i < s->n_wants; i++) {
		if (s->wants[i].kind == APROTO_GRANTOR) {
			tick_grantor(s, s->wants[i].grantor);
			continue;
		}
		if (s->now_ms < sa_deadline(s->wants[i].sa)) {
			continue;
		}
		sa_status(s->wants[i].sa, &s->wants[i].seen);
		if (sa_tick(s->wants[i].sa, s->now_ms)) {
			s->due = true;
			log_tick(&s->wants[i]);
		}
	}
}

uint64_t seam_keys_deadline(const struct seam *s)
{
	uint64_t at = UINT64_MAX;
	uint32_t i;

	for (i = 0; i < s->n_wants; i++) {
		const struct seam_want *w = &s->wants[i];
		uint64_t d = w->kind == APROTO_GRANTOR ? grantor_deadline(w->grantor) :
							 sa_deadline(w->sa);

		at = d < at ? d : at;
	}
	return at;
}
