// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Granting the key of a pair: one for each registration, requester and period, with its ticket.
 * Must not make a second one for the same, nor hand out what is not stored.
 */
#include <string.h>

#include "ked/keys.h"
#include "ked/pairs.h"
#include "ked/plan.h"
#include "util/secret.h"

static enum status make_keys(struct grantors *g, struct plan *plan)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < plan->n && !st; i++) {
		if (!plan->pair[i].n_sa) {
			st = keys_make(g->store, &plan->key[i].policy, plan->mac[i],
				       plan->pair[i].sa, &plan->pair[i].n_sa);
		}
	}
	return st;
}

static void exchange(struct grantors *g, const struct plan *plan, struct pair *const fresh[PERIODS])
{
	struct pair *old;
	size_t i;

	pthread_rwlock_wrlock(&g->lock);
	for (i = 0; i < plan->n; i++) {
		old = pairs_find(g, plan->key[i].id, plan->ask->client);
		if (old) {
			pairs_drop(g, old);
		}
		pairs_link(g, fresh[i]);
	}
	pairs_sweep(g, plan->now);
	pthread_rwlock_unlock(&g->lock);
}

static enum status make_pairs(struct grantors *g, struct plan *plan)
{
	struct pair *fresh[PERIODS] = { NULL };
	enum status st = make_keys(g, plan);
	size_t i;

	for (i = 0; i < plan->n && !st; i++) {
		fresh[i] = pairs_new(&plan->pair[i], plan->key[i].end_ms);
		st = fresh[i] ? ST_OK : ST_NO_MEMORY;
	}
	if (!st) {
		st = store_put_pairs(g->store, plan->pair, plan->n);
	}
	for (i = 0; i < PERIODS; i++) {
		if (fresh[i] && st) {
			pairs_free(fresh[i]);
		} else if (fresh[i]) {
			fresh[i]->id = plan->pair[i].id;
		}
	}
	if (!st) {
		exchange(g, plan, fresh);
	}
	return st;
}

/* Looks again under store_lock: another may have made it meanwhile. */
static enum status make_missing(struct grantors *g, const struct grantors_ask *ask,
				struct plan *plan)
{
	enum status st;

	store_lock(g->store);
	st = plan_make(g, ask, plan);
	if (!st && plan->store) {
		st = make_pairs(g, plan);
	}
	store_unlock(g->store);
	return st;
}

/* ---- the answer ---- */

static void fill(const struct store_ticket_key *k, const struct store_pair *p, int64_t from_ms,
		 struct nts_params *out)
{
	memset(out, 0, sizeof(*out));
	out->policy = k->policy;
	out->n_sa = p->n_sa;
	memcpy(out->sa, p->sa, p->n_sa * sizeof(p->sa[0]));
	out->lifetime = grantors_seconds(from_ms, k->end_ms);
	out->update_in = grantors_seconds(from_ms, k->update_ms);
	out->grace = k->grace;
	out->has_grace = true;
}

static enum status add_ticket(const struct store_ticket_key *k, const struct store_pair *p,
			      struct nts_params *out)
{
	struct ke_ticket_container t = { .policy = k->policy, .n_sa = p->n_sa,
					 .n_identities = p->n_identities };
	uint8_t nonce[NTS_NONCE_LEN];
	enum status st = crypto_random(nonce, sizeof(nonce));

	memcpy(t.sa, p->sa, p->n_sa * sizeof(p->sa[0]));
	memcpy(t.identities, p->identities, p->n_identities * sizeof(p->identities[0]));
	if (!st) {
		st = ticket_seal(&k->key, nonce, &t, &out->ticket);
	}
	secret_wipe(&t, sizeof(t));
	out->ticket_key_id = k->key.id;
	out->has_ticket = true;
	return st;
}

static enum status answer_plan(const struct plan *plan, bool ticket, struct ke_message *answer)
{
	struct nts_params *params[PERIODS] = { &answer->current, &answer->next };
	enum status st = ST_OK;
	size_t i;

	answer->type = KE_KEY_GRANT;
	answer->has_next = plan->n == PERIODS;
	for (i = 0; i < plan->n && !st; i++) {
		fill(&plan->key[i], &plan->pair[i], i ? plan->key[i].start_ms : plan->now,
		     params[i]);
		if (ticket) {
			st = add_ticket(&plan->key[i], &plan->pair[i], params[i]);
		}
	}
	return st;
}

typedef enum status plan_for(const struct grantors *g, const struct grantors_ask *ask,
			     struct plan *plan);

static enum status grant(struct grantors *g, const struct grantors_ask *ask, plan_for *make_plan,
			 bool ticket, struct ke_message *answer)
{
	struct plan plan;
	enum status st;

	pthread_rwlock_rdlock(&g->lock);
	st = make_plan(g, ask, &plan);
	pthread_rwlock_unlock(&g->lock);
	if (!st && plan.store) {
		st = make_missing(g, ask, &plan);
	}
	if (!st) {
		st = answer_plan(&plan, ticket, answer);
	}
	secret_wipe(&plan, sizeof(plan));
	return st;
}

enum status grantors_grant(struct grantors *g, const struct grantors_ask *ask,
			   struct ke_message *answer)
{
	return grant(g, ask, plan_make, true, answer);
}

enum status grantors_pair(struct grantors *g, const struct grantors_ask *ask,
			  struct ke_message *answer)
{
	return grant(g, ask, plan_named, false, answer);
}
