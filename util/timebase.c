// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine's own clocks, in milliseconds. */
#include "util/timebase.h"

#include <stddef.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	/* Fails only for a clock that the kernel does not have; both are older than we are. */
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static uint64_t boot_ms(void *ctx)
{
	(void)ctx;
	return (uint64_t)read_ms(CLOCK_BOOTTIME);
}

static int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return read_ms(CLOCK_REALTIME);
}

const struct timebase timebase_system = { .boot_ms = boot_ms, .wall_ms = wall_ms, .ctx = NULL };
