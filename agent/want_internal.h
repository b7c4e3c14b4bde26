/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of agent/want.h share: one want, its questions and their answers. */
#ifndef NTS_AGENT_WANT_INTERNAL_H
#define NTS_AGENT_WANT_INTERNAL_H

#include "agent/want.h"

#include "agent/said.h"
#include "nts/exchange.h"
#include "nts/schedule.h"

struct want {
	const struct want_env *env;
	struct aproto_want asked;	/* what the clock wants */
	struct schedule schedule;
	struct event *timer;
	struct exchange *exchange;
	uint32_t server;		/* asked now, or next */
	uint32_t failed_servers;	/* in a row, in this round */
	struct aproto_granted granted;	/* the keys in hand */
	int64_t cert_not_after_ms;
	int64_t crl_next_ms;		/* when our first revocation list ends; 0: there is none */
	bool any_time;			/* the exchange under way does not look at dates */
	uint64_t warned_ms;		/* of the end of our certificate; 0 never */
	uint32_t verdict;		/* APROTO_DROP or APROTO_CHECKED, not told yet; or 0 */
	bool registered;
	struct said said[APROTO_SERVERS_MAX];
	void (*revoked)(void *ctx);
	void *revoked_ctx;
	bool has_keys;			/* keys holds news */
	bool has_state;			/* state holds news */
	struct aproto_keys keys;
	struct aproto_state state;
};

static inline const struct servers_entry *want_server(const struct want *w)
{
	return &w->env->servers->list[w->server];
}

/*
 * want_ask.c: starts an exchange with the server whose turn it is, with credentials read anew. What
 * tls_creds_load and exchange_start return; why is filled for the former.
 */
enum status want_exchange(struct want *w, exchange_done done, struct tls_why *why) MUST_CHECK;

/*
 * want_grant.c: an answer becomes keys for the clock, in w->keys, if it is of the kind that was
 * asked for, a key set that the clock will take, and not another server's while the ones in hand
 * are good. ST_BAD_TYPE, ST_MISSING_RECORD (no ticket), ST_FOREIGN_RECORD (a ticket),
 * ST_OTHER_KEYS, ST_NO_MEMORY, or what aproto_check returns.
 */
enum status want_take_grant(struct want *w, const struct exchange_result *r) MUST_CHECK;

#endif
