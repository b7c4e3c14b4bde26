// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NTS messages for PTP, octets to struct: WIRE.md 5. First all records are collected, since
 * their order is free; then the message's kind is found, then the table is held against it,
 * and only then the bodies are read. Must not look at who sent it.
 */
#include "nts/message.h"

#include <string.h>

#include "nts/body.h"
#include "nts/container.h"
#include "util/secret.h"

typedef enum status (*read_params)(struct rcur body, struct nts_params *out);

static const struct {
	enum ke_side side;	/* who reads it */
	enum record_place place;
	read_params params;	/* NULL: carries none */
} kinds[] = {
	[KE_KEY_REQUEST] = { KE_SERVER, PLACE_GROUP_REQUEST, NULL },
	[KE_KEY_GRANT] = { KE_CLIENT, PLACE_GRANT, container_read_grant },
	[KE_REFUSAL] = { KE_CLIENT, PLACE_REFUSAL, NULL },
	[KE_REGISTRATION_REQUEST] = { KE_SERVER, PLACE_REGISTRATION_REQUEST, NULL },
	[KE_REGISTRATION_SUCCESS] = { KE_CLIENT, PLACE_REGISTRATION_SUCCESS,
				      container_read_registration },
	[KE_REGISTRATION_REVOKE] = { KE_SERVER, PLACE_REVOKE, NULL },
	[KE_BARE_ERROR] = { KE_CLIENT, PLACE_BARE_ERROR, NULL },
	[KE_NO_PROTOCOL] = { KE_CLIENT, PLACE_NO_PROTOCOL, NULL },
};

/*
 * A request must offer PTPv2.1, among others. Asked first: without it the other records have
 * another protocol's meaning, and the answer is RFC 8915's.
 */
static enum status check_offer(const struct record_set *set)
{
	struct rcur body;
	bool found;
	size_t n;
	enum status st = record_single(set, RECORD_NEXT_PROTOCOL, &body);

	if (st == ST_OK) {
		st = body_read_protocols(body, KE_PROTOCOL_PTP, &found, &n);
	}
	if (st != ST_OK) {
		return st;
	}
	return found ? ST_OK : ST_NO_PROTOCOL;
}

/* An answer names PTPv2.1 and nothing that we did not offer; *n is 0 for the empty answer. */
static enum status check_answer(const struct record_set *set, size_t *n)
{
	struct rcur body;
	bool found;
	enum status st = record_single(set, RECORD_NEXT_PROTOCOL, &body);

	if (st == ST_OK) {
		st = body_read_protocols(body, KE_PROTOCOL_PTP, &found, n);
	}
	if (st != ST_OK) {
		return st;
	}
	return *n == 0 || (*n == 1 && found) ? ST_OK : ST_BAD_VALUE;
}

/* NTS Message Version, then NTS Message Type. */
static enum status read_type(const struct record_set *set, enum ke_side side, enum ke_type *out)
{
	struct rcur body;
	uint16_t type = 0;
	enum status st = record_single(set, RECORD_MESSAGE_VERSION, &body);

	if (st == ST_OK) {
		st = body_read_version(body);
	}
	if (st == ST_OK) {
		st = record_single(set, RECORD_MESSAGE_TYPE, &body);
	}
	if (st == ST_OK) {
		st = body_read_u16(body, &type);
	}
	if (st != ST_OK) {
		return st;
	}
	if (type >= KE_TYPES || kinds[type].side != side) {
		return ST_BAD_TYPE;
	}
	*out = (enum ke_type)type;
	return ST_OK;
}

/* An answer without a message type is one of RFC 8915's two, or malformed. */
static enum status find_answer(const struct record_set *set, enum ke_type *out)
{
	bool typed = record_count(set, RECORD_MESSAGE_TYPE) > 0;
	size_t n = 0;
	enum status st;

	if (!typed && record_count(set, RECORD_ERROR) > 0) {
		*out = KE_BARE_ERROR;
		return ST_OK;
	}
	st = check_answer(set, &n);
	if (st != ST_OK) {
		return st;
	}
	if (!typed && n == 0) {
		*out = KE_NO_PROTOCOL;
		return ST_OK;
	}
	if (n == 0) {
		return ST_BAD_LENGTH;
	}
	return read_type(set, KE_CLIENT, out);
}

static enum status find_kind(const struct record_set *set, enum ke_side side, enum ke_type *out)
{
	enum status st;

	if (side == KE_SERVER) {
		st = check_offer(set);
		if (st != ST_OK) {
			return st;
		}
	}
	if (set->unknown_critical) {
		return ST_UNKNOWN_CRITICAL;
	}
	return side == KE_SERVER ? read_type(set, side, out) : find_answer(set, out);
}

/* The column of the table; a Key Request's depends on its Association Mode. */
static enum status find_place(const struct record_set *set, struct ke_message *m,
			      enum record_place *out)
{
	struct rcur body;
	enum status st;

	*out = kinds[m->type].place;
	if (m->type != KE_KEY_REQUEST) {
		return ST_OK;
	}
	st = record_single(set, RECORD_ASSOCIATION_MODE, &body);
	if (st == ST_OK) {
		st = body_read_assoc(body, &m->assoc);
	}
	if (st == ST_OK && m->assoc.type != NTS_ASSOC_GROUP) {
		*out = PLACE_TICKET_REQUEST;
	}
	return st;
}

/* Each that stands there is read: the table has said that it may. */
static enum status read_lists(const struct record_set *set, struct ke_message *m)
{
	enum status st = ST_OK;

	if (record_count(set, RECORD_REQUESTING_IDENTITY) > 0) {
		st = body_read_identities(record_body(set, RECORD_REQUESTING_IDENTITY),
					  m->identities, &m->n_identities);
	}
	if (st == ST_OK && record_count(set, RECORD_MAC_ALGORITHM) > 0) {
		st = body_read_algs(record_body(set, RECORD_MAC_ALGORITHM), m->macs, &m->n_macs);
	}
	if (st == ST_OK && record_count(set, RECORD_AEAD_ALGORITHM) > 0) {
		st = body_read_algs(record_body(set, RECORD_AEAD_ALGORITHM), m->aeads,
				    &m->n_aeads);
	}
	if (st == ST_OK && record_count(set, RECORD_ERROR) > 0) {
		st = body_read_u16(record_body(set, RECORD_ERROR), &m->error);
	}
	return st;
}

static enum status read_containers(const struct record_set *set, struct ke_message *m)
{
	read_params params = kinds[m->type].params;
	enum status st;

	if (!params) {
		return ST_OK;
	}
	st = params(record_body(set, RECORD_CURRENT_PARAMETERS), &m->current);
	if (st != ST_OK || record_count(set, RECORD_NEXT_PARAMETERS) == 0) {
		return st;
	}
	m->has_next = true;
	st = params(record_body(set, RECORD_NEXT_PARAMETERS), &m->next);
	return st == ST_OK ? container_check_next(&m->current, &m->next) : st;
}

static enum status read_message(struct rcur c, enum ke_side side, struct ke_message *m)
{
	struct record_set set;
	enum record_place place;
	enum status st = record_collect_message(c, &set);

	if (st == ST_OK) {
		st = find_kind(&set, side, &m->type);
	}
	if (st == ST_OK) {
		st = find_place(&set, m, &place);
	}
	if (st == ST_OK) {
		st = record_check(&set, place);
	}
	if (st == ST_OK) {
		st = read_lists(&set, m);
	}
	if (st == ST_OK) {
		st = read_containers(&set, m);
	}
	return st;
}

enum status ke_decode(const uint8_t *data, size_t len, enum ke_side side, struct ke_message *out)
{
	struct ke_message m;
	enum status st;

	if (len > (side == KE_SERVER ? KE_REQUEST_MAX : KE_RESPONSE_MAX)) {
		return ST_TOO_LONG;
	}
	memset(&m, 0, sizeof(m));
	st = read_message(rcur_init(data, len), side, &m);
	if (st == ST_OK) {
		*out = m;
	}
	secret_wipe(&m, sizeof(m));
	return st;
}
