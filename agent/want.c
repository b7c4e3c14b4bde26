// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An association and its keys: asked for on schedule, of each configured server in turn, the
 * one that answered last first, and told to the clock. Must not stop asking.
 */
#include "agent/want_internal.h"

#include <string.h>

#include <event2/event.h>

#include "agent/packet.h"
#include "nts/crypto.h"
#include "nts/fault.h"
#include "util/log.h"
#include "util/secret.h"
#include "util/timebase.h"

#define TAKEN_OVER_SHARE 8	/* of the time that keys have left, to ask within */

static uint64_t now_ms(void)
{
	return timebase_boot(&timebase_system);
}

/* Uniform: what does not divide evenly is drawn again. */
static uint32_t draw(void *ctx, uint32_t below)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % below;
	uint32_t v = 0;

	(void)ctx;
	do {
		if (crypto_random((uint8_t *)&v, sizeof(v)) != ST_OK) {
			return below / 2;
		}
	} while (v >= limit);
	return v % below;
}

static void arm(struct want *w)
{
	uint64_t now = now_ms();
	uint64_t ms = w->schedule.ask_at > now ? w->schedule.ask_at - now : 0;
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	if (event_add(w->timer, &tv) != 0) {
		log_err("key agent: no timer");
	}
}

static void tell_state(struct want *w, enum status st, enum exchange_step step, const char *why)
{
	struct aproto_state *s = &w->state;

	memset(s, 0, sizeof(*s));
	s->type = APROTO_STATE;
	s->index = w->asked.index;
	s->st = st;
	s->step = step;
	s->failures = w->schedule.failures;
	s->at_ms = now_ms();
	s->next_ask_ms = w->schedule.ask_at;
	s->cert_not_after_ms = w->cert_not_after_ms;
	servers_str(want_server(w), s->server);
	log_clean(s->why, sizeof(s->why), why, strlen(why));
	w->has_state = true;
	w->env->news(w->env->ctx);
}

static void note_health(struct want *w, enum status st, const char *why)
{
	health_note(w->env->health, w->server, st, why, now_ms());
}

static void log_failure(struct want *w, enum status st, enum exchange_step step, const char *why)
{
	struct said *said = &w->said[w->server];
	char assoc[NTS_ASSOC_STR], server[APROTO_HOST], more[SAID_STR];
	enum fault_stage stage = fault_stage(step, st);
	const char *hint = fault_hint(stage, st, why);

	if (!said_news(said, st, step, now_ms(), more)) {
		return;
	}
	log_warning("no keys for %s from %s: %s: %s%s%s%s%s%s%s",
		    nts_assoc_str(&w->asked.assoc, assoc), servers_str(want_server(w), server),
		    fault_stage_str(stage), status_str(st), why[0] ? " (" : "", why,
		    why[0] ? ")" : "", hint[0] ? ": " : "", hint, more);
}

/* The next server at once; when none of them answered, all again later. */
static void failed(struct want *w, enum status st, enum exchange_step step, const char *why)
{
	uint64_t now = now_ms();
	bool round_over = ++w->failed_servers >= w->env->servers->n;

	log_failure(w, st, step, why);
	note_health(w, st, why);
	if (round_over) {
		w->failed_servers = 0;
		schedule_failure(&w->schedule, now, draw, NULL);
	} else {
		w->schedule.ask_at = now;
	}
	tell_state(w, st, step, why);
	w->server = (w->server + 1) % w->env->servers->n;
	arm(w);
}

/* A grantor registers again as soon as its Time until Update has ended (draft 2.2.1). */
static uint32_t at_once(void *ctx, uint32_t below)
{
	(void)ctx;
	(void)below;
	return 0;
}

/* Until then a strict client would take such keys. */
static int64_t valid_to(const struct want *w, const struct exchange_result *r)
{
	return w->crl_next_ms && w->crl_next_ms < r->valid_to_ms ? w->crl_next_ms : r->valid_to_ms;
}

static void granted(struct want *w, const struct exchange_result *r)
{
	const struct ke_message *m = r->answer;
	char assoc[NTS_ASSOC_STR], server[APROTO_HOST];

	schedule_success(&w->schedule, r->arrival_ms, m->current.lifetime, m->current.update_in,
			 m->has_next, m->next.lifetime, m->next.update_in,
			 w->asked.kind == APROTO_GRANTOR ? at_once : draw, NULL);
	w->granted = (struct aproto_granted){
		.server = w->server,
		.key_id = { m->current.sa[0].key_id, m->has_next ? m->next.sa[0].key_id : 0 },
		.unchecked = w->any_time,
		.expires_ms = w->schedule.expires_at,
		.valid_from_ms = r->valid_from_ms,
		.valid_to_ms = valid_to(w, r),
	};
	w->keys.granted = w->granted;
	w->registered = w->asked.kind == APROTO_GRANTOR;
	w->failed_servers = 0;
	memset(&w->said[w->server], 0, sizeof(w->said[0]));
	note_health(w, ST_OK, "");
	if (r->resumed) {
		health_note_resumed(w->env->health, w->server);
	}
	log_info("keys for %s from %s: good for %u s, next key %s",
		 nts_assoc_str(&w->asked.assoc, assoc), servers_str(want_server(w), server),
		 m->current.lifetime, m->has_next ? "known" : "not made yet");
	tell_state(w, ST_OK, EXCHANGE_DONE, "");
	arm(w);
}

static void log_revoked(const struct want *w, const struct exchange_result *r)
{
	char server[APROTO_HOST];

	log_at(r->st == ST_OK ? LOG_NOTICE : LOG_WARNING, "registrations at %s: %s%s",
	       servers_str(want_server(w), server), r->st == ST_OK ? "revoked" : "not revoked: ",
	       r->st == ST_OK ? "" : status_str(r->st));
}

static void on_done(void *ctx, const struct exchange_result *r)
{
	struct want *w = ctx;
	enum status st = r->st;

	w->exchange = NULL;
	w->env->addresses[w->server] = r->next_address;
	if (w->revoked) {
		log_revoked(w, r);
		w->revoked(w->revoked_ctx);
		return;
	}
	if (st != ST_OK) {
		failed(w, st, r->step, r->why);
		return;
	}
	st = want_take_grant(w, r);
	if (st != ST_OK) {
		failed(w, st, EXCHANGE_DECODE, "");
		return;
	}
	granted(w, r);
}

static void ask(struct want *w)
{
	struct tls_why why = { "" };
	enum status st;

	w->env->asking(w->env->ctx);
	st = want_exchange(w, on_done, &why);
	if (st != ST_OK && w->revoked) {
		w->revoked(w->revoked_ctx);
	} else if (st != ST_OK) {
		failed(w, st, EXCHANGE_NAME, why.text);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct want *w = arg;

	(void)fd;
	(void)what;
	if (w->exchange || w->revoked) {
		return;
	}
	if (now_ms() < w->schedule.ask_at) {
		arm(w);
		return;
	}
	ask(w);
}

static struct aproto_want asked_of(const struct aproto_want *m)
{
	struct aproto_want asked = *m;

	memset(&asked.granted, 0, sizeof(asked.granted));
	return asked;
}

/* Goes on where the agent before has ended; the network's start is long past then. */
static void take_over(struct want *w, const struct aproto_granted *g)
{
	uint64_t now = now_ms(), left;

	if (g->expires_ms == 0 || g->server >= w->env->servers->n) {
		return;
	}
	w->granted = *g;
	w->server = g->server;
	w->schedule.expires_at = g->expires_ms;
	left = g->expires_ms > now ? g->expires_ms - now : 0;
	if (w->schedule.ask_at > now + left / TAKEN_OVER_SHARE) {
		w->schedule.ask_at = now + left / TAKEN_OVER_SHARE;
	}
	w->registered = w->asked.kind == APROTO_GRANTOR;
}

enum status want_new(const struct want_env *env, const struct aproto_want *m, struct want **out)
{
	struct want *w = secret_alloc(sizeof(*w));

	if (!w) {
		return ST_NO_MEMORY;
	}
	w->env = env;
	w->asked = asked_of(m);
	w->timer = evtimer_new(env->base, on_timer, w);
	if (!w->timer) {
		want_free(w);
		return ST_NO_MEMORY;
	}
	schedule_start(&w->schedule, now_ms(), env->config->jitter_ms, draw, NULL);
	take_over(w, &m->granted);
	arm(w);
	*out = w;
	return ST_OK;
}

void want_free(struct want *w)
{
	if (!w) {
		return;
	}
	exchange_cancel(w->exchange);
	if (w->timer) {
		event_free(w->timer);
	}
	secret_free(w, sizeof(*w));
}

/* Asked anew, this time in full. */
static void drop_keys(struct want *w)
{
	char assoc[NTS_ASSOC_STR];

	log_err("keys for %s dropped: now that the clock is synchronized, the KE server's "
		"certificate (or nts_crl_file, or its OCSP answer) is out of date",
		nts_assoc_str(&w->asked.assoc, assoc));
	exchange_cancel(w->exchange);
	w->exchange = NULL;
	w->has_keys = false;
	secret_wipe(&w->keys, sizeof(w->keys));
	memset(&w->granted, 0, sizeof(w->granted));
	w->verdict = APROTO_DROP;
	schedule_start(&w->schedule, now_ms(), 0, draw, NULL);
	w->env->news(w->env->ctx);
}

/* No agent to come is to look at their dates again. */
static void keep_keys(struct want *w)
{
	w->granted.unchecked = 0;
	w->keys.granted.unchecked = 0;
	w->verdict = APROTO_CHECKED;
	w->env->news(w->env->ctx);
}

void want_synced(struct want *w)
{
	int64_t wall = timebase_wall(&timebase_system);

	if (w->exchange && w->any_time) {
		exchange_cancel(w->exchange);
		w->exchange = NULL;
		schedule_start(&w->schedule, now_ms(), 0, draw, NULL);
		arm(w);
	}
	if (!w->granted.unchecked) {
		return;
	}
	if (wall < w->granted.valid_from_ms || wall > w->granted.valid_to_ms) {
		drop_keys(w);
		arm(w);
	} else {
		keep_keys(w);
	}
}

/* Keys that are no good are not kept to their end for the sake of the server that gave them. */
void want_again(struct want *w, const struct aproto_want *m)
{
	struct aproto_want asked = asked_of(m);
	bool moved = memcmp(&w->asked, &asked, sizeof(asked)) != 0;

	if (m->kind != w->asked.kind || w->revoked || (w->exchange && !moved)) {
		return;
	}
	if (moved) {
		exchange_cancel(w->exchange);
		w->exchange = NULL;
		w->asked = asked;
	}
	memset(w->granted.key_id, 0, sizeof(w->granted.key_id));
	schedule_again(&w->schedule, now_ms(), draw, NULL);
	arm(w);
}

void want_look(struct want *w)
{
	if (!w->exchange && !w->revoked) {
		arm(w);
	}
}

bool want_is_registered(const struct want *w)
{
	return w->registered;
}

void want_revoke(struct want *w, void (*done)(void *ctx), void *ctx)
{
	exchange_cancel(w->exchange);
	w->exchange = NULL;
	event_del(w->timer);
	w->server = w->granted.server;
	w->revoked = done;
	w->revoked_ctx = ctx;
	ask(w);
}

bool want_is_asking(const struct want *w)
{
	return w->exchange != NULL;
}

enum status want_flush(struct want *w, int fd)
{
	const struct aproto_verdict verdict = { .type = w->verdict, .index = w->asked.index };
	enum status st = ST_OK;

	if (w->verdict) {
		st = packet_send(fd, &verdict, sizeof(verdict));
		if (st != ST_OK) {
			return st;
		}
		w->verdict = 0;
	}
	if (w->has_keys) {
		st = packet_send(fd, &w->keys, sizeof(w->keys));
		if (st != ST_OK) {
			return st;
		}
		w->has_keys = false;
		secret_wipe(&w->keys, sizeof(w->keys));
	}
	if (w->has_state) {
		st = packet_send(fd, &w->state, sizeof(w->state));
		w->has_state = st != ST_OK;
	}
	return st;
}
