// SPDX-License-Identifier: GPL-2.0-or-later
/* The server's own loop: signals, keys that are due, the store's place, the manager's watchdog. */
#include <event2/event.h>
#include <signal.h>

#include "ked/server_internal.h"

#define ADVANCE_MIN_MS 10
#define ADVANCE_MAX_MS 10000	/* the loop's timers stand still in suspend, boot time does not */
#define LOOK_SECONDS 1		/* at the place of the store */
#define LOOK_AGAIN_SECONDS 10	/* when nothing could be done about it */

static const int signals[SERVER_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

static void advance_later(struct server *s)
{
	uint64_t now = timebase_boot(s->time);
	uint64_t at = groups_deadline(s->groups);
	uint64_t ms = at > now ? at - now : 0;
	struct timeval tv;

	ms = ms < ADVANCE_MIN_MS ? ADVANCE_MIN_MS : ms;
	ms = ms > ADVANCE_MAX_MS ? ADVANCE_MAX_MS : ms;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(s->advance, &tv);
}

static void on_advance(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	uint64_t now = timebase_boot(s->time);
	enum status st = groups_advance(s->groups, now);

	(void)fd;
	(void)what;
	s->well.failed = st != ST_OK;
	if (st) {
		store_lock(s->store);
		log_limited(&s->limit, now, LOG_ERR, "group keys: %s: %s", status_str(st),
			    store_why(s->store));
		store_unlock(s->store);
	}
	advance_later(s);
}

static void look_later(struct server *s)
{
	const struct timeval tv = {
		.tv_sec = s->well.lost ? LOOK_AGAIN_SECONDS : LOOK_SECONDS,
	};

	event_add(s->look, &tv);
}

/* Nobody's keys are worse for it as long as we run: a restart would not find them. */
static void say_place(struct server *s, enum status st, bool restored)
{
	if (st) {
		log_limited(&s->place_limit, timebase_boot(s->time), LOG_ERR,
			    "store: %s: A RESTART WOULD NOT FIND TODAY'S KEYS",
			    store_why(s->store));
	} else if (restored) {
		log_warning("store: it was gone, and has been written anew with all its keys");
	} else if (s->well.lost) {
		log_notice("store: in its place again");
	}
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	bool restored = false;
	enum status st;

	(void)fd;
	(void)what;
	store_lock(s->store);
	st = store_keep_place(s->store, &restored);
	say_place(s, st, restored);
	store_unlock(s->store);
	s->well.lost = st != ST_OK;
	s->well.restored += restored;
	look_later(s);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct server *s = ctx;

	(void)what;
	if (number == SIGHUP) {
		server_reload(s);
		return;
	}
	log_notice("nts-ked ends on signal %d", (int)number);
	notify_stopping(&s->notify);
	event_base_loopbreak(s->base);
}

static void watchdog_later(struct server *s)
{
	uint32_t ms = s->notify.watchdog_ms;
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (ms) {
		event_add(s->watchdog, &tv);
	}
}

/* We are well when all workers are: each has answered what we asked it the last time. */
static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	bool well = true;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < s->n_workers; i++) {
		well = worker_ping(s->worker[i]) && well;
	}
	if (well) {
		notify_watchdog(&s->notify);
	}
	watchdog_later(s);
}

enum status server_make_events(struct server *s)
{
	size_t i;

	s->base = event_base_new();
	if (!s->base) {
		return ST_NO_MEMORY;
	}
	for (i = 0; i < SERVER_SIGNALS; i++) {
		s->signal[i] = evsignal_new(s->base, signals[i], on_signal, s);
		if (!s->signal[i] || event_add(s->signal[i], NULL)) {
			return ST_NO_MEMORY;
		}
	}
	s->advance = evtimer_new(s->base, on_advance, s);
	s->look = evtimer_new(s->base, on_look, s);
	s->watchdog = evtimer_new(s->base, on_watchdog, s);
	if (!s->advance || !s->look || !s->watchdog) {
		return ST_NO_MEMORY;
	}
	advance_later(s);
	look_later(s);
	watchdog_later(s);
	return ST_OK;
}

void server_free_events(struct server *s)
{
	for (size_t i = 0; i < SERVER_SIGNALS; i++) {
		if (s->signal[i]) {
			event_free(s->signal[i]);
		}
	}
	if (s->advance) {
		event_free(s->advance);
	}
	if (s->look) {
		event_free(s->look);
	}
	if (s->watchdog) {
		event_free(s->watchdog);
	}
	if (s->base) {
		event_base_free(s->base);
	}
}
