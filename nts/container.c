// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parameters Containers and the Ticket Container: WIRE.md 4 to 6. What the records of one
 * container must have to do with each other is checked here. Must not know a clock.
 */
#include "nts/container.h"

#include <string.h>

#include "nts/body.h"
#include "nts/message.h"
#include "util/secret.h"

static const struct nts_sa *find_spp(const struct nts_sa *sa, size_t n, uint8_t spp)
{
	for (size_t i = 0; i < n; i++) {
		if (sa[i].spp == spp) {
			return &sa[i];
		}
	}
	return NULL;
}

static bool has_key_id(const struct nts_sa *sa, size_t n, uint32_t key_id)
{
	for (size_t i = 0; i < n; i++) {
		if (sa[i].key_id == key_id) {
			return true;
		}
	}
	return false;
}

static bool names_spp(const struct nts_policy *policy, uint8_t spp)
{
	for (size_t type = 0; type < NTS_PTP_TYPES; type++) {
		if ((policy->named & 1u << type) && policy->spp[type] == spp) {
			return true;
		}
	}
	return false;
}

/* One SA for each SPP that the policies name, and no other. */
static enum status match_policy(const struct nts_policy *policy, const struct nts_sa *sa, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!names_spp(policy, sa[i].spp)) {
			return ST_BAD_VALUE;
		}
	}
	for (size_t type = 0; type < NTS_PTP_TYPES; type++) {
		if ((policy->named & 1u << type) && !find_spp(sa, n, policy->spp[type])) {
			return ST_MISSING_RECORD;
		}
	}
	return ST_OK;
}

/* Security Policies and Security Associations of a set that has passed record_check. */
static enum status read_security(const struct record_set *set, struct nts_policy *policy,
				 struct nts_sa sa[NTS_SA_MAX], uint8_t *n_sa)
{
	uint8_t n = (uint8_t)record_count(set, RECORD_SECURITY_ASSOCIATION);
	enum status st = body_read_policy(record_body(set, RECORD_SECURITY_POLICIES), policy);

	for (uint8_t i = 0; st == ST_OK && i < n; i++) {
		st = body_read_sa(set->sa[i], &sa[i]);
		if (st == ST_OK && find_spp(sa, i, sa[i].spp)) {
			st = ST_DUPLICATE_RECORD;
		}
		if (st == ST_OK && has_key_id(sa, i, sa[i].key_id)) {
			st = ST_BAD_VALUE;
		}
	}
	if (st != ST_OK) {
		return st;
	}
	*n_sa = n;
	return match_policy(policy, sa, n);
}

/* Lifetime, Time until Update, Grace Period. */
static enum status read_times(const struct record_set *set, struct nts_params *out)
{
	enum status st = body_read_u32(record_body(set, RECORD_LIFETIME), &out->lifetime);

	if (st == ST_OK) {
		st = body_read_u32(record_body(set, RECORD_TIME_UNTIL_UPDATE), &out->update_in);
	}
	out->has_grace = record_count(set, RECORD_GRACE_PERIOD) > 0;
	out->grace = NTS_GRACE_DEFAULT;
	if (st == ST_OK && out->has_grace) {
		st = body_read_u32(record_body(set, RECORD_GRACE_PERIOD), &out->grace);
	}
	if (st != ST_OK) {
		return st;
	}
	return out->lifetime >= 1 && out->update_in <= out->lifetime ? ST_OK : ST_BAD_VALUE;
}

static enum status read_ticket_key_id(const struct record_set *set, struct nts_params *out)
{
	enum status st = body_read_u32(record_body(set, RECORD_TICKET_KEY_ID),
				       &out->ticket_key_id);

	if (st != ST_OK) {
		return st;
	}
	return out->ticket_key_id != 0 ? ST_OK : ST_BAD_VALUE;
}

static enum status read_ticket(const struct record_set *set, struct nts_params *out)
{
	enum status st = read_ticket_key_id(set, out);

	if (st != ST_OK) {
		return st;
	}
	out->has_ticket = true;
	return body_read_ticket(record_body(set, RECORD_TICKET), &out->ticket);
}

enum status container_read_grant(struct rcur body, struct nts_params *out)
{
	struct record_set set;
	bool ticket;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = record_collect_container(body, &set);
	if (st != ST_OK) {
		return st;
	}
	ticket = record_count(&set, RECORD_TICKET) || record_count(&set, RECORD_TICKET_KEY_ID);
	st = record_check(&set, ticket ? PLACE_TICKET_PARAMETERS : PLACE_GROUP_PARAMETERS);
	if (st == ST_OK) {
		st = read_security(&set, &out->policy, out->sa, &out->n_sa);
	}
	if (st == ST_OK) {
		st = read_times(&set, out);
	}
	if (st == ST_OK && ticket) {
		st = read_ticket(&set, out);
	}
	return st;
}

/* The chosen AEAD, one number, and the key for it. */
static enum status read_ticket_key(const struct record_set *set, struct nts_params *out)
{
	enum status st = body_read_u16(record_body(set, RECORD_AEAD_ALGORITHM), &out->aead);

	if (st != ST_OK) {
		return st;
	}
	return body_read_ticket_key(record_body(set, RECORD_TICKET_KEY), out->aead,
				    out->ticket_key, &out->ticket_key_len);
}

enum status container_read_registration(struct rcur body, struct nts_params *out)
{
	struct record_set set;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = record_collect_container(body, &set);
	if (st == ST_OK) {
		st = record_check(&set, PLACE_REGISTRATION_PARAMETERS);
	}
	if (st == ST_OK) {
		st = read_times(&set, out);
	}
	if (st == ST_OK) {
		st = read_ticket_key_id(&set, out);
	}
	if (st == ST_OK) {
		st = read_ticket_key(&set, out);
	}
	return st;
}

enum status container_check_next(const struct nts_params *current, const struct nts_params *next)
{
	if (current->has_ticket != next->has_ticket) {
		return ST_BAD_VALUE;
	}
	if (current->ticket_key_id != 0 && current->ticket_key_id == next->ticket_key_id) {
		return ST_BAD_VALUE;
	}
	for (size_t i = 0; i < next->n_sa; i++) {
		if (has_key_id(current->sa, current->n_sa, next->sa[i].key_id)) {
			return ST_BAD_VALUE;
		}
	}
	return ST_OK;
}

/* Are the counts and lengths within what the struct has room for? */
static bool fits(const struct nts_sa *sa, size_t n_sa)
{
	if (n_sa > NTS_SA_MAX) {
		return false;
	}
	for (size_t i = 0; i < n_sa; i++) {
		if (sa[i].key_len > sizeof(sa[i].key)) {
			return false;
		}
	}
	return true;
}

static void write_security(struct wcur *w, const struct nts_policy *policy,
			   const struct nts_sa *sa, size_t n_sa)
{
	if (policy->named) {
		body_write_policy(w, policy);
	}
	for (size_t i = 0; i < n_sa; i++) {
		body_write_sa(w, &sa[i]);
	}
}

static void write_ticket_records(struct wcur *w, const struct nts_params *p)
{
	if (p->ticket_key_id != 0) {
		record_put_u32(w, RECORD_TICKET_KEY_ID, p->ticket_key_id);
	}
	if (p->has_ticket) {
		body_write_ticket(w, &p->ticket);
	}
	if (p->ticket_key_len > 0) {
		record_put_u16(w, RECORD_AEAD_ALGORITHM, p->aead);
		body_write_ticket_key(w, p->ticket_key, p->ticket_key_len);
	}
}

void container_write(struct wcur *w, enum record_type type, const struct nts_params *p)
{
	size_t start = record_begin(w, type);

	if (!fits(p->sa, p->n_sa) || p->ticket.nonce_len > sizeof(p->ticket.nonce) ||
	    p->ticket.len > sizeof(p->ticket.octets) ||
	    p->ticket_key_len > sizeof(p->ticket_key)) {
		w->st = w->st == ST_OK ? ST_BAD_LENGTH : w->st;
		return;
	}
	write_security(w, &p->policy, p->sa, p->n_sa);
	record_put_u32(w, RECORD_LIFETIME, p->lifetime);
	record_put_u32(w, RECORD_TIME_UNTIL_UPDATE, p->update_in);
	if (p->has_grace) {
		record_put_u32(w, RECORD_GRACE_PERIOD, p->grace);
	}
	write_ticket_records(w, p);
	record_end(w, start);
}

static enum status read_ticket_container(struct rcur body, struct ke_ticket_container *out)
{
	struct record_set set;
	enum status st = record_collect_container(body, &set);

	if (st == ST_OK) {
		st = record_check(&set, PLACE_TICKET_CONTAINER);
	}
	if (st == ST_OK) {
		st = read_security(&set, &out->policy, out->sa, &out->n_sa);
	}
	if (st == ST_OK) {
		st = body_read_identities(record_body(&set, RECORD_REQUESTING_IDENTITY),
					  out->identities, &out->n_identities);
	}
	return st;
}

enum status ke_container_decode(const uint8_t *data, size_t len, struct ke_ticket_container *out)
{
	struct rcur c = rcur_init(data, len);
	struct ke_ticket_container t;
	struct record r;
	enum status st = record_next(&c, &r);

	if (st != ST_OK) {
		return st;
	}
	if (r.type != RECORD_TICKET_CONTAINER) {
		return ST_FOREIGN_RECORD;
	}
	if (c.left > 0) {
		return ST_TRAILING;
	}
	memset(&t, 0, sizeof(t));
	st = read_ticket_container(r.body, &t);
	if (st == ST_OK) {
		*out = t;
	}
	secret_wipe(&t, sizeof(t));
	return st;
}

/* Octets that we wrote are octets that we take: the reader is the judge of both. */
static enum status check_container(const uint8_t *data, size_t len)
{
	struct ke_ticket_container t;
	enum status st = ke_container_decode(data, len, &t);

	if (st == ST_OK) {
		secret_wipe(&t, sizeof(t));
	}
	return st;
}

enum status ke_container_encode(const struct ke_ticket_container *t, uint8_t *data, size_t cap,
				size_t *len)
{
	struct wcur w = wcur_init(data, cap);
	size_t start;
	enum status st;

	if (!fits(t->sa, t->n_sa) || t->n_identities > NTS_IDENTITIES_MAX) {
		return ST_BAD_LENGTH;
	}
	start = record_begin(&w, RECORD_TICKET_CONTAINER);
	write_security(&w, &t->policy, t->sa, t->n_sa);
	if (t->n_identities > 0) {
		body_write_identities(&w, t->identities, t->n_identities);
	}
	record_end(&w, start);
	st = w.st == ST_OK ? check_container(data, w.used) : w.st;
	if (st != ST_OK) {
		secret_wipe(data, w.used);
		return st;
	}
	*len = w.used;
	return ST_OK;
}
