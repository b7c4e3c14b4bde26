/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An immutable thing that many threads read while another one replaces it. Readers never wait:
 * neither for the writer nor for each other. The writer waits until nobody reads the old one.
 *
 * Each reader has a number of its own, and reads one thing of a snapshot at a time. Writers must
 * exclude each other from snapshot_current to snapshot_replace.
 */
#ifndef NTS_UTIL_SNAPSHOT_H
#define NTS_UTIL_SNAPSHOT_H

#include <stdatomic.h>

#define SNAPSHOT_READERS 65	/* numbers 0 to 64 */

struct snapshot {
	_Atomic(void *) current;
	_Atomic(void *) reading[SNAPSHOT_READERS];	/* by reader; NULL: nothing */
};

/* The thing, which stays whole until snapshot_leave. */
void *snapshot_enter(struct snapshot *s, unsigned int reader);
void snapshot_leave(struct snapshot *s, unsigned int reader);

/* For the writer: the thing as it is. */
void *snapshot_current(struct snapshot *s);

/* Returns the old thing, which others may still be reading. Does not wait. */
void *snapshot_replace(struct snapshot *s, void *thing);

/*
 * Waits until nobody reads old, a replaced thing; then it is the caller's alone. Must not be
 * called by a reader of it, nor with a lock that a reader may want.
 */
void snapshot_wait(struct snapshot *s, const void *old);

#endif
