// SPDX-License-Identifier: GPL-2.0-or-later
/* See clocks.h. */
#include "tests/unit/clocks.h"

#include <stddef.h>

int64_t boot, wall;

static uint64_t fake_boot(void *ctx)
{
	(void)ctx;
	return (uint64_t)boot;
}

static int64_t fake_wall(void *ctx)
{
	(void)ctx;
	return wall;
}

const struct timebase fake = { fake_boot, fake_wall, NULL };
