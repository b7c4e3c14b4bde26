// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port becomes known when its transport first opens: what the configuration makes of it, its keys
 * and its gate. What is remembered of a port outlives its transport: ports reopen.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <stdlib.h>

#include <contain.h>
#include <interface.h>

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
	enum status st = seam_want_group(s, &conf->assoc, conf->required, &sp->want);

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

void seam_ports_free(struct seam *s)
{
	struct seam_port *sp;

	while ((sp = LIST_FIRST(&s->ports))) {
		LIST_REMOVE(sp, list);
		port_free(sp);
	}
}
