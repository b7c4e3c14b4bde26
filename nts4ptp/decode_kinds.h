/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nts4ptp decode can tell in words. Takes any octets. Keys are told by their length alone.
 */
#ifndef NTS_NTS4PTP_DECODE_KINDS_H
#define NTS_NTS4PTP_DECODE_KINDS_H

#include "nts4ptp/decode_out.h"
#include "tlv/ptp.h"

/* Each says at its end whether it is a good one; false: it is not. */
bool decode_ke(struct decode_out *out, const uint8_t *data, size_t len);
bool decode_ptp(struct decode_out *out, const uint8_t *data, size_t len);

/* The octets of a message that ptp_parse() has taken, field by field. */
void decode_octets(struct decode_out *out, const struct ptp_head *head, const uint8_t *data);

/* A pcap file: every PTP message in it; false: no pcap, or one of them is not a good one. */
bool decode_is_pcap(const uint8_t *data, size_t len);
bool decode_pcap(struct decode_out *out, const uint8_t *data, size_t len);

#endif
