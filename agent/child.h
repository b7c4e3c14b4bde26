/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key agent as a process: started, killed, reaped, and started again, ever more slowly; never
 * waited for but by child_stop and child_await. What is said to it is agent/link.h's.
 */
#ifndef NTS_AGENT_CHILD_H
#define NTS_AGENT_CHILD_H

#include <sys/types.h>

#include "agent/ended.h"
#include "util/status.h"

struct child {
	char *path;
	int fd;			/* our end of its socket; -1: there is none to talk to */
	pid_t pid;		/* 0: none; with fd -1 it is being reaped */
	uint32_t starts;	/* how often one was started */
	struct ended ended;
	uint64_t started_at;
	uint64_t next_start;
	uint64_t backoff_ms;
	uint64_t reap_at;
};

/* None runs yet, and the first is due. The path is copied. ST_NO_MEMORY. */
enum status child_init(struct child *c, const char *path) MUST_CHECK;

/* Closes the socket, which ends the agent, and reaps it (waits at most 200 ms, then kills). */
void child_stop(struct child *c);

/* It is gone, or as good as gone: cannot be heard any more, and is killed. */
void child_drop(struct child *c, uint64_t now);

/* Reaps, and starts, when it is time for either. True: another one was started. */
bool child_poll(struct child *c, uint64_t now);

/* When to call child_poll; UINT64_MAX: not while this one runs. */
uint64_t child_deadline(const struct child *c);

/*
 * Does it end as those before it did, soon after its start, for longer than anybody wants to read
 * of it? Then neither its lines nor its end are logged but now and then.
 */
bool child_is_hushed(const struct child *c, uint64_t now);

/* Waits for its end; false: it did not end in time. */
bool child_await(struct child *c, uint32_t wait_ms);

#endif
