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
		to->failures = from->failures;
		to->differs = from->differs;
		to->at_ms = from->at_ms;
		memcpy(to->name, from->server, sizeof(to->name));
		memcpy(to->why, from->why, sizeof(to->why));
	}
}

static void fill_keys(struct seam *s, const struct seam_port *sp, struct report_port *out)
{
	const struct seam_want *w = &s->wants[sp->want];
	struct alink_status agent;

	alink_status(s->link, &agent);
	out->mode = REPORT_GROUP;
	out->assoc = *sa_assoc(w->sa);
	sa_status(w->sa, &out->sa);
	out->seen_grant_ms = w->seen_grant_ms;
	out->next_ask_ms = w->state.next_ask_ms;
	out->cert_not_after_ms = w->state.cert_not_after_ms;
	out->failures = w->state.failures;
	out->last_st = w->state.st;
	out->last_step = w->state.step;
	out->agent_pid = (uint32_t)agent.pid;
	out->agent_starts = agent.starts;
	out->agent_hangs = agent.hangs;
	fill_servers(s, out);
	snprintf(out->server, sizeof(out->server), "%s",
		 w->server[0] ? w->server : w->state.server);
	snprintf(out->why, sizeof(out->why), "%s", w->state.why);
	out->counters = *seam_message_counters(sp);
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
	}
	return true;
}

enum status seam_report_start(struct seam *s)
{
	const char *path = config_get_string(s->config, NULL, "nts_status_address");
	enum status st = report_server_new(path, fill, s, &s->report);

	if (st != ST_OK) {
		fprintf(stderr, "nts_status_address: %s: %s: %s\n", path, status_str(st),
			strerror(errno));
	}
	return st;
}
