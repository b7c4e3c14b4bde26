/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the last key agent ended, in the log and for those who look at the clock and not at its log.
 * Agents that end again and again for one cause are logged ever more seldom.
 */
#ifndef NTS_AGENT_ENDED_H
#define NTS_AGENT_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/said.h"

#define ENDED_STR 160

/* All 0: none has ended. */
struct ended {
	char first[ENDED_STR];	/* error that the present agent has told: the cause, mostly */
	char words[ENDED_STR];	/* on the last one, zero-terminated; "" none has ended */
	struct said said;
	bool hushed;		/* the last end was left out of the log */
};

struct ended_when {
	uint64_t now_ms;
	uint64_t delay_ms;	/* until the next start */
	bool often;		/* many have ended so soon; else each end is logged */
};

/* Another agent begins. */
void ended_begin(struct ended *e);

/* A line of the agent, or on it; those at LOG_ERR and worse count. */
void ended_hear(struct ended *e, int level, const char *line);

/* It is killed because it does not answer: that is the cause, whatever it said before. */
void ended_hang(struct ended *e);

/* It has ended with this status of waitpid. */
void ended_note(struct ended *e, int how, struct ended_when when);

/* It could not be started at all: errno. */
void ended_unborn(struct ended *e, const char *path, int err, struct ended_when when);

#endif
