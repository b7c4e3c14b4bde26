// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ticket mode at linuxptp's ports (draft 2.1.2, WIRE.md 7): which pairs there are, who we are in
 * them, and when contracts are asked for again. Must not take a grantor's port down for want of
 * keys: after FAULTY linuxptp's grantor grants but sends no Sync (DESIGN.md, "Rules found by
 * trying"). Contracts themselves are linuxptp's business: only its timers are turned back here.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicast_client.h>
#include <unicast_service.h>
#include <util.h>

#include "unicast/identity.h"

#define FOLLOW_MS 1000		/* lost grantors are looked for this often */
#define IDENTITIES_MS 2000	/* and addresses that were not there */

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

/* ---- who we are, told to the KE server ---- */

static bool add_algorithms(struct seam *s, struct aproto_want *w)
{
	const char *list = config_get_string(s->config, NULL, "nts_mac_algorithms");
	const struct alg_mac *alg;
	char word[32];
	size_t n, i;

	for (; list && *(list += strspn(list, ", \t")); list += n) {
		n = strcspn(list, ", \t");
		snprintf(word, sizeof(word), "%.*s", (int)n, list);
		alg = alg_mac_by_name(word);
		if (!alg || w->n_macs == NTS_ALGS_MAX) {
			return false;
		}
		w->macs[w->n_macs++] = alg->number;
	}
	for (i = 0; w->n_macs == i && i < NTS_ALGS_MAX && (alg = alg_mac_at(i)); i++) {
		w->macs[w->n_macs++] = alg->number;
	}
	return true;
}

static void add_port_identity(struct seam *s, const struct seam_port *sp, struct aproto_want *w)
{
	const struct PortIdentity *id = &sp->port->portIdentity;
	struct nts_assoc *a = &w->identities[w->n_identities];

	if (!config_get_int(s->config, NULL, "nts_port_identity")) {
		return;
	}
	a->type = NTS_ASSOC_PORT_IDENTITY;
	memcpy(a->value, &id->clockIdentity, 8);
	a->value[8] = (uint8_t)(id->portNumber >> 8);
	a->value[9] = (uint8_t)id->portNumber;
	w->n_identities++;
}

static enum status register_grantor(struct seam *s, struct seam_port *sp)
{
	struct seam_want want = { .grantor = sp->grantor, .port = sp };
	struct aproto_want m;
	size_t i;

	memset(&m, 0, sizeof(m));
	m.kind = APROTO_GRANTOR;
	m.n_identities = seam_address_own(sp->trp, sp->name, m.identities,
					  NTS_IDENTITIES_MAX - 1);
	if (!m.n_identities) {
		return ST_AGAIN;
	}
	add_port_identity(s, sp, &m);
	m.assoc = m.identities[0];
	if (!add_algorithms(s, &m)) {
		return wrong(sp, "nts_mac_algorithms", "wants names such as HMAC-SHA256-128");
	}
	for (i = 0; i < NTS_ALGS_MAX && alg_aead_at(i); i++) {
		m.aeads[m.n_aeads++] = alg_aead_at(i)->number;
	}
	return seam_keys_want_more(s, &m, &want, &sp->want);
}

static bool own_towards(struct seam_port *sp, const struct seam_pair *p, struct nts_assoc *out)
{
	if (p->grantor.type == NTS_ASSOC_MAC) {
		return seam_address_own(sp->trp, sp->name, out, 1) == 1;
	}
	return seam_address_towards(sp->name, &p->grantor, out);
}

static enum status want_pair(struct seam *s, struct seam_port *sp, struct seam_pair *p)
{
	struct seam_want want = {
		.sa = p->sa, .requester = p->requester, .port = sp, .required = sp->pair_required,
	};
	struct aproto_want m;

	memset(&m, 0, sizeof(m));
	m.kind = APROTO_REQUESTER;
	m.assoc = p->grantor;
	if (!own_towards(sp, p, &m.identities[0])) {
		return ST_AGAIN;
	}
	m.n_identities = 1;
	add_port_identity(s, sp, &m);
	if (!add_algorithms(s, &m)) {
		return wrong(sp, "nts_mac_algorithms", "wants names such as HMAC-SHA256-128");
	}
	return seam_keys_want_more(s, &m, &want, &p->want);
}

static void say_trouble(struct seam_port *sp, enum status st)
{
	if (st != ST_AGAIN) {
		log_err("port %d (%s): no keys can be asked for: %s", portnum(sp->port), sp->name,
			status_str(st));
	}
	sp->identities_ms = st == ST_AGAIN ? sp->identities_ms : UINT64_MAX;
}

/* Addresses may come later than we. */
static void introduce(struct seam *s, struct seam_port *sp)
{
	uint32_t i;
	enum status st;

	if (s->now_ms < sp->identities_ms) {
		return;
	}
	sp->identities_ms = s->now_ms + IDENTITIES_MS;
	if (sp->grantor && !sp->registering) {
		st = register_grantor(s, sp);
		sp->registering = st == ST_OK;
		if (st != ST_OK) {
			say_trouble(sp, st);
			return;
		}
	}
	for (i = 0; i < sp->n_pairs; i++) {
		if (sp->pairs[i].wanted) {
			continue;
		}
		st = want_pair(s, sp, &sp->pairs[i]);
		sp->pairs[i].wanted = st == ST_OK;
		if (st != ST_OK) {
			say_trouble(sp, st);
			return;
		}
		if (!sp->grantor) {
			sp->want = sp->pairs[0].want;
		}
	}
	sp->identities_ms = UINT64_MAX;
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
	if (!p || m->state == UC_WAIT) {
		if (p) {
			p->silent_from_ms = s->now_ms;
		}
		return;
	}
	from = requester_heard_ms(p->requester);
	from = p->silent_from_ms > from ? p->silent_from_ms : from;
	if (s->now_ms - from > sp->silence_ms) {
		log_info("port %d (%s): nothing from grantor %s: asking it anew",
			 portnum(sp->port), sp->name, nts_assoc_str(&grantor, name));
		requester_lost(p->requester);
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

static void look_at_peer(struct seam_port *sp, struct unicast_master_table *table)
{
	struct nts_assoc grantor;
	struct seam_pair *p;

	if (!table->peer_name || !seam_address(sp->trp, &table->peer_addr.address, &grantor)) {
		return;
	}
	p = pair_of(sp, &grantor);
	if (p && requester_wants_renewal(p->requester)) {
		table->peer_addr.renewal_tmo = 0;
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
	look_at_peer(sp, table);
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
		introduce(s, sp);
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
