// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and PortIdentities at a grantor: who has them, who gives way, who moves (WIRE.md 7).
 * Must not end anybody's place for a message that may have been taken before.
 */
#include "unicast/grantor_internal.h"

#include <string.h>

/* What of the sender the ticket names. */
static uint8_t given_by(const struct ke_ticket_container *t, const struct grantor_message *m)
{
	uint8_t given = 0;

	for (uint8_t i = 0; i < t->n_identities; i++) {
		if (t->identities[i].type == m->from->type) {
			given |= PEER_HAS_ADDRESS;
		} else if (t->identities[i].type == NTS_ASSOC_PORT_IDENTITY) {
			given |= PEER_HAS_IDENTITY;
		}
	}
	return given;
}

/* Of address or identity: silent, or it was never given to the one that has it, but to this one. */
static bool gives_way(const struct grantor *g, const struct peer *e, uint8_t what,
		      const struct ke_ticket_container *t, const struct grantor_message *m)
{
	return peers_silence_s(g->peers, e, m->now_ms) >= PEERS_TAKE_OVER_S ||
	       (given_by(t, m) & ~e->given & what);
}

bool grantor_has_identity(const struct peer *e, const struct grantor_message *m)
{
	return memcmp(e->identity, m->head->source, sizeof(e->identity)) == 0;
}

static bool has_key(const struct ke_ticket_container *t, uint32_t key_id)
{
	for (uint8_t i = 0; i < t->n_sa; i++) {
		if (t->sa[i].key_id == key_id) {
			return true;
		}
	}
	return false;
}

/*
 * Another live pair with this address? Another key of the same pair is none when it came with
 * another ticket key.
 */
static enum guard_verdict find_at_address(struct grantor *g, const struct grantor_message *m,
					  const struct ke_ticket_container *t,
					  uint32_t ticket_key_id, bool take)
{
	struct peer *e = NULL;

	while ((e = peers_by_address(g->peers, m->from, e))) {
		bool same = grantor_same_pair(e, m) &&
			    peers_ticket_key(g->peers, e) != ticket_key_id;

		if (same || has_key(t, e->key_id)) {
			continue;
		}
		if (!gives_way(g, e, PEER_HAS_ADDRESS, t, m)) {
			return GUARD_ADDRESS_TAKEN;
		}
		if (take) {
			peers_end(g->peers, e);
		}
	}
	return GUARD_OK;
}

/*
 * Another live pair with this identity? Under a key that is known with it there is none: what has
 * the identity elsewhere is that requester's own, Next where it has moved from.
 */
static enum guard_verdict find_identity(struct grantor *g, const struct grantor_message *m,
					const struct ke_ticket_container *t, bool take)
{
	const struct peer *own = peers_by_key(g->peers, m->auth->key_id, m->auth->spp);
	struct peer *e = NULL;

	if (own && grantor_has_identity(own, m)) {
		return GUARD_OK;
	}
	while ((e = peers_by_identity(g->peers, m->head->source, e))) {
		if (grantor_same_pair(e, m) || has_key(t, e->key_id)) {
			continue;
		}
		if (!gives_way(g, e, PEER_HAS_IDENTITY, t, m)) {
			return GUARD_IDENTITY_TAKEN;
		}
		if (take) {
			peers_end(g->peers, e);
		}
	}
	return GUARD_OK;
}

enum guard_verdict grantor_conflict(struct grantor *g, const struct grantor_message *m,
				    const struct ke_ticket_container *t, uint32_t ticket_key_id,
				    bool take)
{
	enum guard_verdict v = find_at_address(g, m, t, ticket_key_id, take);

	return v == GUARD_OK ? find_identity(g, m, t, take) : v;
}

void grantor_place(struct grantor *g, const struct grantor_message *m,
		   const struct ke_ticket_container *t)
{
	for (uint8_t i = 0; i < t->n_sa; i++) {
		struct peer *e = peers_by_key(g->peers, t->sa[i].key_id, t->sa[i].spp);

		if (!e || !grantor_has_identity(e, m)) {
			continue;
		}
		e->given = given_by(t, m) & (PEER_HAS_ADDRESS | PEER_HAS_IDENTITY);
		if (!grantor_same_pair(e, m)) {
			peers_move(g->peers, e, m->from);
		}
	}
}
