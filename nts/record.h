/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NTS records: their numbers, the one table of where each may stand, and walking over them
 * (WIRE.md 1, 2 and 5). Internal to the message layer.
 *
 * Knows no record's body; that is body.h.
 */
#ifndef NTS_NTS_RECORD_H
#define NTS_NTS_RECORD_H

#include <stdbool.h>

#include "nts/params.h"
#include "util/cursor.h"

#define RECORD_HEADER 4		/* octets */
#define RECORD_CRITICAL 0x8000

enum record_type {
	RECORD_END_OF_MESSAGE = 0,
	RECORD_NEXT_PROTOCOL = 1,
	RECORD_ERROR = 2,
	RECORD_WARNING = 3,
	RECORD_AEAD_ALGORITHM = 4,
	RECORD_ASSOCIATION_MODE = 1024,
	RECORD_CURRENT_PARAMETERS = 1025,
	RECORD_GRACE_PERIOD = 1026,
	RECORD_LIFETIME = 1027,
	RECORD_MAC_ALGORITHM = 1028,
	RECORD_NEXT_PARAMETERS = 1029,
	RECORD_MESSAGE_TYPE = 1030,
	RECORD_MESSAGE_VERSION = 1031,
	RECORD_REQUESTING_IDENTITY = 1032,
	RECORD_SECURITY_ASSOCIATION = 1033,
	RECORD_SECURITY_POLICIES = 1034,
	RECORD_TICKET = 1035,
	RECORD_TICKET_CONTAINER = 1036,
	RECORD_TICKET_KEY = 1037,
	RECORD_TICKET_KEY_ID = 1038,
	RECORD_TIME_UNTIL_UPDATE = 1039,
};

#define RECORD_KNOWN 21		/* rows of the table */

/* What a set of records is: a column of the table. */
enum record_place {
	PLACE_GROUP_REQUEST,
	PLACE_TICKET_REQUEST,
	PLACE_GRANT,
	PLACE_REFUSAL,
	PLACE_REGISTRATION_REQUEST,
	PLACE_REGISTRATION_SUCCESS,
	PLACE_REVOKE,
	PLACE_BARE_ERROR,
	PLACE_NO_PROTOCOL,
	PLACE_GROUP_PARAMETERS,
	PLACE_TICKET_PARAMETERS,
	PLACE_REGISTRATION_PARAMETERS,
	PLACE_TICKET_CONTAINER,
};

/* One record, header read. The body is inside the octets that it was read from. */
struct record {
	uint16_t type;
	bool critical;
	struct rcur body;
};

/* The records of one message or container, in any order, bodies not yet read. */
struct record_set {
	bool unknown_critical;
	uint16_t count[RECORD_KNOWN];		/* how often each known record stands */
	struct rcur body[RECORD_KNOWN];		/* the first of each */
	struct rcur sa[NTS_SA_MAX];		/* the first Security Associations */
};

/* Reads the next record. ST_TRUNCATED. */
enum status record_next(struct rcur *c, struct record *out) MUST_CHECK;

/*
 * Collects a message: ends with its End of Message. ST_TRUNCATED, ST_NO_END, ST_TRAILING,
 * ST_BAD_LENGTH (an End of Message with a body).
 */
enum status record_collect_message(struct rcur c, struct record_set *out) MUST_CHECK;

/* Collects a container's body: End of Message is ignored. ST_TRUNCATED. */
enum status record_collect_container(struct rcur c, struct record_set *out) MUST_CHECK;

/*
 * Holds the table against a set: ST_UNKNOWN_CRITICAL, ST_FOREIGN_RECORD,
 * ST_DUPLICATE_RECORD, ST_MISSING_RECORD, looked for in this order; ST_BAD_VALUE for more
 * Security Associations than there can be.
 */
enum status record_check(const struct record_set *set, enum record_place place) MUST_CHECK;

/* How often a known record stands in the set. */
unsigned int record_count(const struct record_set *set, enum record_type type);

/* A cursor over the first record of this type; an empty one when there is none. */
struct rcur record_body(const struct record_set *set, enum record_type type);

/* The same for a record that must stand exactly once: ST_MISSING_RECORD, ST_DUPLICATE_RECORD. */
enum status record_single(const struct record_set *set, enum record_type type,
			  struct rcur *out) MUST_CHECK;

/* Writes the header with the C bit of the table; returns where the record began. */
size_t record_begin(struct wcur *w, enum record_type type);

/* Sets the length of the record that began at start and ends here. ST_TOO_LONG is kept in w. */
void record_end(struct wcur *w, size_t start);

/* Whole records of one integer. */
void record_put_u16(struct wcur *w, enum record_type type, uint16_t v);
void record_put_u32(struct wcur *w, enum record_type type, uint32_t v);

#endif
