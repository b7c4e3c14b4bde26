// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One set of keys with its policies and times (WIRE.md 6). Must not leave a key unwiped on any
 * path.
 */
#include "tlv/sa_set.h"

#include <string.h>

#include "util/secret.h"

#define ROUNDING_MS 2000	/* by which an answer may overstate the end of a known key */

void sa_set_wipe(struct sa_set *s)
{
	for (uint8_t i = 0; i < s->n; i++) {
		crypto_mac_free(s->keys[i].handle);
	}
	secret_wipe(s, sizeof(*s));
}

/* No PTP message: under the key it is nobody's ICV. */
static void print_of(const struct sa_key *k, uint8_t out[SA_SET_PRINT])
{
	static const uint8_t text[] = "print of a key";
	uint8_t icv[ALG_ICV_MAX];

	crypto_mac_compute(k->handle, text, sizeof(text), icv);
	memcpy(out, icv, SA_SET_PRINT);
	secret_wipe(icv, sizeof(icv));
}

void sa_set_shed(struct sa_set *s)
{
	for (uint8_t i = 0; i < s->n; i++) {
		print_of(&s->keys[i], s->print[i]);
		crypto_mac_free(s->keys[i].handle);
		s->keys[i].handle = NULL;
	}
}

static const uint8_t *print_in(const struct sa_set *shed, const struct sa_key *k, uint64_t *serial)
{
	for (uint8_t i = 0; i < shed->n; i++) {
		const struct sa_key *was = &shed->keys[i];

		if (was->spp == k->spp && was->key_id == k->key_id && was->mac == k->mac) {
			*serial = was->serial;
			return shed->print[i];
		}
	}
	return NULL;
}

void sa_set_resume(struct sa_set *s, const struct sa_set *shed)
{
	uint64_t serials[NTS_SA_MAX];
	uint8_t print[SA_SET_PRINT];

	if (s->n != shed->n) {
		return;
	}
	for (uint8_t i = 0; i < s->n; i++) {
		const uint8_t *was = print_in(shed, &s->keys[i], &serials[i]);

		print_of(&s->keys[i], print);
		if (!was || !secret_equal(was, print, sizeof(print))) {
			return;
		}
	}
	for (uint8_t i = 0; i < s->n; i++) {
		s->keys[i].serial = serials[i];
	}
}

bool sa_set_fits(const struct nts_params *p)
{
	if (p->n_sa == 0 || p->n_sa > NTS_SA_MAX) {
		return false;
	}
	for (int type = 0; type < NTS_PTP_TYPES; type++) {
		if (p->policy.named >> type & 1 && !nts_params_sa(p, p->policy.spp[type])) {
			return false;
		}
	}
	return true;
}

bool sa_set_same(const struct sa_set *s, const struct nts_params *p)
{
	if (!p || s->n == 0 || s->n != p->n_sa) {
		return false;
	}
	for (uint8_t i = 0; i < s->n; i++) {
		const struct nts_sa *sa = nts_params_sa(p, s->keys[i].spp);

		if (!sa || sa->key_id != s->keys[i].key_id || sa->mac != s->keys[i].mac) {
			return false;
		}
	}
	return true;
}

static void set_policy(struct sa_set *s, const struct nts_params *p)
{
	s->policy = p->policy;
	s->grace_ms = (uint64_t)p->grace * 1000;
	for (int type = 0; type < NTS_PTP_TYPES; type++) {
		s->signer[type] = SA_SET_NO_KEY;
		for (uint8_t i = 0; i < s->n && p->policy.named >> type & 1; i++) {
			if (s->keys[i].spp == p->policy.spp[type]) {
				s->signer[type] = (int8_t)i;
			}
		}
	}
}

static void set_times(struct sa_set *s, const struct nts_params *p, uint64_t start)
{
	uint64_t end = start + (uint64_t)p->lifetime * 1000;

	if (s->expires_at && end >= s->expires_at && end - s->expires_at <= ROUNDING_MS) {
		return;
	}
	s->expires_at = end;
	s->update_at = start + (uint64_t)p->update_in * 1000;
}

void sa_set_refresh(struct sa_set *s, const struct nts_params *p, uint64_t start)
{
	set_policy(s, p);
	set_times(s, p, start);
}

enum status sa_set_make(const struct nts_params *p, uint64_t *last_serial, struct sa_set *out)
{
	struct sa_set s = { .n = 0 };
	enum status st;

	for (; s.n < p->n_sa; s.n++) {
		const struct nts_sa *sa = &p->sa[s.n];
		struct sa_key *k = &s.keys[s.n];

		st = crypto_mac_new(sa->mac, sa->key, sa->key_len, &k->handle);
		if (st != ST_OK) {
			sa_set_wipe(&s);
			return st;
		}
		k->spp = sa->spp;
		k->mac = sa->mac;
		k->key_id = sa->key_id;
		k->serial = ++*last_serial;
	}
	*out = s;
	return ST_OK;
}

struct sa_set sa_set_move(struct sa_set *from)
{
	struct sa_set s = *from;

	memset(from, 0, sizeof(*from));
	return s;
}

bool sa_set_names(const struct sa_set *s, uint8_t ptp_type)
{
	return s->policy.named >> (ptp_type & 0x0F) & 1;
}
