// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ticket mode at linuxptp's ports (draft 2.1.2, WIRE.md 7): which pairs there are, and when
 * contracts are asked for again. Must not take a grantor's port down for want of keys: after
 * FAULTY linuxptp's grantor grants but sends no Sync. Contracts themselves are linuxptp's business:
 * only its timers are turned back here.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <stdlib.h>

#include <unicast_client.h>
#include <unicast_service.h>
#include <util.h>

#include "unicast/identity.h"

#define FOLLOW_MS 1000		/* lost grantors are looked for this often */
#define UNANSWERED 4		/* requests, before the ticket is held to be no good */
#define PATIENCE_MAX 6		/* doublings of the silence before a grantor is asked anew */
#define PDELAYS_MISSED 4	/* before a peer counts as lost */

static enum status wrong(const struct seam_port *sp, const char *option, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", sp->name, option, why);
	return ST_CONFIG;
}

/* ---- what there is ---- */

static struct seam_pair *pair_of(struct seam_port *sp, const struct nts_assoc *grantor)
{
	uint32_t i;

	for (i = 0; i < sp->n_pairs; i++) {
		if (nts_assoc_equal(&sp->pairs[i].grantor, grantor)) {
			return &sp->pairs[i];
		}
	}
	return NULL;
}

static enum status add_pair(struct seam_port *sp, const struct seam_port_conf *conf,
			    const struct address *address)
{
	const struct fresh_limits limits = {
		.announce_timeout_ms = conf->guard.announce_timeout_ms,
		.step_back_refuse = conf->guard.step_back_refuse,
	};
	struct seam_pair *p = &sp->pairs[sp->n_pairs];
	struct nts_assoc grantor;
	enum status st;

	if (!seam_address(sp->trp, address, &grantor) || pair_of(sp, &grantor)) {
		return ST_OK;
	}
	if (sp->n_pairs == UGATE_GRANTORS_MAX) {
		return wrong(sp, "unicast_master_table", "too many grantors for nts_mode ticket");
	}
	st = sa_new(&grantor, &p->sa);
	if (st != ST_OK) {
		return st;
	}
	st = requester_new(&grantor, p->sa, &limits, &p->requester);
	if (st != ST_OK) {
		sa_free(p->sa);
		return st;
	}
	p->grantor = grantor;
	sp->n_pairs++;
	return ugate_add_requester(sp->gate, p->requester);
}

static enum status add_pairs(struct seam_port *sp, const struct seam_port_conf *conf)
{
	struct unicast_master_table *table = sp->port->unicast_master_table;
	struct unicast_master_address *m;
	enum status st = ST_OK;

	if (!table) {
		return ST_OK;
	}
	sp->pairs = calloc(UGATE_GRANTORS_MAX + 1, sizeof(*sp->pairs));
	if (!sp->pairs) {
		return ST_NO_MEMORY;
	}
	STAILQ_FOREACH(m, &table->addrs, list) {
		if (st == ST_OK && m->type == transport_type(sp->trp)) {
			st = add_pair(sp, conf, &m->address);
		}
	}
	if (st == ST_OK && table->peer_name) {
		st = add_pair(sp, conf, &table->peer_addr.address);
	}
	return st;
}

static enum status add_grantor(struct seam *s, struct seam_port *sp,
			       const struct seam_port_conf *conf)
{
	struct grantor_config c = { .required = conf->required };
	enum status st;

	if (!sp->port->unicast_service) {
		return ST_OK;
	}
	if (identity_parse_list(config_get_string(s->config, NULL, "nts_grantor_deny"), c.deny,
				GRANTOR_DENY_MAX, &c.n_deny) != ST_OK) {
		return wrong(sp, "nts_grantor_deny", "wants addresses, PortIdentities; 64 at most");
	}
	st = grantor_new(&c, &sp->grantor);
	if (st == ST_OK) {
		ugate_add_grantor(sp->gate, sp->grantor);
	}
	return st;
}

enum status seam_unicast_learn(struct seam *s, struct seam_port *sp,
			       const struct seam_port_conf *conf)
{
	enum status st = ugate_new(&conf->gate, &sp->gate);

	if (st == ST_OK) {
		st = crypto_random((uint8_t *)&sp->port->seqnum, sizeof(sp->port->seqnum));
	}
	if (st == ST_OK) {
		st = add_grantor(s, sp, conf);
	}
	if (st == ST_OK) {
		st = add_pairs(sp, conf);
	}
	if (st == ST_OK && !sp->grantor && !sp->n_pairs) {
		st = wrong(sp, "nts_mode", "ticket needs unicast_listen or a unicast_master_table");
	}
	if (st != ST_OK) {
		return st;
	}
	sp->pair_required = conf->required;
	sp->silence_ms = conf->silence_ms;
	sp->port->inhibit_multicast_service = 1;
	log_info("port %d (%s): secured by NTS, unicast with tickets, %s%u grantors to ask",
		 portnum(sp->port), sp->name, sp->grantor ? "a grantor, " : "", sp->n_pairs);
	return ST_OK;
}

void seam_unicast_free(struct seam_port *sp)
{
	uint32_t i;

	for (i = 0; i < sp->n_pairs; i++) {
		if (!sp->pairs[i].wanted) {
			sa_free(sp->pairs[i].sa);
		}
	}
	free(sp->pairs);
	ugate_free(sp->gate);
}

bool seam_unicast_revokes(const struct seam *s)
{
	uint32_t i;

	for (i = 0; i < s->n_wants; i++) {
		if (s->wants[i].kind == APROTO_GRANTOR &&
		    grantor_registered(s->wants[i].grantor)) {
			return config_get_int(s->config, NULL, "nts_revoke_on_exit");
		}
	}
	return false;
}

/* ---- contracts ---- */

bool seam_unicast_may_open(const struct seam_port *sp)
{
	uint32_t i;

	for (i = 0; i < sp->n_pairs && !sp->grantor; i++) {
		if (requester_usable(sp->pairs[i].requester)) {
			return true;
		}
	}
	return sp->grantor;
}

static void ask_anew(struct unicast_master_address *m)
{
	m->state = UC_WAIT;
	m->granted = 0;
	m->renewal_tmo = 0;
}

void seam_unicast_restart(struct seam_port *sp)
{
	struct unicast_master_table *table = sp->port->unicast_master_table;
	struct unicast_master_address *m;

	if (!sp->gate || !table) {
		return;
	}
	STAILQ_FOREACH(m, &table->addrs, list) {
		ask_anew(m);
	}
	table->peer_addr.renewal_tmo = 0;
}

/*
 * A grantor that has another ticket key by now cannot say so: what it would say, anybody could. So
 * the KE server is asked anew, on the evidence of our own requests alone.
 */
static void look_at_ticket(struct seam *s, struct seam_port *sp, struct seam_pair *p)
{
	uint32_t n = requester_unanswered(p->requester);
	char name[NTS_ASSOC_STR];

	if (n < p->missed) {
		p->missed = 0;
	}
	if (!p->wanted || n - p->missed < UNANSWERED) {
		return;
	}
	if (p->missed == 0) {
		log_info("port %d (%s): no answer from grantor %s: asking the KE server anew",
			 portnum(sp->port), sp->name, nts_assoc_str(&p->grantor, name));
	}
	p->missed = n;
	alink_want_again(s->link, p->want);
}

/* Who grants but sends no Announce is no master: it is asked ever more seldom. */
static void judge_silence(struct seam *s, struct seam_pair *p)
{
	bool heard = requester_heard_ms(p->requester) > p->asked_ms;

	if (!heard && requester_answered_ms(p->requester) > p->asked_ms) {
		p->patience += p->patience < PATIENCE_MAX;
	} else {
		p->patience = 0;
		requester_lost(p->requester);
	}
	p->asked_ms = s->now_ms;
}

/* linuxptp asks for all contracts of a master at its next request timer when renewal_tmo is 0. */
static void look_at_master(struct seam *s, struct seam_port *sp, struct unicast_master_address *m)
{
	char name[NTS_ASSOC_STR];
	struct PortIdentity parent;
	struct nts_assoc grantor;
	struct seam_pair *p;
	uint64_t from;

	if (!seam_address(sp->trp, &m->address, &grantor)) {
		return;
	}
	p = pair_of(sp, &grantor);
	if (!p) {
		return;
	}
	look_at_ticket(s, sp, p);
	if (m->state == UC_WAIT) {
		p->silent_from_ms = s->now_ms;
		return;
	}
	from = requester_heard_ms(p->requester);
	if (from > p->asked_ms) {
		p->patience = 0;
	}
	from = p->silent_from_ms > from ? p->silent_from_ms : from;
	if (s->now_ms - from > (uint64_t)sp->silence_ms << p->patience) {
		log_info("port %d (%s): no Announce from grantor %s: asking it anew",
			 portnum(sp->port), sp->name, nts_assoc_str(&grantor, name));
		judge_silence(s, p);
		ask_anew(m);
		p->silent_from_ms = s->now_ms;
	} else if (requester_wants_renewal(p->requester)) {
		m->renewal_tmo = 0;
	}
	/* Selected while it had no grant yet: linuxptp tells it no second time. */
	parent = clock_parent_identity(s->clock);
	if (m->state == UC_HAVE_ANN && pid_eq(&m->portIdentity, &parent) &&
	    (port_state(sp->port) == PS_UNCALIBRATED || port_state(sp->port) == PS_SLAVE)) {
		m->state = unicast_fsm(m->state, UC_EV_SELECTED);
	}
}

/* Our Pdelay_Req go unanswered. */
static bool peer_is_lost(const struct seam *s, const struct seam_port *sp,
			 const struct seam_pair *p)
{
	int log = sp->port->logPdelayReqInterval;
	uint64_t limit = PDELAYS_MISSED * (log < 0 ? 1000u >> -log : 1000u << log);
	uint64_t from = requester_answered_ms(p->requester);

	from = p->silent_from_ms > from ? p->silent_from_ms : from;
	return s->now_ms - from > (limit > sp->silence_ms ? limit : sp->silence_ms);
}

static void look_at_peer(struct seam *s, struct seam_port *sp, struct unicast_master_table *table)
{
	struct unicast_master_address *m = &table->peer_addr;
	char name[NTS_ASSOC_STR];
	struct nts_assoc grantor;
	struct seam_pair *p;

	if (!table->peer_name || !seam_address(sp->trp, &m->address, &grantor)) {
		return;
	}
	p = pair_of(sp, &grantor);
	if (!p) {
		return;
	}
	look_at_ticket(s, sp, p);
	if (m->renewal_tmo && peer_is_lost(s, sp, p)) {
		log_info("port %d (%s): nothing from peer %s: asking it anew", portnum(sp->port),
			 sp->name, nts_assoc_str(&grantor, name));
		requester_lost(p->requester);
		m->renewal_tmo = 0;
		p->silent_from_ms = s->now_ms;
	} else if (requester_wants_renewal(p->requester)) {
		m->renewal_tmo = 0;
	}
}

static void look_at_table(struct seam *s, struct seam_port *sp)
{
	struct unicast_master_table *table = sp->port->unicast_master_table;
	struct unicast_master_address *m;

	if (!table) {
		return;
	}
	STAILQ_FOREACH(m, &table->addrs, list) {
		look_at_master(s, sp, m);
	}
	look_at_peer(s, sp, table);
}

/* At once: linuxptp itself would wait for its own renewal time. */
void seam_unicast_keys(struct seam *s, const struct seam_want *w)
{
	struct seam_port *sp = w->port;

	if (seam_port_is_up(sp) && requester_wants_renewal(w->requester)) {
		look_at_table(s, sp);
		unicast_client_timer(sp->port);
	}
}

void seam_unicast_follow(struct seam *s)
{
	bool look = s->now_ms >= s->unicast_ms;
	struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (!sp->gate) {
			continue;
		}
		seam_introduce(s, sp);
		if (!seam_port_is_up(sp)) {
			continue;
		}
		if (sp->service_due && sp->port->unicast_service) {
			sp->service_due = false;
			unicast_service_timer(sp->port);
		}
		if (look) {
			look_at_table(s, sp);
		}
	}
	if (look) {
		s->unicast_ms = s->now_ms + FOLLOW_MS;
	}
}

uint64_t seam_unicast_deadline(const struct seam *s)
{
	const struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->gate) {
			return s->unicast_ms;
		}
	}
	return UINT64_MAX;
}
