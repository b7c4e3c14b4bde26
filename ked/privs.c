// SPDX-License-Identifier: GPL-2.0-or-later
/* Becoming an unprivileged user. */
#include "ked/privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

enum status privs_drop(const char *user)
{
	const struct passwd *pw;

	if (!*user || geteuid() != 0) {
		return ST_OK;
	}
	pw = getpwnam(user);
	if (!pw) {
		return ST_CONFIG;
	}
	if (initgroups(user, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid)) {
		return ST_SYSTEM;
	}
	if (pw->pw_uid != 0 && setuid(0) == 0) {
		errno = EPERM;
		return ST_SYSTEM;
	}
	return ST_OK;
}
