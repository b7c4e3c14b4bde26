// SPDX-License-Identifier: GPL-2.0-or-later
/* Making keys and key IDs. Must not hand out an ID twice. */
#include "ked/keys.h"

#include "nts/crypto.h"

#define ID_TRIES 16

static bool is_in(const uint32_t *ids, size_t n, uint32_t id)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ids[i] == id) {
			return true;
		}
	}
	return false;
}

enum status keys_new_id(struct store *s, const uint32_t *taken, size_t n, uint32_t *out)
{
	enum status st;
	uint32_t id;
	bool used;
	int i;

	for (i = 0; i < ID_TRIES; i++) {
		st = crypto_random((uint8_t *)&id, sizeof(id));
		if (!st) {
			st = store_key_id_used(s, id, &used);
		}
		if (st) {
			return st;
		}
		if (id && !used && !is_in(taken, n, id)) {
			*out = id;
			return ST_OK;
		}
	}
	return ST_CRYPTO;
}

static enum status add_sa(struct store *s, uint16_t mac, uint8_t spp, struct nts_sa *sa, uint8_t *n)
{
	const struct alg_mac *alg = alg_mac(mac);
	uint32_t taken[NTS_SA_MAX];
	enum status st;
	size_t i;

	if (!alg || *n == NTS_SA_MAX) {
		return ST_UNKNOWN_ALG;
	}
	for (i = 0; i < *n; i++) {
		taken[i] = sa[i].key_id;
	}
	sa += *n;
	st = keys_new_id(s, taken, *n, &sa->key_id);
	if (st) {
		return st;
	}
	sa->spp = spp;
	sa->mac = alg->number;
	sa->key_len = alg->key_len;
	++*n;
	return crypto_random_key(sa->key, sa->key_len);
}

static bool has_spp(const struct nts_sa *sa, size_t n, uint8_t spp)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (sa[i].spp == spp) {
			return true;
		}
	}
	return false;
}

enum status keys_make(struct store *s, const struct nts_policy *policy, uint16_t mac,
		      struct nts_sa sa[NTS_SA_MAX], uint8_t *n)
{
	enum status st = ST_OK;
	size_t type;

	for (type = 0; type < NTS_PTP_TYPES && !st; type++) {
		uint8_t spp = policy->spp[type];

		if ((policy->named & (1U << type)) && !has_spp(sa, *n, spp)) {
			st = add_sa(s, mac, spp, sa, n);
		}
	}
	return st;
}
