// SPDX-License-Identifier: GPL-2.0-or-later
/* Our own port, WIRE.md 7. Must leave a message as it was where it does not sign it. */
#include "tlv/own.h"

#include <string.h>

#include "tlv/auth.h"

#define SDO_ID_8021AS 0x100		/* IEEE 802.1AS: its originTimestamp stays as it is */
#define VERSION_2_1 0x12		/* minorVersionPTP 1, versionPTP 2 */

void own_set_identity(struct own *o, const uint8_t clock_identity[8], uint16_t port_number)
{
	memcpy(o->identity, clock_identity, PTP_IDENTITY_LEN);
	o->identity[8] = (uint8_t)(port_number >> 8);
	o->identity[9] = (uint8_t)port_number;
}

uint16_t own_port_number(const struct own *o)
{
	return (uint16_t)(o->identity[8] << 8 | o->identity[9]);
}

bool own_clock(const struct own *o, const uint8_t *clock_identity)
{
	return memcmp(o->identity, clock_identity, PTP_IDENTITY_LEN) == 0;
}

bool own_port(const struct own *o, const uint8_t *port_identity)
{
	return memcmp(o->identity, port_identity, PTP_PORT_IDENTITY_LEN) == 0;
}

void own_note_request(struct own *o, const struct ptp_head *m)
{
	if (m->info->rule != PTP_RULE_REQUEST || !own_port(o, m->source)) {
		return;
	}
	fresh_sent_note(m->type == PTP_DELAY_REQ ? &o->delay_reqs : &o->pdelay_reqs,
			m->sequence_id);
}

bool own_asked(const struct own *o, const struct ptp_head *m)
{
	const struct fresh_sent *sent = m->type == PTP_DELAY_RESP ? &o->delay_reqs :
								    &o->pdelay_reqs;

	return fresh_sent_has(sent, m->sequence_id);
}

uint64_t own_timestamp(const uint8_t *data, const struct ptp_head *m)
{
	bool timed = m->info->rule == PTP_RULE_TIMED || m->info->rule == PTP_RULE_RESPONSE;

	return timed ? ptp_timestamp_ns(data + PTP_TIMESTAMP_AT) : 0;
}

static bool wants_estimate(const struct own *o, const uint8_t *data, const struct ptp_head *m)
{
	static const uint8_t none[PTP_TIMESTAMP_LEN];
	bool type = m->type == PTP_ANNOUNCE || (m->type == PTP_SYNC && m->two_step);

	return type && m->sdo_id != SDO_ID_8021AS && own_clock(o, m->source) &&
	       memcmp(data + PTP_TIMESTAMP_AT, none, sizeof(none)) == 0;
}

enum guard_send own_sign(struct own *o, const struct sa_key *key, const struct ptp_head *m,
			 uint8_t *data, size_t len, size_t more, size_t cap,
			 const uint8_t *estimate, struct guard_undo *undo, size_t *out_len)
{
	size_t total = len + more + auth_append_len(key->handle);

	if (total > GUARD_MESSAGE_MAX || total > cap) {
		return GUARD_SUPPRESS_TOO_LONG;
	}
	undo->head_len = len < sizeof(undo->head) ? (uint8_t)len : sizeof(undo->head);
	memcpy(undo->head, data, undo->head_len);
	data[1] = VERSION_2_1;
	if (estimate && wants_estimate(o, data, m)) {
		memcpy(data + PTP_TIMESTAMP_AT, estimate, PTP_TIMESTAMP_LEN);
	}
	own_note_request(o, m);
	*out_len = auth_append(key->handle, key->spp, key->key_id, data, len + more);
	return GUARD_SIGNED;
}
