// SPDX-License-Identifier: GPL-2.0-or-later
/* A PTP message: header, body and TLVs. */
#include <inttypes.h>

#include "nts4ptp/decode_kinds.h"
#include "tlv/auth.h"
#include "tlv/ptp.h"
#include "util/cursor.h"

#define TLV_HEAD 4
#define CORRECTION_AT 8
#define INTERVAL_AT 33

static const char *const found_words[AUTH_FINDS] = {
	[AUTH_FOUND] = "AUTHENTICATION TLV found where it belongs; "
		       "its ICV needs the key to be checked",
	[AUTH_ABSENT] = "no AUTHENTICATION TLV: not secured",
	[AUTH_MALFORMED] = "BAD: the TLVs do not end at the end of the message",
	[AUTH_TWICE] = "BAD: more than one AUTHENTICATION TLV",
	[AUTH_NOT_LAST] = "BAD: the AUTHENTICATION TLV is not the last one",
	[AUTH_FORMAT] = "BAD: AUTHENTICATION TLV of an unsupported form",
};

static void say_auth(struct decode_out *out, struct rcur c)
{
	uint8_t spp = 0, param = 0;
	uint32_t key_id = 0;

	rcur_u8(&c, &spp);
	rcur_u8(&c, &param);
	if (rcur_u32(&c, &key_id) != ST_OK) {
		decode_say(out, 2, "BAD: too short");
		return;
	}
	decode_say(out, 2, "SPP %u, secParamIndicator 0x%02x, keyID 0x%08" PRIx32, spp, param,
		   key_id);
	decode_hex(out, 2, "ICV", c.at, c.left);
}

static void say_ticket(struct decode_out *out, struct rcur c)
{
	uint32_t id;

	if (rcur_u32(&c, &id) == ST_OK) {
		decode_say(out, 2, "Ticket Key ID 0x%08" PRIx32 ", ticket of %zu octets", id,
			   c.left);
	}
}

static void say_tlvs(struct decode_out *out, struct rcur c)
{
	uint16_t type, len;
	struct rcur body;

	while (c.left >= TLV_HEAD) {
		rcur_u16(&c, &type);
		rcur_u16(&c, &len);
		decode_say(out, 1, "TLV %s (0x%04x, %u octets)", decode_tlv_name(type), type,
			   len);
		if (rcur_sub(&c, len, &body) != ST_OK) {
			decode_say(out, 2, "BAD: longer than the message");
			return;
		}
		if (type == AUTH_TLV_TYPE) {
			say_auth(out, body);
		} else if (type == DECODE_TICKET_TLV) {
			say_ticket(out, body);
		}
	}
}

static void say_identity(struct decode_out *out, const char *name, const uint8_t *v)
{
	decode_say(out, 1, "%s %02x%02x%02x.%02x%02x.%02x%02x%02x-%u", name, v[0], v[1], v[2], v[3],
		   v[4], v[5], v[6], v[7], v[8] << 8 | v[9]);
}

static void say_header(struct decode_out *out, const struct ptp_head *head, const uint8_t *data)
{
	struct rcur c = rcur_init(data + CORRECTION_AT, 8);
	uint64_t correction = 0;

	rcur_u64(&c, &correction);
	decode_say(out, 1, "version %u.%u, domain %u, sdoId 0x%03x, sequenceId %u%s%s",
		   data[1] & 15, data[1] >> 4, head->domain, head->sdo_id, head->sequence_id,
		   head->two_step ? ", two-step" : "", head->unicast ? ", unicast" : "");
	decode_say(out, 1, "correctionField %.3f ns, logMessageInterval %d",
		   (double)(int64_t)correction / 65536, (int8_t)data[INTERVAL_AT]);
	say_identity(out, "from", head->source);
}

static void say_body(struct decode_out *out, const struct ptp_head *head, const uint8_t *data)
{
	uint64_t ns;

	if (head->info->len < PTP_TIMESTAMP_AT + PTP_TIMESTAMP_LEN || head->type == PTP_SIGNALING ||
	    head->type == PTP_MANAGEMENT) {
		return;
	}
	ns = ptp_timestamp_ns(data + PTP_TIMESTAMP_AT);
	decode_say(out, 1, "timestamp %" PRIu64 ".%09" PRIu64 " s", ns / 1000000000,
		   ns % 1000000000);
	if (head->info->len >= PTP_REQUESTING_AT + PTP_PORT_IDENTITY_LEN &&
	    head->info->rule == PTP_RULE_RESPONSE) {
		say_identity(out, "to the request of", data + PTP_REQUESTING_AT);
	}
}

bool decode_ptp(struct decode_out *out, const uint8_t *data, size_t len)
{
	struct auth_tlv tlv;
	struct ptp_head head;
	enum auth_found found;
	enum status st = ptp_parse(data, len, &head);

	if (st != ST_OK) {
		decode_say(out, 0, "BAD: no PTP message: %s", status_str(st));
		return false;
	}
	decode_say(out, 0, "PTP %s, %u octets", head.info->name, head.len);
	if (out->octets) {
		decode_octets(out, &head, data);
	} else {
		say_header(out, &head, data);
		say_body(out, &head, data);
		say_tlvs(out, rcur_init(data + head.info->len,
					(size_t)(head.len - head.info->len)));
	}
	found = auth_find(data, head.info->len, head.len, &tlv);
	decode_say(out, 1, "%s", found_words[found]);
	return found == AUTH_FOUND || found == AUTH_ABSENT;
}
