// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who we are in ticket mode, told to the KE server (draft 2.1.2; WIRE.md 5): a grantor's
 * registration, a requester's own address towards each grantor. Told again when addresses change.
 * linuxptp hears of links alone, so our addresses are looked at every two seconds.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <string.h>

#include <util.h>

#define LOOK_MS 2000

static enum status wrong(const struct seam_port *sp, const char *option, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", sp->name, option, why);
	return ST_CONFIG;
}

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

/* ---- what we ask for; ST_AGAIN while there is no address ---- */

static enum status describe_grantor(struct seam *s, struct seam_port *sp, struct aproto_want *m)
{
	size_t i;

	memset(m, 0, sizeof(*m));
	m->kind = APROTO_GRANTOR;
	m->n_identities = sp->n_own;
	memcpy(m->identities, sp->own, sizeof(sp->own));
	if (!m->n_identities) {
		return ST_AGAIN;
	}
	add_port_identity(s, sp, m);
	m->assoc = m->identities[0];
	if (!add_algorithms(s, m)) {
		return wrong(sp, "nts_mac_algorithms", "wants names such as HMAC-SHA256-128");
	}
	for (i = 0; i < NTS_ALGS_MAX && alg_aead_at(i); i++) {
		m->aeads[m->n_aeads++] = alg_aead_at(i)->number;
	}
	return ST_OK;
}

static bool own_towards(const struct seam_port *sp, const struct seam_pair *p,
			struct nts_assoc *out)
{
	if (p->grantor.type == NTS_ASSOC_MAC) {
		*out = sp->own[0];
		return sp->n_own > 0;
	}
	return seam_address_towards(sp->name, &p->grantor, out);
}

static enum status describe_pair(struct seam *s, struct seam_port *sp, struct seam_pair *p,
				 struct aproto_want *m)
{
	memset(m, 0, sizeof(*m));
	m->kind = APROTO_REQUESTER;
	m->assoc = p->grantor;
	if (!own_towards(sp, p, &m->identities[0])) {
		return ST_AGAIN;
	}
	m->n_identities = 1;
	add_port_identity(s, sp, m);
	return add_algorithms(s, m) ? ST_OK :
		wrong(sp, "nts_mac_algorithms", "wants names such as HMAC-SHA256-128");
}

/* ---- told once, and when it has changed ---- */

static void say_change(const struct seam_port *sp, const struct aproto_want *m)
{
	char name[NTS_ASSOC_STR];

	log_info("port %d (%s): our address is %s now: asking the KE server anew",
		 portnum(sp->port), sp->name, nts_assoc_str(&m->identities[0], name));
}

static enum status tell_grantor(struct seam *s, struct seam_port *sp)
{
	struct seam_want want = { .grantor = sp->grantor, .port = sp };
	struct aproto_want m;
	enum status st = describe_grantor(s, sp, &m);

	if (st == ST_OK && !sp->registering) {
		st = seam_want_more(s, &m, &want, &sp->want);
		sp->registering = st == ST_OK;
	} else if (st == ST_OK && alink_want_changed(s->link, &m, sp->want)) {
		say_change(sp, &m);
	}
	return st;
}

static enum status tell_pair(struct seam *s, struct seam_port *sp, struct seam_pair *p)
{
	struct seam_want want = {
		.sa = p->sa, .requester = p->requester, .port = sp, .required = sp->pair_required,
	};
	struct aproto_want m;
	enum status st = describe_pair(s, sp, p, &m);

	if (st == ST_OK && !p->wanted) {
		st = seam_want_more(s, &m, &want, &p->want);
		p->wanted = st == ST_OK;
	} else if (st == ST_OK && alink_want_changed(s->link, &m, p->want)) {
		requester_moved(p->requester);
		say_change(sp, &m);
	}
	if (!sp->grantor) {
		sp->want = sp->pairs[0].want;
	}
	return st;
}

/* What was told before is not taken back where all addresses are gone. */
static bool look_at_addresses(struct seam_port *sp)
{
	struct nts_assoc own[SEAM_OWN_MAX];
	uint32_t n;

	memset(own, 0, sizeof(own));
	n = seam_address_own(sp->trp, sp->name, own, SEAM_OWN_MAX);
	if (!n || (n == sp->n_own && !memcmp(own, sp->own, sizeof(own)))) {
		return false;
	}
	memcpy(sp->own, own, sizeof(own));
	sp->n_own = n;
	return true;
}

void seam_introduce(struct seam *s, struct seam_port *sp)
{
	enum status st = ST_OK;
	bool changed;
	uint32_t i;

	if (s->now_ms < sp->identities_ms) {
		return;
	}
	sp->identities_ms = s->now_ms + LOOK_MS;
	changed = look_at_addresses(sp);
	if (sp->grantor && (changed || !sp->registering)) {
		st = tell_grantor(s, sp);
	}
	for (i = 0; i < sp->n_pairs && st == ST_OK; i++) {
		st = tell_pair(s, sp, &sp->pairs[i]);
	}
	if (st != ST_OK && st != ST_AGAIN) {
		log_err("port %d (%s): no keys can be asked for: %s", portnum(sp->port), sp->name,
			status_str(st));
		sp->identities_ms = UINT64_MAX;
	}
}
