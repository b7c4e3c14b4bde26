/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key agents that are none: this very program, started again under a link whose name says how it
 * behaves: good, bad (says what must be refused), chatty, heir (tells what it was told of those
 * before it), pings (answers them), deaf (reads nothing).
 */
#ifndef NTS_TESTS_UNIT_FAKE_AGENT_H
#define NTS_TESTS_UNIT_FAKE_AGENT_H

#include <stdbool.h>

#define FAKE_AGENT_PATH 128

/* The links, made and removed. */
void fake_agents_setup(void);
void fake_agents_teardown(void);

/* Where an agent of this name is, or would be; returns out. */
const char *fake_agent_path(const char *name, char out[FAKE_AGENT_PATH]);

/* First of all in main(): true: this process was one of them, and is done. */
bool fake_agent_acts(void);

#endif
