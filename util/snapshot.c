// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A reader says what it is about to read, then looks whether that is still current: if so, the
 * writer, who first replaces and then looks who reads, cannot have missed it (hazard pointers).
 * All accesses are sequentially consistent, which this relies on.
 */
#include "util/snapshot.h"

#include <time.h>

#define PAUSE_NS 20000

void *snapshot_enter(struct snapshot *s, unsigned int reader)
{
	void *thing;

	do {
		thing = atomic_load(&s->current);
		atomic_store(&s->reading[reader], thing);
	} while (thing != atomic_load(&s->current));
	return thing;
}

void snapshot_leave(struct snapshot *s, unsigned int reader)
{
	atomic_store(&s->reading[reader], NULL);
}

void *snapshot_current(struct snapshot *s)
{
	return atomic_load(&s->current);
}

void *snapshot_replace(struct snapshot *s, void *thing)
{
	return atomic_exchange(&s->current, thing);
}

void snapshot_wait(struct snapshot *s, const void *old)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned int i;

	for (i = 0; old && i < SNAPSHOT_READERS; i++) {
		while (atomic_load(&s->reading[i]) == old) {
			nanosleep(&pause, NULL);
		}
	}
}
