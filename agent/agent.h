/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key agent's event loop: wants come in from the clock, each has a schedule, exchanges run,
 * key sets and their fate go out. Never blocks; ends with the clock.
 */
#ifndef NTS_AGENT_AGENT_H
#define NTS_AGENT_AGENT_H

#include "agent/proto.h"

/*
 * Serves the clock over fd (SOCK_SEQPACKET, non-blocking) until it closes its end: ST_OK.
 * config has passed aproto_check.
 * ST_CONFIG (servers), ST_NO_MEMORY, ST_SYSTEM.
 */
enum status agent_run(int fd, const struct aproto_config *config) MUST_CHECK;

/* A log sink that sends lines to the clock; ctx points to an int, the socket. */
void agent_log(void *ctx, int level, const char *line);

#endif
