// SPDX-License-Identifier: GPL-2.0-or-later
/* The store as a file: who may read it, whether it is one, its schema. */
#include "ked/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID 0x4e54534b	/* "NTSK" */
#define SCHEMA_VERSION 4
#define CHECKPOINT_PAGES 1000	/* in the log of changes, as is SQLite's default */

/*
 * All instants are milliseconds of the boot that the one row of clock names; wall_offset is what
 * its wall clock was ahead of them when last looked at, which was at seen_at.
 */
static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE clock ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" boot_id TEXT NOT NULL,"
	" wall_offset INTEGER NOT NULL,"
	" seen_at INTEGER NOT NULL,"
	" key_check BLOB);"
	"CREATE TABLE period ("
	" id INTEGER PRIMARY KEY,"
	" assoc_type INTEGER NOT NULL,"
	" assoc_value BLOB NOT NULL,"
	" start_at INTEGER NOT NULL,"
	" update_at INTEGER NOT NULL,"
	" end_at INTEGER NOT NULL,"
	" grace INTEGER NOT NULL,"
	" policy_named INTEGER NOT NULL,"
	" policy_spp BLOB NOT NULL,"
	" UNIQUE (assoc_type, assoc_value, start_at));"
	"CREATE TABLE sa ("
	" period_id INTEGER NOT NULL REFERENCES period (id) ON DELETE CASCADE,"
	" spp INTEGER NOT NULL,"
	" mac INTEGER NOT NULL,"
	" key_id INTEGER NOT NULL UNIQUE,"
	" key BLOB NOT NULL,"
	" PRIMARY KEY (period_id, spp));"
	/* ids below are never used twice: a pair that memory still has must not find a new key */
	"CREATE TABLE registration ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" client BLOB NOT NULL,"
	" fingerprint BLOB NOT NULL,"
	" crl_name BLOB NOT NULL,"
	" names BLOB NOT NULL,"
	" section TEXT NOT NULL,"
	" macs BLOB NOT NULL,"
	" revoked INTEGER NOT NULL DEFAULT 0,"
	" forget_at INTEGER NOT NULL);"
	"CREATE INDEX registration_over ON registration (forget_at);"
	"CREATE TABLE identity ("
	" type INTEGER NOT NULL,"
	" value BLOB NOT NULL,"
	" registration_id INTEGER NOT NULL REFERENCES registration (id) ON DELETE CASCADE,"
	" PRIMARY KEY (type, value)) WITHOUT ROWID;"
	"CREATE INDEX identity_of ON identity (registration_id);"
	"CREATE TABLE ticket_key ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" registration_id INTEGER NOT NULL REFERENCES registration (id) ON DELETE CASCADE,"
	" start_at INTEGER NOT NULL,"
	" renew_at INTEGER NOT NULL,"
	" update_at INTEGER NOT NULL,"
	" end_at INTEGER NOT NULL,"
	" forget_at INTEGER NOT NULL,"
	" grace INTEGER NOT NULL,"
	" policy_named INTEGER NOT NULL,"
	" policy_spp BLOB NOT NULL,"
	" aead INTEGER NOT NULL,"
	" key_id INTEGER NOT NULL UNIQUE,"
	" key BLOB NOT NULL,"
	" UNIQUE (registration_id, start_at));"
	"CREATE INDEX ticket_key_over ON ticket_key (forget_at);"
	"CREATE TABLE pair ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" ticket_key_id INTEGER NOT NULL REFERENCES ticket_key (id) ON DELETE CASCADE,"
	" client BLOB NOT NULL,"
	" identities BLOB NOT NULL,"
	" UNIQUE (ticket_key_id, client));"
	"CREATE TABLE pair_sa ("
	" pair_id INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,"
	" spp INTEGER NOT NULL,"
	" mac INTEGER NOT NULL,"
	" key_id INTEGER NOT NULL UNIQUE,"
	" key BLOB NOT NULL,"
	" PRIMARY KEY (pair_id, spp));"
	"PRAGMA application_id = 1314149195;"
	"PRAGMA user_version = 4;"
	"COMMIT;";

/*
 * From each older version to the next. What is new has a value that no certificate has: the right
 * one comes when the grantor registers again.
 */
#define OLDEST_VERSION 2
static const char *const upgrades[SCHEMA_VERSION] = {
	[2] = "BEGIN IMMEDIATE;"
	      "ALTER TABLE registration ADD COLUMN crl_name BLOB NOT NULL DEFAULT x'"
	      "0000000000000000000000000000000000000000000000000000000000000000';"
	      "PRAGMA user_version = 3;"
	      "COMMIT;",
	[3] = "BEGIN IMMEDIATE;"
	      "ALTER TABLE registration ADD COLUMN names BLOB NOT NULL DEFAULT x'';"
	      "PRAGMA user_version = 4;"
	      "COMMIT;",
};

/* Exclusive: without it another process could read and write beside us. */
static const char settings[] =
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA foreign_keys = ON;"
	"PRAGMA secure_delete = ON;"
	"PRAGMA temp_store = MEMORY;"
	"BEGIN EXCLUSIVE; COMMIT;";

enum status store_check_file(const struct stat *sb, const char *name, char why[STORE_WHY])
{
	if (!S_ISREG(sb->st_mode)) {
		snprintf(why, STORE_WHY, "%s is not a regular file", name);
		return ST_FILE_FORMAT;
	}
	if (sb->st_uid != geteuid()) {
		snprintf(why, STORE_WHY, "%s belongs to user %u, not to us (%u)", name,
			 (unsigned int)sb->st_uid, (unsigned int)geteuid());
		return ST_FILE_MODE;
	}
	if (sb->st_mode & (S_IRWXG | S_IRWXO)) {
		snprintf(why, STORE_WHY, "%s has mode %04o: others can get at its keys, "
			 "wanted is 0600", name, (unsigned int)sb->st_mode & 07777);
		return ST_FILE_MODE;
	}
	return ST_OK;
}

/* Must be closed again before SQLite opens the file: closing drops a process's locks. */
static enum status check_path(const char *path, int flags, char why[STORE_WHY])
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);
	struct stat sb;
	enum status st;

	if (fd < 0 && errno == ENOENT && !(flags & O_CREAT)) {
		return ST_OK;
	}
	if (fd < 0 || fstat(fd, &sb)) {
		snprintf(why, STORE_WHY, "%s: %s", path, strerror(errno));
		st = ST_FILE_OPEN;
	} else {
		st = store_check_file(&sb, path, why);
	}
	if (fd >= 0) {
		close(fd);
	}
	return st;
}

enum status store_check_paths(const char *path, char why[STORE_WHY])
{
	char wal[PATH_MAX];
	enum status st;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	st = check_path(path, O_CREAT, why);
	return st ? st : check_path(wal, 0, why);
}

void store_name(const struct store *s, enum store_files which, char out[PATH_MAX])
{
	static const char *const suffix[STORE_NAMES] = {
		[STORE_DB] = "", [STORE_WAL] = "-wal", [STORE_COPY] = "-new",
	};

	snprintf(out, PATH_MAX, "%s%s", s->path, suffix[which]);
}

enum status store_failed_at(struct store *s, const char *name)
{
	snprintf(s->why, sizeof(s->why), "%.180s: %s", name, strerror(errno));
	return ST_STORE;
}

bool store_is_ours(const struct store *s, const struct stat *sb)
{
	const struct store_file *f = &s->file[STORE_DB];

	return sb->st_dev == f->dev && sb->st_ino == f->ino &&
	       sb->st_mtim.tv_sec == f->written.tv_sec &&
	       sb->st_mtim.tv_nsec == f->written.tv_nsec;
}

static void note(struct store_file *f, const struct stat *sb)
{
	*f = (struct store_file){
		.dev = sb->st_dev, .ino = sb->st_ino, .written = sb->st_mtim,
	};
}

enum status store_note_place(struct store *s)
{
	char name[PATH_MAX];
	struct stat sb;
	size_t i;

	for (i = 0; i < STORE_FILES; i++) {
		store_name(s, (enum store_files)i, name);
		if (lstat(name, &sb)) {
			return store_failed_at(s, name);
		}
		note(&s->file[i], &sb);
	}
	return ST_OK;
}

/* Only here is the store itself written; what another has written there is not written over. */
static int on_commit(void *ctx, sqlite3 *db, const char *schema_name, int pages)
{
	struct store *s = ctx;
	struct stat sb;

	if (pages < CHECKPOINT_PAGES || lstat(s->path, &sb) || !store_is_ours(s, &sb)) {
		return SQLITE_OK;
	}
	(void)sqlite3_wal_checkpoint_v2(db, schema_name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (!lstat(s->path, &sb) && sb.st_ino == s->file[STORE_DB].ino) {
		note(&s->file[STORE_DB], &sb);
	}
	return SQLITE_OK;
}

void store_watch_writes(struct store *s)
{
	sqlite3_wal_hook(s->db, on_commit, s);
}

/* Creates the schema in an empty file; takes no other program's file and no later version. */
static enum status check_schema(struct store *s)
{
	int64_t application, version, objects;
	enum status st;
	char text[64];

	st = store_ask(s, "PRAGMA application_id", &application, text, sizeof(text));
	if (!st) {
		st = store_ask(s, "PRAGMA user_version", &version, text, sizeof(text));
	}
	if (!st) {
		st = store_ask(s, "SELECT count(*) FROM sqlite_schema", &objects, text,
			       sizeof(text));
	}
	if (st) {
		return st;
	}
	if (!application && !version && !objects) {
		return store_run(s, schema, "creating the tables");
	}
	if (application != APPLICATION_ID || version < OLDEST_VERSION || version > SCHEMA_VERSION) {
		snprintf(s->why, sizeof(s->why), "it is no key store of version %d (is %lld)",
			 SCHEMA_VERSION, (long long)version);
		return ST_FILE_FORMAT;
	}
	for (; version < SCHEMA_VERSION && !st; version++) {
		st = store_run(s, upgrades[version], "bringing tables of before up to date");
	}
	return st;
}

static enum status check_integrity(struct store *s)
{
	enum status st;
	int64_t number;
	char text[64];

	st = store_ask(s, "PRAGMA quick_check(1)", &number, text, sizeof(text));
	if (!st && strcmp(text, "ok") != 0) {
		snprintf(s->why, sizeof(s->why), "it is damaged: %s", text);
		st = ST_STORE;
	}
	return st;
}

enum status store_open_file(struct store *s)
{
	enum status st;

	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
			    NULL)) {
		return store_failed(s, "opening");
	}
	store_watch_writes(s);
	st = store_run(s, settings, "setting up");
	if (!st) {
		st = check_schema(s);
	}
	if (!st) {
		st = check_integrity(s);
	}
	if (!st) {
		st = store_prepare(s);
	}
	return st ? st : store_note_place(s);
}

void store_close_file(struct store *s)
{
	size_t i;

	for (i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(s->stmt[i]);
	}
	sqlite3_close(s->db);
}
