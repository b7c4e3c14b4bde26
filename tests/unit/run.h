/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every program of tests/unit ends with. */
#ifndef NTS_TESTS_UNIT_RUN_H
#define NTS_TESTS_UNIT_RUN_H

#include <check.h>

/* Runs the suite as Check's environment says, frees it. Returns the program's exit status. */
int unit_run(Suite *suite);

#endif
