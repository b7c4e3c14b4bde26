/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nts4ptp decode says goes here: line by line, for people or as JSON. */
#ifndef NTS_NTS4PTP_DECODE_OUT_H
#define NTS_NTS4PTP_DECODE_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "nts4ptp/json.h"

#define DECODE_TICKET_TLV 0xFFF0	/* default of nts_ticket_tlv */

struct decode_out {
	bool json;
	bool octets;		/* of a PTP message: every octet beside what it is */
	struct json j;		/* with json: inside an array */
};

/* One line, so many steps indented. */
void decode_say(struct decode_out *out, unsigned int depth, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* So many octets as hexadecimal digits behind a name, at most 32 of them. */
void decode_hex(struct decode_out *out, unsigned int depth, const char *name, const uint8_t *data,
		size_t len);

/* Of a tlvType; never NULL. */
const char *decode_tlv_name(uint16_t type);

#endif
