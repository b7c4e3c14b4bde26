// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store's files where the next start looks for them. When they were deleted or moved away, the
 * store is written anew from what is open. Must not overwrite a file that somebody else put there.
 */
#include "ked/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ST_STORE, ST_FILE_MODE, ST_FILE_FORMAT: something is there that a start would not find good. */
static enum status look(struct store *s, enum store_files which, bool *gone)
{
	char name[PATH_MAX];
	struct stat sb;

	store_name(s, which, name);
	if (lstat(name, &sb)) {
		*gone = errno == ENOENT;
		return *gone ? ST_OK : store_failed_at(s, name);
	}
	if (sb.st_dev != s->file[which].dev || sb.st_ino != s->file[which].ino) {
		snprintf(s->why, sizeof(s->why), "another file stands at %.160s", name);
		return ST_STORE;
	}
	return store_check_file(&sb, name, s->why);
}

/* ---- the store itself is gone ---- */

static enum status copy_into(struct store *s, const char *name)
{
	char *sql = sqlite3_mprintf("VACUUM INTO %Q", name);
	enum status st = ST_NO_MEMORY;

	if (sql) {
		st = store_run(s, sql, "writing it anew");
	}
	sqlite3_free(sql);
	return st;
}

static enum status write_copy(struct store *s, const char *name)
{
	enum status st;
	int fd;

	if (unlink(name) && errno != ENOENT) {
		return store_failed_at(s, name);
	}
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		return store_failed_at(s, name);
	}
	st = copy_into(s, name);
	if (!st && fsync(fd)) {
		st = store_failed_at(s, name);
	}
	close(fd);
	return st;
}

static enum status sync_folder(struct store *s)
{
	char name[PATH_MAX];
	enum status st = ST_OK;
	char *slash;
	int fd;

	store_name(s, STORE_DB, name);
	slash = strrchr(name, '/');
	if (slash) {
		slash[1] = '\0';
	}
	fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return store_failed_at(s, name);
	}
	if (fsync(fd)) {
		st = store_failed_at(s, name);
	}
	close(fd);
	return st;
}

/* The log of changes is the old file's: with the new one it would be taken for the new one's. */
static enum status put_in_place(struct store *s, const char *name)
{
	char wal[PATH_MAX];

	store_name(s, STORE_WAL, wal);
	if (unlink(wal) && errno != ENOENT) {
		return store_failed_at(s, wal);
	}
	if (renameat2(AT_FDCWD, name, AT_FDCWD, s->path, RENAME_NOREPLACE)) {
		return store_failed_at(s, s->path);
	}
	return sync_folder(s);
}

static void exchange(struct store *s, struct store *other)
{
	sqlite3 *db = s->db;
	sqlite3_stmt *stmt[SQL_COUNT];

	memcpy(stmt, s->stmt, sizeof(stmt));
	memcpy(s->stmt, other->stmt, sizeof(stmt));
	memcpy(other->stmt, stmt, sizeof(stmt));
	memcpy(s->file, other->file, sizeof(s->file));
	s->db = other->db;
	other->db = db;
	store_watch_writes(s);
}

/* From the unlinked file to the one that stands at the path now. */
static enum status move_over(struct store *s)
{
	struct store other = { .path = s->path };
	enum status st = store_open_file(&other);

	if (st) {
		snprintf(s->why, sizeof(s->why), "%s", other.why);
		store_close_file(&other);
		(void)!unlink(s->path);
		return st;
	}
	exchange(s, &other);
	sqlite3_db_config(other.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_close_file(&other);
	return ST_OK;
}

void store_drop_copy(const struct store *s)
{
	char name[PATH_MAX];

	store_name(s, STORE_COPY, name);
	(void)!unlink(name);
}

static enum status write_anew(struct store *s)
{
	char name[PATH_MAX];
	enum status st;

	store_name(s, STORE_COPY, name);
	st = write_copy(s, name);
	if (!st) {
		st = put_in_place(s, name);
	}
	if (st) {
		store_drop_copy(s);
		return st;
	}
	return move_over(s);
}

/* ---- its log of changes is gone ---- */

static enum status set_journal(struct store *s, const char *sql, const char *mode)
{
	int64_t number;
	char text[16];
	enum status st = store_ask(s, sql, &number, text, sizeof(text));

	if (!st && strcmp(text, mode)) {
		snprintf(s->why, sizeof(s->why), "its journal_mode is %s", text);
		st = ST_STORE;
	}
	return st;
}

/* All of it goes into the store itself, and another one is begun. */
static enum status renew_wal(struct store *s)
{
	enum status st = set_journal(s, "PRAGMA journal_mode = DELETE", "delete");

	if (!st) {
		st = set_journal(s, "PRAGMA journal_mode = WAL", "wal");
	}
	if (!st) {
		st = store_run(s, "BEGIN EXCLUSIVE; COMMIT;", "beginning its log of changes");
	}
	return st ? st : store_note_place(s);
}

/* When both are there. */
static enum status look_inside(struct store *s)
{
	struct stat sb;

	if (lstat(s->path, &sb) || !store_is_ours(s, &sb)) {
		snprintf(s->why, sizeof(s->why), "somebody else has written %.160s where it stands",
			 s->path);
		return ST_STORE;
	}
	return ST_OK;
}

enum status store_keep_place(struct store *s, bool *restored)
{
	bool gone[STORE_FILES] = { false };
	char why[STORE_WHY];
	enum status st = look(s, STORE_DB, &gone[STORE_DB]);

	*restored = false;
	if (!st) {
		st = look(s, STORE_WAL, &gone[STORE_WAL]);
	}
	if (!st && !gone[STORE_DB] && !gone[STORE_WAL]) {
		return look_inside(s);
	}
	if (st) {
		return st;
	}
	st = gone[STORE_DB] ? write_anew(s) : renew_wal(s);
	if (st) {
		memcpy(why, s->why, sizeof(why));
		snprintf(s->why, sizeof(s->why), "it is gone and cannot be written anew: %.200s",
			 why);
	}
	*restored = !st;
	return st;
}
