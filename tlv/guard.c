// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One port's gate, WIRE.md 7. What comes in passes the cheap checks first, then the ICV, then
 * freshness; until the ICV was right, it changes nothing but a counter.
 */
#include "tlv/guard.h"

#include <stdlib.h>
#include <string.h>

#include "tlv/auth.h"
#include "tlv/ptp.h"
#include "tlv/senders.h"
#include "util/log.h"

#define SDO_ID_8021AS 0x100		/* IEEE 802.1AS: its originTimestamp stays as it is */
#define ANNOUNCE_TIMEOUT_DEFAULT_MS 6000
#define VERSION_2_1 0x12		/* minorVersionPTP 1, versionPTP 2 */

struct guard {
	struct guard_config config;
	struct sa_table *sa;
	struct senders *senders;
	uint32_t generation;			/* of sa, when senders were matched with it */
	uint8_t identity[PTP_PORT_IDENTITY_LEN];	/* ours, as on the wire */
	uint16_t sdo_id;			/* of the group */
	uint8_t domain;				/* of the group */
	struct fresh_limits limits;
	struct fresh_sent delay_reqs;
	struct fresh_sent pdelay_reqs;
	struct log_limit step_log;
	struct guard_counters counters;
};

struct words {
	const char *counter;
	const char *text;
};

static const struct words words[GUARD_VERDICTS] = {
#define X(name, counter, text) [name] = { counter, text },
	GUARD_TABLE(X)
#undef X
};

const char *guard_counter_name(enum guard_verdict v)
{
	return (unsigned int)v < GUARD_VERDICTS ? words[v].counter : "unknown";
}

const char *guard_verdict_str(enum guard_verdict v)
{
	return (unsigned int)v < GUARD_VERDICTS ? words[v].text : "unknown";
}

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
	free(g);
}

void guard_set_identity(struct guard *g, const uint8_t clock_identity[8], uint16_t port_number)
{
	memcpy(g->identity, clock_identity, PTP_IDENTITY_LEN);
	g->identity[8] = (uint8_t)(port_number >> 8);
	g->identity[9] = (uint8_t)port_number;
}

const struct guard_counters *guard_counters(const struct guard *g)
{
	return &g->counters;
}

uint32_t guard_senders(const struct guard *g)
{
	return senders_count(g->senders);
}

static bool our_clock(const struct guard *g, const uint8_t *identity)
{
	return memcmp(g->identity, identity, PTP_IDENTITY_LEN) == 0;
}

static bool our_port(const struct guard *g, const uint8_t *identity)
{
	return memcmp(g->identity, identity, PTP_PORT_IDENTITY_LEN) == 0;
}

static bool our_group(const struct guard *g, const struct ptp_head *m)
{
	return m->domain == g->domain && m->sdo_id == g->sdo_id;
}

/* ---- receiving ---- */

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

static enum guard_verdict check_mark(struct guard *g, const uint8_t *data,
				     const struct ptp_head *m, const struct senders_id *id,
				     const struct sa_key *key, uint64_t now_ms)
{
	struct fresh_mark *mark;
	uint64_t ts = 0;

	follow_keys(g);
	if (senders_mark(g->senders, key->serial, id, m->info->slot, &mark) != ST_OK) {
		return GUARD_TOO_MANY_SENDERS;
	}
	if (m->info->rule == PTP_RULE_TIMED) {
		ts = ptp_timestamp_ns(data + PTP_TIMESTAMP_AT);
	}
	switch (fresh_check(mark, m->info->rule, m->sequence_id, ts, now_ms, &g->limits)) {
	case FRESH_OK:
		return GUARD_OK;
	case FRESH_STEPPED_BACK:
		note_step(g, m, now_ms);
		return GUARD_OK;
	default:
		return GUARD_STALE;
	}
}

static bool asked(const struct guard *g, const struct ptp_head *m)
{
	const struct fresh_sent *sent = m->type == PTP_DELAY_RESP ? &g->delay_reqs :
								    &g->pdelay_reqs;

	return fresh_sent_has(sent, m->sequence_id);
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
		if (our_port(g, requester)) {
			if (!asked(g, m)) {
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
	static const enum guard_verdict unfit[AUTH_FINDS] = {
		[AUTH_MALFORMED] = GUARD_MALFORMED,
		[AUTH_TWICE] = GUARD_TLV_TWICE,
		[AUTH_NOT_LAST] = GUARD_TLV_NOT_LAST,
		[AUTH_FORMAT] = GUARD_TLV_FORMAT,
	};
	struct ptp_head m;
	struct auth_tlv tlv;
	struct sa_key *key;
	enum auth_found found;
	enum guard_verdict v;

	if (ptp_parse(data, len, &m) != ST_OK) {
		return GUARD_MALFORMED;
	}
	found = auth_find(data, m.info->len, m.len, &tlv);
	if (found != AUTH_FOUND && found != AUTH_ABSENT) {
		return unfit[found];
	}
	if (our_clock(g, m.source)) {
		return GUARD_OWN_IDENTITY;
	}
	if (!our_group(g, &m)) {
		return GUARD_WRONG_GROUP;
	}
	if (found == AUTH_ABSENT) {
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

/* ---- sending ---- */

/* Responses will have to match it, whether it goes signed or not. */
static void note_request(struct guard *g, const struct ptp_head *m)
{
	if (m->info->rule != PTP_RULE_REQUEST || !our_port(g, m->source)) {
		return;
	}
	fresh_sent_note(m->type == PTP_DELAY_REQ ? &g->delay_reqs : &g->pdelay_reqs,
			m->sequence_id);
}

static bool wants_estimate(const struct guard *g, const uint8_t *data,
			   const struct ptp_head *m)
{
	static const uint8_t none[PTP_TIMESTAMP_LEN];
	bool type = m->type == PTP_ANNOUNCE || (m->type == PTP_SYNC && m->two_step);

	return type && m->sdo_id != SDO_ID_8021AS && our_clock(g, m->source) &&
	       memcmp(data + PTP_TIMESTAMP_AT, none, sizeof(none)) == 0;
}

static enum guard_send sign(struct guard *g, uint8_t *data, size_t len, size_t cap,
			    const uint8_t *estimate, struct guard_undo *undo, size_t *out_len)
{
	struct ptp_head m;
	struct sa_key *key;
	size_t total;

	if (ptp_parse(data, len, &m) != ST_OK || m.len != len || !our_group(g, &m)) {
		return GUARD_SUPPRESS_GROUP;
	}
	if (!sa_usable(g->sa)) {
		return GUARD_SUPPRESS_NO_KEY;
	}
	key = sa_signer(g->sa, m.type);
	if (!key) {
		note_request(g, &m);
		*out_len = len;
		return GUARD_PLAIN;
	}
	total = len + auth_append_len(key->handle);
	if (total > GUARD_MESSAGE_MAX || total > cap) {
		return GUARD_SUPPRESS_TOO_LONG;
	}
	undo->head_len = len < sizeof(undo->head) ? (uint8_t)len : sizeof(undo->head);
	memcpy(undo->head, data, undo->head_len);
	data[1] = VERSION_2_1;
	if (estimate && wants_estimate(g, data, &m)) {
		memcpy(data + PTP_TIMESTAMP_AT, estimate, PTP_TIMESTAMP_LEN);
	}
	note_request(g, &m);
	*out_len = auth_append(key->handle, key->spp, key->key_id, data, len);
	return GUARD_SIGNED;
}

enum guard_send guard_sign(struct guard *g, uint8_t *data, size_t len, size_t cap,
			   uint64_t now_ms, const uint8_t estimate[10], struct guard_undo *undo,
			   size_t *out_len)
{
	enum guard_send result;

	(void)now_ms;
	undo->head_len = 0;
	result = sign(g, data, len, cap, estimate, undo, out_len);
	g->counters.sends[result]++;
	return result;
}

void guard_restore(uint8_t *data, const struct guard_undo *undo)
{
	memcpy(data, undo->head, undo->head_len);
}
