// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrations in memory, by client and by identity: grantors_tables.h. */
#include "ked/grantors_tables.h"

#include <string.h>

#include "util/secret.h"

static uint64_t identity_hash(const struct grantors *g, const struct nts_assoc *id)
{
	return hmap_hash(&g->identities, id->type, id->value, sizeof(id->value));
}

static uint64_t client_hash(const struct grantors *g, const uint8_t client[STORE_DIGEST])
{
	return hmap_hash(&g->clients, 0, client, STORE_DIGEST);
}

struct registration *grantors_by_identity(const struct grantors *g, const struct nts_assoc *id)
{
	struct hmap_node *node = hmap_first(&g->identities, identity_hash(g, id));

	for (; node; node = hmap_again(node)) {
		struct identity *i = (struct identity *)node;

		if (nts_assoc_equal(&i->assoc, id)) {
			return i->of;
		}
	}
	return NULL;
}

const struct store_ticket_key *grantors_period(const struct registration *r, int64_t now,
					       const struct store_ticket_key **next)
{
	size_t i;

	*next = NULL;
	for (i = 0; i < r->n_keys; i++) {
		if (now < r->key[i].end_ms) {
			*next = i + 1 < r->n_keys ? &r->key[i + 1] : NULL;
			return &r->key[i];
		}
	}
	return NULL;
}

bool grantors_over(const struct registration *r, int64_t now)
{
	return !r->n_keys || now >= r->key[r->n_keys - 1].end_ms;
}

uint32_t grantors_seconds(int64_t from_ms, int64_t to_ms)
{
	return to_ms > from_ms ? (uint32_t)((to_ms - from_ms + 999) / 1000) : 0;
}

static size_t registration_size(size_t n_identities, const char *names)
{
	return sizeof(struct registration) + n_identities * sizeof(struct identity) +
	       strlen(names) + 1;
}

struct registration *grantors_registration_new(const struct store_registration *row)
{
	struct registration *r = secret_alloc(registration_size(row->n_identities,
								     row->names));
	size_t i;

	if (!r) {
		return NULL;
	}
	r->id = row->id;
	memcpy(r->client, row->client, sizeof(r->client));
	memcpy(r->fingerprint, row->fingerprint, sizeof(r->fingerprint));
	memcpy(r->crl_name, row->crl_name, sizeof(r->crl_name));
	memcpy(r->section, row->section, sizeof(r->section));
	r->macs.n = row->n_macs;
	memcpy(r->macs.list, row->macs, sizeof(r->macs.list));
	r->n_identities = row->n_identities;
	for (i = 0; i < r->n_identities; i++) {
		r->identity[i].assoc = row->identities[i];
		r->identity[i].of = r;
	}
	r->names = (char *)&r->identity[r->n_identities];
	memcpy(r->names, row->names, strlen(row->names) + 1);
	return r;
}

void grantors_registration_free(struct registration *r)
{
	secret_free(r, registration_size(r->n_identities, r->names));
}

void grantors_link(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_add(&g->clients, &r->node, client_hash(g, r->client));
	for (i = 0; i < r->n_identities; i++) {
		hmap_add(&g->identities, &r->identity[i].node,
			 identity_hash(g, &r->identity[i].assoc));
	}
}

void grantors_drop(struct grantors *g, struct registration *r)
{
	size_t i;

	hmap_remove(&g->clients, &r->node);
	for (i = 0; i < r->n_identities; i++) {
		hmap_remove(&g->identities, &r->identity[i].node);
	}
	grantors_registration_free(r);
}

void grantors_fill_found(const struct registration *r, struct grantors_found *out)
{
	out->registration = r->id;
	memcpy(out->section, r->section, sizeof(out->section));
	memcpy(out->client, r->client, sizeof(out->client));
	out->named = client_read_names(r->names, &out->peer);
	memcpy(out->peer.fingerprint, r->fingerprint, sizeof(out->peer.fingerprint));
	memcpy(out->peer.crl_name, r->crl_name, sizeof(out->peer.crl_name));
}

bool grantors_lists(const uint16_t *list, size_t n, uint16_t number)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == number) {
			return true;
		}
	}
	return false;
}

struct hmap_node *grantors_of_client(const struct grantors *g, const uint8_t client[STORE_DIGEST])
{
	return hmap_first(&g->clients, client_hash(g, client));
}
