// SPDX-License-Identifier: GPL-2.0-or-later
/* Folders, by inotify, and what their files look like from outside. */
#include "ked/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_MS 250		/* after the last event of a burst */
#define BURST_MS 2000		/* and at most so long after its first */
#define LOOK_SECONDS 15
#define EVENTS_OCTETS 4096
#define FOLDER_EVENTS (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
		       IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

/* Two contents of a file differ in one of these. */
struct look {
	int error;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct file {
	char *name;
	struct look look;
};

struct watch {
	watch_fn changed;
	void *ctx;
	int fd;
	struct event *io;
	struct event *quiet;
	struct event *burst;
	struct event *again;
	size_t n;
	struct file *file;
};

static struct look look_at(const char *name)
{
	struct look look = { .error = 0 };
	struct stat sb;

	if (stat(name, &sb)) {
		look.error = errno;
		return look;
	}
	look.dev = sb.st_dev;
	look.ino = sb.st_ino;
	look.size = sb.st_size;
	look.mtime = sb.st_mtim;
	look.ctime = sb.st_ctim;
	return look;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct look *a, const struct look *b)
{
	return a->error == b->error && a->dev == b->dev && a->ino == b->ino &&
	       a->size == b->size && same_time(&a->mtime, &b->mtime) &&
	       same_time(&a->ctime, &b->ctime);
}

/* Watches the folder of the name that ends at end. Twice is as good as once. */
static void watch_folder(const struct watch *w, const char *name, size_t end)
{
	char folder[PATH_MAX] = ".";

	while (end && name[end - 1] != '/') {
		end--;
	}
	if (end >= sizeof(folder)) {
		return;
	}
	if (end) {
		memcpy(folder, name, end);
		folder[end] = '\0';
	}
	(void)inotify_add_watch(w->fd, folder, FOLDER_EVENTS | IN_ONLYDIR);
}

static bool is_link(const char *name, size_t end)
{
	char text[PATH_MAX];
	struct stat sb;

	if (end >= sizeof(text)) {
		return false;
	}
	memcpy(text, name, end);
	text[end] = '\0';
	return !lstat(text, &sb) && S_ISLNK(sb.st_mode);
}

/* The folders of each link on the way, of the name itself and of what it leads to. */
static void watch_file(const struct watch *w, const char *name)
{
	char real[PATH_MAX];
	size_t end;

	for (end = 1; name[end - 1]; end++) {
		if (name[end] == '/' && is_link(name, end)) {
			watch_folder(w, name, end);
		}
	}
	watch_folder(w, name, strlen(name));
	if (realpath(name, real)) {
		watch_folder(w, real, strlen(real));
	}
}

static bool look_again(struct watch *w)
{
	bool changed = false;
	struct look look;
	size_t i;

	for (i = 0; i < w->n; i++) {
		watch_file(w, w->file[i].name);
		look = look_at(w->file[i].name);
		changed = changed || !same(&look, &w->file[i].look);
		w->file[i].look = look;
	}
	return changed;
}

static void on_io(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval quiet = { .tv_usec = QUIET_MS * 1000 };
	const struct timeval burst = { .tv_sec = BURST_MS / 1000 };
	char events[EVENTS_OCTETS];
	struct watch *w = ctx;

	(void)what;
	while (read(fd, events, sizeof(events)) > 0) {
		continue;
	}
	event_add(w->quiet, &quiet);
	if (!event_pending(w->burst, EV_TIMEOUT, NULL)) {
		event_add(w->burst, &burst);
	}
}

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
	struct watch *w = ctx;

	(void)fd;
	(void)what;
	event_del(w->quiet);
	event_del(w->burst);
	if (look_again(w)) {
		w->changed(w->ctx);
	}
}

static enum status make_events(struct watch *w, struct event_base *base)
{
	const struct timeval look = { .tv_sec = LOOK_SECONDS };

	w->io = event_new(base, w->fd, EV_READ | EV_PERSIST, on_io, w);
	w->quiet = evtimer_new(base, on_time, w);
	w->burst = evtimer_new(base, on_time, w);
	w->again = event_new(base, -1, EV_PERSIST, on_time, w);
	if (!w->io || !w->quiet || !w->burst || !w->again || event_add(w->io, NULL) ||
	    event_add(w->again, &look)) {
		return ST_NO_MEMORY;
	}
	return ST_OK;
}

enum status watch_new(struct event_base *base, watch_fn changed, void *ctx, struct watch **out)
{
	struct watch *w = calloc(1, sizeof(*w));
	enum status st = ST_SYSTEM;
	int error;

	if (!w) {
		return ST_NO_MEMORY;
	}
	w->changed = changed;
	w->ctx = ctx;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0) {
		st = make_events(w, base);
	}
	if (st) {
		error = errno;
		watch_free(w);
		errno = error;
		return st;
	}
	*out = w;
	return ST_OK;
}

static void free_files(struct file *file, size_t n)
{
	size_t i;

	for (i = 0; file && i < n; i++) {
		free(file[i].name);
	}
	free(file);
}

static void free_event(struct event *event)
{
	if (event) {
		event_free(event);
	}
}

void watch_free(struct watch *w)
{
	if (!w) {
		return;
	}
	free_event(w->io);
	free_event(w->quiet);
	free_event(w->burst);
	free_event(w->again);
	if (w->fd >= 0) {
		close(w->fd);
	}
	free_files(w->file, w->n);
	free(w);
}

enum status watch_set(struct watch *w, const char *const *files, size_t n)
{
	struct file *file = calloc(n ? n : 1, sizeof(*file));
	size_t i;

	for (i = 0; file && i < n; i++) {
		file[i].name = strdup(files[i]);
		if (!file[i].name) {
			break;
		}
	}
	if (!file || i < n) {
		free_files(file, n);
		return ST_NO_MEMORY;
	}
	free_files(w->file, w->n);
	w->file = file;
	w->n = n;
	(void)look_again(w);
	return ST_OK;
}
