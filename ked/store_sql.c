// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite as the store uses it: statements, transactions, columns. Must not know what they mean. */
#include "ked/store_internal.h"

#include <stdio.h>
#include <string.h>

static const char *const texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_BEGIN_INNER] = "SAVEPOINT inner",
	[SQL_COMMIT_INNER] = "RELEASE inner",
	[SQL_ROLLBACK_INNER] = "ROLLBACK TO inner",
	[SQL_CLOCK] = "SELECT boot_id, wall_offset, seen_at FROM clock",
	[SQL_SET_CLOCK] =
		"INSERT INTO clock (id, boot_id, wall_offset, seen_at) VALUES (1, ?1, ?2, ?3)"
		" ON CONFLICT (id) DO UPDATE SET boot_id = ?1, wall_offset = ?2, seen_at = ?3",
	[SQL_REBASE_PERIODS] =
		"UPDATE period SET start_at = start_at + ?1, update_at = update_at + ?1,"
		" end_at = end_at + ?1",
	[SQL_REBASE_REGISTRATIONS] = "UPDATE registration SET forget_at = forget_at + ?1",
	[SQL_REBASE_TICKET_KEYS] =
		"UPDATE ticket_key SET start_at = start_at + ?1, renew_at = renew_at + ?1,"
		" update_at = update_at + ?1, end_at = end_at + ?1, forget_at = forget_at + ?1",
	[SQL_PERIODS] =
		"SELECT id, assoc_type, assoc_value, start_at, update_at, end_at, grace,"
		" policy_named, policy_spp FROM period WHERE end_at > ?1"
		" ORDER BY assoc_type, assoc_value, start_at",
	[SQL_SAS] = "SELECT spp, mac, key_id, key FROM sa WHERE period_id = ?1 ORDER BY spp",
	[SQL_ADD_PERIOD] =
		"INSERT INTO period (assoc_type, assoc_value, start_at, update_at, end_at, grace,"
		" policy_named, policy_spp) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_ADD_SA] =
		"INSERT INTO sa (period_id, spp, mac, key_id, key) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_FORGET] = "DELETE FROM period WHERE end_at + grace * 1000 < ?1",
	[SQL_KEY_ID_USED] =
		"SELECT EXISTS (SELECT 1 FROM sa WHERE key_id = ?1)"
		" OR EXISTS (SELECT 1 FROM ticket_key WHERE key_id = ?1)"
		" OR EXISTS (SELECT 1 FROM pair_sa WHERE key_id = ?1)",
	[SQL_REGISTRATIONS] =
		"SELECT id, client, fingerprint, section, macs, crl_name, names FROM registration"
		" WHERE NOT revoked AND forget_at > ?1",
	[SQL_IDENTITIES] = "SELECT type, value FROM identity WHERE registration_id = ?1",
	[SQL_TICKET_KEYS] =
		"SELECT k.id, k.registration_id, k.start_at, k.renew_at, k.update_at, k.end_at,"
		" k.grace, k.policy_named, k.policy_spp, k.aead, k.key_id, k.key FROM ticket_key k"
		" JOIN registration r ON r.id = k.registration_id"
		" WHERE NOT r.revoked AND k.end_at > ?1 ORDER BY k.registration_id, k.start_at",
	[SQL_PAIRS] =
		"SELECT p.id, p.ticket_key_id, p.client, p.identities FROM pair p"
		" JOIN ticket_key k ON k.id = p.ticket_key_id"
		" JOIN registration r ON r.id = k.registration_id"
		" WHERE NOT r.revoked AND k.end_at > ?1",
	[SQL_PAIR_SAS] =
		"SELECT spp, mac, key_id, key FROM pair_sa WHERE pair_id = ?1 ORDER BY spp",
	[SQL_ADD_REGISTRATION] =
		"INSERT INTO registration (client, fingerprint, section, macs, forget_at,"
		" crl_name, names) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_CHANGE_REGISTRATION] =
		"UPDATE registration SET client = ?1, fingerprint = ?2, section = ?3, macs = ?4,"
		" forget_at = max(forget_at, ?5), crl_name = ?6, names = ?7 WHERE id = ?8",
	[SQL_REVOKE] = "UPDATE registration SET revoked = 1 WHERE id = ?1",
	[SQL_DROP_IDENTITIES] = "DELETE FROM identity WHERE registration_id = ?1",
	[SQL_ADD_IDENTITY] =
		"INSERT OR REPLACE INTO identity (type, value, registration_id)"
		" VALUES (?1, ?2, ?3)",
	[SQL_ADD_TICKET_KEY] =
		"INSERT INTO ticket_key (registration_id, start_at, renew_at, update_at, end_at,"
		" forget_at, grace, policy_named, policy_spp, aead, key_id, key)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_ADD_PAIR] =
		"INSERT INTO pair (ticket_key_id, client, identities) VALUES (?1, ?2, ?3)",
	[SQL_CHANGE_PAIR] = "UPDATE pair SET identities = ?1 WHERE id = ?2",
	[SQL_ADD_PAIR_SA] =
		"INSERT INTO pair_sa (pair_id, spp, mac, key_id, key) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_FORGET_TICKET_KEYS] = "DELETE FROM ticket_key WHERE forget_at < ?1",
	[SQL_FORGET_REGISTRATIONS] = "DELETE FROM registration WHERE forget_at < ?1",
	[SQL_KEY_CHECK] = "SELECT key_check FROM clock",
	[SQL_SET_KEY_CHECK] = "UPDATE clock SET key_check = ?1",
	[SQL_HAS_KEYS] =
		"SELECT EXISTS (SELECT 1 FROM sa) OR EXISTS (SELECT 1 FROM ticket_key)",
	[SQL_NEXT_SA] =
		"SELECT rowid, period_id, key_id, key FROM sa WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_NEXT_TICKET_KEY] =
		"SELECT rowid, registration_id, key_id, key FROM ticket_key WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_NEXT_PAIR_SA] =
		"SELECT rowid, pair_id, key_id, key FROM pair_sa WHERE rowid > ?1"
		" ORDER BY rowid LIMIT 1",
	[SQL_SET_SA] = "UPDATE sa SET key = ?1 WHERE rowid = ?2",
	[SQL_SET_TICKET_KEY] = "UPDATE ticket_key SET key = ?1 WHERE rowid = ?2",
	[SQL_SET_PAIR_SA] = "UPDATE pair_sa SET key = ?1 WHERE rowid = ?2",
};

enum status store_failed(struct store *s, const char *doing)
{
	snprintf(s->why, sizeof(s->why), "%s: %s", doing, sqlite3_errmsg(s->db));
	return ST_STORE;
}

enum status store_run(struct store *s, const char *sql, const char *doing)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	switch (rc) {
	case SQLITE_OK:
		return ST_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(s->why, sizeof(s->why), "another process uses it");
		return ST_LIMIT;
	case SQLITE_NOTADB:
		snprintf(s->why, sizeof(s->why), "it is not a key store");
		return ST_FILE_FORMAT;
	default:
		return store_failed(s, doing);
	}
}

/* The first column of the first row of a pragma, as a number or as text. */
enum status store_ask(struct store *s, const char *sql, int64_t *number, char *text,
		      size_t text_size)
{
	const unsigned char *answer;
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL)) {
		return store_failed(s, sql);
	}
	if (sqlite3_step(stmt) != SQLITE_ROW) {
		sqlite3_finalize(stmt);
		return store_failed(s, sql);
	}
	*number = sqlite3_column_int64(stmt, 0);
	answer = sqlite3_column_text(stmt, 0);
	snprintf(text, text_size, "%s", answer ? (const char *)answer : "");
	sqlite3_finalize(stmt);
	return ST_OK;
}

enum status store_prepare(struct store *s)
{
	size_t i;

	for (i = 0; i < SQL_COUNT; i++) {
		if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &s->stmt[i], NULL)) {
			return store_failed(s, "preparing");
		}
	}
	return ST_OK;
}

/* Forgets bound values (keys among them) too. */
void store_done(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

/* Runs a statement that returns no rows. */
enum status store_execute(struct store *s, enum store_sql which, const char *doing)
{
	enum status st = ST_OK;

	if (sqlite3_step(s->stmt[which]) != SQLITE_DONE) {
		st = store_failed(s, doing);
	}
	store_done(s->stmt[which]);
	return st;
}

/* SQLite may have rolled back all when the disk was full: then there is nothing to stand within. */
enum status store_begin(struct store *s)
{
	if (s->depth++ == 0) {
		return store_execute(s, SQL_BEGIN, "beginning");
	}
	return sqlite3_get_autocommit(s->db) ? ST_STORE
					     : store_execute(s, SQL_BEGIN_INNER, "beginning");
}

static void roll_back(struct store *s)
{
	char why[STORE_WHY];

	memcpy(why, s->why, sizeof(why));
	if (s->depth == 0) {
		(void)!store_execute(s, SQL_ROLLBACK, "rolling back");
	} else {
		(void)!store_execute(s, SQL_ROLLBACK_INNER, "rolling back");
		(void)!store_execute(s, SQL_COMMIT_INNER, "rolling back");
	}
	memcpy(s->why, why, sizeof(why));
}

enum status store_end(struct store *s, enum status st)
{
	enum store_sql commit = --s->depth == 0 ? SQL_COMMIT : SQL_COMMIT_INNER;

	if (!st) {
		st = store_execute(s, commit, "committing");
	}
	if (st && !sqlite3_get_autocommit(s->db)) {
		roll_back(s);
	}
	return st;
}

bool store_column_number(sqlite3_stmt *stmt, int i, int64_t min, int64_t max, int64_t *out)
{
	*out = sqlite3_column_int64(stmt, i);
	return sqlite3_column_type(stmt, i) == SQLITE_INTEGER && *out >= min && *out <= max;
}

bool store_column_octets(sqlite3_stmt *stmt, int i, uint8_t *out, size_t len)
{
	const void *blob = sqlite3_column_blob(stmt, i);

	if (!blob || (size_t)sqlite3_column_bytes(stmt, i) != len) {
		return false;
	}
	memcpy(out, blob, len);
	return true;
}
