// SPDX-License-Identifier: GPL-2.0-or-later
/* An nts-ked.conf: what nts-ked --check finds, and whether the store can be written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/kedconf.h"
#include "nts4ptp/check_files.h"
#include "nts4ptp/check_kinds.h"
#include "util/privileges.h"

/* "file:line: what is wrong" or "file: what is wrong" */
static void take_error(void *ctx, const char *error)
{
	struct check *c = ctx;
	size_t len = strlen(c->path);
	unsigned int line = 0;
	char *end;

	if (!strncmp(error, c->path, len) && error[len] == ':') {
		line = (unsigned int)strtoul(error + len + 1, &end, 10);
		error = *end == ':' && line ? end + 1 : error + len + 1;
		error += *error == ' ';
	}
	check_error(c, line, "%s", error);
}

static const struct conf_line *server_line(const struct check *c, const char *name)
{
	for (size_t i = 0; i < c->conf->n; i++) {
		const struct conf_line *line = &c->conf->list[i];

		if (!strcmp(line->section, "server") && !strcmp(line->name, name) &&
		    line->value[0]) {
			return line;
		}
	}
	return NULL;
}

static bool may_write(const struct stat *sb, const struct privileges_user *user)
{
	if (user->uid == 0) {
		return true;
	}
	if (sb->st_uid == user->uid) {
		return sb->st_mode & S_IWUSR;
	}
	return sb->st_mode & (sb->st_gid == user->gid ? S_IWGRP : S_IWOTH);
}

static void check_writable(struct check *c, const struct conf_line *line, const char *path,
			   const struct privileges_user *user)
{
	struct stat sb;

	if (stat(path, &sb)) {
		check_error(c, line->number, "store: %s: %s", path, strerror(errno));
	} else if (!may_write(&sb, user)) {
		check_error(c, line->number, "store: %s cannot be written by %s", path,
			    user->name[0] ? user->name : "this user");
	}
}

/* The folder, for SQLite writes beside the file, and the file, once it is there. */
static void check_store(struct check *c, const struct conf_line *line,
			const struct privileges_user *user)
{
	char folder[CONF_VALUE];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", line->value);
	slash = strrchr(folder, '/');
	if (slash) {
		slash[slash == folder] = '\0';
	}
	check_writable(c, line, slash ? folder : ".", user);
	if (!access(line->value, F_OK)) {
		check_writable(c, line, line->value, user);
	}
}

static void check_members(struct check *c, const struct kedconf *conf)
{
	for (size_t i = 0; i < conf->n_groups; i++) {
		const struct kedconf_group *g = &conf->groups[i];

		if (!g->members[0] && !conf->authorization.attributes[0]) {
			check_warning(c, (unsigned int)g->line, "group %s: no members, and no "
				      "[authorization] attributes: nobody gets its keys", g->name);
		}
	}
}

static void check_server(struct check *c)
{
	struct privileges_user user = { .uid = geteuid(), .gid = getegid() };
	const struct conf_line *name = server_line(c, "user");
	const struct conf_line *store = server_line(c, "store");
	const struct check_files files = {
		.ca = server_line(c, "client_ca"),
		.cert = server_line(c, "certificate"),
		.key = server_line(c, "private_key"),
		.crl = server_line(c, "client_crl"),
		.server = true,
	};

	if (name && privileges_find(name->value, &user) != ST_OK) {
		check_error(c, name->number, "user: there is no %s", name->value);
	} else if (store) {
		check_store(c, store, &user);
	}
	check_credentials(c, &files);
}

void check_ked(struct check *c)
{
	struct kedconf *conf;
	enum status st = kedconf_load(c->path, take_error, c, &conf);

	if (st == ST_OK) {
		check_members(c, conf);
		kedconf_free(conf);
	} else if (!c->errors) {
		check_error(c, 0, "%s", status_str(st));
	}
	check_server(c);
}
