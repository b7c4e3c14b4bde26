// SPDX-License-Identifier: GPL-2.0-or-later
/* What time it was in another boot. Must not let a lifetime grow. */
#include "ked/store_internal.h"

#include <stdio.h>
#include <string.h>

#define CLOCK_STEP_MS 500			/* a wall clock that moved more is looked at */
#define CLOCK_KEEP_MS (60 * 1000)		/* what a clock set back could gain, at most */
#define CLOCK_LEAP_MS (365LL * 24 * 3600 * 1000)	/* between two boots */

int64_t store_now(const struct store *s)
{
	return (int64_t)timebase_boot(s->time);
}

static int64_t now_offset(const struct store *s)
{
	return timebase_wall(s->time) - store_now(s);
}

/*
 * What is to be kept of it. A clock that stood back at the start is not believed before it has been
 * set right: in the next boot all keys would seem to be over.
 */
static int64_t offset_to_keep(struct store *s)
{
	int64_t offset = now_offset(s);

	if (s->clock_is_back && offset < s->clock_offset) {
		return s->clock_offset;
	}
	s->clock_is_back = false;
	return offset;
}

struct clock_row {
	bool there;
	char boot_id[STORE_BOOT_ID];
	int64_t wall_offset;
	int64_t seen_at;
};

static enum status read_clock(struct store *s, struct clock_row *out)
{
	sqlite3_stmt *stmt = s->stmt[SQL_CLOCK];
	enum status st = ST_OK;
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW) {
		out->there = true;
		snprintf(out->boot_id, sizeof(out->boot_id), "%s",
			 (const char *)sqlite3_column_text(stmt, 0));
		out->wall_offset = sqlite3_column_int64(stmt, 1);
		out->seen_at = sqlite3_column_int64(stmt, 2);
	} else if (rc != SQLITE_DONE) {
		st = store_failed(s, "reading the clock");
	}
	store_done(stmt);
	return st;
}

static enum status write_clock(struct store *s, int64_t offset)
{
	sqlite3_stmt *stmt = s->stmt[SQL_SET_CLOCK];
	int64_t now = store_now(s);
	enum status st;

	sqlite3_bind_text(stmt, 1, s->boot_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, offset);
	sqlite3_bind_int64(stmt, 3, now);
	st = store_execute(s, SQL_SET_CLOCK, "keeping the clock");
	if (!st) {
		s->clock_offset = offset;
		s->clock_seen = now;
	}
	return st;
}

enum status store_keep_clock(struct store *s)
{
	return write_clock(s, offset_to_keep(s));
}

static enum status rebase_rows(struct store *s, int64_t by)
{
	static const enum store_sql tables[] = {
		SQL_REBASE_PERIODS, SQL_REBASE_REGISTRATIONS, SQL_REBASE_TICKET_KEYS,
	};
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !st; i++) {
		sqlite3_bind_int64(s->stmt[tables[i]], 1, by);
		st = store_execute(s, tables[i], "reckoning the instants of another boot");
	}
	return st;
}

/* How far the wall clock is ahead of boot time, but no lifetime grows by a clock set back. */
static int64_t believable_offset(struct store *s, const struct clock_row *c)
{
	int64_t latest = c->seen_at + c->wall_offset;
	int64_t offset = now_offset(s);

	if (offset + store_now(s) < latest) {
		s->clock_was_back = true;
		s->clock_is_back = true;
		return latest - store_now(s);
	}
	s->clock_leapt = offset + store_now(s) - latest > CLOCK_LEAP_MS;
	return offset;
}

enum status store_rebase(struct store *s)
{
	struct clock_row c = { 0 };
	enum status st = read_clock(s, &c);
	int64_t offset = now_offset(s);

	if (st) {
		return st;
	}
	if (c.there && !strcmp(c.boot_id, s->boot_id)) {
		return write_clock(s, offset);
	}
	st = store_begin(s);
	if (!st && c.there) {
		offset = believable_offset(s, &c);
		st = rebase_rows(s, c.wall_offset - offset);
	}
	if (!st) {
		st = write_clock(s, offset);
	}
	return store_end(s, st);
}

enum status store_tick(struct store *s)
{
	int64_t offset = offset_to_keep(s);
	int64_t moved = offset - s->clock_offset;

	if (moved < CLOCK_STEP_MS && moved > -CLOCK_STEP_MS &&
	    store_now(s) - s->clock_seen < CLOCK_KEEP_MS) {
		return ST_OK;
	}
	return write_clock(s, offset);
}
