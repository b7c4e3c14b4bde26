// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Are packets between the clock and its agent what they should be? Each side asks before it
 * looks at one. Pure. Must not trust a single octet: the other side may be broken into.
 */
#include "agent/proto.h"

#include <string.h>

#include "nts/exchange.h"

#define TIMEOUT_MAX_MS 600000
#define JITTER_MAX_MS 3600000
#define LOG_LEVELS 8

size_t aproto_size(uint32_t type)
{
	static const size_t sizes[] = {
		[APROTO_CONFIG] = sizeof(struct aproto_config),
		[APROTO_WANT] = sizeof(struct aproto_want),
		[APROTO_KEYS] = sizeof(struct aproto_keys),
		[APROTO_STATE] = sizeof(struct aproto_state),
		[APROTO_LOG] = sizeof(struct aproto_log),
		[APROTO_SERVER] = sizeof(struct aproto_server),
		[APROTO_PING] = sizeof(struct aproto_ping),
		[APROTO_SYNCED] = sizeof(struct aproto_synced),
		[APROTO_DROP] = sizeof(struct aproto_verdict),
		[APROTO_REVOKE] = sizeof(struct aproto_revoke),
		[APROTO_MARKS] = sizeof(struct aproto_marks),
		[APROTO_ANY_TIME] = sizeof(struct aproto_any_time),
		[APROTO_CHECKED] = sizeof(struct aproto_verdict),
	};

	return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

/* Terminated within cap octets, and nothing in it that could fool a terminal or a log? */
static bool is_text(const char *s, size_t cap)
{
	for (size_t i = 0; i < cap; i++) {
		if (s[i] == '\0') {
			return true;
		}
		if (s[i] < 0x20 || s[i] == 0x7f) {
			return false;
		}
	}
	return false;
}

/* A path may hold any octet but zero. */
static bool is_path(const char *s, size_t cap)
{
	return s[0] != '\0' && memchr(s, '\0', cap) != NULL;
}

/* Any other value of a bool is undefined behaviour to look at. */
static bool is_bool(const bool *b)
{
	unsigned char octet;

	memcpy(&octet, b, sizeof(octet));
	return octet <= 1;
}

static enum status check_config(const union aproto *m)
{
	const struct aproto_config *c = &m->config;

	if (c->version != APROTO_VERSION) {
		return ST_BAD_VERSION;
	}
	if (!is_text(c->servers, sizeof(c->servers)) || c->servers[0] == '\0' ||
	    !is_text(c->user, sizeof(c->user)) ||
	    !is_path(c->ca_file, sizeof(c->ca_file)) ||
	    !is_path(c->cert_file, sizeof(c->cert_file)) ||
	    !is_path(c->key_file, sizeof(c->key_file)) ||
	    !memchr(c->crl_file, '\0', sizeof(c->crl_file)) ||
	    !memchr(c->state_dir, '\0', sizeof(c->state_dir)) || c->any_time > 1 ||
	    c->resumption > 1) {
		return ST_BAD_VALUE;
	}
	if (c->timeout_ms == 0 || c->timeout_ms > TIMEOUT_MAX_MS ||
	    c->jitter_ms > JITTER_MAX_MS || c->log_level < 0 || c->log_level >= LOG_LEVELS) {
		return ST_BAD_VALUE;
	}
	return ST_OK;
}

static bool are_identities(const struct aproto_want *w)
{
	for (uint32_t i = 0; i < w->n_identities; i++) {
		if (w->identities[i].type == NTS_ASSOC_GROUP ||
		    nts_assoc_check(&w->identities[i]) != ST_OK) {
			return false;
		}
	}
	return true;
}

static bool are_counts(const struct aproto_want *w)
{
	bool group = w->kind == APROTO_GROUP, grantor = w->kind == APROTO_GRANTOR;

	return w->n_identities <= NTS_IDENTITIES_MAX && w->n_macs <= NTS_ALGS_MAX &&
	       w->n_aeads <= NTS_ALGS_MAX && group == (w->n_identities == 0) &&
	       grantor == (w->n_aeads != 0) && (!group || w->n_macs == 0);
}

static bool is_granted(const struct aproto_granted *g)
{
	return g->server < APROTO_SERVERS_MAX && g->unchecked <= 1;
}

static enum status check_want(const union aproto *m)
{
	const struct aproto_want *w = &m->want;

	if (w->index >= APROTO_WANTS_MAX || w->kind > APROTO_GRANTOR || !are_counts(w) ||
	    (w->kind == APROTO_GROUP) != (w->assoc.type == NTS_ASSOC_GROUP) ||
	    !are_identities(w) || !is_granted(&w->granted)) {
		return ST_BAD_VALUE;
	}
	return nts_assoc_check(&w->assoc);
}

static bool is_sa(const struct nts_sa *sa)
{
	const struct alg_mac *alg = alg_mac(sa->mac);

	return alg && sa->key_len == alg->key_len && sa->key_id != 0;
}

static unsigned int count_spp(const struct nts_params *p, uint8_t spp)
{
	unsigned int n = 0;

	for (uint8_t i = 0; i < p->n_sa; i++) {
		n += p->sa[i].spp == spp;
	}
	return n;
}

static bool is_named(const struct nts_policy *policy, uint8_t spp)
{
	for (unsigned int type = 0; type < NTS_PTP_TYPES; type++) {
		if ((policy->named >> type & 1) && policy->spp[type] == spp) {
			return true;
		}
	}
	return false;
}

/* One SA for each SPP that the policies name, and no other: WIRE.md 5. */
static bool is_sa_set(const struct nts_params *p)
{
	if (p->n_sa == 0 || p->n_sa > NTS_SA_MAX) {
		return false;
	}
	for (uint8_t i = 0; i < p->n_sa; i++) {
		if (!is_sa(&p->sa[i]) || count_spp(p, p->sa[i].spp) != 1 ||
		    !is_named(&p->policy, p->sa[i].spp)) {
			return false;
		}
	}
	for (unsigned int type = 0; type < NTS_PTP_TYPES; type++) {
		if ((p->policy.named >> type & 1) && count_spp(p, p->policy.spp[type]) != 1) {
			return false;
		}
	}
	return true;
}

static bool is_ticket(const struct nts_params *p)
{
	const struct nts_ticket *t = &p->ticket;

	if (!p->has_ticket) {
		return p->ticket_key_id == 0;
	}
	return p->ticket_key_id != 0 && alg_aead(t->aead) && t->nonce_len == NTS_NONCE_LEN &&
	       t->len > 0 && t->len <= NTS_TICKET_MAX;
}

/* A registration's: a ticket key and nothing to sign with. */
static bool is_ticket_key(const struct nts_params *p)
{
	const struct alg_aead *alg = alg_aead(p->aead);

	return p->n_sa == 0 && p->policy.named == 0 && !p->has_ticket && p->ticket_key_id != 0 &&
	       alg && p->ticket_key_len == alg->key_len;
}

static bool is_params(const struct nts_params *p)
{
	if (!is_bool(&p->has_grace) || !is_bool(&p->has_ticket) || p->lifetime < 1 ||
	    p->update_in > p->lifetime) {
		return false;
	}
	return p->ticket_key_len != 0 ? is_ticket_key(p) : is_sa_set(p) && is_ticket(p);
}

/* Next is of Current's kind, and has none of its IDs. */
static bool follows(const struct nts_params *current, const struct nts_params *next)
{
	return current->has_ticket == next->has_ticket &&
	       (current->ticket_key_len == 0) == (next->ticket_key_len == 0) &&
	       (current->ticket_key_id == 0 ||
		current->ticket_key_id != next->ticket_key_id);
}

static bool share_key_id(const struct nts_params *a, const struct nts_params *b)
{
	for (uint8_t i = 0; i < a->n_sa; i++) {
		for (uint8_t j = 0; j < b->n_sa; j++) {
			if (a->sa[i].key_id == b->sa[j].key_id) {
				return true;
			}
		}
	}
	return false;
}

static enum status check_keys(const union aproto *m)
{
	const struct aproto_keys *k = &m->keys;

	if (k->index >= APROTO_WANTS_MAX || k->has_next > 1 ||
	    !is_text(k->server, sizeof(k->server)) || !is_granted(&k->granted) ||
	    !is_params(&k->current)) {
		return ST_BAD_VALUE;
	}
	if (k->has_next && (!is_params(&k->next) || !follows(&k->current, &k->next) ||
			    share_key_id(&k->current, &k->next))) {
		return ST_BAD_VALUE;
	}
	return ST_OK;
}

static enum status check_state(const union aproto *m)
{
	const struct aproto_state *s = &m->state;

	if (s->index >= APROTO_WANTS_MAX || s->st >= ST_COUNT || s->step > EXCHANGE_DONE ||
	    s->cert_not_after_ms < 0 || !is_text(s->server, sizeof(s->server)) ||
	    !is_text(s->why, sizeof(s->why))) {
		return ST_BAD_VALUE;
	}
	return ST_OK;
}

static enum status check_log(const union aproto *m)
{
	const struct aproto_log *l = &m->log;

	if (l->level < 0 || l->level >= LOG_LEVELS || !is_text(l->line, sizeof(l->line))) {
		return ST_BAD_VALUE;
	}
	return ST_OK;
}

static enum status check_server(const union aproto *m)
{
	const struct aproto_server *s = &m->server;

	if (s->n > APROTO_SERVERS_MAX || s->number >= s->n || s->st >= ST_COUNT || s->differs > 1 ||
	    !is_text(s->server, sizeof(s->server)) || !is_text(s->why, sizeof(s->why))) {
		return ST_BAD_VALUE;
	}
	return ST_OK;
}

static enum status check_any(const union aproto *m)
{
	(void)m;
	return ST_OK;
}

static enum status check_verdict(const union aproto *m)
{
	return m->verdict.index < APROTO_WANTS_MAX ? ST_OK : ST_BAD_VALUE;
}

static enum status check_marks(const union aproto *m)
{
	if (m->marks.n > APROTO_MARKS_MAX) {
		return ST_BAD_VALUE;
	}
	for (uint32_t i = 0; i < m->marks.n; i++) {
		if (m->marks.list[i].slot >= PTP_SLOTS) {
			return ST_BAD_VALUE;
		}
	}
	return ST_OK;
}

enum status aproto_check(const union aproto *m, size_t len)
{
	static enum status (*const checks[])(const union aproto *m) = {
		[APROTO_CONFIG] = check_config,
		[APROTO_WANT] = check_want,
		[APROTO_KEYS] = check_keys,
		[APROTO_STATE] = check_state,
		[APROTO_LOG] = check_log,
		[APROTO_SERVER] = check_server,
		[APROTO_PING] = check_any,
		[APROTO_SYNCED] = check_any,
		[APROTO_DROP] = check_verdict,
		[APROTO_REVOKE] = check_any,
		[APROTO_MARKS] = check_marks,
		[APROTO_ANY_TIME] = check_any,
		[APROTO_CHECKED] = check_verdict,
	};

	if (len < sizeof(m->type)) {
		return ST_BAD_LENGTH;
	}
	if (aproto_size(m->type) == 0) {
		return ST_BAD_TYPE;
	}
	if (len != aproto_size(m->type)) {
		return ST_BAD_LENGTH;
	}
	return checks[m->type](m);
}
