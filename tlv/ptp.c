// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PTP header and message types on wire octets (IEEE 1588-2019, 13.3). Must not read behind
 * messageLength, nor trust it before it was compared with what came in.
 */
#include "tlv/ptp.h"

#define NS_PER_S 1000000000ULL
#define SECONDS_MAX 18000000000ULL	/* whose nanoseconds still fit into 64 bits */

#define FLAG_TWO_STEP 0x02
#define FLAG_UNICAST 0x04

static const struct ptp_type_info types[16] = {
	[PTP_SYNC] = { "Sync", 44, 0, PTP_RULE_TIMED, true },
	[PTP_DELAY_REQ] = { "Delay_Req", 44, 1, PTP_RULE_REQUEST, false },
	[PTP_PDELAY_REQ] = { "Pdelay_Req", 54, 2, PTP_RULE_REQUEST, false },
	[PTP_PDELAY_RESP] = { "Pdelay_Resp", 54, 3, PTP_RULE_RESPONSE, false },
	[PTP_FOLLOW_UP] = { "Follow_Up", 44, 4, PTP_RULE_TIMED, true },
	[PTP_DELAY_RESP] = { "Delay_Resp", 54, 5, PTP_RULE_RESPONSE, false },
	[PTP_PDELAY_RESP_FOLLOW_UP] = { "Pdelay_Resp_Follow_Up", 54, 6, PTP_RULE_RESPONSE, false },
	[PTP_ANNOUNCE] = { "Announce", 64, 7, PTP_RULE_TIMED, true },
	[PTP_SIGNALING] = { "Signaling", 44, 8, PTP_RULE_SPORADIC, false },
	[PTP_MANAGEMENT] = { "Management", 48, 9, PTP_RULE_SPORADIC, false },
};

const struct ptp_type_info *ptp_type_info(uint8_t type)
{
	return &types[type & 0x0F];
}

enum ptp_rule ptp_slot_rule(uint8_t slot)
{
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].name && types[i].slot == slot) {
			return (enum ptp_rule)types[i].rule;
		}
	}
	return PTP_RULE_SPORADIC;
}

enum status ptp_parse(const uint8_t *data, size_t len, struct ptp_head *out)
{
	const struct ptp_type_info *info;
	uint16_t message_length;

	if (len < PTP_HEADER_LEN) {
		return ST_TRUNCATED;
	}
	if ((data[1] & 0x0F) != 2) {
		return ST_BAD_VERSION;
	}
	info = ptp_type_info(data[0]);
	if (!info->name) {
		return ST_BAD_TYPE;
	}
	message_length = ptp_u16(data + 2);
	if (message_length < info->len || message_length > len) {
		return ST_TRUNCATED;
	}
	*out = (struct ptp_head) {
		.info = info,
		.source = data + 20,
		.len = message_length,
		.sdo_id = (uint16_t)((data[0] & 0xF0) << 4 | data[5]),
		.sequence_id = ptp_u16(data + 30),
		.type = data[0] & 0x0F,
		.domain = data[4],
		.two_step = data[6] & FLAG_TWO_STEP,
		.unicast = data[6] & FLAG_UNICAST,
	};
	return ST_OK;
}

void ptp_set_length(uint8_t *data, uint16_t len)
{
	data[2] = (uint8_t)(len >> 8);
	data[3] = (uint8_t)len;
}

uint64_t ptp_timestamp_ns(const uint8_t *ts)
{
	uint64_t seconds = (uint64_t)ptp_u16(ts) << 32 | (uint64_t)ptp_u16(ts + 2) << 16 |
			   ptp_u16(ts + 4);
	uint64_t ns = (uint64_t)ptp_u16(ts + 6) << 16 | ptp_u16(ts + 8);

	if (seconds > SECONDS_MAX) {
		return UINT64_MAX;
	}
	return seconds * NS_PER_S + ns;
}

const uint8_t *ptp_next_tlv(const uint8_t *data, size_t *at, size_t end, uint16_t type,
			    size_t *len)
{
	while (*at + PTP_TLV_HEAD <= end) {
		const uint8_t *tlv = data + *at;

		*len = ptp_u16(tlv + 2);
		*at += PTP_TLV_HEAD + *len;
		if (ptp_u16(tlv) == type) {
			return tlv + PTP_TLV_HEAD;
		}
	}
	return NULL;
}

bool ptp_has_tlv(const uint8_t *data, size_t at, size_t end, uint16_t type)
{
	size_t len;

	return ptp_next_tlv(data, &at, end, type, &len) != NULL;
}
