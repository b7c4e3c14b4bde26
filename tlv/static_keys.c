// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads an sa_file: sections [security_association], in them "spp N", options, and keys as
 * "ID TYPE [LENGTH] VALUE" (ptp4l(8) of linuxptp 4.4). Lines hold keys: wiped on every path.
 */
#include "tlv/static_keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <nettle/base64.h>

#include "tlv/static_internal.h"
#include "util/secret.h"

#define LINE_MAX_LEN 1024	/* octets, with newline and zero; longer ones are wrong */
#define WORDS_MAX 4
#define SEQID_WINDOW_DEFAULT 3
#define SEQID_WINDOW_MAX 32767

struct reader {
	struct static_keys *keys;
	struct static_sa *sa;		/* the one being filled */
	char line[LINE_MAX_LEN];
	uint8_t key[LINE_MAX_LEN];
};

static const struct {
	const char *name;
	uint16_t mac;
} types[] = {
	{ "SHA256-128", ALG_HMAC_SHA256_128 },
	{ "SHA256", ALG_HMAC_SHA256 },
	{ "AES128", ALG_AES_128_CMAC },
	{ "AES256", ALG_AES_256_CMAC },
};

struct static_sa *static_sa_find(const struct static_keys *k, unsigned int spp)
{
	struct static_sa *sa;

	STAILQ_FOREACH(sa, &k->sas, list) {
		if (sa->spp == spp) {
			return sa;
		}
	}
	return NULL;
}

struct static_key *static_key_find(const struct static_sa *sa, uint32_t id)
{
	struct static_key *key;

	STAILQ_FOREACH(key, &sa->keys, list) {
		if (key->id == id) {
			return key;
		}
	}
	return NULL;
}

static bool number(const char *word, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(word, &end, 10);
	return isdigit((unsigned char)*word) && !*end && !errno && *out <= max;
}

/* ---- values of keys: octets into r->key ---- */

static bool from_hex(const char *text, uint8_t *out, size_t *len)
{
	unsigned int octet;
	size_t i, n = strlen(text);

	if (n % 2 || strspn(text, "0123456789abcdefABCDEF") != n) {
		return false;
	}
	for (i = 0; i < n; i += 2) {
		sscanf(text + i, "%2x", &octet);
		out[i / 2] = (uint8_t)octet;
	}
	*len = n / 2;
	return true;
}

static bool from_base64(const char *text, uint8_t *out, size_t *len)
{
	struct base64_decode_ctx ctx;

	base64_decode_init(&ctx);
	*len = LINE_MAX_LEN;
	return base64_decode_update(&ctx, len, out, strlen(text), text) &&
	       base64_decode_final(&ctx);
}

static bool value(struct reader *r, const char *text, size_t *len)
{
	if (!strncmp(text, "HEX:", 4)) {
		return from_hex(text + 4, r->key, len);
	}
	if (!strncmp(text, "B64:", 4)) {
		return from_base64(text + 4, r->key, len);
	}
	text += strncmp(text, "ASCII:", 6) ? 0 : 6;
	*len = strlen(text);
	memcpy(r->key, text, *len);
	return true;
}

/* ---- lines ---- */

static enum status begin_sa(struct reader *r, const char *word)
{
	struct static_sa *sa;
	unsigned long spp;

	if (!number(word, 255, &spp) || static_sa_find(r->keys, (unsigned int)spp)) {
		return ST_CONFIG;
	}
	sa = calloc(1, sizeof(*sa));
	if (!sa) {
		return ST_NO_MEMORY;
	}
	STAILQ_INIT(&sa->keys);
	sa->spp = (uint8_t)spp;
	sa->seqid_window = SEQID_WINDOW_DEFAULT;
	STAILQ_INSERT_TAIL(&r->keys->sas, sa, list);
	r->sa = sa;
	return ST_OK;
}

static enum status set_option(struct reader *r, const char *name, const char *word)
{
	unsigned long v;

	if (!strcmp(name, "spp")) {
		return begin_sa(r, word);
	}
	if (!r->sa || !number(word, SEQID_WINDOW_MAX, &v)) {
		return ST_CONFIG;
	}
	if (!strcmp(name, "seqid_window")) {
		r->sa->seqid_window = (uint16_t)v;
		return ST_OK;
	}
	if (!strcmp(name, "allow_mutable") && v <= 1) {
		r->sa->allow_mutable = v;
		return ST_OK;
	}
	/* Fields that linuxptp does not have yet: only their absence can be said. */
	return (!strcmp(name, "seqnum_length") || !strcmp(name, "res_length")) && v == 0 ?
	       ST_OK : ST_CONFIG;
}

static const uint16_t *type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcasecmp(name, types[i].name)) {
			return &types[i].mac;
		}
	}
	return NULL;
}

static enum status add_key(struct reader *r, char *words[], int n)
{
	const uint16_t *type = type_of(words[1]);
	unsigned long id, want = 0;
	struct static_key *key;
	enum status st;
	size_t len;

	if (!r->sa || !type || !number(words[0], UINT32_MAX, &id) || id == 0 ||
	    static_key_find(r->sa, (uint32_t)id) || !value(r, words[n - 1], &len) || len == 0 ||
	    (n == 4 && (!number(words[2], LINE_MAX_LEN, &want) || (want && want != len)))) {
		return ST_CONFIG;
	}
	key = calloc(1, sizeof(*key));
	if (!key) {
		return ST_NO_MEMORY;
	}
	key->id = (uint32_t)id;
	st = crypto_mac_new_static(*type, r->key, len, &key->mac);
	if (st != ST_OK) {
		free(key);
		return st == ST_BAD_LENGTH ? ST_CONFIG : st;
	}
	STAILQ_INSERT_TAIL(&r->sa->keys, key, list);
	return ST_OK;
}

static enum status parse_line(struct reader *r)
{
	char *words[WORDS_MAX + 1], *rest = r->line, *word;
	int n = 0;

	if (!strncasecmp(r->line, "[security_association]", 22)) {
		r->sa = NULL;
		return ST_OK;
	}
	while (n <= WORDS_MAX && (word = strsep(&rest, " \t\r\n"))) {
		if (*word) {
			words[n++] = word;
		}
	}
	if (n == 0 || words[0][0] == '#') {
		return ST_OK;
	}
	if (n == 2) {
		return set_option(r, words[0], words[1]);
	}
	return n == 3 || n == 4 ? add_key(r, words, n) : ST_CONFIG;
}

static enum status parse(struct reader *r, FILE *f, unsigned int *line)
{
	enum status st = ST_OK;
	unsigned int n = 0;

	while (st == ST_OK && fgets(r->line, sizeof(r->line), f)) {
		n++;
		st = strchr(r->line, '\n') || feof(f) ? parse_line(r) : ST_CONFIG;
	}
	*line = n;
	return st;
}

enum status static_keys_read(const char *path, struct static_keys **out, unsigned int *line)
{
	struct reader r = { .sa = NULL };
	FILE *f = fopen(path, "re");
	enum status st = ST_NO_MEMORY;

	if (!f) {
		return ST_FILE_OPEN;
	}
	r.keys = calloc(1, sizeof(*r.keys));
	if (r.keys) {
		STAILQ_INIT(&r.keys->sas);
		setvbuf(f, NULL, _IONBF, 0);
		st = parse(&r, f, line);
	}
	fclose(f);
	if (st == ST_OK) {
		*out = r.keys;
	} else {
		static_keys_free(r.keys);
	}
	secret_wipe(&r, sizeof(r));
	return st;
}

void static_keys_free(struct static_keys *k)
{
	struct static_key *key;
	struct static_sa *sa;

	while (k && (sa = STAILQ_FIRST(&k->sas))) {
		STAILQ_REMOVE_HEAD(&k->sas, list);
		while ((key = STAILQ_FIRST(&sa->keys))) {
			STAILQ_REMOVE_HEAD(&sa->keys, list);
			crypto_mac_free(key->mac);
			free(key);
		}
		free(sa);
	}
	free(k);
}
