/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One association that the clock needs keys for: its schedule, its exchange, and what the
 * clock has not been told of it yet.
 */
#ifndef NTS_AGENT_WANT_H
#define NTS_AGENT_WANT_H

#include "agent/proto.h"
#include "agent/health.h"
#include "agent/servers.h"

struct event_base;
struct evdns_base;
struct tls_ticket;
struct want;

/* RFC 8915, 8.5: until the clock is right, the dates of certificates may be left alone. */
struct want_time {
	bool synced;
	uint32_t exchanges;		/* that did not look at them, since the clock's start */
	bool said_over;			/* that there were too many of them */
};

/* What all wants of an agent share. */
struct want_env {
	struct event_base *base;
	struct evdns_base *dns;
	const struct aproto_config *config;
	const struct servers *servers;
	struct health *health;
	struct tls_ticket **tickets;	/* of each server, or NULL: sessions are not resumed */
	uint32_t *addresses;		/* of each server's, the number of the one to ask first */
	struct want_time *time;
	void (*news)(void *ctx);	/* a want has something to tell: call want_flush */
	void (*asking)(void *ctx);	/* an exchange is about to start */
	/* One is that looks at no dates, the so manyth; false: it must look. */
	bool (*any_time)(void *ctx, uint32_t exchanges);
	void *ctx;
};

/* Starts asking after a random part of the configured jitter. ST_NO_MEMORY. */
enum status want_new(const struct want_env *env, const struct aproto_want *m,
		     struct want **out) MUST_CHECK;

/* Cancels what is under way; w may be NULL. */
void want_free(struct want *w);

/*
 * Asks before its time: the clock's identities are others now, or its grantor does not answer to
 * the keys in hand. Not at once for all clocks, and the longer between two the more there are.
 */
void want_again(struct want *w, const struct aproto_want *m);

/* Timers do not run while the machine sleeps, boot time does: is it time to ask? */
void want_look(struct want *w);

/* Is it a registration that the KE server has granted? */
bool want_is_registered(const struct want *w);

/*
 * Gives up what is under way and revokes: all registrations of this client at that server. done is
 * called when that has ended, however.
 */
void want_revoke(struct want *w, void (*done)(void *ctx), void *ctx);

/* The clock is right now: checks what was not checked, and has bad keys dropped. */
void want_synced(struct want *w);

/* Is an exchange under way? */
bool want_is_asking(const struct want *w);

/*
 * Sends what the clock has not been told: the newest keys, then the newest state.
 * ST_AGAIN when the socket is full; ST_SYSTEM when it is broken.
 */
enum status want_flush(struct want *w, int fd) MUST_CHECK;

#endif
