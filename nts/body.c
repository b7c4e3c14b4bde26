// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bodies of NTS records: WIRE.md 2 and 3. Must not decide which record may stand where, nor
 * compare one record with another.
 */
#include "nts/body.h"

#include <string.h>

#define VERSION_MAJOR 1
#define VERSION_MINOR 0

/* The end of a body: nothing was missing and nothing is left. */
static enum status done(const struct rcur *c)
{
	return c->st == ST_OK && c->left == 0 ? ST_OK : ST_BAD_LENGTH;
}

enum status body_read_u16(struct rcur c, uint16_t *out)
{
	rcur_u16(&c, out);
	return done(&c);
}

enum status body_read_u32(struct rcur c, uint32_t *out)
{
	rcur_u32(&c, out);
	return done(&c);
}

enum status body_read_version(struct rcur c)
{
	uint8_t major = 0;
	uint8_t minor = 0;

	rcur_u8(&c, &major);
	rcur_u8(&c, &minor);
	if (done(&c) != ST_OK) {
		return ST_BAD_LENGTH;
	}
	return major == VERSION_MAJOR && minor == VERSION_MINOR ? ST_OK : ST_BAD_VERSION;
}

enum status body_read_protocols(struct rcur c, uint16_t wanted, bool *found, size_t *n)
{
	uint16_t number = 0;

	*found = false;
	*n = 0;
	while (c.left > 0 && rcur_u16(&c, &number) == ST_OK) {
		*found |= number == wanted;
		(*n)++;
	}
	return done(&c);
}

enum status body_read_algs(struct rcur c, uint16_t out[NTS_ALGS_MAX], uint8_t *n)
{
	uint8_t i;

	for (i = 0; i < NTS_ALGS_MAX && c.left > 0; i++) {
		rcur_u16(&c, &out[i]);
		if (c.st != ST_OK) {
			return ST_BAD_LENGTH;
		}
	}
	*n = i;
	return i > 0 ? done(&c) : ST_BAD_LENGTH;
}

void body_write_algs(struct wcur *w, enum record_type type, const uint16_t *algs, size_t n)
{
	size_t start = record_begin(w, type);

	for (size_t i = 0; i < n; i++) {
		wcur_u16(w, algs[i]);
	}
	record_end(w, start);
}

static enum status read_assoc(struct rcur *c, struct nts_assoc *out)
{
	size_t len;

	memset(out, 0, sizeof(*out));
	if (rcur_u16(c, &out->type) != ST_OK) {
		return ST_BAD_LENGTH;
	}
	len = nts_assoc_value_len(out->type);
	if (len == 0) {
		return ST_BAD_VALUE;
	}
	if (rcur_octets(c, out->value, len) != ST_OK) {
		return ST_BAD_LENGTH;
	}
	return nts_assoc_check(out);
}

static void write_assoc(struct wcur *w, const struct nts_assoc *a)
{
	if (w->st != ST_OK) {
		return;
	}
	w->st = nts_assoc_check(a);
	wcur_u16(w, a->type);
	wcur_octets(w, a->value, nts_assoc_value_len(a->type));
}

enum status body_read_assoc(struct rcur c, struct nts_assoc *out)
{
	enum status st = read_assoc(&c, out);

	return st != ST_OK ? st : done(&c);
}

void body_write_assoc(struct wcur *w, const struct nts_assoc *a)
{
	size_t start = record_begin(w, RECORD_ASSOCIATION_MODE);

	write_assoc(w, a);
	record_end(w, start);
}

enum status body_read_identities(struct rcur c, struct nts_assoc out[NTS_IDENTITIES_MAX],
				 uint8_t *n)
{
	uint8_t i;

	for (i = 0; i < NTS_IDENTITIES_MAX && c.left > 0; i++) {
		enum status st = read_assoc(&c, &out[i]);

		if (st != ST_OK) {
			return st;
		}
		if (out[i].type == NTS_ASSOC_GROUP) {
			return ST_BAD_VALUE;
		}
	}
	*n = i;
	return i > 0 ? done(&c) : ST_BAD_LENGTH;
}

void body_write_identities(struct wcur *w, const struct nts_assoc *ids, size_t n)
{
	size_t start = record_begin(w, RECORD_REQUESTING_IDENTITY);

	for (size_t i = 0; i < n; i++) {
		write_assoc(w, &ids[i]);
	}
	record_end(w, start);
}

enum status body_read_sa(struct rcur c, struct nts_sa *out)
{
	const struct alg_mac *row;
	uint16_t key_len = 0;

	memset(out, 0, sizeof(*out));
	rcur_u8(&c, &out->spp);
	rcur_u16(&c, &out->mac);
	rcur_u32(&c, &out->key_id);
	rcur_u16(&c, &key_len);
	if (c.st != ST_OK) {
		return ST_BAD_LENGTH;
	}
	row = alg_mac(out->mac);
	if (!row) {
		return ST_UNKNOWN_ALG;
	}
	if (key_len != row->key_len) {
		return ST_BAD_LENGTH;
	}
	if (out->key_id == 0) {
		return ST_BAD_VALUE;
	}
	out->key_len = row->key_len;
	rcur_octets(&c, out->key, key_len);
	return done(&c);
}

void body_write_sa(struct wcur *w, const struct nts_sa *sa)
{
	size_t start = record_begin(w, RECORD_SECURITY_ASSOCIATION);

	wcur_u8(w, sa->spp);
	wcur_u16(w, sa->mac);
	wcur_u32(w, sa->key_id);
	wcur_u16(w, sa->key_len);
	wcur_octets(w, sa->key, sa->key_len);
	record_end(w, start);
}

enum status body_read_policy(struct rcur c, struct nts_policy *out)
{
	uint8_t type = 0;
	uint8_t spp = 0;

	memset(out, 0, sizeof(*out));
	while (c.left > 0) {
		rcur_u8(&c, &type);
		if (rcur_u8(&c, &spp) != ST_OK) {
			return ST_BAD_LENGTH;
		}
		if (type >= NTS_PTP_TYPES || (out->named & 1u << type)) {
			return ST_BAD_VALUE;
		}
		out->named |= (uint16_t)(1u << type);
		out->spp[type] = spp;
	}
	return out->named ? ST_OK : ST_BAD_VALUE;
}

void body_write_policy(struct wcur *w, const struct nts_policy *policy)
{
	size_t start = record_begin(w, RECORD_SECURITY_POLICIES);

	for (uint8_t type = 0; type < NTS_PTP_TYPES; type++) {
		if (policy->named & 1u << type) {
			wcur_u8(w, type);
			wcur_u8(w, policy->spp[type]);
		}
	}
	record_end(w, start);
}

enum status body_read_ticket(struct rcur c, struct nts_ticket *out)
{
	memset(out, 0, sizeof(*out));
	rcur_u16(&c, &out->aead);
	rcur_u16(&c, &out->nonce_len);
	if (c.st != ST_OK || out->nonce_len != NTS_NONCE_LEN) {
		return ST_BAD_LENGTH;
	}
	rcur_octets(&c, out->nonce, out->nonce_len);
	rcur_u16(&c, &out->len);
	if (c.st != ST_OK || out->len == 0 || out->len > NTS_TICKET_MAX) {
		return ST_BAD_LENGTH;
	}
	rcur_octets(&c, out->octets, out->len);
	return done(&c);
}

void body_write_ticket(struct wcur *w, const struct nts_ticket *t)
{
	size_t start = record_begin(w, RECORD_TICKET);

	wcur_u16(w, t->aead);
	wcur_u16(w, t->nonce_len);
	wcur_octets(w, t->nonce, t->nonce_len);
	wcur_u16(w, t->len);
	wcur_octets(w, t->octets, t->len);
	record_end(w, start);
}

enum status body_read_ticket_key(struct rcur c, uint16_t aead, uint8_t out[ALG_AEAD_KEY_MAX],
				 uint8_t *len)
{
	const struct alg_aead *row = alg_aead(aead);

	if (!row) {
		return ST_UNKNOWN_ALG;
	}
	if (c.left != row->key_len) {
		return ST_BAD_LENGTH;
	}
	*len = row->key_len;
	rcur_octets(&c, out, row->key_len);
	return done(&c);
}

void body_write_ticket_key(struct wcur *w, const uint8_t *key, size_t len)
{
	size_t start = record_begin(w, RECORD_TICKET_KEY);

	wcur_octets(w, key, len);
	record_end(w, start);
}
