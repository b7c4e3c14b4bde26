// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys in the store under a key of a file, so that a copy of the store alone tells no keys. Must
 * not start with a key that is not the store's.
 */
#include "ked/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/cursor.h"
#include "util/secret.h"

#define AD_LEN 13		/* what it is of, owner's row, key ID */
#define FILE_MAX 256
#define ALG ALG_AEAD_AES_SIV_CMAC_256

static const uint8_t check_text[] = "nts-ked store";

static void associated_data(enum store_seal seal, int64_t owner, uint32_t key_id,
			    uint8_t out[AD_LEN])
{
	struct wcur w = wcur_init(out, AD_LEN);

	wcur_u8(&w, (uint8_t)seal);
	wcur_u64(&w, (uint64_t)owner);
	wcur_u32(&w, key_id);
}

enum status store_bind_key(struct store *s, sqlite3_stmt *stmt, int i, enum store_seal seal,
			   int64_t owner, uint32_t key_id, const uint8_t *key, size_t len)
{
	uint8_t ad[AD_LEN];
	enum status st;

	if (!s->secret.there) {
		sqlite3_bind_blob(stmt, i, key, (int)len, SQLITE_STATIC);
		return ST_OK;
	}
	associated_data(seal, owner, key_id, ad);
	st = crypto_random(s->out, NTS_NONCE_LEN);
	if (!st) {
		st = crypto_siv_seal(ALG, s->secret.key, STORE_KEY_LEN, s->out, NTS_NONCE_LEN, ad,
				     sizeof(ad), key, len, s->out + NTS_NONCE_LEN);
	}
	if (st) {
		snprintf(s->why, sizeof(s->why), "sealing a key: %s", status_str(st));
		return ST_CRYPTO;
	}
	sqlite3_bind_blob(stmt, i, s->out, (int)(NTS_NONCE_LEN + CRYPTO_SIV_TAG + len),
			  SQLITE_STATIC);
	return ST_OK;
}

bool store_read_key(struct store *s, sqlite3_stmt *stmt, int i, enum store_seal seal,
		    int64_t owner, uint32_t key_id, uint8_t *out, size_t len)
{
	const uint8_t *sealed = sqlite3_column_blob(stmt, i);
	uint8_t ad[AD_LEN];

	if (!s->secret.there) {
		return store_column_octets(stmt, i, out, len);
	}
	if (!sealed || (size_t)sqlite3_column_bytes(stmt, i) !=
			       NTS_NONCE_LEN + CRYPTO_SIV_TAG + len) {
		return false;
	}
	associated_data(seal, owner, key_id, ad);
	return !crypto_siv_open(ALG, s->secret.key, STORE_KEY_LEN, sealed, NTS_NONCE_LEN, ad,
				sizeof(ad), sealed + NTS_NONCE_LEN, CRYPTO_SIV_TAG + len, out);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* 64 hexadecimal digits, with a newline or without. */
static bool parse_key(const char *text, size_t len, uint8_t out[STORE_KEY_LEN])
{
	size_t i;

	if (len && text[len - 1] == '\n') {
		len--;
	}
	if (len != 2 * STORE_KEY_LEN) {
		return false;
	}
	for (i = 0; i < STORE_KEY_LEN; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum status store_read_secret(struct store *s, const char *path, struct store_secret *out)
{
	size_t len = 0;
	void *text;
	enum status st;

	out->there = path && *path;
	if (!out->there) {
		return ST_OK;
	}
	st = secret_read_file(path, FILE_MAX, &text, &len);
	if (st) {
		snprintf(s->why, sizeof(s->why), "key file %.120s: %s%s%s", path, status_str(st),
			 st == ST_FILE_OPEN ? ": " : "",
			 st == ST_FILE_OPEN ? strerror(errno) : "");
		return st;
	}
	if (!parse_key(text, len, out->key)) {
		snprintf(s->why, sizeof(s->why), "key file %.120s: is not %d hexadecimal digits",
			 path, 2 * STORE_KEY_LEN);
		st = ST_FILE_FORMAT;
	}
	secret_free(text, len + 1);
	return st;
}

enum status store_check_key_file(const char *path, char why[STORE_WHY])
{
	struct store s = { .db = NULL };
	enum status st = store_read_secret(&s, path, &s.secret);

	if (st) {
		memcpy(why, s.why, STORE_WHY);
	}
	secret_wipe(&s, sizeof(s));
	return st;
}

/* Sealed with our key? there: with any key. */
static enum status read_check(struct store *s, bool *there, bool *ours)
{
	sqlite3_stmt *stmt = s->stmt[SQL_KEY_CHECK];
	uint8_t text[sizeof(check_text)];
	enum status st = ST_OK;

	if (sqlite3_step(stmt) != SQLITE_ROW) {
		st = store_failed(s, "reading whether it is sealed");
	} else {
		*there = sqlite3_column_type(stmt, 0) != SQLITE_NULL;
		*ours = store_read_key(s, stmt, 0, SEAL_CHECK, 0, 0, text, sizeof(text)) &&
			!memcmp(text, check_text, sizeof(text));
	}
	store_done(stmt);
	return st;
}

static enum status has_keys(struct store *s, bool *out)
{
	sqlite3_stmt *stmt = s->stmt[SQL_HAS_KEYS];
	enum status st = ST_OK;

	if (sqlite3_step(stmt) == SQLITE_ROW) {
		*out = sqlite3_column_int(stmt, 0) != 0;
	} else {
		st = store_failed(s, "reading whether it holds keys");
	}
	store_done(stmt);
	return st;
}

enum status store_put_check(struct store *s)
{
	sqlite3_stmt *stmt = s->stmt[SQL_SET_KEY_CHECK];
	enum status st = ST_OK;

	if (s->secret.there) {
		st = store_bind_key(s, stmt, 1, SEAL_CHECK, 0, 0, check_text, sizeof(check_text));
	}
	return st ? st : store_execute(s, SQL_SET_KEY_CHECK, "keeping whether it is sealed");
}

static enum status begin_sealing(struct store *s)
{
	bool keys = false;
	enum status st = has_keys(s, &keys);

	if (!st && keys) {
		snprintf(s->why, sizeof(s->why), "store_key_file is given, and it holds keys that "
			 "are not encrypted: see nts-ked --reseal");
		st = ST_AUTH_FAILED;
	}
	return st ? st : store_put_check(s);
}

enum status store_unseal(struct store *s, const char *key_file)
{
	bool there = false, ours = false;
	enum status st = store_read_secret(s, key_file, &s->secret);

	if (!st) {
		st = read_check(s, &there, &ours);
	}
	if (st || (there && s->secret.there && ours)) {
		return st;
	}
	if (there) {
		snprintf(s->why, sizeof(s->why), "its keys are encrypted%s: see nts-ked --reseal",
			 s->secret.there ? " with another key than store_key_file's" :
					   ", and no store_key_file is given");
		return ST_AUTH_FAILED;
	}
	return s->secret.there ? begin_sealing(s) : ST_OK;
}
