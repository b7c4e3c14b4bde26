/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bodies of NTS records, octets to struct and back: WIRE.md 2 and 3. Internal to the message
 * layer.
 *
 * Readers take the whole body: ST_BAD_LENGTH when its length does not fit what it holds,
 * ST_BAD_VALUE when a value cannot be. They may have written to out when they fail.
 * Writers write the whole record; what they cannot write is kept in w.
 */
#ifndef NTS_NTS_BODY_H
#define NTS_NTS_BODY_H

#include "nts/record.h"

enum status body_read_u16(struct rcur c, uint16_t *out) MUST_CHECK;
enum status body_read_u32(struct rcur c, uint32_t *out) MUST_CHECK;

/* NTS Message Version; ST_BAD_VERSION when it is not 1.0. */
enum status body_read_version(struct rcur c) MUST_CHECK;

/* NTS Next Protocol Negotiation: is this number in the list, and how long is the list? */
enum status body_read_protocols(struct rcur c, uint16_t wanted, bool *found,
				size_t *n) MUST_CHECK;

/* A list of 1 to NTS_ALGS_MAX algorithm numbers. */
enum status body_read_algs(struct rcur c, uint16_t out[NTS_ALGS_MAX], uint8_t *n) MUST_CHECK;
void body_write_algs(struct wcur *w, enum record_type type, const uint16_t *algs, size_t n);

/* Association Mode: one association. */
enum status body_read_assoc(struct rcur c, struct nts_assoc *out) MUST_CHECK;
void body_write_assoc(struct wcur *w, const struct nts_assoc *a);

/* Requesting PTP Identity: 1 to NTS_IDENTITIES_MAX associations, none of them a group. */
enum status body_read_identities(struct rcur c, struct nts_assoc out[NTS_IDENTITIES_MAX],
				 uint8_t *n) MUST_CHECK;
void body_write_identities(struct wcur *w, const struct nts_assoc *ids, size_t n);

/* Security Association; also ST_UNKNOWN_ALG. */
enum status body_read_sa(struct rcur c, struct nts_sa *out) MUST_CHECK;
void body_write_sa(struct wcur *w, const struct nts_sa *sa);

/* Security Policies; ST_BAD_VALUE also when empty or when a type stands twice. */
enum status body_read_policy(struct rcur c, struct nts_policy *out) MUST_CHECK;
void body_write_policy(struct wcur *w, const struct nts_policy *policy);

/* Ticket, still encrypted; its AEAD need not be one of ours. */
enum status body_read_ticket(struct rcur c, struct nts_ticket *out) MUST_CHECK;
void body_write_ticket(struct wcur *w, const struct nts_ticket *t);

/* Ticket Key, as long as the AEAD needs; ST_UNKNOWN_ALG. */
enum status body_read_ticket_key(struct rcur c, uint16_t aead, uint8_t out[ALG_AEAD_KEY_MAX],
				 uint8_t *len) MUST_CHECK;
void body_write_ticket_key(struct wcur *w, const uint8_t *key, size_t len);

#endif
