/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One listening TCP socket: takes connections, a bounded number at a time, and hands them to
 * conns. Out of descriptors it pauses instead of spinning.
 *
 * Bound when opened, so that privileges can go before anything is accepted.
 */
#ifndef NTS_KED_LISTENER_H
#define NTS_KED_LISTENER_H

#include "ked/conn.h"

struct listener;

/*
 * Binds and listens. An address in use is refused; from then on it is shared with those that
 * listener_twin opens, if shared. ST_SYSTEM (errno tells), ST_NO_MEMORY.
 */
enum status listener_open(const struct sockaddr *sa, socklen_t len, bool shared,
			  struct listener **out) MUST_CHECK;

/*
 * Another listener on the address of a shared one: the system deals connections out to all of
 * them. The same codes.
 */
enum status listener_twin(const struct listener *l, struct listener **out) MUST_CHECK;

/* Accepts from now on; conns must outlive the listener. ST_NO_MEMORY. */
enum status listener_start(struct listener *l, struct event_base *base, struct conns *conns,
			   const struct timebase *time) MUST_CHECK;

/* Closes; l may be NULL. */
void listener_free(struct listener *l);

/* The address that it is bound to, with the port that the system chose for port 0. */
const char *listener_address(const struct listener *l, char out[CONN_ADDRESS]);

#endif
