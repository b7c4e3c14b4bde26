/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices when files change: by inotify on the folders in which they and the symbolic links that
 * lead to them stand, so that exchanging a link is seen like exchanging a file, and by a look now
 * and then, for what inotify does not tell. What comes in a burst is told once.
 *
 * Looks at files from outside only: reading them is for those whom it tells.
 */
#ifndef NTS_KED_WATCH_H
#define NTS_KED_WATCH_H

#include <stddef.h>

#include "util/status.h"

struct event_base;
struct watch;

/* Called on the loop when a file appeared, changed, or went; never during watch_set. */
typedef void (*watch_fn)(void *ctx);

/* ST_NO_MEMORY, ST_SYSTEM (errno tells). */
enum status watch_new(struct event_base *base, watch_fn changed, void *ctx,
		      struct watch **out) MUST_CHECK;

/* w may be NULL. */
void watch_free(struct watch *w);

/*
 * Watches these files from now on, as they are now, and no others. Names are copied. A folder that
 * cannot be watched, or a file that is not there, is not an error. ST_NO_MEMORY: nothing changed.
 */
enum status watch_set(struct watch *w, const char *const *files, size_t n) MUST_CHECK;

#endif
