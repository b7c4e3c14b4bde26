/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What store.c (the file) and store_rows.c (what stands in it) share. */
#ifndef NTS_KED_STORE_INTERNAL_H
#define NTS_KED_STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "ked/store.h"

#define STORE_BOOT_ID 40

enum store_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_LATEST,
	SQL_REBASE,
	SQL_PERIODS,
	SQL_SAS,
	SQL_ADD_PERIOD,
	SQL_ADD_SA,
	SQL_FORGET,
	SQL_CLOCK,
	SQL_KEY_ID_USED,
	SQL_COUNT
};

struct store {
	pthread_mutex_t lock;
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_COUNT];
	const struct timebase *time;
	char boot_id[STORE_BOOT_ID];
	bool clock_was_back;
	char why[STORE_WHY];
};

/* Prepares all statements. ST_STORE. */
enum status store_rows_prepare(struct store *s) MUST_CHECK;

/* Reckons the instants of other boots in this boot's time. ST_STORE. */
enum status store_rows_rebase(struct store *s) MUST_CHECK;

/* Keeps SQLite's words for what failed; returns ST_STORE. */
enum status store_failed(struct store *s, const char *doing);

#endif
