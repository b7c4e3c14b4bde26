// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Towards one grantor (WIRE.md 7). Must not sign with Next but where the message carries Next's
 * ticket, nor bind an identity before the ICV was right.
 */
#include "unicast/requester.h"

#include <stdlib.h>
#include <string.h>

#include "tlv/senders.h"

#define SENDERS 4		/* under each key; one is bound */

#define BIT(type) (1u << (type))
/* What a grantor sends to its requester. */
#define GRANTOR_TYPES (BIT(PTP_ANNOUNCE) | BIT(PTP_SYNC) | BIT(PTP_FOLLOW_UP) | \
		       BIT(PTP_DELAY_RESP) | BIT(PTP_PDELAY_RESP) | \
		       BIT(PTP_PDELAY_RESP_FOLLOW_UP) | BIT(PTP_SIGNALING) | BIT(PTP_MANAGEMENT))

/* A ticket belongs to the key set whose first key has this ID; 0: none. */
struct held_ticket {
	uint32_t set_id;
	uint32_t ticket_key_id;
	struct nts_ticket ticket;
};

struct requester {
	struct nts_assoc grantor;
	struct sa_table *sa;
	struct senders *senders;
	struct kept *kept;		/* of the port */
	struct fresh_limits limits;
	uint32_t generation;		/* of sa, when senders were matched with it */
	struct held_ticket tickets[2];
	uint64_t heard_ms;		/* Announce */
	uint64_t answered_ms;		/* anything */
	uint32_t unanswered;		/* requests since then */
	uint32_t heard_set;		/* a message came under it: the grantor knows it */
	uint32_t granted_set;		/* a grant came after a request with its ticket */
	uint32_t picked_set;
	uint32_t sent_set;		/* of the last request */
	bool moved;			/* a ticket for our new address is waited for */
	bool shows;			/* it is there, and no grant came since */
	uint64_t bound_serial;		/* key under which identity was bound; 0: none */
	uint32_t bound_key_id;
	uint8_t identity[PTP_PORT_IDENTITY_LEN];
};

enum status requester_new(const struct nts_assoc *grantor, struct sa_table *sa,
			  const struct fresh_limits *limits, struct requester **out)
{
	struct requester *r = calloc(1, sizeof(*r));
	enum status st;

	if (!r) {
		return ST_NO_MEMORY;
	}
	st = senders_new(SENDERS, &r->senders);
	if (st != ST_OK) {
		free(r);
		return st;
	}
	r->grantor = *grantor;
	r->sa = sa;
	r->limits = *limits;
	*out = r;
	return ST_OK;
}

void requester_free(struct requester *r)
{
	if (!r) {
		return;
	}
	senders_free(r->senders);
	free(r);
}

void requester_keep(struct requester *r, struct kept *kept)
{
	r->kept = kept;
}

void requester_marks(struct requester *r, struct kept_lot *lot)
{
	kept_add_senders(lot, r->senders, r->sa);
}

const struct nts_assoc *requester_grantor(const struct requester *r)
{
	return &r->grantor;
}

/* ---- tickets ---- */

static uint32_t set_in(const struct requester *r, enum sa_slot slot)
{
	struct sa_status st;

	sa_status(r->sa, &st);
	return st.have[slot] ? st.key_id[slot] : 0;
}

static struct held_ticket *ticket_of(struct requester *r, uint32_t set_id)
{
	for (int i = 0; set_id && i < 2; i++) {
		if (r->tickets[i].set_id == set_id) {
			return &r->tickets[i];
		}
	}
	return NULL;
}

/* The place of this set's ticket, else that of one which is neither Current's nor Next's. */
static void hold(struct requester *r, const struct nts_params *p)
{
	uint32_t set_id = p->sa[0].key_id;
	struct held_ticket *t = ticket_of(r, set_id);

	if (!t) {
		uint32_t kept = r->tickets[0].set_id;
		bool first = kept == 0 || (kept != set_in(r, SA_CURRENT) &&
					   kept != set_in(r, SA_NEXT));

		t = &r->tickets[first ? 0 : 1];
	}
	t->set_id = set_id;
	t->ticket_key_id = p->ticket_key_id;
	t->ticket = p->ticket;
}

void requester_take(struct requester *r, const struct nts_params *current,
		    const struct nts_params *next)
{
	if (current->has_ticket) {
		hold(r, current);
	}
	if (next && next->has_ticket) {
		hold(r, next);
	}
	if (r->moved) {
		r->moved = false;
		r->shows = true;
		r->sent_set = 0;
		r->heard_set = 0;
		r->granted_set = 0;
	}
}

bool requester_usable(const struct requester *r)
{
	return ticket_of((struct requester *)r, set_in(r, SA_CURRENT)) != NULL;
}

static bool knows(const struct requester *r, uint32_t set_id)
{
	return set_id == r->heard_set || set_id == r->granted_set;
}

bool requester_wants_renewal(const struct requester *r)
{
	uint32_t next = set_in(r, SA_NEXT), current = set_in(r, SA_CURRENT);

	return current && (r->shows || !knows(r, current) || (next && !knows(r, next)));
}

void requester_moved(struct requester *r)
{
	r->moved = true;
}

void requester_lost(struct requester *r)
{
	r->heard_set = 0;
	r->granted_set = 0;
	r->sent_set = 0;
}

uint64_t requester_heard_ms(const struct requester *r)
{
	return r->heard_ms;
}

uint64_t requester_answered_ms(const struct requester *r)
{
	return r->answered_ms;
}

uint32_t requester_unanswered(const struct requester *r)
{
	return r->unanswered;
}

/*
 * Current's until the grantor has shown that it knows Current, since it answers under that; then
 * Next's until it was granted.
 */
enum status requester_ticket(struct requester *r, uint32_t *ticket_key_id,
			     const struct nts_ticket **ticket, struct sa_key **key)
{
	uint32_t current = set_in(r, SA_CURRENT), next = set_in(r, SA_NEXT);
	bool is_next = next && !r->shows && knows(r, current) && !knows(r, next);
	enum sa_slot slot = is_next ? SA_NEXT : SA_CURRENT;
	struct held_ticket *t = ticket_of(r, slot == SA_NEXT ? next : current);
	struct sa_key *k = sa_signer_in(r->sa, slot, PTP_SIGNALING);

	if (!t || !k) {
		return ST_EXPIRED;
	}
	r->picked_set = t->set_id;
	*ticket_key_id = t->ticket_key_id;
	*ticket = &t->ticket;
	*key = k;
	return ST_OK;
}

void requester_sent(struct requester *r)
{
	r->sent_set = r->picked_set;
	r->unanswered++;
}

struct sa_key *requester_signer(const struct requester *r, uint8_t ptp_type)
{
	return sa_signer(r->sa, ptp_type);
}

bool requester_plain_ok(const struct requester *r, uint8_t ptp_type)
{
	return (GRANTOR_TYPES & BIT(ptp_type)) && sa_plain_ok(r->sa, ptp_type);
}

/* ---- what comes from the grantor ---- */

static bool key_lives(const void *ctx, uint64_t key_serial)
{
	return sa_holds(ctx, key_serial);
}

static void follow_keys(struct requester *r)
{
	if (r->generation != sa_generation(r->sa)) {
		r->generation = sa_generation(r->sa);
		senders_keep(r->senders, key_lives, r->sa);
	}
}

/*
 * A grantor that restarted numbers its Signaling anew: taken at once, or its grants would be lost
 * until it had been silent for a minute. Where its numbers have been before, under the same key, is
 * a replay, also after such a silence.
 */
static enum fresh_result check_mark(struct requester *r, struct fresh_mark *mark,
				    const uint8_t *data, const struct ptp_head *m,
				    uint64_t now_ms)
{
	enum fresh_result result;

	if (m->type == PTP_SIGNALING && fresh_passed(mark, m->sequence_id)) {
		return FRESH_STALE;
	}
	result = fresh_check(mark, m->info->rule, m->sequence_id, own_timestamp(data, m), now_ms,
			     &r->limits);
	if (m->type == PTP_SIGNALING && result == FRESH_STALE &&
	    fresh_renumbered(mark, m->sequence_id, now_ms)) {
		result = FRESH_OK;
	}
	return result;
}

static enum guard_verdict freshness(struct requester *r, const struct own *own,
				    const uint8_t *data, const struct ptp_head *m,
				    const struct sa_key *key, uint64_t now_ms, uint64_t *steps)
{
	struct senders_id id = { .requester = { 0 } };
	struct fresh_mark *mark;
	bool first;

	if (m->info->rule == PTP_RULE_RESPONSE) {
		if (!own_port(own, data + PTP_REQUESTING_AT) || !own_asked(own, m)) {
			return GUARD_NO_REQUEST;
		}
	}
	memcpy(id.source, m->source, sizeof(id.source));
	follow_keys(r);
	if (senders_mark(r->senders, key->serial, &id, m->info->slot, &mark) != ST_OK) {
		return GUARD_TOO_MANY_SENDERS;
	}
	if (!mark->started) {
		kept_use(r->kept, key, &id, m->info->slot, mark);
	}
	first = !mark->started || mark->recalled;
	switch (check_mark(r, mark, data, m, now_ms)) {
	case FRESH_OK:
		kept_note(r->kept, m->info->rule, first);
		return GUARD_OK;
	case FRESH_STEPPED_BACK:
		r->kept->urgent = true;
		++*steps;
		return GUARD_OK;
	default:
		return GUARD_STALE;
	}
}

/* Under a key of later date another identity may come: the grantor was exchanged. */
static bool fits_identity(const struct requester *r, const struct ptp_head *m,
			  const struct sa_key *key)
{
	return key->serial > r->bound_serial ||
	       memcmp(r->identity, m->source, sizeof(r->identity)) == 0;
}

static void bind_identity(struct requester *r, const struct ptp_head *m, const struct sa_key *key)
{
	if (key->serial > r->bound_serial) {
		r->bound_serial = key->serial;
		r->bound_key_id = key->key_id;
		memcpy(r->identity, m->source, sizeof(r->identity));
	}
}

static void learn(struct requester *r, const uint8_t *data, const struct ptp_head *m,
		  const struct auth_tlv *tlv, const struct sa_key *key, uint64_t now_ms)
{
	uint32_t current = set_in(r, SA_CURRENT);
	struct sa_key *now = sa_signer(r->sa, m->type);

	if (now && now->serial == key->serial) {
		r->heard_set = current;
	}
	r->answered_ms = now_ms;
	r->unanswered = 0;
	if (m->type == PTP_ANNOUNCE) {
		r->heard_ms = now_ms;
	}
	if (m->type == PTP_SIGNALING && r->sent_set &&
	    ptp_has_tlv(data, m->info->len, tlv->at, PTP_TLV_GRANT)) {
		r->granted_set = r->sent_set;
		r->shows = false;
	}
}

/* Its own requests, where it is a requester of ours, too, come under the key of that pair. */
static bool is_grantors(const uint8_t *data, const struct ptp_head *m, const struct auth_tlv *tlv)
{
	return (GRANTOR_TYPES & BIT(m->type)) &&
	       !(m->type == PTP_SIGNALING &&
		 ptp_has_tlv(data, m->info->len, tlv->at, PTP_TLV_REQUEST));
}

enum guard_verdict requester_verify(struct requester *r, const struct own *own,
				    const uint8_t *data, const struct ptp_head *m,
				    const struct auth_tlv *tlv, const struct nts_assoc *from,
				    uint64_t now_ms, uint64_t *steps)
{
	static const enum guard_verdict lost[] = {
		[SA_UNKNOWN_SPP] = GUARD_UNKNOWN_SPP,
		[SA_UNKNOWN_KEY_ID] = GUARD_UNKNOWN_KEY_ID,
		[SA_NOT_IN_POLICY] = GUARD_NOT_IN_POLICY,
		[SA_NO_KEYS] = GUARD_UNKNOWN_KEY_ID,
	};
	struct sa_key *key;
	enum sa_find find = sa_verifier(r->sa, m->type, tlv->spp, tlv->key_id, &key);
	enum guard_verdict v;

	if (find != SA_FOUND) {
		return lost[find];
	}
	if (!is_grantors(data, m, tlv)) {
		return GUARD_WRONG_ROLE;
	}
	switch (auth_verify(key->handle, data, tlv)) {
	case ST_OK:
		break;
	case ST_BAD_LENGTH:
		return GUARD_TLV_FORMAT;
	default:
		return GUARD_BAD_ICV;
	}
	if (!nts_assoc_equal(from, &r->grantor) || !fits_identity(r, m, key)) {
		return GUARD_WRONG_PEER;
	}
	v = freshness(r, own, data, m, key, now_ms, steps);
	if (v == GUARD_OK) {
		bind_identity(r, m, key);
		learn(r, data, m, tlv, key, now_ms);
	}
	return v;
}

const uint8_t *requester_identity(const struct requester *r)
{
	return r->bound_serial ? r->identity : NULL;
}

uint32_t requester_bound_key(const struct requester *r)
{
	return r->bound_key_id;
}
