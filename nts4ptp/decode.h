/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of nts4ptp decode: octets in words, line by line. Takes any octets. Keys are told by their
 * length alone.
 */
#ifndef NTS_NTS4PTP_DECODE_H
#define NTS_NTS4PTP_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "nts4ptp/json.h"
#include "tlv/ptp.h"

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

/* Each says at its end whether it is a good one; false: it is not. */
bool decode_ke(struct decode_out *out, const uint8_t *data, size_t len);
bool decode_ptp(struct decode_out *out, const uint8_t *data, size_t len);

/* The octets of a message that ptp_parse() has taken, field by field. */
void decode_octets(struct decode_out *out, const struct ptp_head *head, const uint8_t *data);

/* Of a tlvType; never NULL. */
const char *decode_tlv_name(uint16_t type);

/* A pcap file: every PTP message in it; false: no pcap, or one of them is not a good one. */
bool decode_is_pcap(const uint8_t *data, size_t len);
bool decode_pcap(struct decode_out *out, const uint8_t *data, size_t len);

#endif
