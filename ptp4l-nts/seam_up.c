// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports go up and down with their keys. A port without keys is not operational: its transport does
 * not open, which leaves it in FAULTY, quiet, until keys come.
 */
#include "ptp4l-nts/seam.h"

#define RETRY_MS 4000

/* A transparent clock's ports go together: one dead port stalls linuxptp's at every event. */
static bool all_keyed(const struct seam *s)
{
	uint32_t i;

	for (i = 0; i < s->n_wants; i++) {
		if (!sa_usable(s->wants[i].sa)) {
			return false;
		}
	}
	return true;
}

bool seam_port_may_open(struct seam *s, const struct seam_port *sp)
{
	if (seam_is_transparent(s)) {
		return all_keyed(s);
	}
	if (sp->monitor.on) {
		return true;
	}
	if (sp->gate) {
		return seam_unicast_may_open(sp);
	}
	return !sp->secured || sa_usable(s->wants[sp->want].sa);
}

static void take_down(struct seam *s, struct seam_port *sp)
{
	sp->held = true;
	sp->downs++;
	log_err("port %d (%s): no key any more, going down: no unauthenticated PTP here",
		portnum(sp->port), sp->name);
	port_dispatch(sp->port, EV_FAULT_DETECTED, 0);
	clock_set_sde(s->clock, 1);
}

/* The interface may still be without an address: then again in a while, as ptp4l's faults do. */
static void bring_up(struct seam *s, struct seam_port *sp)
{
	if (port_state(sp->port) == PS_FAULTY && port_link_status_get(sp->port)) {
		port_dispatch(sp->port, EV_FAULT_CLEARED, 0);
	}
	if (!sp->open) {
		sp->retry_ms = s->now_ms + RETRY_MS;
		return;
	}
	sp->held = false;
	sp->ups++;
	seam_unicast_restart(sp);
}

void seam_ports_follow_keys(struct seam *s)
{
	struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		bool may = seam_port_may_open(s, sp);

		if (!may) {
			sp->retry_ms = 0;
		}
		if (sp->open && !may) {
			take_down(s, sp);
		} else if (!sp->open && may && sp->held && s->now_ms >= sp->retry_ms) {
			bring_up(s, sp);
		}
	}
}

uint64_t seam_ports_deadline(const struct seam *s)
{
	const struct seam_port *sp;
	uint64_t at = UINT64_MAX;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->held && sp->retry_ms && sp->retry_ms < at) {
			at = sp->retry_ms;
		}
	}
	return at;
}
