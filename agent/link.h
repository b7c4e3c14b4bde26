/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock's end of the key agent: has it run (agent/child.h), tells it what the clock wants,
 * takes its messages. An agent that answers none of several pings in a row is killed: it hangs.
 * Never blocks: sends without waiting, reaps without waiting. Installs no signal handler.
 * Knows nothing of linuxptp.
 *
 * The agent is started by exec (posix_spawn) with default signals, only its socket (as
 * descriptor APROTO_FD) and standard streams on /dev/null open; it drops its privileges itself.
 */
#ifndef NTS_AGENT_LINK_H
#define NTS_AGENT_LINK_H

#include "agent/proto.h"

struct alink;

/* What the agent said; each may be NULL. Called from alink_poll only. */
struct alink_events {
	void (*keys)(void *ctx, const struct aproto_keys *m);
	void (*state)(void *ctx, const struct aproto_state *m);
	void (*log)(void *ctx, int level, const char *line);
	void *ctx;
	void (*server)(void *ctx, const struct aproto_server *m);
	void (*drop)(void *ctx, const struct aproto_verdict *m);
	void (*marks)(void *ctx, const struct aproto_marks *m);
};

/*
 * config is copied; path is the agent's executable. Wants are added with alink_want, and told
 * to every agent that is started. Starts the first agent at the first alink_poll.
 * ST_NO_MEMORY.
 */
enum status alink_new(const char *path, const struct aproto_config *config,
		      const struct alink_events *events, struct alink **out) MUST_CHECK;

/* Closes the socket, which ends the agent, and reaps it (waits at most 200 ms, then kills). */
void alink_free(struct alink *l);

/* Adds an association; *index is its number. ST_LIMIT. The same association again: same index. */
enum status alink_want(struct alink *l, const struct nts_assoc *assoc,
		       uint32_t *index) MUST_CHECK;

/* The same for a unicast association or a registration; type and index are filled in here. */
enum status alink_want_more(struct alink *l, const struct aproto_want *want,
			    uint32_t *index) MUST_CHECK;

/* To be asked for now; the agent sees to it that this is not often. */
void alink_want_again(struct alink *l, uint32_t index);

/* The same when want is not what was told under this number; false: it is. */
bool alink_want_changed(struct alink *l, const struct aproto_want *want, uint32_t index);

/* Before alink_free: has our registrations revoked, and waits at most so long for it. */
void alink_revoke(struct alink *l, uint32_t wait_ms);

/* Tells this agent, and each that is started later, that the clock is synchronized. */
void alink_synced(struct alink *l);

/* Has the agent keep these marks; m->type is filled in here. False: not now. */
bool alink_marks(struct alink *l, struct aproto_marks *m);

/* The descriptor to poll for input, or -1 while there is no agent. */
int alink_fd(const struct alink *l);

/* When alink_poll must be called although nothing came in; boot time ms, UINT64_MAX never. */
uint64_t alink_deadline(const struct alink *l);

/* Takes what there is (at most 64 packets), starts or restarts the agent when it is time. */
void alink_poll(struct alink *l, uint64_t now_ms);

struct alink_status {
	int pid;		/* 0: none running */
	uint32_t starts;	/* how often one was started */
	uint32_t bad_packets;	/* refused by aproto_check */
	uint32_t hangs;		/* agents killed because they did not answer */
	const char *ended;	/* why the last one ended, or ""; until it changes */
};
void alink_status(const struct alink *l, struct alink_status *out);

#endif
