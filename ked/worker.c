// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads begin and end here. */
#include "ked/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct worker {
	struct event_base *base;
	struct event *stop;
	int stop_fd;
	struct event *ping;
	int ping_fd;
	atomic_bool answered;
	struct serve *serve;
	struct conns *conns;
	const struct timebase *time;
	size_t n_listeners;
	struct listener **listener;
	bool runs;
	pthread_t thread;
};

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
	struct worker *w = ctx;

	(void)fd;
	(void)what;
	event_base_loopbreak(w->base);
}

static void on_ping(evutil_socket_t fd, short what, void *ctx)
{
	struct worker *w = ctx;
	eventfd_t n;

	(void)what;
	(void)!eventfd_read(fd, &n);
	w->answered = true;
}

bool worker_ping(struct worker *w)
{
	bool answered = atomic_exchange(&w->answered, false);

	(void)!eventfd_write(w->ping_fd, 1);
	return answered;
}

static enum status make_loop(struct worker *w)
{
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->ping_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->base = event_base_new();
	if (w->stop_fd < 0 || w->ping_fd < 0 || !w->base) {
		return ST_NO_MEMORY;
	}
	w->answered = true;
	w->stop = event_new(w->base, w->stop_fd, EV_READ, on_stop, w);
	w->ping = event_new(w->base, w->ping_fd, EV_READ | EV_PERSIST, on_ping, w);
	if (!w->stop || !w->ping || event_add(w->stop, NULL) || event_add(w->ping, NULL)) {
		return ST_NO_MEMORY;
	}
	return ST_OK;
}

static enum status make_service(struct worker *w, const struct worker_args *args)
{
	struct conns_args conns = {
		.base = w->base,
		.time = args->time,
		.creds = args->creds,
		.reader = args->reader,
		.limits = args->limits,
	};
	enum status st = serve_new(args->groups, args->grantors, args->reader, &w->serve);

	if (st) {
		return st;
	}
	conns.serve = w->serve;
	return conns_new(&conns, &w->conns);
}

enum status worker_new(const struct worker_args *args, struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	enum status st;

	if (!w) {
		return ST_NO_MEMORY;
	}
	w->stop_fd = -1;
	w->ping_fd = -1;
	w->time = args->time;
	st = make_loop(w);
	if (!st) {
		st = make_service(w, args);
	}
	if (st) {
		worker_free(w);
		return st;
	}
	*out = w;
	return ST_OK;
}

enum status worker_listen(struct worker *w, struct listener *l)
{
	struct listener **list = realloc(w->listener, (w->n_listeners + 1) * sizeof(*list));

	if (!list) {
		listener_free(l);
		return ST_NO_MEMORY;
	}
	w->listener = list;
	w->listener[w->n_listeners++] = l;
	return listener_start(l, w->base, w->conns, w->time);
}

const char *worker_address(const struct worker *w, size_t i, char out[CONN_ADDRESS])
{
	return listener_address(w->listener[i], out);
}

static void *run(void *ctx)
{
	struct worker *w = ctx;

	event_base_dispatch(w->base);
	return NULL;
}

enum status worker_start(struct worker *w)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->runs = !error;
	errno = error;
	return error ? ST_SYSTEM : ST_OK;
}

void worker_stop(struct worker *w)
{
	if (w->runs) {
		(void)!eventfd_write(w->stop_fd, 1);
		pthread_join(w->thread, NULL);
		w->runs = false;
	}
}

void worker_free(struct worker *w)
{
	size_t i;

	if (!w) {
		return;
	}
	worker_stop(w);
	for (i = 0; i < w->n_listeners; i++) {
		listener_free(w->listener[i]);
	}
	free(w->listener);
	conns_free(w->conns);
	serve_free(w->serve);
	if (w->stop) {
		event_free(w->stop);
	}
	if (w->ping) {
		event_free(w->ping);
	}
	if (w->base) {
		event_base_free(w->base);
	}
	if (w->stop_fd >= 0) {
		close(w->stop_fd);
	}
	if (w->ping_fd >= 0) {
		close(w->ping_fd);
	}
	free(w);
}

const struct conns_counters *worker_conns(const struct worker *w)
{
	return conns_counters(w->conns);
}

const struct serve_counters *worker_serve(const struct worker *w)
{
	return serve_counters(w->serve);
}
