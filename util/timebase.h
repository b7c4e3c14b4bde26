/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks of a process, injected so that tests can turn them. Lifetimes run on boot
 * time (WIRE.md 6), certificates on the wall clock. Times are in milliseconds.
 */
#ifndef NTS_UTIL_TIMEBASE_H
#define NTS_UTIL_TIMEBASE_H

#include <stdint.h>

struct timebase {
	uint64_t (*boot_ms)(void *ctx);		/* CLOCK_BOOTTIME */
	int64_t (*wall_ms)(void *ctx);		/* CLOCK_REALTIME, since 1970 */
	void *ctx;
};

/* The machine's own clocks. */
extern const struct timebase timebase_system;

static inline uint64_t timebase_boot(const struct timebase *t)
{
	return t->boot_ms(t->ctx);
}

static inline int64_t timebase_wall(const struct timebase *t)
{
	return t->wall_ms(t->ctx);
}

#endif
