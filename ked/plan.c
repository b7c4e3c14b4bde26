// SPDX-License-Identifier: GPL-2.0-or-later
/* What a request gets: plan.h. Must not change anything. */
#include "ked/plan.h"

#include <string.h>

#include "ked/pairs.h"

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
	const struct pair *p = pairs_find(g, k->id, ask->client);

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

enum status plan_make(const struct grantors *g, const struct grantors_ask *ask,
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

/* ---- transparent clocks ---- */

/* The pair of this period whose requester named all that the request names, or NULL. */
static const struct pair *named_pair(const struct grantors *g, const struct store_ticket_key *k,
				     const struct ke_message *q)
{
	const struct pair *first = pairs_find_requester(g, k->id, &q->identities[0]);
	size_t i;

	for (i = 1; i < q->n_identities; i++) {
		if (pairs_find_requester(g, k->id, &q->identities[i]) != first) {
			return NULL;
		}
	}
	return first;
}

enum status plan_named(const struct grantors *g, const struct grantors_ask *ask,
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
