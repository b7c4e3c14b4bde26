// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * linuxptp's ports as the seam knows them. A port without keys is not operational: its transport
 * does not open, which leaves it in FAULTY, quiet, until keys come (DESIGN.md, "Rules found by
 * trying"). What is remembered of a port outlives its transport: ports reopen.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <contain.h>
#include <interface.h>

#define RETRY_MS 4000

struct seam_port *seam_port_of_fda(struct seam *s, const struct fdarray *fda)
{
	struct seam_port *sp;

	if (!s->active) {
		return NULL;
	}
	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->fda == fda) {
			return sp;
		}
	}
	return NULL;
}

struct seam_port *seam_port_of_transport(struct seam *s, const struct transport *t)
{
	struct seam_port *sp;

	if (!s->active) {
		return NULL;
	}
	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->trp == t) {
			return sp;
		}
	}
	return NULL;
}

static void port_free(struct seam_port *sp)
{
	guard_free(sp->guard);
	static_gate_free(sp->fixed);
	seam_unicast_free(sp);
	free(sp);
}

static enum status secure(struct seam *s, struct seam_port *sp, const struct seam_port_conf *conf)
{
	char assoc[NTS_ASSOC_STR];
	enum status st = seam_keys_want(s, &conf->assoc, conf->required, &sp->want);

	/* WIRE.md 7: start values are random, or a restart would fall back into used ones. */
	if (st == ST_OK) {
		st = crypto_random((uint8_t *)&sp->port->seqnum, sizeof(sp->port->seqnum));
	}
	if (st == ST_OK) {
		st = guard_new(&conf->guard, s->wants[sp->want].sa, &sp->guard);
	}
	if (st == ST_OK) {
		log_info("port %d (%s): secured by NTS, %s", portnum(sp->port), sp->name,
			 nts_assoc_str(&conf->assoc, assoc));
	}
	return st;
}

bool seam_is_transparent(const struct seam *s)
{
	return s->type == CLOCK_TYPE_P2P || s->type == CLOCK_TYPE_E2E;
}

static bool differs(const struct seam *s, bool secured)
{
	const struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if ((sp->secured || sp->has_static) != secured) {
			return true;
		}
	}
	return false;
}

/* What the configuration says of this port, and what it gets: keys, a gate, or nothing. */
static enum status set_up(struct seam *s, struct seam_port *sp, struct seam_port_conf *conf)
{
	enum status st = seam_conf_port(s->config, sp->port, s->type, conf);

	if (st == ST_OK && !s->link) {
		st = seam_conf_port_off(s->config, sp->name);
		conf->secured = conf->ticket = false;
	}
	if (st == ST_OK) {
		st = seam_static_port(s, sp->name, conf->secured, &sp->fixed, &sp->has_static);
	}
	if (st != ST_OK) {
		return st;
	}
	if (seam_is_transparent(s) && differs(s, conf->secured || sp->has_static)) {
		log_err("nts_mode: off on one port of a transparent clock only: it would sign for "
			"another what nobody has verified");
		return ST_CONFIG;
	}
	if (conf->ticket) {
		return seam_unicast_learn(s, sp, conf);
	}
	return conf->secured ? secure(s, sp, conf) : ST_OK;
}

static void say_how(const struct seam_port *sp)
{
	if (sp->has_static) {
		log_info("port %d (%s): secured by static keys", portnum(sp->port), sp->name);
	} else if (!sp->secured) {
		log_warning("port %d (%s): NOT SECURED, nts_mode is off here", portnum(sp->port),
			    sp->name);
	}
}

enum status seam_port_learn(struct seam *s, struct transport *t, struct fdarray *fda,
			    struct interface *iface, struct seam_port **out)
{
	struct seam_port *sp = seam_port_of_fda(s, fda);
	struct seam_port_conf conf;
	enum status st;

	if (sp) {
		*out = sp;
		return ST_OK;
	}
	sp = calloc(1, sizeof(*sp));
	if (!sp) {
		return ST_NO_MEMORY;
	}
	sp->port = container_of(fda, struct port, fda);
	sp->trp = t;
	sp->fda = fda;
	snprintf(sp->name, sizeof(sp->name), "%s", interface_name(iface));
	st = set_up(s, sp, &conf);
	if (st != ST_OK) {
		log_err("port %d (%s): %s", portnum(sp->port), sp->name, status_str(st));
		port_free(sp);
		return st;
	}
	sp->secured = conf.secured;
	sp->monitor.on = conf.monitor;
	sp->verifies = sp->has_static && !sp->fixed;
	say_how(sp);
	seam_monitor_start(s, sp);
	LIST_INSERT_HEAD(&s->ports, sp, list);
	*out = sp;
	return ST_OK;
}

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

bool seam_port_is_up(const struct seam_port *sp)
{
	switch (port_state(sp->port)) {
	case PS_INITIALIZING:
	case PS_FAULTY:
	case PS_DISABLED:
		return false;
	default:
		return sp->open;
	}
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

void seam_ports_free(struct seam *s)
{
	struct seam_port *sp;

	while ((sp = LIST_FIRST(&s->ports))) {
		LIST_REMOVE(sp, list);
		port_free(sp);
	}
}
