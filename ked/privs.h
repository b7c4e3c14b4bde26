/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Becoming an unprivileged user, for good. */
#ifndef NTS_KED_PRIVS_H
#define NTS_KED_PRIVS_H

#include "util/status.h"

/*
 * Takes user's identity and groups. Nothing to do where user is "" or the process is not root.
 * ST_CONFIG (no such user), ST_SYSTEM (errno tells).
 */
enum status privs_drop(const char *user) MUST_CHECK;

#endif
