// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving up root, for good and checked. */
#include "agent/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "util/log.h"

struct target {
	uid_t uid;
	gid_t gid;
	const char *name;	/* NULL: not in the user database */
};

static enum status find_named(const char *user, struct target *out)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw) {
		log_err("nts_user %s: there is no such user", user);
		return ST_CONFIG;
	}
	*out = (struct target){ pw->pw_uid, pw->pw_gid, pw->pw_name };
	return ST_OK;
}

static enum status find_owner(const char *key_file, struct target *out)
{
	const struct passwd *pw;
	struct stat sb;

	if (stat(key_file, &sb) != 0) {
		log_err("nts_key_file %s: %s", key_file, strerror(errno));
		return ST_FILE_OPEN;
	}
	pw = getpwuid(sb.st_uid);
	*out = pw ? (struct target){ pw->pw_uid, pw->pw_gid, pw->pw_name }
		  : (struct target){ sb.st_uid, sb.st_gid, NULL };
	return ST_OK;
}

static enum status allow_root(const char *user, const char *key_file)
{
	if (strcmp(user, "root") == 0) {
		log_warning("the key agent keeps running as root, because nts_user says so");
		return ST_OK;
	}
	log_err("the key agent does not run as root: give nts_key_file %s to a user of its own, "
		"or name one with nts_user", key_file);
	return ST_CONFIG;
}

static int change(const struct target *t)
{
	int err = t->name ? initgroups(t->name, t->gid) : setgroups(0, NULL);

	if (err == 0) {
		err = setresgid(t->gid, t->gid, t->gid);
	}
	return err ? err : setresuid(t->uid, t->uid, t->uid);
}

static bool has_changed(const struct target *t)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && r == t->uid && e == t->uid && s == t->uid &&
	       getresgid(&rg, &eg, &sg) == 0 && rg == t->gid && eg == t->gid && sg == t->gid &&
	       setresuid((uid_t)-1, 0, (uid_t)-1) != 0;
}

enum status privileges_drop(const char *user, const char *key_file)
{
	struct target t;
	enum status st;

	if (geteuid() != 0) {
		return ST_OK;
	}
	st = user[0] ? find_named(user, &t) : find_owner(key_file, &t);
	if (st != ST_OK) {
		return st;
	}
	if (t.uid == 0) {
		return allow_root(user, key_file);
	}
	/* Changing the user makes a process dumpable again. */
	if (change(&t) != 0 || !has_changed(&t) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		log_err("the key agent cannot give up root: %s", strerror(errno));
		return ST_SYSTEM;
	}
	return ST_OK;
}
