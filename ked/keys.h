/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making keys and key IDs that the store does not know yet (draft 2.2.2, WIRE.md 2). */
#ifndef NTS_KED_KEYS_H
#define NTS_KED_KEYS_H

#include "ked/store.h"

/*
 * Under store_lock. A key ID: random, not 0, not of any stored key (all live ones are stored), nor
 * one of the n at taken. ST_CRYPTO, ST_STORE.
 */
enum status keys_new_id(struct store *s, const uint32_t *taken, size_t n,
			uint32_t *out) MUST_CHECK;

/*
 * Under store_lock. One SA for each SPP that the policies name, with a key for that MAC, behind
 * the *n that sa has. No two get one key ID. ST_CRYPTO, ST_STORE, ST_UNKNOWN_ALG; sa may then
 * hold keys.
 */
enum status keys_make(struct store *s, const struct nts_policy *policy, uint16_t mac,
		      struct nts_sa sa[NTS_SA_MAX], uint8_t *n) MUST_CHECK;

#endif
