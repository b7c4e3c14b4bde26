// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of pairs of a grantor and a requester, and their tickets: one key for each
 * registration, requester and period. Must not make a second one for the same.
 */
#include <stdlib.h>
#include <string.h>

#include "ked/grantors_internal.h"
#include "ked/keys.h"
#include "util/secret.h"

/* ---- the tables ---- */

static size_t pair_size(size_t n_sa)
{
	return sizeof(struct pair) + n_sa * sizeof(struct nts_sa);
}

static uint64_t pair_hash(const struct grantors *g, int64_t ticket_key,
			  const uint8_t client[STORE_DIGEST])
{
	return hmap_hash(&g->pairs, (uint64_t)ticket_key, client, STORE_DIGEST);
}

static uint64_t requester_hash(const struct grantors *g, int64_t ticket_key,
			       const struct nts_assoc *id)
{
	return hmap_hash(&g->requesters, (uint64_t)ticket_key ^ (uint64_t)id->type << 56,
			 id->value, sizeof(id->value));
}

static struct pair *find_pair(const struct grantors *g, int64_t ticket_key,
			      const uint8_t client[STORE_DIGEST])
{
	struct hmap_node *node = hmap_first(&g->pairs, pair_hash(g, ticket_key, client));

	for (; node; node = hmap_again(node)) {
		struct pair *p = (struct pair *)node;

		if (p->ticket_key == ticket_key && !memcmp(p->client, client, STORE_DIGEST)) {
			return p;
		}
	}
	return NULL;
}

/* The pair whose requester named this identity last. */
static const struct pair *find_requester(const struct grantors *g, int64_t ticket_key,
					 const struct nts_assoc *id)
{
	struct hmap_node *node = hmap_first(&g->requesters, requester_hash(g, ticket_key, id));

	for (; node; node = hmap_again(node)) {
		const struct pair_identity *i = (const struct pair_identity *)node;

		if (i->of->ticket_key == ticket_key && nts_assoc_equal(&i->assoc, id)) {
			return i->of;
		}
	}
	return NULL;
}

static void pair_free(struct pair *p)
{
	free(p->identity);
	secret_free(p, pair_size(p->n_sa));
}

static struct pair *pair_new(const struct store_pair *row, int64_t end_ms)
{
	struct pair *p = secret_alloc(pair_size(row->n_sa));
	size_t i;

	if (!p) {
		return NULL;
	}
	p->n_sa = row->n_sa;
	p->identity = calloc(row->n_identities, sizeof(*p->identity));
	if (!p->identity) {
		pair_free(p);
		return NULL;
	}
	p->id = row->id;
	p->ticket_key = row->ticket_key;
	p->end_ms = end_ms;
	memcpy(p->client, row->client, sizeof(p->client));
	memcpy(p->sa, row->sa, row->n_sa * sizeof(row->sa[0]));
	p->n_identities = row->n_identities;
	for (i = 0; i < p->n_identities; i++) {
		p->identity[i].assoc = row->identities[i];
		p->identity[i].of = p;
	}
	return p;
}

static void link_pair(struct grantors *g, struct pair *p)
{
	size_t i;

	hmap_add(&g->pairs, &p->node, pair_hash(g, p->ticket_key, p->client));
	for (i = 0; i < p->n_identities; i++) {
		hmap_add(&g->requesters, &p->identity[i].node,
			 requester_hash(g, p->ticket_key, &p->identity[i].assoc));
	}
}

static void drop_pair(struct grantors *g, struct pair *p)
{
	size_t i;

	hmap_remove(&g->pairs, &p->node);
	for (i = 0; i < p->n_identities; i++) {
		hmap_remove(&g->requesters, &p->identity[i].node);
	}
	pair_free(p);
}

enum status pairs_take(struct grantors *g, const struct store_pair *row, int64_t end_ms)
{
	struct pair *p = pair_new(row, end_ms);

	if (!p) {
		return ST_NO_MEMORY;
	}
	link_pair(g, p);
	return ST_OK;
}

static void free_visited(void *ctx, struct hmap_node *node)
{
	drop_pair(ctx, (struct pair *)node);
}

void pairs_free_all(struct grantors *g)
{
	if (g->pairs.bucket) {
		hmap_sweep(&g->pairs, g->pairs.buckets, free_visited, g);
	}
}

struct sweeping {
	struct grantors *g;
	int64_t now;
};

static void sweep_visited(void *ctx, struct hmap_node *node)
{
	struct sweeping *s = ctx;
	struct pair *p = (struct pair *)node;

	if (s->now >= p->end_ms) {
		drop_pair(s->g, p);
	}
}

/* ---- a request ---- */

/* What a request gets: the key of the pair in Current and perhaps in Next. */
struct plan {
	const struct grantors_ask *ask;
	int64_t now;
	size_t n;
	struct store_ticket_key key[PERIODS];
	struct store_pair pair[PERIODS];	/* id 0: to be made */
	uint16_t mac[PERIODS];
	bool store;			/* something is to be made or changed */
};

/* The first of the requester's list that the grantor lists too and that is allowed. */
static bool choose_mac(const struct grantors_ask *ask, const struct registration *r,
		       uint16_t *out)
{
	static const uint16_t default_mac = ALG_HMAC_SHA256_128;
	const struct kedconf_macs *allowed = &ask->section->macs;
	const uint16_t *wanted = ask->request->n_macs ? ask->request->macs : &default_mac;
	size_t n = ask->request->n_macs ? ask->request->n_macs : 1;
	size_t i;

	for (i = 0; i < n; i++) {
		if (grantors_lists(r->macs.list, r->macs.n, wanted[i]) &&
		    grantors_lists(allowed->list, allowed->n, wanted[i])) {
			*out = wanted[i];
			return true;
		}
	}
	return false;
}

/* A key that is there stays for its period; its algorithm must still be both sides'. */
static bool mac_fits(const struct grantors_ask *ask, const struct registration *r, uint16_t mac)
{
	const struct ke_message *q = ask->request;

	return grantors_lists(r->macs.list, r->macs.n, mac) &&
	       (q->n_macs ? grantors_lists(q->macs, q->n_macs, mac) : mac == ALG_HMAC_SHA256_128);
}

static void copy_pair(const struct pair *p, struct store_pair *out)
{
	size_t i;

	out->id = p->id;
	out->ticket_key = p->ticket_key;
	memcpy(out->client, p->client, sizeof(out->client));
	out->n_identities = p->n_identities;
	for (i = 0; i < p->n_identities; i++) {
		out->identities[i] = p->identity[i].assoc;
	}
	out->n_sa = p->n_sa;
	memcpy(out->sa, p->sa, p->n_sa * sizeof(p->sa[0]));
}

static bool names_the_same(const struct store_pair *p, const struct ke_message *q)
{
	size_t i;

	if (p->n_identities != q->n_identities) {
		return false;
	}
	for (i = 0; i < q->n_identities; i++) {
		if (!nts_assoc_equal(&p->identities[i], &q->identities[i])) {
			return false;
		}
	}
	return true;
}

static void name_identities(struct store_pair *p, const struct ke_message *q)
{
	memset(p->identities, 0, sizeof(p->identities));
	p->n_identities = q->n_identities;
	memcpy(p->identities, q->identities, q->n_identities * sizeof(q->identities[0]));
}

static enum status plan_period(const struct grantors *g, const struct registration *r,
			       const struct store_ticket_key *k, struct plan *plan)
{
	const struct grantors_ask *ask = plan->ask;
	struct store_pair *row = &plan->pair[plan->n];
	const struct pair *p = find_pair(g, k->id, ask->client);

	plan->key[plan->n] = *k;
	if (p) {
		copy_pair(p, row);
		if (!mac_fits(ask, r, p->sa[0].mac)) {
			return ST_NO_COMMON_ALG;
		}
	} else if (!choose_mac(ask, r, &plan->mac[plan->n])) {
		return ST_NO_COMMON_ALG;
	} else {
		row->ticket_key = k->id;
		memcpy(row->client, ask->client, sizeof(row->client));
	}
	if (!p || !names_the_same(row, ask->request)) {
		name_identities(row, ask->request);
		plan->store = true;
	}
	plan->n++;
	return ST_OK;
}

/* The periods that a request at this instant gets: Current, and Next in the update period. */
static enum status find_periods(const struct grantors *g, const struct grantors_ask *ask,
				struct registration **r,
				const struct store_ticket_key *out[PERIODS], size_t *n)
{
	int64_t now = (int64_t)ask->now_ms;
	const struct store_ticket_key *next;

	*r = grantors_by_identity(g, &ask->request->assoc);
	if (!*r || (*r)->id != ask->registration) {
		return ST_NOT_REGISTERED;
	}
	out[0] = grantors_period(*r, now, &next);
	if (!out[0] || (now >= out[0]->update_ms && !next)) {
		return ST_NOT_REGISTERED;
	}
	out[1] = next;
	*n = now >= out[0]->update_ms ? PERIODS : 1;
	return ST_OK;
}

static enum status make_plan(const struct grantors *g, const struct grantors_ask *ask,
			     struct plan *plan)
{
	const struct store_ticket_key *k[PERIODS];
	struct registration *r;
	size_t i, n = 0;
	enum status st;

	*plan = (struct plan){ .ask = ask, .now = (int64_t)ask->now_ms };
	st = find_periods(g, ask, &r, k, &n);
	for (i = 0; i < n && !st; i++) {
		st = plan_period(g, r, k[i], plan);
	}
	return st;
}

/* ---- making what is missing ---- */

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
	struct sweeping sweeping = { g, plan->now };
	struct pair *old;
	size_t i;

	pthread_rwlock_wrlock(&g->lock);
	for (i = 0; i < plan->n; i++) {
		old = find_pair(g, plan->key[i].id, plan->ask->client);
		if (old) {
			drop_pair(g, old);
		}
		link_pair(g, fresh[i]);
	}
	hmap_sweep(&g->pairs, SWEEP_BUCKETS, sweep_visited, &sweeping);
	pthread_rwlock_unlock(&g->lock);
}

static enum status make_pairs(struct grantors *g, struct plan *plan)
{
	struct pair *fresh[PERIODS] = { NULL };
	enum status st = make_keys(g, plan);
	size_t i;

	for (i = 0; i < plan->n && !st; i++) {
		fresh[i] = pair_new(&plan->pair[i], plan->key[i].end_ms);
		st = fresh[i] ? ST_OK : ST_NO_MEMORY;
	}
	if (!st) {
		st = store_put_pairs(g->store, plan->pair, plan->n);
	}
	for (i = 0; i < PERIODS; i++) {
		if (fresh[i] && st) {
			pair_free(fresh[i]);
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
	st = make_plan(g, ask, plan);
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

enum status grantors_grant(struct grantors *g, const struct grantors_ask *ask,
			   struct ke_message *answer)
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
		st = answer_plan(&plan, true, answer);
	}
	secret_wipe(&plan, sizeof(plan));
	return st;
}

/* ---- transparent clocks ---- */

/* The pair of this period whose requester named all that the request names, or NULL. */
static const struct pair *named_pair(const struct grantors *g, const struct store_ticket_key *k,
				     const struct ke_message *q)
{
	const struct pair *first = find_requester(g, k->id, &q->identities[0]);
	size_t i;

	for (i = 1; i < q->n_identities; i++) {
		if (find_requester(g, k->id, &q->identities[i]) != first) {
			return NULL;
		}
	}
	return first;
}

/* Next only where the requester has it already. */
static enum status plan_named(const struct grantors *g, const struct grantors_ask *ask,
			      struct plan *plan)
{
	const struct store_ticket_key *k[PERIODS];
	struct registration *r;
	const struct pair *p;
	size_t i, n = 0;
	enum status st;

	*plan = (struct plan){ .ask = ask, .now = (int64_t)ask->now_ms };
	st = find_periods(g, ask, &r, k, &n);
	for (i = 0; i < n; i++) {
		p = named_pair(g, k[i], ask->request);
		if (!p) {
			break;
		}
		plan->key[plan->n] = *k[i];
		copy_pair(p, &plan->pair[plan->n++]);
	}
	if (!st && !plan->n) {
		st = ST_NOT_AUTHORIZED;
	}
	return st;
}

enum status grantors_pair(struct grantors *g, const struct grantors_ask *ask,
			  struct ke_message *answer)
{
	struct plan plan;
	enum status st;

	pthread_rwlock_rdlock(&g->lock);
	st = plan_named(g, ask, &plan);
	pthread_rwlock_unlock(&g->lock);
	if (!st) {
		st = answer_plan(&plan, false, answer);
	}
	secret_wipe(&plan, sizeof(plan));
	return st;
}
