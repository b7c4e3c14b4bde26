/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the last key agent ended, for those who look at the clock and not at its log. */
#ifndef NTS_AGENT_ENDED_H
#define NTS_AGENT_ENDED_H

#include <stdint.h>

#define ENDED_STR 160

/* All 0: none has ended. */
struct ended {
	char first[ENDED_STR];	/* error that the present agent has told: the cause, mostly */
	char words[ENDED_STR];	/* on the last one, zero-terminated; "" none has ended */
};

/* Another agent begins. */
void ended_begin(struct ended *e);

/* A line of the agent, or on it; those at LOG_ERR and worse count. */
void ended_hear(struct ended *e, int level, const char *line);

/* It has ended with this status of waitpid; goes to the log, too. */
void ended_note(struct ended *e, int how, uint64_t delay_ms);

/* It could not be started at all: errno. */
void ended_unborn(struct ended *e, int err);

#endif
