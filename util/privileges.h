/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up root, for good and checked. Who to become is the caller's policy, and so is what it
 * logs.
 */
#ifndef NTS_UTIL_PRIVILEGES_H
#define NTS_UTIL_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/status.h"

#define PRIVILEGES_NAME 64	/* octets of a user's name, with its zero */

struct privileges_user {
	uid_t uid;
	gid_t gid;
	char name[PRIVILEGES_NAME];	/* "": not in the user database, has no other groups */
};

/* Is there anything to give up? */
bool privileges_held(void);

/* A user by name. ST_CONFIG: there is none. */
enum status privileges_find(const char *name, struct privileges_user *out) MUST_CHECK;

/* Whom a file belongs to. ST_FILE_OPEN (errno tells). */
enum status privileges_find_owner(const char *file, struct privileges_user *out) MUST_CHECK;

/*
 * Takes the user's identity and groups; afterwards there is no way back, and the process is not
 * dumpable. For root's processes only. ST_SYSTEM (errno tells).
 */
enum status privileges_become(const struct privileges_user *user) MUST_CHECK;

#endif
