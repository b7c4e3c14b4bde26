/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PTP messages and key sets for the tests of tlv/, made by hand, not by what is tested. */
#ifndef NTS_TESTS_PTPMSG_H
#define NTS_TESTS_PTPMSG_H

#include "nts/params.h"
#include "tlv/ptp.h"

#define PTPMSG_ALL 0x3F0F	/* policies: every messageType that there is */
#define PTPMSG_CAP 2048

extern const uint8_t ptpmsg_types[PTP_SLOTS];	/* every messageType that there is */

/* Writes a message of domain 0, sdoId 0, port 1 of clock cccc...; returns its octets. */
size_t ptpmsg_make(uint8_t *out, uint8_t type, uint8_t clock, uint16_t sequence_id,
		   uint64_t timestamp_ns);

/* Writes 8 octets of clock, portNumber 1, at the requestingPortIdentity. */
void ptpmsg_requester(uint8_t *msg, uint8_t clock);

/* Appends a TLV of this type and value length (zeros), sets messageLength; returns octets. */
size_t ptpmsg_tlv(uint8_t *msg, size_t len, uint16_t type, uint16_t value_len);

/* Signs with the set's SA number i by GnuTLS; returns octets. */
size_t ptpmsg_sign(uint8_t *msg, size_t len, const struct nts_params *p, unsigned int i);

void ptpmsg_set_u16(uint8_t *at, uint16_t v);

/* A set with one key, SPP 3, whose octets follow from its ID, for the types in named. */
struct nts_params ptpmsg_params(uint32_t key_id, uint16_t mac, uint16_t named,
				uint32_t lifetime, uint32_t grace);

#endif
