// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One port's gate under static keys. As linuxptp 4.4: every message is signed and must be, the
 * keys are bound to no domain, and only seqid_window stands against replay. Whoever wants more
 * uses NTS.
 */
#include "tlv/static_keys.h"

#include <stdlib.h>
#include <string.h>

#include "tlv/auth.h"
#include "tlv/ptp.h"
#include "tlv/static_internal.h"

#define CORRECTION_AT 8
#define CORRECTION_LEN 8
#define VERSION_2_1 0x12	/* minorVersionPTP 1, versionPTP 2 */

struct static_gate {
	const struct static_sa *sa;
	const struct static_key *active;
	uint8_t parent[PTP_PORT_IDENTITY_LEN];
	int port_state;
	int32_t last[PTP_SLOTS];	/* sequenceId of the parent's last one; -1 none */
	struct guard_counters counters;
};

enum status static_gate_new(const struct static_keys *k, uint8_t spp, uint32_t key_id,
			    struct static_gate **out)
{
	const struct static_sa *sa = static_sa_find(k, spp);
	const struct static_key *key = sa ? static_key_find(sa, key_id) : NULL;
	struct static_gate *g;

	if (!key) {
		return ST_BAD_VALUE;
	}
	g = calloc(1, sizeof(*g));
	if (!g) {
		return ST_NO_MEMORY;
	}
	g->sa = sa;
	g->active = key;
	memset(g->last, 0xff, sizeof(g->last));
	*out = g;
	return ST_OK;
}

void static_gate_free(struct static_gate *g)
{
	free(g);
}

void static_gate_follow(struct static_gate *g, const uint8_t parent[10], int port_state)
{
	if (g->port_state == port_state && !memcmp(g->parent, parent, sizeof(g->parent))) {
		return;
	}
	g->port_state = port_state;
	memcpy(g->parent, parent, sizeof(g->parent));
	memset(g->last, 0xff, sizeof(g->last));
}

const struct guard_counters *static_gate_counters(const struct static_gate *g)
{
	return &g->counters;
}

uint8_t static_gate_spp(const struct static_gate *g)
{
	return g->sa->spp;
}

uint32_t static_gate_key_id(const struct static_gate *g)
{
	return g->active->id;
}

/* ---- receiving ---- */

/* Under allow_mutable the ICV is that of a message with correctionField 0. */
static enum status verify(const struct static_gate *g, const struct static_key *key,
			  uint8_t *data, const struct auth_tlv *tlv)
{
	uint8_t correction[CORRECTION_LEN];
	enum status st;

	if (!g->sa->allow_mutable) {
		return auth_verify(key->mac, data, tlv);
	}
	memcpy(correction, data + CORRECTION_AT, CORRECTION_LEN);
	memset(data + CORRECTION_AT, 0, CORRECTION_LEN);
	st = auth_verify(key->mac, data, tlv);
	memcpy(data + CORRECTION_AT, correction, CORRECTION_LEN);
	return st;
}

static bool in_sequence(struct static_gate *g, const struct ptp_head *m)
{
	int32_t *last = &g->last[m->info->slot];
	uint16_t ahead = (uint16_t)(m->sequence_id - (uint16_t)*last);

	if (!g->sa->seqid_window || (m->type != PTP_SYNC && m->type != PTP_FOLLOW_UP) ||
	    memcmp(m->source, g->parent, sizeof(g->parent))) {
		return true;
	}
	if (*last >= 0 && (ahead == 0 || ahead > g->sa->seqid_window)) {
		return false;
	}
	*last = m->sequence_id;
	return true;
}

static enum guard_verdict authenticate(struct static_gate *g, uint8_t *data,
				       const struct ptp_head *m, const struct auth_tlv *tlv)
{
	const struct static_key *key;

	if (tlv->spp != g->sa->spp) {
		return GUARD_UNKNOWN_SPP;
	}
	key = static_key_find(g->sa, tlv->key_id);
	if (!key) {
		return GUARD_UNKNOWN_KEY_ID;
	}
	switch (verify(g, key, data, tlv)) {
	case ST_OK:
		return in_sequence(g, m) ? GUARD_OK : GUARD_STALE;
	case ST_BAD_LENGTH:
		return GUARD_TLV_FORMAT;
	default:
		return GUARD_BAD_ICV;
	}
}

static enum guard_verdict receive(struct static_gate *g, uint8_t *data, size_t len,
				  size_t *out_len)
{
	struct auth_tlv tlv;
	struct ptp_head m;
	enum guard_verdict v = guard_read(data, len, &m, &tlv);

	if (v == GUARD_OK) {
		v = authenticate(g, data, &m, &tlv);
	}
	if (v == GUARD_OK) {
		ptp_set_length(data, (uint16_t)tlv.at);
		*out_len = tlv.at;
	}
	return v;
}

enum guard_verdict static_gate_receive(struct static_gate *g, uint8_t *data, size_t len,
				       size_t *out_len)
{
	enum guard_verdict v = receive(g, data, len, out_len);

	g->counters.verdicts[v]++;
	return v;
}

/* ---- sending ---- */

static enum guard_send sign(struct static_gate *g, uint8_t *data, size_t len, size_t cap,
			    struct guard_undo *undo, size_t *out_len)
{
	size_t total = len + auth_append_len(g->active->mac);

	if (len < PTP_HEADER_LEN || total > GUARD_MESSAGE_MAX || total > cap) {
		return GUARD_SUPPRESS_TOO_LONG;
	}
	undo->head_len = len < sizeof(undo->head) ? (uint8_t)len : sizeof(undo->head);
	memcpy(undo->head, data, undo->head_len);
	data[1] = VERSION_2_1;
	if (g->sa->allow_mutable) {
		memset(data + CORRECTION_AT, 0, CORRECTION_LEN);
	}
	*out_len = auth_append(g->active->mac, g->sa->spp, g->active->id, data, len);
	memcpy(data + CORRECTION_AT, undo->head + CORRECTION_AT, CORRECTION_LEN);
	return GUARD_SIGNED;
}

enum guard_send static_gate_sign(struct static_gate *g, uint8_t *data, size_t len, size_t cap,
				 struct guard_undo *undo, size_t *out_len)
{
	enum guard_send result;

	undo->head_len = 0;
	result = sign(g, data, len, cap, undo, out_len);
	g->counters.sends[result]++;
	return result;
}
