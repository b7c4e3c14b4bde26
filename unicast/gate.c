// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port's gate in ticket mode, WIRE.md 7. Must not let a message of one pair pass for another's,
 * nor one role's for the other's.
 */
#include "unicast/gate.h"

#include <stdlib.h>
#include <string.h>

struct ugate {
	struct ugate_config config;
	struct own own;
	struct grantor *grantor;
	struct requester *requesters[UGATE_GRANTORS_MAX];
	uint32_t n_requesters;
	struct kept kept;
	struct guard_counters counters;
};

enum status ugate_new(const struct ugate_config *config, struct ugate **out)
{
	struct ugate *g = calloc(1, sizeof(*g));

	if (!g) {
		return ST_NO_MEMORY;
	}
	g->config = *config;
	if (!g->config.ticket_tlv) {
		g->config.ticket_tlv = TICKET_TLV_TYPE;
	}
	own_set_identity(&g->own, config->clock_identity, config->port_number);
	*out = g;
	return ST_OK;
}

void ugate_free(struct ugate *g)
{
	if (!g) {
		return;
	}
	for (uint32_t i = 0; i < g->n_requesters; i++) {
		requester_free(g->requesters[i]);
	}
	grantor_free(g->grantor);
	kept_free(&g->kept);
	free(g);
}

void ugate_add_grantor(struct ugate *g, struct grantor *grantor)
{
	grantor_keep(grantor, &g->kept);
	g->grantor = grantor;
}

enum status ugate_add_requester(struct ugate *g, struct requester *r)
{
	if (g->n_requesters == UGATE_GRANTORS_MAX) {
		return ST_LIMIT;
	}
	requester_keep(r, &g->kept);
	g->requesters[g->n_requesters++] = r;
	return ST_OK;
}

const struct guard_counters *ugate_counters(const struct ugate *g)
{
	return &g->counters;
}

enum status ugate_recall(struct ugate *g, const struct mark *list, uint32_t n, uint64_t now_ms)
{
	return kept_recall(&g->kept, own_port_number(&g->own), list, n, now_ms);
}

void ugate_marks(struct ugate *g, struct kept_lot *lot)
{
	lot->port_number = own_port_number(&g->own);
	for (uint32_t i = 0; i < g->n_requesters; i++) {
		requester_marks(g->requesters[i], lot);
	}
	if (g->grantor) {
		grantor_marks(g->grantor, lot);
	}
	g->kept.urgent = false;
}

bool ugate_marks_urgent(const struct ugate *g)
{
	return g->kept.urgent;
}

static struct requester *requester_at(const struct ugate *g, const struct nts_assoc *address)
{
	for (uint32_t i = 0; i < g->n_requesters; i++) {
		if (nts_assoc_equal(requester_grantor(g->requesters[i]), address)) {
			return g->requesters[i];
		}
	}
	return NULL;
}

static bool our_domain(const struct ugate *g, const struct ptp_head *m)
{
	return m->domain == g->config.domain && m->sdo_id == g->config.sdo_id;
}

/* ---- receiving ---- */

static enum guard_verdict receive_plain(const struct ugate *g, const struct ptp_head *m,
					const struct nts_assoc *from)
{
	const struct requester *r = requester_at(g, from);

	if ((r && requester_plain_ok(r, m->type)) ||
	    (g->grantor && grantor_plain_ok(g->grantor, from, m->type))) {
		return GUARD_UNSECURED_OK;
	}
	return GUARD_NO_TLV;
}

static bool is_heard(const struct requester *r, uint64_t now_ms)
{
	return requester_usable(r) && now_ms - requester_answered_ms(r) < PEERS_TAKE_OVER_S * 1000;
}

/*
 * Two grantors of ours with one PortIdentity: the second one is somebody's forgery, while the first
 * one is heard. With one key it is one grantor at two addresses, and what is known of its messages
 * is known with the first one.
 */
static bool identity_is_taken(const struct ugate *g, const struct requester *r,
			      const struct grantor_message *m)
{
	for (uint32_t i = 0; i < g->n_requesters; i++) {
		const struct requester *other = g->requesters[i];
		const uint8_t *identity = requester_identity(other);

		if (other != r && identity &&
		    memcmp(identity, m->head->source, PTP_PORT_IDENTITY_LEN) == 0 &&
		    (is_heard(other, m->now_ms) ||
		     requester_bound_key(other) == m->auth->key_id)) {
			return true;
		}
	}
	return false;
}

static bool not_mine(enum guard_verdict v)
{
	return v == GUARD_UNKNOWN_KEY_ID || v == GUARD_UNKNOWN_SPP;
}

/* Under a key of ours as requester, of whichever grantor. */
static enum guard_verdict from_grantor(struct ugate *g, const struct grantor_message *m)
{
	enum guard_verdict v = GUARD_UNKNOWN_KEY_ID;

	for (uint32_t i = 0; i < g->n_requesters && not_mine(v); i++) {
		struct requester *r = g->requesters[i];

		if (nts_assoc_equal(requester_grantor(r), m->from) &&
		    identity_is_taken(g, r, m)) {
			return GUARD_IDENTITY_TAKEN;
		}
		v = requester_verify(r, &g->own, m->data, m->head, m->auth, m->from, m->now_ms,
				     &g->counters.steps_back);
	}
	return v;
}

static enum guard_verdict authenticate(struct ugate *g, const struct grantor_message *m)
{
	enum guard_verdict v = from_grantor(g, m);

	if (not_mine(v) && g->grantor) {
		v = grantor_verify(g->grantor, m);
	}
	return v;
}

static enum guard_verdict receive_ticket(struct ugate *g, const struct grantor_message *m,
					 const struct ticket_tlv *ticket)
{
	if (m->head->type != PTP_SIGNALING || ticket->end != m->auth->at) {
		return GUARD_TICKET_FORMAT;
	}
	if (!g->grantor) {
		return GUARD_TICKET_NO_GRANTOR;
	}
	return grantor_admit(g->grantor, m, ticket);
}

/* *end is where the TLVs that stay end. */
static enum guard_verdict receive_signed(struct ugate *g, const struct grantor_message *m,
					 size_t *end)
{
	struct ticket_tlv ticket;

	*end = m->auth->at;
	switch (ticket_find(m->data, m->head->info->len, m->auth->at, g->config.ticket_tlv,
			    &ticket)) {
	case TICKET_ABSENT:
		return authenticate(g, m);
	case TICKET_FOUND:
		*end = ticket.at;
		return receive_ticket(g, m, &ticket);
	default:
		return GUARD_TICKET_FORMAT;
	}
}

static enum guard_verdict receive(struct ugate *g, uint8_t *data, size_t len,
				  const struct nts_assoc *from, uint64_t now_ms, size_t *out_len)
{
	struct ptp_head head;
	struct auth_tlv auth;
	struct grantor_message m = { data, &head, &auth, from, now_ms };
	enum guard_verdict v = guard_read(data, len, &head, &auth);
	size_t end;

	if (v != GUARD_OK && v != GUARD_NO_TLV) {
		return v;
	}
	if (own_clock(&g->own, head.source)) {
		return GUARD_OWN_IDENTITY;
	}
	if (!our_domain(g, &head)) {
		return GUARD_WRONG_GROUP;
	}
	if (v == GUARD_NO_TLV) {
		end = head.len;
		v = receive_plain(g, &head, from);
	} else {
		v = receive_signed(g, &m, &end);
	}
	if (guard_accepted(v)) {
		ptp_set_length(data, (uint16_t)end);
		*out_len = end;
	}
	return v;
}

enum guard_verdict ugate_receive(struct ugate *g, uint8_t *data, size_t len,
				 const struct nts_assoc *from, uint64_t now_ms, size_t *out_len)
{
	enum guard_verdict v = receive(g, data, len, from, now_ms, out_len);

	g->counters.verdicts[v]++;
	return v;
}

/* ---- sending ---- */

struct sending {
	uint8_t *data;
	size_t len;
	size_t cap;
	const struct ptp_head *head;
	const struct nts_assoc *to;
	const uint8_t *estimate;
	struct guard_undo *undo;
	size_t *out_len;
};

static enum guard_send plain(struct ugate *g, const struct sending *s)
{
	own_note_request(&g->own, s->head);
	*s->out_len = s->len;
	return GUARD_PLAIN;
}

static enum guard_send as_requester(struct ugate *g, const struct sending *s)
{
	struct requester *r = requester_at(g, s->to);
	struct sa_key *key;

	if (!r || !requester_usable(r)) {
		return GUARD_SUPPRESS_NO_KEY;
	}
	key = requester_signer(r, s->head->type);
	if (!key) {
		return plain(g, s);
	}
	return own_sign(&g->own, key, s->head, s->data, s->len, 0, s->cap, s->estimate, s->undo,
			s->out_len);
}

/* The ticket goes between the message and its AUTHENTICATION TLV, whose ICV covers it. */
static enum guard_send with_ticket(struct ugate *g, const struct sending *s)
{
	struct requester *r = requester_at(g, s->to);
	const struct nts_ticket *ticket;
	uint32_t ticket_key_id;
	struct sa_key *key;
	enum guard_send sent;
	size_t more;

	if (!r || requester_ticket(r, &ticket_key_id, &ticket, &key) != ST_OK) {
		return GUARD_SUPPRESS_NO_KEY;
	}
	more = ticket_append_len(ticket);
	if (s->len + more > s->cap) {
		return GUARD_SUPPRESS_TOO_LONG;
	}
	ticket_append(s->data, s->len, g->config.ticket_tlv, ticket_key_id, ticket);
	sent = own_sign(&g->own, key, s->head, s->data, s->len, more, s->cap, NULL, s->undo,
			s->out_len);
	if (sent == GUARD_SIGNED) {
		requester_sent(r);
	}
	return sent;
}

/*
 * linuxptp numbers a port's Signaling to all its requesters in one row. With many of them two
 * grants to one would be further apart than the window: so each has a row of its own.
 */
static enum guard_send sign_numbered(struct ugate *g, const struct sending *s,
				     const struct sa_key *key, uint16_t number)
{
	uint8_t *at = s->data + PTP_SEQUENCE_AT;
	uint8_t before[PTP_SEQUENCE_LEN];
	enum guard_send sent;

	memcpy(before, at, sizeof(before));
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	sent = own_sign(&g->own, key, s->head, s->data, s->len, 0, s->cap, NULL, s->undo,
			s->out_len);
	memcpy(sent == GUARD_SIGNED ? s->undo->head + PTP_SEQUENCE_AT : at, before, sizeof(before));
	return sent;
}

static enum guard_send as_grantor(struct ugate *g, const struct sending *s)
{
	struct sa_key key;
	uint16_t number;
	bool unnamed;

	if (!g->grantor) {
		return GUARD_SUPPRESS_NO_KEY;
	}
	if (!grantor_signer(g->grantor, s->to, s->head->type, &key, &number, &unnamed)) {
		return unnamed ? plain(g, s) : GUARD_SUPPRESS_NO_KEY;
	}
	if (s->head->type == PTP_SIGNALING) {
		return sign_numbered(g, s, &key, number);
	}
	return own_sign(&g->own, &key, s->head, s->data, s->len, 0, s->cap, s->estimate, s->undo,
			s->out_len);
}

/* A grant is the grantor's; cancels and their acknowledgements are whoever's has a key. */
static enum guard_send signaling(struct ugate *g, const struct sending *s)
{
	size_t from = s->head->info->len;
	enum guard_send sent;

	if (ptp_has_tlv(s->data, from, s->len, PTP_TLV_REQUEST)) {
		return with_ticket(g, s);
	}
	if (ptp_has_tlv(s->data, from, s->len, PTP_TLV_GRANT)) {
		return as_grantor(g, s);
	}
	sent = as_requester(g, s);
	return sent == GUARD_SUPPRESS_NO_KEY ? as_grantor(g, s) : sent;
}

static enum guard_send by_role(struct ugate *g, const struct sending *s)
{
	enum guard_send sent;

	switch (s->head->type) {
	case PTP_SIGNALING:
		return signaling(g, s);
	case PTP_DELAY_REQ:
	case PTP_PDELAY_REQ:
		return as_requester(g, s);
	case PTP_MANAGEMENT:
		sent = as_requester(g, s);
		return sent == GUARD_SUPPRESS_NO_KEY ? as_grantor(g, s) : sent;
	default:
		return as_grantor(g, s);
	}
}

enum guard_send ugate_sign(struct ugate *g, uint8_t *data, size_t len, size_t cap,
			   const struct nts_assoc *to, const uint8_t estimate[10],
			   struct guard_undo *undo, size_t *out_len)
{
	struct ptp_head head;
	struct sending s = { data, len, cap, &head, to, estimate, undo, out_len };
	enum guard_send sent;

	undo->head_len = 0;
	if (ptp_parse(data, len, &head) != ST_OK || head.len != len || !our_domain(g, &head)) {
		sent = GUARD_SUPPRESS_GROUP;
	} else if (!to) {
		sent = GUARD_SUPPRESS_MULTICAST;
	} else {
		sent = by_role(g, &s);
	}
	g->counters.sends[sent]++;
	return sent;
}
