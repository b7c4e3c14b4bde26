// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tickets at a grantor: opened, judged, and turned into requesters (WIRE.md 4 and 7). Must not
 * keep anything of a message before its ticket and its ICV held, nor open more bad tickets than
 * its budget allows.
 */
#include "unicast/grantor_internal.h"

#include <string.h>

#include "util/secret.h"

static uint32_t seconds(uint64_t ms)
{
	return (uint32_t)(ms / 1000);
}

/* ---- the budget of bad tickets ---- */

static struct grantor_budget *source_row(struct grantor *g, const struct nts_assoc *from)
{
	uint32_t h = from->type;

	for (size_t i = 0; i < sizeof(from->value); i++) {
		h = h * 31 + from->value[i];
	}
	return &g->sources[h % GRANTOR_ROWS];
}

static bool left(struct grantor_budget *b, uint32_t now_s, uint32_t limit)
{
	if (b->at != now_s) {
		b->at = now_s;
		b->used = 0;
	}
	return b->used < limit;
}

static bool may_open(struct grantor *g, const struct grantor_message *m)
{
	uint32_t now_s = seconds(m->now_ms);

	return left(&g->all, now_s, GRANTOR_BAD_PER_S) &&
	       left(source_row(g, m->from), now_s, GRANTOR_BAD_PER_SOURCE);
}

static void charge(struct grantor *g, const struct grantor_message *m)
{
	g->all.used++;
	source_row(g, m->from)->used++;
}

/* ---- who is inside, and who sent it ---- */

static bool same_identity(const struct nts_assoc *a, const uint8_t *identity)
{
	return a->type == NTS_ASSOC_PORT_IDENTITY &&
	       memcmp(a->value, identity, PTP_PORT_IDENTITY_LEN) == 0;
}

/*
 * Of each kind that the ticket lists and the message shows one value must be equal, and one kind
 * must be shown at all.
 */
static bool is_sender(const struct ke_ticket_container *t, const struct grantor_message *m)
{
	bool listed[2] = { false, false }, equal[2] = { false, false };

	for (uint8_t i = 0; i < t->n_identities; i++) {
		const struct nts_assoc *a = &t->identities[i];

		if (a->type == m->from->type) {
			listed[0] = true;
			equal[0] = equal[0] || nts_assoc_equal(a, m->from);
		} else if (a->type == NTS_ASSOC_PORT_IDENTITY) {
			listed[1] = true;
			equal[1] = equal[1] || same_identity(a, m->head->source);
		}
	}
	return (listed[0] || listed[1]) && listed[0] == equal[0] && listed[1] == equal[1];
}

static bool is_denied(const struct grantor *g, const struct ke_ticket_container *t,
		      const struct grantor_message *m)
{
	for (uint8_t i = 0; i < g->config.n_deny; i++) {
		const struct nts_assoc *d = &g->config.deny[i];

		if (nts_assoc_equal(d, m->from) || same_identity(d, m->head->source)) {
			return true;
		}
		for (uint8_t j = 0; t && j < t->n_identities; j++) {
			if (nts_assoc_equal(d, &t->identities[j])) {
				return true;
			}
		}
	}
	return false;
}

/* ---- tickets ---- */

/*
 * Of all tickets seen two bits each: so one that was seen is always known as such. That a new one
 * looks seen costs it a jump, no more: behind eight of them one in twenty, behind 16 one in six.
 */
static void ticket_bits(const struct ticket_tlv *t, uint16_t out[PEER_TICKETS])
{
	memset(out, 0, PEER_TICKETS * sizeof(*out));
	for (int i = 0; i < 2; i++) {
		out[t->nonce[i] / 16 % PEER_TICKETS] |= (uint16_t)(1u << t->nonce[i] % 16);
	}
}

static bool is_new_ticket(const uint16_t tickets[PEER_TICKETS], const struct ticket_tlv *t)
{
	uint16_t bits[PEER_TICKETS], missing = 0;

	ticket_bits(t, bits);
	for (int i = 0; i < PEER_TICKETS; i++) {
		missing |= (uint16_t)(bits[i] & ~tickets[i]);
	}
	return missing != 0;
}

static void remember_ticket(struct peer *e, const struct ticket_tlv *t)
{
	uint16_t bits[PEER_TICKETS];

	ticket_bits(t, bits);
	for (int i = 0; i < PEER_TICKETS; i++) {
		e->tickets[i] |= bits[i];
	}
}

/* Also a requester that knows its key but never sent the ticket's rest: it gains nothing. */
static enum guard_verdict admit_known(struct grantor *g, const struct grantor_message *m,
				      struct peer *e)
{
	enum guard_verdict v = grantor_check_icv(peers_mac(g->peers, e), m);

	return v == GUARD_OK ? grantor_take(g, e, m, false) : v;
}

static const struct nts_sa *sa_of(const struct ke_ticket_container *t, const struct auth_tlv *auth)
{
	for (uint8_t i = 0; i < t->n_sa; i++) {
		if (t->sa[i].key_id == auth->key_id && t->sa[i].spp == auth->spp) {
			return &t->sa[i];
		}
	}
	return NULL;
}

static uint16_t named_by(const struct nts_policy *policy, uint8_t spp)
{
	uint16_t named = 0;

	for (int type = 0; type < NTS_PTP_TYPES; type++) {
		if ((policy->named >> type & 1) && policy->spp[type] == spp) {
			named |= (uint16_t)GRANTOR_BIT(type);
		}
	}
	return named;
}

/* Everything about an opened ticket that can be judged without the ICV. */
static enum guard_verdict judge(struct grantor *g, const struct grantor_message *m,
				const struct ke_ticket_container *t, uint32_t ticket_key_id)
{
	const struct nts_sa *sa = sa_of(t, m->auth);
	enum guard_verdict v;

	if (g->config.required & ~(uint32_t)t->policy.named) {
		return GUARD_TICKET_POLICY;
	}
	if (!sa || !(named_by(&t->policy, sa->spp) & GRANTOR_BIT(PTP_SIGNALING))) {
		return GUARD_TICKET_KEY;
	}
	if (!is_sender(t, m)) {
		return GUARD_TICKET_IDENTITY;
	}
	if (is_denied(g, t, m)) {
		return GUARD_DENIED;
	}
	v = grantor_check_tlvs(m);
	return v == GUARD_OK ? grantor_conflict(g, m, t, ticket_key_id, false) : v;
}

static void fill_record(struct peer *e, const struct ke_ticket_container *t,
			const struct nts_sa *sa, const struct grantor_message *m,
			const struct ticket_tlv *ticket)
{
	memset(e, 0, sizeof(*e));
	e->key_id = sa->key_id;
	e->heard_s = (uint16_t)seconds(m->now_ms);
	e->alive_s = seconds(m->now_ms);
	e->named = named_by(&t->policy, sa->spp);
	e->named_all = t->policy.named;
	e->spp = sa->spp;
	e->family = (uint8_t)m->from->type;
	memcpy(e->address, m->from->value, sizeof(e->address));
	memcpy(e->identity, m->head->source, sizeof(e->identity));
	remember_ticket(e, ticket);
}

/* A record for each key of the ticket; that of the message's own is known already, or first. */
static enum guard_verdict add_records(struct grantor *g, const struct grantor_message *m,
				      const struct ke_ticket_container *t,
				      const struct ticket_tlv *ticket)
{
	enum status st = ST_OK;
	struct peer record;

	for (uint8_t i = 0; i < t->n_sa && st == ST_OK; i++) {
		const struct nts_sa *sa = &t->sa[i];

		if (peers_by_key(g->peers, sa->key_id, sa->spp)) {
			continue;
		}
		fill_record(&record, t, sa, m, ticket);
		st = crypto_random((uint8_t *)&record.signaling, sizeof(record.signaling));
		if (st == ST_OK) {
			st = peers_add(g->peers, &record, sa, ticket->key_id);
		}
		if (st == ST_OK) {
			grantor_recall(g, peers_by_key(g->peers, sa->key_id, sa->spp));
		}
	}
	return st == ST_OK ? GUARD_OK : GUARD_TOO_MANY_SENDERS;
}

/* The ICV under the key inside the ticket, before anything is kept. */
static enum guard_verdict prove(const struct ke_ticket_container *t,
				const struct grantor_message *m)
{
	const struct nts_sa *sa = sa_of(t, m->auth);
	struct crypto_mac *mac;
	enum guard_verdict v;

	if (crypto_mac_new(sa->mac, sa->key, sa->key_len, &mac) != ST_OK) {
		return GUARD_TICKET_CONTENT;
	}
	v = grantor_check_icv(mac, m);
	crypto_mac_free(mac);
	return v;
}

/* Of a requester that is new to this life: an earlier one may have taken the message. */
static bool was_taken(struct grantor *g, const struct grantor_message *m,
		      const struct ticket_tlv *ticket)
{
	const struct mark *k = grantor_kept(g, m->auth->key_id, m->auth->spp, m->head->source);
	struct fresh_mark fresh;

	if (!k) {
		return false;
	}
	fresh = kept_fresh(k);
	return peers_check_kept(&fresh, is_new_ticket(k->tickets, ticket), m->head->sequence_id,
				m->now_ms) == FRESH_STALE;
}

/* For a fresh message only: those that give way end, and the ticket's keys have records. */
static enum guard_verdict settle(struct grantor *g, const struct grantor_message *m,
				 const struct ke_ticket_container *t,
				 const struct ticket_tlv *ticket)
{
	(void)grantor_conflict(g, m, t, ticket->key_id, true);
	return add_records(g, m, t, ticket);
}

static enum guard_verdict keep(struct grantor *g, const struct grantor_message *m,
			       const struct ke_ticket_container *t,
			       const struct ticket_tlv *ticket)
{
	struct peer *e = peers_by_key(g->peers, m->auth->key_id, m->auth->spp);
	bool known = e != NULL;
	enum guard_verdict v;

	if (known && !grantor_has_identity(e, m)) {
		return GUARD_WRONG_PEER;
	}
	if (!known && was_taken(g, m, ticket)) {
		return GUARD_STALE;
	}
	if (!known) {
		v = settle(g, m, t, ticket);
		if (v != GUARD_OK) {
			return v;
		}
		e = peers_by_key(g->peers, m->auth->key_id, m->auth->spp);
	}
	v = grantor_take(g, e, m, is_new_ticket(e->tickets, ticket));
	if (v == GUARD_OK && known) {
		v = settle(g, m, t, ticket);
	}
	if (v == GUARD_OK) {
		remember_ticket(e, ticket);
		grantor_place(g, m, t);
	}
	return v;
}

static enum guard_verdict open_and_admit(struct grantor *g, const struct grantor_message *m,
					 const struct ticket_tlv *ticket,
					 const struct ticket_key *key)
{
	struct ke_ticket_container t;
	enum guard_verdict v;
	enum status st;

	if (!may_open(g, m)) {
		return GUARD_TICKET_RATE;
	}
	st = ticket_open(key, ticket, &t);
	g->opened++;
	if (st != ST_OK) {
		charge(g, m);
		return st == ST_AUTH_FAILED ? GUARD_TICKET_FORGED : GUARD_TICKET_CONTENT;
	}
	v = judge(g, m, &t, ticket->key_id);
	if (v == GUARD_OK) {
		v = prove(&t, m);
	}
	if (v == GUARD_OK) {
		v = keep(g, m, &t, ticket);
	}
	if (v != GUARD_OK) {
		charge(g, m);
	}
	secret_wipe(&t, sizeof(t));
	return v;
}

enum guard_verdict grantor_admit(struct grantor *g, const struct grantor_message *m,
				 const struct ticket_tlv *ticket)
{
	const struct ticket_key *key = grantor_key(g, ticket->key_id);
	struct peer *e;

	if (!grantor_registered(g)) {
		return GUARD_TICKET_NO_GRANTOR;
	}
	if (!key) {
		return grantor_was_ours(g, ticket->key_id) ? GUARD_TICKET_EXPIRED :
							     GUARD_TICKET_KEY_ID;
	}
	if (key->aead != ticket->aead) {
		return GUARD_TICKET_AEAD;
	}
	e = peers_by_key(g->peers, m->auth->key_id, m->auth->spp);
	if (e && peers_ticket_key(g->peers, e) == ticket->key_id &&
	    !is_new_ticket(e->tickets, ticket) && grantor_same_pair(e, m)) {
		return admit_known(g, m, e);
	}
	return open_and_admit(g, m, ticket, key);
}

