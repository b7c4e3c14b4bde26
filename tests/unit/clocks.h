/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timebase that stands where a test puts it. */
#ifndef NTS_TESTS_UNIT_CLOCKS_H
#define NTS_TESTS_UNIT_CLOCKS_H

#include "util/timebase.h"

extern int64_t boot, wall;	/* milliseconds */

extern const struct timebase fake;

#endif
