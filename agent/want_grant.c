// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From an answer to keys for the clock. Must not pass on what is not a whole, checked key set, nor
 * change keys in hand for those of a server that shares no state with theirs.
 */
#include "agent/want_internal.h"

#include "util/secret.h"

/* Until so shortly before their end keys in hand are not given up for those of another server. */
#define KEEP_UNTIL_MS 2000

static const enum ke_type answer_of[] = {
	[APROTO_GROUP] = KE_KEY_GRANT,
	[APROTO_REQUESTER] = KE_KEY_GRANT,
	[APROTO_GRANTOR] = KE_REGISTRATION_SUCCESS,
};

static void fill_keys(struct want *w, const struct exchange_result *r)
{
	struct aproto_keys *k = &w->keys;

	secret_wipe(k, sizeof(*k));
	k->type = APROTO_KEYS;
	k->index = w->asked.index;
	k->arrival_ms = r->arrival_ms;
	k->has_next = r->answer->has_next;
	servers_str(want_server(w), k->server);
	k->current = r->answer->current;
	if (k->has_next) {
		k->next = r->answer->next;
	}
}

static bool has_key_id(const struct nts_params *p, uint32_t id)
{
	for (uint8_t i = 0; id && i < p->n_sa; i++) {
		if (p->sa[i].key_id == id) {
			return true;
		}
	}
	return false;
}

static bool shares_key(const struct want *w, const struct ke_message *m)
{
	for (int i = 0; i < 2; i++) {
		if (has_key_id(&m->current, w->granted.key_id[i]) ||
		    (m->has_next && has_key_id(&m->next, w->granted.key_id[i]))) {
			return true;
		}
	}
	return false;
}

/*
 * Servers that share no state hand out different keys, and the group would fall apart if each of
 * its members changed to and fro. So keys are taken from one server to their end.
 */
static bool are_other_keys(const struct want *w, const struct exchange_result *r)
{
	return w->server != w->granted.server && w->granted.key_id[0] != 0 &&
	       r->arrival_ms + KEEP_UNTIL_MS < w->granted.expires_ms && !shares_key(w, r->answer);
}

/* A grant with a ticket exactly for a requester; it passes the check that the clock will make. */
enum status want_take_grant(struct want *w, const struct exchange_result *r)
{
	bool ticket = w->asked.kind == APROTO_REQUESTER;
	union aproto *copy;
	enum status st;

	if (r->answer->type != answer_of[w->asked.kind]) {
		return ST_BAD_TYPE;
	}
	if (r->answer->current.has_ticket != ticket ||
	    (r->answer->has_next && r->answer->next.has_ticket != ticket)) {
		return ticket ? ST_MISSING_RECORD : ST_FOREIGN_RECORD;
	}
	if (are_other_keys(w, r)) {
		return ST_OTHER_KEYS;
	}
	w->has_keys = false;
	fill_keys(w, r);
	copy = secret_alloc(sizeof(*copy));
	if (!copy) {
		return ST_NO_MEMORY;
	}
	copy->keys = w->keys;
	st = aproto_check(copy, sizeof(copy->keys));
	secret_free(copy, sizeof(*copy));
	w->has_keys = st == ST_OK;
	return st;
}
