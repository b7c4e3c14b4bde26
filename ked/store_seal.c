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

	if (!s->sealed) {
		sqlite3_bind_blob(stmt, i, key, (int)len, SQLITE_STATIC);
		return ST_OK;
	}
	associated_data(seal, owner, key_id, ad);
	st = crypto_random(s->out, NTS_NONCE_LEN);
	if (!st) {
		st = crypto_siv_seal(ALG, s->key, sizeof(s->key), s->out, NTS_NONCE_LEN, ad,
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

	if (!s->sealed) {
		return store_column_octets(stmt, i, out, len);
	}
	if (!sealed || (size_t)sqlite3_column_bytes(stmt, i) !=
			       NTS_NONCE_LEN + CRYPTO_SIV_TAG + len) {
		return false;
	}
	associated_data(seal, owner, key_id, ad);
	return !crypto_siv_open(ALG, s->key, sizeof(s->key), sealed, NTS_NONCE_LEN, ad, sizeof(ad),
				sealed + NTS_NONCE_LEN, CRYPTO_SIV_TAG + len, out);
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

static enum status read_key_file(struct store *s, const char *path)
{
	size_t len = 0;
	void *text;
	enum status st = secret_read_file(path, FILE_MAX, &text, &len);

	if (st) {
		snprintf(s->why, sizeof(s->why), "store_key_file %.120s: %s%s%s", path,
			 status_str(st), st == ST_FILE_OPEN ? ": " : "",
			 st == ST_FILE_OPEN ? strerror(errno) : "");
		return st;
	}
	if (!parse_key(text, len, s->key)) {
		snprintf(s->why, sizeof(s->why), "store_key_file %.120s: is not %d hexadecimal "
			 "digits", path, 2 * STORE_KEY_LEN);
		st = ST_FILE_FORMAT;
	}
	secret_free(text, len + 1);
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

static enum status begin_sealing(struct store *s)
{
	bool keys = false;
	enum status st = has_keys(s, &keys);

	if (!st && keys) {
		snprintf(s->why, sizeof(s->why), "store_key_file is given, and it holds keys that "
			 "are not encrypted");
		st = ST_AUTH_FAILED;
	}
	if (!st) {
		st = store_bind_key(s, s->stmt[SQL_SET_KEY_CHECK], 1, SEAL_CHECK, 0, 0, check_text,
				    sizeof(check_text));
	}
	return st ? st : store_execute(s, SQL_SET_KEY_CHECK, "beginning to encrypt");
}

enum status store_unseal(struct store *s, const char *key_file)
{
	bool there = false, ours = false;
	enum status st = ST_OK;

	s->sealed = key_file && *key_file;
	if (s->sealed) {
		st = read_key_file(s, key_file);
	}
	if (!st) {
		st = read_check(s, &there, &ours);
	}
	if (st || (there && s->sealed && ours)) {
		return st;
	}
	if (there) {
		snprintf(s->why, sizeof(s->why), s->sealed ? "its keys are encrypted with another "
			 "key than store_key_file's" : "its keys are encrypted, and no "
			 "store_key_file is given");
		return ST_AUTH_FAILED;
	}
	return s->sealed ? begin_sealing(s) : ST_OK;
}
