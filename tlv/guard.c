// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One port's gate, WIRE.md 7. What comes in passes the cheap checks first, then the ICV, then
 * freshness; until the ICV was right, it changes nothing but a counter.
 */
#include "tlv/guard.h"

#include <stdlib.h>
#include <string.h>

#include "tlv/auth.h"
#include "tlv/own.h"
#include "tlv/ptp.h"
#include "util/log.h"

#define ANNOUNCE_TIMEOUT_DEFAULT_MS 6000

struct guard {
	struct guard_config config;
	struct sa_table *sa;
	struct senders *senders;
	uint32_t generation;			/* of sa, when senders were matched with it */
	struct own own;
	uint16_t sdo_id;			/* of the group */
	uint8_t domain;				/* of the group */
	struct fresh_limits limits;
	struct kept kept;			/* of an earlier life */
	struct log_limit step_log;
	struct guard_counters counters;
};

enum status guard_new(const struct guard_config *config, struct sa_table *sa, struct guard **out)
{
	struct guard *g = calloc(1, sizeof(*g));
	enum status st;

	if (!g) {
		return ST_NO_MEMORY;
	}
	st = senders_new(config->max_senders, &g->senders);
	if (st != ST_OK) {
		free(g);
		return st;
	}
	g->config = *config;
	g->sa = sa;
	g->domain = nts_assoc_domain(sa_assoc(sa));
	g->sdo_id = nts_assoc_sdo_id(sa_assoc(sa));
	g->generation = sa_generation(sa);
	g->limits.announce_timeout_ms = config->announce_timeout_ms ?
					config->announce_timeout_ms : ANNOUNCE_TIMEOUT_DEFAULT_MS;
	g->limits.step_back_refuse = config->step_back_refuse;
	guard_set_identity(g, config->clock_identity, config->port_number);
	*out = g;
	return ST_OK;
}

void guard_free(struct guard *g)
{
	if (!g) {
		return;
	}
	senders_free(g->senders);
	kept_free(&g->kept);
	free(g);
}

void guard_set_identity(struct guard *g, const uint8_t clock_identity[8], uint16_t port_number)
{
	own_set_identity(&g->own, clock_identity, port_number);
}

const struct guard_counters *guard_counters(const struct guard *g)
{
	return &g->counters;
}

uint32_t guard_senders(const struct guard *g)
{
	return senders_count(g->senders);
}

static bool our_group(const struct guard *g, const struct ptp_head *m)
{
	return m->domain == g->domain && m->sdo_id == g->sdo_id;
}

/* ---- receiving ---- */

enum guard_verdict guard_read(const uint8_t *data, size_t len, struct ptp_head *m,
			      struct auth_tlv *tlv)
{
	static const enum guard_verdict fit[AUTH_FINDS] = {
		[AUTH_FOUND] = GUARD_OK,
		[AUTH_ABSENT] = GUARD_NO_TLV,
		[AUTH_MALFORMED] = GUARD_MALFORMED,
		[AUTH_TWICE] = GUARD_TLV_TWICE,
		[AUTH_NOT_LAST] = GUARD_TLV_NOT_LAST,
		[AUTH_FORMAT] = GUARD_TLV_FORMAT,
	};

	if (ptp_parse(data, len, m) != ST_OK) {
		return GUARD_MALFORMED;
	}
	return fit[auth_find(data, m->info->len, m->len, tlv)];
}

static enum guard_verdict receive_plain(struct guard *g, const struct ptp_head *m)
{
	if (!sa_any(g->sa)) {
		return GUARD_NO_KEY;
	}
	return sa_plain_ok(g->sa, m->type) ? GUARD_UNSECURED_OK : GUARD_NO_TLV;
}

static enum guard_verdict authenticate(struct guard *g, const uint8_t *data,
				       const struct ptp_head *m, const struct auth_tlv *tlv,
				       struct sa_key **key)
{
	static const enum guard_verdict lost[] = {
		[SA_UNKNOWN_SPP] = GUARD_UNKNOWN_SPP,
		[SA_UNKNOWN_KEY_ID] = GUARD_UNKNOWN_KEY_ID,
		[SA_NOT_IN_POLICY] = GUARD_NOT_IN_POLICY,
		[SA_NO_KEYS] = GUARD_NO_KEY,
	};
	enum sa_find find = sa_verifier(g->sa, m->type, tlv->spp, tlv->key_id, key);

	if (find != SA_FOUND) {
		return lost[find];
	}
	if (m->unicast && m->info->timing && !g->config.group_unicast) {
		return GUARD_GROUP_UNICAST;
	}
	switch (auth_verify((*key)->handle, data, tlv)) {
	case ST_OK:
		return GUARD_OK;
	case ST_BAD_LENGTH:
		return GUARD_TLV_FORMAT;
	default:
		return GUARD_BAD_ICV;
	}
}

static bool key_lives(const void *ctx, uint64_t key_serial)
{
	return sa_holds(ctx, key_serial);
}

/* Marks of keys that are gone go too. */
static void follow_keys(struct guard *g)
{
	if (g->generation == sa_generation(g->sa)) {
		return;
	}
	g->generation = sa_generation(g->sa);
	senders_keep(g->senders, key_lives, g->sa);
}

static void note_step(struct guard *g, const struct ptp_head *m, uint64_t now_ms)
{
	const uint8_t *s = m->source;

	g->counters.steps_back++;
	log_limited(&g->step_log, now_ms, LOG_WARNING,
		    "%s of %02x%02x%02x.%02x%02x.%02x%02x%02x-%u: its clock stepped back, taken",
		    m->info->name, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7],
		    (unsigned int)(s[8] << 8 | s[9]));
}

/* ---- marks that outlive us ---- */

enum status guard_recall(struct guard *g, const struct mark *list, uint32_t n, uint64_t now_ms)
{
	return kept_recall(&g->kept, own_port_number(&g->own), list, n, now_ms);
}

void guard_marks(struct guard *g, struct kept_lot *lot)
{
	lot->port_number = own_port_number(&g->own);
	kept_add_senders(lot, g->senders, g->sa);
	g->kept.urgent = false;
}

bool guard_marks_urgent(const struct guard *g)
{
	return g->kept.urgent;
}

/* ---- freshness ---- */

static enum guard_verdict check_mark(struct guard *g, const uint8_t *data,
				     const struct ptp_head *m, const struct senders_id *id,
				     const struct sa_key *key, uint64_t now_ms)
{
	struct fresh_mark *mark;
	bool first;

	follow_keys(g);
	if (senders_mark(g->senders, key->serial, id, m->info->slot, &mark) != ST_OK) {
		return GUARD_TOO_MANY_SENDERS;
	}
	if (!mark->started) {
		kept_use(&g->kept, key, id, m->info->slot, mark);
	}
	first = !mark->started || mark->recalled;
	switch (fresh_check(mark, m->info->rule, m->sequence_id, own_timestamp(data, m), now_ms,
			    &g->limits)) {
	case FRESH_OK:
		kept_note(&g->kept, m->info->rule, first);
		return GUARD_OK;
	case FRESH_STEPPED_BACK:
		g->kept.urgent = true;
		note_step(g, m, now_ms);
		return GUARD_OK;
	default:
		return GUARD_STALE;
	}
}

/*
 * A response to somebody else has no effect here, so there is nothing to keep in mind for it,
 * but in a transparent clock, which passes it on: there by sender and requester, since several
 * requesters' sequenceIds run side by side in one sender's responses.
 */
static enum guard_verdict freshness(struct guard *g, const uint8_t *data,
				    const struct ptp_head *m, const struct sa_key *key,
				    uint64_t now_ms)
{
	const uint8_t *requester = data + PTP_REQUESTING_AT;
	struct senders_id id = { .requester = { 0 } };

	memcpy(id.source, m->source, sizeof(id.source));
	if (m->info->rule == PTP_RULE_RESPONSE) {
		if (own_port(&g->own, requester)) {
			if (!own_asked(&g->own, m)) {
				return GUARD_NO_REQUEST;
			}
		} else if (!g->config.transparent) {
			return GUARD_OK;
		}
		memcpy(id.requester, requester, sizeof(id.requester));
	}
	return check_mark(g, data, m, &id, key, now_ms);
}

static enum guard_verdict receive(struct guard *g, uint8_t *data, size_t len, uint64_t now_ms,
				  size_t *out_len)
{
	struct ptp_head m;
	struct auth_tlv tlv;
	struct sa_key *key;
	enum guard_verdict v = guard_read(data, len, &m, &tlv);

	if (v != GUARD_OK && v != GUARD_NO_TLV) {
		return v;
	}
	if (own_clock(&g->own, m.source)) {
		return GUARD_OWN_IDENTITY;
	}
	if (!our_group(g, &m)) {
		return GUARD_WRONG_GROUP;
	}
	if (v == GUARD_NO_TLV) {
		v = receive_plain(g, &m);
		if (v == GUARD_UNSECURED_OK) {
			*out_len = m.len;
		}
		return v;
	}
	v = authenticate(g, data, &m, &tlv, &key);
	if (v != GUARD_OK) {
		return v;
	}
	v = freshness(g, data, &m, key, now_ms);
	if (v != GUARD_OK) {
		return v;
	}
	ptp_set_length(data, (uint16_t)tlv.at);
	*out_len = tlv.at;
	return GUARD_OK;
}

enum guard_verdict guard_receive(struct guard *g, uint8_t *data, size_t len, uint64_t now_ms,
				 size_t *out_len)
{
	enum guard_verdict v = receive(g, data, len, now_ms, out_len);

	g->counters.verdicts[v]++;
	return v;
}

enum status guard_strip(uint8_t *data, size_t len, size_t *out_len)
{
	struct auth_tlv tlv;
	struct ptp_head m;

	switch (guard_read(data, len, &m, &tlv)) {
	case GUARD_MALFORMED:
		return ST_BAD_VALUE;
	case GUARD_OK:
		ptp_set_length(data, (uint16_t)tlv.at);
		*out_len = tlv.at;
		return ST_OK;
	default:
		*out_len = m.len;
		return ST_OK;
	}
}

/* ---- sending ---- */

static enum guard_send sign(struct guard *g, uint8_t *data, size_t len, size_t cap,
			    const uint8_t *estimate, struct guard_undo *undo, size_t *out_len)
{
	struct ptp_head m;
	struct sa_key *key;

	if (ptp_parse(data, len, &m) != ST_OK || m.len != len || !our_group(g, &m)) {
		return GUARD_SUPPRESS_GROUP;
	}
	if (!sa_usable(g->sa)) {
		return GUARD_SUPPRESS_NO_KEY;
	}
	key = sa_signer(g->sa, m.type);
	if (!key) {
		own_note_request(&g->own, &m);
		*out_len = len;
		return GUARD_PLAIN;
	}
	return own_sign(&g->own, key, &m, data, len, 0, cap, estimate, undo, out_len);
}

enum guard_send guard_sign(struct guard *g, uint8_t *data, size_t len, size_t cap,
			   const uint8_t estimate[10], struct guard_undo *undo, size_t *out_len)
{
	enum guard_send result;

	undo->head_len = 0;
	result = sign(g, data, len, cap, estimate, undo, out_len);
	g->counters.sends[result]++;
	return result;
}

void guard_restore(uint8_t *data, const struct guard_undo *undo)
{
	memcpy(data, undo->head, undo->head_len);
}
