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
struct groups_view;	/* all groups at one instant; never changes */

/*
 * Takes up the stored periods of the configured groups; makes none yet. conf and store must
 * outlive it. ST_STORE (store_why tells), ST_NO_MEMORY.
 */
enum status groups_new(const struct kedconf *conf, struct store *store,
		       struct groups **out) MUST_CHECK;

/* Wipes and frees; nobody may be reading. g may be NULL. */
void groups_free(struct groups *g);

/*
 * Brings all groups to now_ms (boot time): drops what is over, lets Next become Current, makes
 * what is missing, for all groups in one transaction. Groups that fail keep what they have, others
 * go on. Takes store_lock; not to be called between groups_enter and groups_leave.
 * ST_STORE, ST_CRYPTO: of the first that failed. ST_NO_MEMORY: nothing was changed.
 */
enum status groups_advance(struct groups *g, uint64_t now_ms) MUST_CHECK;

/*
 * Takes another configuration, which must outlive it; returns when nobody reads the old one any
 * more. Groups in both keep their keys; what the new one says of them holds from their next period
 * on. A group that was not in the old one takes up what is stored of it; the next groups_advance,
 * which is due at once, makes what is missing. Takes store_lock.
 * ST_STORE, ST_NO_MEMORY: nothing was changed.
 */
enum status groups_reload(struct groups *g, const struct kedconf *conf) MUST_CHECK;

/* When groups_advance has something to do next, boot time ms. For the thread that advances. */
uint64_t groups_deadline(struct groups *g);

/*
 * For any thread, each with a reader's number of its own (util/snapshot.h). Waits for nobody. The
 * view, and what groups_find finds in it, are there until groups_leave.
 */
const struct groups_view *groups_enter(struct groups *g, unsigned int reader);
void groups_leave(struct groups *g, unsigned int reader);

/*
 * The same, with this group as it is at now_ms: waits where a key of it is due at this instant that
 * nobody has made yet.
 */
const struct groups_view *groups_enter_for(struct groups *g, unsigned int reader,
					   const struct nts_assoc *group, uint64_t now_ms);

/* The configuration that the view was made with. */
const struct kedconf *groups_conf(const struct groups_view *v);

/* How a group is, for people. Spans in milliseconds, from now_ms. */
struct groups_info {
	const struct kedconf_group *conf;
	bool has_current;	/* else the spans are 0 */
	bool has_next;
	uint64_t age;		/* since the current key's period began */
	uint64_t update_in;	/* 0 in the update period */
	uint64_t ends_in;
};

/* Of group i of the view; false behind the last. */
bool groups_info(const struct groups_view *v, size_t i, uint64_t now_ms, struct groups_info *out);

/* The configuration of the group with this association, or NULL. */
const struct kedconf_group *groups_find(const struct groups_view *v,
					const struct nts_assoc *assoc);

/*
 * What a member gets of a group of groups_find at now_ms: Current, and Next exactly inside the
 * update period. Seconds are rounded up, so that Lifetime is at least 1. The outputs hold keys.
 * ST_STORE, ST_CRYPTO, ST_NO_MEMORY: a key that is due could not be made.
 */
enum status groups_params(const struct groups_view *v, const struct kedconf_group *group,
			  uint64_t now_ms, struct nts_params *current, struct nts_params *next,
			  bool *has_next) MUST_CHECK;

#endif
