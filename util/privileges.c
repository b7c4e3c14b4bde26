// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving up root. */
#include "util/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

bool privileges_held(void)
{
	return geteuid() == 0;
}

static enum status take(const struct passwd *pw, struct privileges_user *out)
{
	if (strlen(pw->pw_name) >= sizeof(out->name)) {
		return ST_CONFIG;
	}
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	snprintf(out->name, sizeof(out->name), "%s", pw->pw_name);
	return ST_OK;
}

enum status privileges_find(const char *name, struct privileges_user *out)
{
	const struct passwd *pw = getpwnam(name);

	return pw ? take(pw, out) : ST_CONFIG;
}

enum status privileges_find_owner(const char *file, struct privileges_user *out)
{
	const struct passwd *pw;
	struct stat sb;

	if (stat(file, &sb) != 0) {
		return ST_FILE_OPEN;
	}
	pw = getpwuid(sb.st_uid);
	if (!pw || take(pw, out) != ST_OK) {
		*out = (struct privileges_user){ .uid = sb.st_uid, .gid = sb.st_gid };
	}
	return ST_OK;
}

static int change(const struct privileges_user *u)
{
	int err = u->name[0] ? initgroups(u->name, u->gid) : setgroups(0, NULL);

	if (err == 0) {
		err = setresgid(u->gid, u->gid, u->gid);
	}
	return err ? err : setresuid(u->uid, u->uid, u->uid);
}

static bool has_changed(const struct privileges_user *u)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	errno = EPERM;
	return getresuid(&r, &e, &s) == 0 && r == u->uid && e == u->uid && s == u->uid &&
	       getresgid(&rg, &eg, &sg) == 0 && rg == u->gid && eg == u->gid && sg == u->gid &&
	       (u->uid == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) != 0);
}

enum status privileges_become(const struct privileges_user *user)
{
	/* Changing the user makes a process dumpable again. */
	if (change(user) != 0 || !has_changed(user) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		return ST_SYSTEM;
	}
	return ST_OK;
}
