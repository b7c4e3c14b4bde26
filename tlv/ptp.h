/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a PTP message on wire octets, and the one table of message types
 * (IEEE 1588-2019, 13.3 and table 36). Pure: reads within the octets it is given, keeps nothing.
 */
#ifndef NTS_TLV_PTP_H
#define NTS_TLV_PTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

enum ptp_type {
	PTP_SYNC = 0x0,
	PTP_DELAY_REQ = 0x1,
	PTP_PDELAY_REQ = 0x2,
	PTP_PDELAY_RESP = 0x3,
	PTP_FOLLOW_UP = 0x8,
	PTP_DELAY_RESP = 0x9,
	PTP_PDELAY_RESP_FOLLOW_UP = 0xA,
	PTP_ANNOUNCE = 0xB,
	PTP_SIGNALING = 0xC,
	PTP_MANAGEMENT = 0xD,
};

#define PTP_HEADER_LEN 34
#define PTP_IDENTITY_LEN 8		/* clockIdentity */
#define PTP_PORT_IDENTITY_LEN 10	/* clockIdentity, portNumber */
#define PTP_SEQUENCE_AT 30
#define PTP_SEQUENCE_LEN 2
#define PTP_TIMESTAMP_AT 34		/* where a body has one, it comes first */
#define PTP_TIMESTAMP_LEN 10
#define PTP_REQUESTING_AT 44		/* requestingPortIdentity of a response */
#define PTP_SLOTS 10			/* message types that there are */

/* How freshness looks at a type, WIRE.md 7. */
enum ptp_rule {
	PTP_RULE_TIMED,		/* window and timestamp */
	PTP_RULE_REQUEST,	/* window; a jump re-synchronizes */
	PTP_RULE_RESPONSE,	/* answers a request */
	PTP_RULE_SPORADIC,	/* window; a jump after silence */
};

struct ptp_type_info {
	const char *name;	/* as in the standard; NULL: the type is reserved */
	uint8_t len;		/* octets of header and body; TLVs follow */
	uint8_t slot;		/* number among the types that there are, < PTP_SLOTS */
	uint8_t rule;		/* enum ptp_rule */
	bool timing;		/* Announce, Sync, Follow_Up: tells the time to anybody */
};

/* The row of a messageType (four bits); never NULL. */
const struct ptp_type_info *ptp_type_info(uint8_t type);

/* The rule of the type that has this slot. */
enum ptp_rule ptp_slot_rule(uint8_t slot);

/* The fields that we look at. Pointers point into the message. */
struct ptp_head {
	const struct ptp_type_info *info;
	const uint8_t *source;		/* sourcePortIdentity, PTP_PORT_IDENTITY_LEN octets */
	uint16_t len;			/* messageLength */
	uint16_t sdo_id;		/* 12 bits */
	uint16_t sequence_id;
	uint8_t type;
	uint8_t domain;
	bool two_step;			/* twoStepFlag */
	bool unicast;			/* unicastFlag */
};

/*
 * Reads the header of a message in len octets, which may be more than messageLength (padding).
 * ST_TRUNCATED (shorter than the header, than messageLength or than the type's body),
 * ST_BAD_VERSION (versionPTP is not 2), ST_BAD_TYPE (reserved).
 */
enum status ptp_parse(const uint8_t *data, size_t len, struct ptp_head *out) MUST_CHECK;

/* An integer of two octets, as all integers here in network byte order. */
static inline uint16_t ptp_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Writes messageLength. */
void ptp_set_length(uint8_t *data, uint16_t len);

/* A Timestamp (10 octets) in nanoseconds; UINT64_MAX where that does not fit, 0 is none. */
uint64_t ptp_timestamp_ns(const uint8_t *ts);

/* TLVs of Signaling, IEEE 1588-2019 table 52. */
#define PTP_TLV_HEAD 4			/* octets before the value */
#define PTP_TLV_ORGANIZATION 0x0003	/* ORGANIZATION_EXTENSION */
#define PTP_TLV_REQUEST 0x0004		/* REQUEST_UNICAST_TRANSMISSION */
#define PTP_TLV_GRANT 0x0005		/* GRANT_UNICAST_TRANSMISSION */

/*
 * The value, *len octets, of the next TLV of this type in [*at, end) of a message whose TLVs have
 * been walked before; *at is behind it then. NULL: there is none.
 */
const uint8_t *ptp_next_tlv(const uint8_t *data, size_t *at, size_t end, uint16_t type,
			    size_t *len);

/* Is there one? */
bool ptp_has_tlv(const uint8_t *data, size_t at, size_t end, uint16_t type);

#endif
