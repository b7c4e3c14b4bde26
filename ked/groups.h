/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The group keys: for each configured group a current period and, in its update period, the next
 * (draft 2.1.1, WIRE.md 6). Made from the random generator, durable in the store before anyone
 * hears of them, turned by boot time alone.
 *
 * A restart changes no key and no instant. What the configuration says of lifetimes, MAC and
 * policies holds for periods made after it was read; those already made stay as they were.
 */
#ifndef NTS_KED_GROUPS_H
#define NTS_KED_GROUPS_H

#include "config/kedconf.h"
#include "ked/store.h"

struct groups;

/*
 * Takes up the stored periods of the configured groups; makes none yet. conf and store must
 * outlive it. ST_STORE (store_why tells), ST_NO_MEMORY.
 */
enum status groups_new(const struct kedconf *conf, struct store *store,
		       struct groups **out) MUST_CHECK;

/* Wipes and frees; g may be NULL. */
void groups_free(struct groups *g);

/* The configuration of the group with this association, or NULL. */
const struct kedconf_group *groups_find(const struct groups *g, const struct nts_assoc *assoc);

/*
 * Brings all groups to now_ms (boot time): drops what is over, lets Next become Current, makes
 * what is missing. Groups that fail keep what they have, others go on.
 * ST_STORE, ST_CRYPTO: of the first that failed.
 */
enum status groups_advance(struct groups *g, uint64_t now_ms) MUST_CHECK;

/* When groups_advance has something to do next, boot time ms. */
uint64_t groups_deadline(const struct groups *g);

/*
 * What a member gets of a group of groups_find at now_ms, brought to now_ms first: Current,
 * and Next exactly inside the update period. Seconds are rounded up, so that Lifetime is at
 * least 1. The outputs hold keys.
 * ST_STORE, ST_CRYPTO: a key that is due could not be made.
 */
enum status groups_params(struct groups *g, const struct kedconf_group *group, uint64_t now_ms,
			  struct nts_params *current, struct nts_params *next,
			  bool *has_next) MUST_CHECK;

#endif
