// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a grantor takes from requesters that it knows, and what it signs for them (WIRE.md 7).
 * Must not take a message of one requester for another's.
 */
#include "unicast/grantor_internal.h"

#include <string.h>

#include "util/secret.h"

/* Types that a requester sends; all else from one would be another's business. */
#define REQUESTER_TYPES (GRANTOR_BIT(PTP_DELAY_REQ) | GRANTOR_BIT(PTP_PDELAY_REQ) | \
			 GRANTOR_BIT(PTP_SIGNALING) | GRANTOR_BIT(PTP_MANAGEMENT))

#define REQUEST_LEN 6
#define LOG_PERIOD_MIN -7	/* 128 a second: more is asked for by no profile */

enum status grantor_new(const struct grantor_config *config, struct grantor **out)
{
	struct grantor *g = secret_alloc(sizeof(*g));
	enum status st;

	if (!g) {
		return ST_NO_MEMORY;
	}
	st = peers_new(config->max_requesters, &g->peers);
	if (st != ST_OK) {
		secret_free(g, sizeof(*g));
		return st;
	}
	g->config = *config;
	g->more_at = UINT64_MAX;
	*out = g;
	return ST_OK;
}

void grantor_free(struct grantor *g)
{
	if (!g) {
		return;
	}
	peers_free(g->peers);
	secret_free(g, sizeof(*g));
}

/* ---- the message ---- */

/* Is the record this sender's? A requester behind the same address has another identity. */
bool grantor_same_pair(const struct peer *e, const struct grantor_message *m)
{
	return memcmp(e->identity, m->head->source, sizeof(e->identity)) == 0 &&
	       e->family == m->from->type &&
	       memcmp(e->address, m->from->value, sizeof(e->address)) == 0;
}

/* linuxptp sends as often as it is asked, up to 2^30 times a second, until it does nothing else. */
static bool is_too_often(const uint8_t *value, size_t len)
{
	uint8_t type;

	if (len < REQUEST_LEN) {
		return false;
	}
	type = value[0] >> 4;
	return (type == PTP_SYNC || type == PTP_ANNOUNCE) && (int8_t)value[1] < LOG_PERIOD_MIN;
}

/* linuxptp takes these for the port: intervals that it writes into all messages, asymmetry. */
static bool is_setting(const uint8_t *value, size_t len)
{
	static const uint8_t settings[][6] = {
		{ 0x00, 0x80, 0xC2, 0, 0, 2 },	/* IEEE 802.1AS: message interval request */
		{ 0x00, 0x19, 0xA7, 0, 0, 2 },	/* ITU-T G.8275.2: interface rate */
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (len >= sizeof(settings[i]) &&
		    memcmp(value, settings[i], sizeof(settings[i])) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_bad_tlv(const struct grantor_message *m, uint16_t type,
			bool (*is_bad)(const uint8_t *value, size_t len))
{
	size_t at = m->head->info->len, len;
	const uint8_t *value;

	while ((value = ptp_next_tlv(m->data, &at, m->auth->at, type, &len))) {
		if (is_bad(value, len)) {
			return true;
		}
	}
	return false;
}

enum guard_verdict grantor_check_tlvs(const struct grantor_message *m)
{
	if (m->head->type != PTP_SIGNALING) {
		return GUARD_OK;
	}
	if (has_bad_tlv(m, PTP_TLV_REQUEST, is_too_often)) {
		return GUARD_REQUEST_RATE;
	}
	return has_bad_tlv(m, PTP_TLV_ORGANIZATION, is_setting) ? GUARD_WRONG_ROLE : GUARD_OK;
}

enum guard_verdict grantor_check_icv(struct crypto_mac *mac, const struct grantor_message *m)
{
	switch (auth_verify(mac, m->data, m->auth)) {
	case ST_OK:
		return GUARD_OK;
	case ST_BAD_LENGTH:
		return GUARD_TLV_FORMAT;
	default:
		return GUARD_BAD_ICV;
	}
}

static enum peer_stream stream_of(uint8_t ptp_type)
{
	switch (ptp_type) {
	case PTP_DELAY_REQ:
		return PEER_DELAY_REQ;
	case PTP_PDELAY_REQ:
		return PEER_PDELAY_REQ;
	case PTP_SIGNALING:
		return PEER_SIGNALING;
	default:
		return PEER_MANAGEMENT;
	}
}

enum guard_verdict grantor_take(struct grantor *g, struct peer *e, const struct grantor_message *m,
				bool new_ticket)
{
	enum peer_stream stream = stream_of(m->head->type);
	enum guard_verdict v = grantor_check_tlvs(m);

	if (v != GUARD_OK) {
		return v;
	}
	if (peers_fresh(g->peers, e, stream, new_ticket, m->head->sequence_id, m->now_ms) ==
	    FRESH_STALE) {
		return GUARD_STALE;
	}
	grantor_touch(g, e, stream, m->now_ms);
	return GUARD_OK;
}

enum guard_verdict grantor_verify(struct grantor *g, const struct grantor_message *m)
{
	struct peer *e = peers_by_key(g->peers, m->auth->key_id, m->auth->spp);
	enum guard_verdict v;

	if (!e) {
		return GUARD_UNKNOWN_KEY_ID;
	}
	if (!(GRANTOR_BIT(m->head->type) & REQUESTER_TYPES)) {
		return GUARD_WRONG_ROLE;
	}
	if (!(e->named & GRANTOR_BIT(m->head->type))) {
		return GUARD_NOT_IN_POLICY;
	}
	v = grantor_check_icv(peers_mac(g->peers, e), m);
	if (v == GUARD_OK && !grantor_same_pair(e, m)) {
		v = GUARD_WRONG_PEER;
	}
	return v == GUARD_OK ? grantor_take(g, e, m, false) : v;
}

/* ---- by address ---- */

bool grantor_plain_ok(const struct grantor *g, const struct nts_assoc *from, uint8_t ptp_type)
{
	const struct peer *e = NULL;
	uint32_t type = GRANTOR_BIT(ptp_type);

	while ((e = peers_by_address(g->peers, from, e))) {
		if (!(e->named_all & type) && (type & REQUESTER_TYPES)) {
			return true;
		}
	}
	return false;
}

bool grantor_knows(const struct grantor *g, const struct nts_assoc *address)
{
	return peers_by_address(g->peers, address, NULL) != NULL;
}

bool grantor_signer(struct grantor *g, const struct nts_assoc *to, uint8_t ptp_type,
		    struct sa_key *out, uint16_t *number, bool *plain)
{
	uint32_t current = g->periods[SA_CURRENT].key.id;
	struct peer *e = NULL;

	*plain = false;
	while (current && (e = peers_by_address(g->peers, to, e))) {
		if (peers_ticket_key(g->peers, e) != current) {
			continue;
		}
		if (!(e->named_all & GRANTOR_BIT(ptp_type))) {
			*plain = true;
			return false;
		}
		if (!(e->named & GRANTOR_BIT(ptp_type))) {
			continue;
		}
		*out = (struct sa_key) {
			.spp = e->spp,
			.mac = peers_mac_alg(e),
			.key_id = e->key_id,
			.handle = peers_mac(g->peers, e),
		};
		*number = e->signaling;
		e->signaling += ptp_type == PTP_SIGNALING;
		return true;
	}
	return false;
}
