// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NTS records and the table of WIRE.md 2 and 5: which record may or must stand where.
 * Must not look into a body.
 */
#include "nts/record.h"

#include <string.h>

/*
 * R must stand once, O may stand once, M must stand once or more, - is refused. The columns
 * are enum record_place. An End of Message is looked after while collecting.
 */
static const struct {
	uint16_t type;
	bool critical;		/* C when sent */
	const char *rules;
} table[RECORD_KNOWN] = {
	/*					group request
	 *					|ticket request
	 *					||grant
	 *					|||refusal
	 *					||||registration request
	 *					|||||registration success
	 *					||||||revoke
	 *					|||||||bare error
	 *					||||||||no protocol
	 *					|||||||||group parameters
	 *					||||||||||ticket parameters
	 *					|||||||||||registration parameters
	 *					||||||||||||ticket container
	 */
	{ RECORD_END_OF_MESSAGE,	true,	"OOOOOOOOOOOOO" },
	{ RECORD_NEXT_PROTOCOL,		true,	"RRRRRRROR----" },
	{ RECORD_ERROR,			true,	"---R---R-----" },
	{ RECORD_WARNING,		true,	"-------------" },
	{ RECORD_AEAD_ALGORITHM,	true,	"----R------R-" },
	{ RECORD_ASSOCIATION_MODE,	true,	"RR-----------" },
	{ RECORD_CURRENT_PARAMETERS,	true,	"--R--R-------" },
	{ RECORD_GRACE_PERIOD,		false,	"---------OOO-" },
	{ RECORD_LIFETIME,		true,	"---------RRR-" },
	{ RECORD_MAC_ALGORITHM,		false,	"-O--O--------" },
	{ RECORD_NEXT_PARAMETERS,	false,	"--O--O-------" },
	{ RECORD_MESSAGE_TYPE,		true,	"RRRRRRR------" },
	{ RECORD_MESSAGE_VERSION,	true,	"RRRRRRR------" },
	{ RECORD_REQUESTING_IDENTITY,	true,	"-R--R-------R" },
	{ RECORD_SECURITY_ASSOCIATION,	true,	"---------MM-M" },
	{ RECORD_SECURITY_POLICIES,	true,	"---------RR-R" },
	{ RECORD_TICKET,		true,	"----------R--" },
	{ RECORD_TICKET_CONTAINER,	true,	"-------------" },
	{ RECORD_TICKET_KEY,		true,	"-----------R-" },
	{ RECORD_TICKET_KEY_ID,		true,	"----------RR-" },
	{ RECORD_TIME_UNTIL_UPDATE,	true,	"---------RRR-" },
};

/* The row of a type, RECORD_KNOWN for an unknown one. */
static size_t row_of(uint16_t type)
{
	size_t i = 0;

	while (i < RECORD_KNOWN && table[i].type != type) {
		i++;
	}
	return i;
}

enum status record_next(struct rcur *c, struct record *out)
{
	struct record r;
	uint16_t type = 0;
	uint16_t len = 0;

	rcur_u16(c, &type);
	rcur_u16(c, &len);
	if (rcur_sub(c, len, &r.body) != ST_OK) {
		return c->st;
	}
	r.critical = type & RECORD_CRITICAL;
	r.type = type & (uint16_t)~RECORD_CRITICAL;
	*out = r;
	return ST_OK;
}

static void add(struct record_set *set, const struct record *r)
{
	size_t row = row_of(r->type);

	if (row == RECORD_KNOWN) {
		set->unknown_critical |= r->critical;
		return;
	}
	if (r->type == RECORD_SECURITY_ASSOCIATION && set->count[row] < NTS_SA_MAX) {
		set->sa[set->count[row]] = r->body;
	}
	if (set->count[row] == 0) {
		set->body[row] = r->body;
	}
	if (set->count[row] < UINT16_MAX) {
		set->count[row]++;
	}
}

enum status record_collect_message(struct rcur c, struct record_set *out)
{
	struct record r;
	enum status st;

	memset(out, 0, sizeof(*out));
	while (c.left > 0) {
		st = record_next(&c, &r);
		if (st != ST_OK) {
			return st;
		}
		if (r.type != RECORD_END_OF_MESSAGE) {
			add(out, &r);
			continue;
		}
		if (r.body.left > 0) {
			return ST_BAD_LENGTH;
		}
		return c.left > 0 ? ST_TRAILING : ST_OK;
	}
	return ST_NO_END;
}

enum status record_collect_container(struct rcur c, struct record_set *out)
{
	struct record r;
	enum status st;

	memset(out, 0, sizeof(*out));
	while (c.left > 0) {
		st = record_next(&c, &r);
		if (st != ST_OK) {
			return st;
		}
		if (r.type != RECORD_END_OF_MESSAGE) {
			add(out, &r);
		}
	}
	return ST_OK;
}

/* Does the rule forbid, for one reason, that a record stands so often? */
static bool breaks(char rule, unsigned int count, enum status reason)
{
	switch (reason) {
	case ST_FOREIGN_RECORD:
		return rule == '-' && count > 0;
	case ST_DUPLICATE_RECORD:
		return (rule == 'R' || rule == 'O') && count > 1;
	case ST_MISSING_RECORD:
		return (rule == 'R' || rule == 'M') && count == 0;
	default:
		return rule == 'M' && count > NTS_SA_MAX;
	}
}

enum status record_check(const struct record_set *set, enum record_place place)
{
	static const enum status reasons[] = {
		ST_FOREIGN_RECORD, ST_DUPLICATE_RECORD, ST_MISSING_RECORD, ST_BAD_VALUE,
	};

	if (set->unknown_critical) {
		return ST_UNKNOWN_CRITICAL;
	}
	for (size_t n = 0; n < sizeof(reasons) / sizeof(reasons[0]); n++) {
		for (size_t row = 0; row < RECORD_KNOWN; row++) {
			if (breaks(table[row].rules[place], set->count[row], reasons[n])) {
				return reasons[n];
			}
		}
	}
	return ST_OK;
}

unsigned int record_count(const struct record_set *set, enum record_type type)
{
	return set->count[row_of((uint16_t)type)];
}

struct rcur record_body(const struct record_set *set, enum record_type type)
{
	return set->body[row_of((uint16_t)type)];
}

enum status record_single(const struct record_set *set, enum record_type type,
			  struct rcur *out)
{
	unsigned int count = record_count(set, type);

	if (count != 1) {
		return count == 0 ? ST_MISSING_RECORD : ST_DUPLICATE_RECORD;
	}
	*out = record_body(set, type);
	return ST_OK;
}

size_t record_begin(struct wcur *w, enum record_type type)
{
	size_t start = w->used;
	uint16_t c = table[row_of((uint16_t)type)].critical ? RECORD_CRITICAL : 0;

	wcur_u16(w, (uint16_t)type | c);
	wcur_u16(w, 0);
	return start;
}

void record_end(struct wcur *w, size_t start)
{
	size_t len;

	if (w->st != ST_OK) {
		return;
	}
	len = w->used - start - RECORD_HEADER;
	if (len > UINT16_MAX) {
		w->st = ST_TOO_LONG;
		return;
	}
	wcur_patch_u16(w, start + 2, (uint16_t)len);
}

void record_put_u16(struct wcur *w, enum record_type type, uint16_t v)
{
	size_t start = record_begin(w, type);

	wcur_u16(w, v);
	record_end(w, start);
}

void record_put_u32(struct wcur *w, enum record_type type, uint32_t v)
{
	size_t start = record_begin(w, type);

	wcur_u32(w, v);
	record_end(w, start);
}
