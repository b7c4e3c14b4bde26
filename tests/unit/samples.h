/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NTS messages written by hand, octet by octet from WIRE.md 2 to 5, one of each kind, and the
 * tools to spoil them: records are taken apart, changed and put together again.
 */
#ifndef NTS_TESTS_UNIT_SAMPLES_H
#define NTS_TESTS_UNIT_SAMPLES_H

#include <stdbool.h>

#include "nts/message.h"

struct octets {
	size_t len;
	uint8_t at[2048];
};

/* The records of a message or container, header included. */
#define RECS_MAX 24
struct recs {
	size_t n;
	struct octets r[RECS_MAX];
};

enum list { TOP, CURRENT, NEXT, LISTS };

enum sample_kind {
	GROUP_REQUEST, TICKET_REQUEST, GROUP_GRANT, TICKET_GRANT, REFUSAL, REGISTRATION_REQUEST,
	REGISTRATION_SUCCESS, REVOKE, BARE_ERROR, NO_PROTOCOL, CONTAINER, SAMPLES
};

/* A message as lists of records; CURRENT and NEXT go where TOP has their containers. */
struct sample {
	enum sample_kind kind;
	struct recs list[LISTS];
};

/* Fresh from the hand-written octets. Lists that the kind does not have are empty. */
void sample_init(struct sample *s, enum sample_kind kind);

const char *sample_name(enum sample_kind kind);

/* May this record stand (again) in this list, by the test's own reading of WIRE.md 5? */
bool sample_lists(enum sample_kind kind, enum list list, uint16_t type);

/* May it be left out? */
bool sample_optional(enum sample_kind kind, enum list list, uint16_t type);

/* Type of a record, without the C bit. */
uint16_t rec_type(const struct octets *r);

struct octets rec_from_hex(const char *hex);
void recs_drop(struct recs *l, size_t i);
void recs_insert(struct recs *l, size_t i, const struct octets *r);

/* The whole message. */
struct octets sample_octets(const struct sample *s);

/* Decodes as its reader would; a sample of kind CONTAINER as a Ticket Container. *m may be NULL. */
enum status sample_decode(enum sample_kind kind, const struct octets *o, struct ke_message *m);

/* A valid record of each type that WIRE.md 2 lists, for putting it where it does not belong. */
extern const char *const every_record[];
extern const size_t every_record_n;

#endif
