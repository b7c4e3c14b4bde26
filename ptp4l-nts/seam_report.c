// SPDX-License-Identifier: GPL-2.0-or-later
/* What nts4ptp status shows: each network port's keys and counters, from the seam's own state. */
#include "ptp4l-nts/seam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct seam_port *port_at(struct seam *s, uint32_t i, uint32_t *n)
{
	struct seam_port *sp, *found = NULL;
	uint32_t count = 0;

	LIST_FOREACH(sp, &s->ports, list) {
		count++;
	}
	*n = count;
	/* The list is newest first; reports are in port order. */
	LIST_FOREACH(sp, &s->ports, list) {
		if (--count == i) {
			found = sp;
		}
	}
	return found;
}

static void fill_servers(const struct seam *s, struct report_port *out)
{
	out->n_servers = s->n_servers;
	for (uint32_t i = 0; i < s->n_servers; i++) {
		const struct aproto_server *from = &s->servers[i];
		struct report_server_health *to = &out->servers[i];

		to->st = from->st;
		to->grants = from->grants;
		to->resumed = from->resumed;
		to->failures = from->failures;
		to->differs = from->differs;
		to->at_ms = from->at_ms;
		memcpy(to->name, from->server, sizeof(to->name));
		memcpy(to->why, from->why, sizeof(to->why));
	}
}

/* A grantor's own ticket keys stand where others have their keys. */
static void fill_grantor(const struct seam_port *sp, struct report_port *out)
{
	struct grantor_status g;

	grantor_status(sp->grantor, &g);
	memset(&out->sa, 0, sizeof(out->sa));
	for (int i = 0; i < SA_SLOTS; i++) {
		out->sa.have[i] = g.ticket_key_id[i] != 0;
		out->sa.key_id[i] = g.ticket_key_id[i];
	}
	out->sa.update_at = g.update_at;
	out->sa.expires_at = g.expires_at;
	out->sa.rotations = g.rotations;
	out->sa.expiries = g.expiries;
	out->is_grantor = true;
	out->requesters = g.requesters;
	out->opened = g.opened;
}

static void fill_pair(const struct seam *s, const struct seam_pair *p, struct report_grantor *out)
{
	struct sa_status sa;

	sa_status(p->sa, &sa);
	out->address = p->grantor;
	out->usable = requester_usable(p->requester);
	out->next = sa.have[SA_NEXT];
	out->key_id = sa.key_id[SA_CURRENT];
	out->rotations = sa.rotations;
	out->heard_ms = requester_heard_ms(p->requester);
	if (p->wanted) {
		out->last_st = s->wants[p->want].state.st;
		out->failures = s->wants[p->want].state.failures;
	}
}

static void fill_unicast(const struct seam *s, const struct seam_port *sp, struct report_port *out)
{
	bool found = false;
	uint32_t i;

	out->mode = REPORT_TICKET;
	for (i = 0; i < sp->n_pairs && i < REPORT_GRANTORS_MAX; i++) {
		fill_pair(s, &sp->pairs[i], &out->grantors[i]);
		if (out->grantors[i].usable && !found) {
			found = true;
			out->assoc = sp->pairs[i].grantor;
			sa_status(sp->pairs[i].sa, &out->sa);
		}
	}
	out->n_grantors = i;
	if (sp->grantor) {
		fill_grantor(sp, out);
	}
}

static void fill_want(const struct seam_want *w, struct report_port *out)
{
	out->assoc = *sa_assoc(w->sa);
	sa_status(w->sa, &out->sa);
	out->seen_grant_ms = w->seen_grant_ms;
	out->next_ask_ms = w->state.next_ask_ms;
	out->cert_not_after_ms = w->state.cert_not_after_ms;
	out->failures = w->state.failures;
	out->last_st = w->state.st == ST_OK ? w->taken : w->state.st;
	out->last_step = w->state.step;
	snprintf(out->server, sizeof(out->server), "%s",
		 w->server[0] ? w->server : w->state.server);
	snprintf(out->why, sizeof(out->why), "%s", w->state.why);
}

static void fill_keys(struct seam *s, const struct seam_port *sp, struct report_port *out)
{
	struct alink_status agent;

	alink_status(s->link, &agent);
	out->mode = REPORT_GROUP;
	/* In ticket mode there is nothing to want before we know our addresses. */
	if (sp->want < s->n_wants) {
		fill_want(&s->wants[sp->want], out);
	}
	if (sp->gate) {
		fill_unicast(s, sp, out);
	}
	out->agent_pid = (uint32_t)agent.pid;
	out->agent_starts = agent.starts;
	out->agent_hangs = agent.hangs;
	snprintf(out->agent_ended, sizeof(out->agent_ended), "%s", agent.ended);
	fill_servers(s, out);
	out->counters = *seam_message_counters(sp);
}

/* Where linuxptp's own static keys are at work, it counts nothing. */
static void fill_static(const struct seam_port *sp, struct report_port *out)
{
	out->mode = REPORT_STATIC;
	if (!sp->fixed) {
		return;
	}
	out->sa.have[SA_CURRENT] = true;
	out->sa.key_id[SA_CURRENT] = static_gate_key_id(sp->fixed);
	out->sa.spp = static_gate_spp(sp->fixed);
	out->counters = *static_gate_counters(sp->fixed);
}

/* The gate has counted as refused what was taken all the same. */
static void fill_monitor(const struct seam_port *sp, struct report_port *out)
{
	const struct seam_monitor *m = &sp->monitor;

	out->monitor = m->on;
	out->sent_unsigned = m->sent;
	out->counters.sends[GUARD_SUPPRESS_NO_KEY] -= m->sent;
	out->counters.sends[GUARD_SUPPRESS_UNVERIFIED] = sp->not_forwarded;
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		out->taken[v] = m->taken[v];
		out->counters.verdicts[v] -= m->taken[v];
	}
}

static bool fill(void *ctx, uint32_t i, uint32_t *n, struct report_port *out)
{
	struct seam *s = ctx;
	struct seam_port *sp = port_at(s, i, n);

	if (!sp) {
		return false;
	}
	memset(out, 0, sizeof(*out));
	out->number = portnum(sp->port);
	out->ptp_state = port_state(sp->port);
	out->up = sp->open;
	memcpy(out->clock_identity, &sp->port->portIdentity.clockIdentity, 8);
	memcpy(out->interface, sp->name, sizeof(out->interface));
	out->now_ms = s->now_ms;
	out->port_ups = sp->ups;
	out->port_downs = sp->downs;
	if (sp->secured) {
		fill_keys(s, sp, out);
	} else if (sp->has_static) {
		fill_static(sp, out);
	}
	fill_monitor(sp, out);
	return true;
}

static const char *address(const struct seam *s)
{
	const char *path = config_get_string(s->config, NULL, "nts_status_address");

	return path ? path : "";
}

bool seam_report_wanted(const struct seam *s, bool nts)
{
	return nts || address(s)[0];
}

enum status seam_report_start(struct seam *s)
{
	const char *path = address(s)[0] ? address(s) : REPORT_DEFAULT_ADDRESS;
	enum status st = report_server_new(path, fill, s, &s->report);

	if (st != ST_OK) {
		fprintf(stderr, "nts_status_address: %s: %s: %s\n", path, status_str(st),
			strerror(errno));
	}
	return st;
}
