/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the agent's executable with one socket and nothing else: docs/architecture.md. */
#ifndef NTS_AGENT_SPAWN_H
#define NTS_AGENT_SPAWN_H

#include <sys/types.h>

#include "util/status.h"

/*
 * Starts path as a child in a process group of its own, with default signals, standard streams
 * on /dev/null, its end of a new SOCK_SEQPACKET pair as descriptor APROTO_FD, and no other
 * descriptor. *fd is our end: non-blocking, close-on-exec.
 * ST_SYSTEM (errno tells).
 */
enum status agent_spawn(const char *path, pid_t *pid, int *fd) MUST_CHECK;

#endif
