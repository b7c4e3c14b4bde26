/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent gives up root before it touches the network: DESIGN.md, "Two processes". */
#ifndef NTS_AGENT_PRIVILEGES_H
#define NTS_AGENT_PRIVILEGES_H

#include "util/status.h"

/*
 * Becomes user, or where that is "" the owner of key_file, for good. Does nothing when the
 * process is not root's. Stays root only when user is "root", and warns of it.
 * Logs what is wrong. ST_CONFIG (no such user; key_file is root's), ST_FILE_OPEN, ST_SYSTEM.
 */
enum status privileges_drop(const char *user, const char *key_file) MUST_CHECK;

#endif
