// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS credentials from PEM files: own certificate and key, the CA, a revocation list.
 * The key file goes through secret_read_file, which insists on its mode, and out of memory again.
 */
#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nts/tls_internal.h"
#include "util/log.h"
#include "util/secret.h"

#define KEY_FILE_MAX 65536
#define NO_END ((time_t)-1)	/* a list may name no nextUpdate */

/*
 * TLS 1.3 with AEAD suites and ephemeral key exchange only: BCP 195. AES-128-GCM, which every
 * TLS 1.3 has, comes first: it is as strong as the key exchange, and its SHA-256 costs a third of
 * SHA-384, which was a quarter of a resumed session.
 */
static const char priority_text[] =
	"SECURE128:%PROFILE_MEDIUM:-VERS-ALL:+VERS-TLS1.3:"
	"-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
	"-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1";

void tls_explain(struct tls_why *why, const char *fmt, ...)
{
	char line[sizeof(why->text)];
	va_list ap;

	if (!why) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_clean(why->text, sizeof(why->text), line, strlen(line));
}

static enum status format_error(const char *path, int err, struct tls_why *why)
{
	tls_explain(why, "%s: %s", path, gnutls_strerror(err));
	return err == GNUTLS_E_MEMORY_ERROR ? ST_NO_MEMORY : ST_FILE_FORMAT;
}

/* A digest of the one so far and of this file. */
static enum status digest_file(struct tls_creds *c, const gnutls_datum_t *file)
{
	gnutls_hash_hd_t hash;
	int err;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
		return ST_CRYPTO;
	}
	err = gnutls_hash(hash, c->files, sizeof(c->files));
	if (err >= 0) {
		err = gnutls_hash(hash, file->data, file->size);
	}
	gnutls_hash_deinit(hash, c->files);
	return err < 0 ? ST_CRYPTO : ST_OK;
}

static enum status load_public(struct tls_creds *c, const char *path, gnutls_datum_t *out,
			       struct tls_why *why)
{
	enum status st = ST_FILE_OPEN;

	if (gnutls_load_file(path, out) == GNUTLS_E_SUCCESS) {
		st = digest_file(c, out);
		if (st != ST_OK) {
			gnutls_free(out->data);
		}
	}
	if (st != ST_OK) {
		tls_explain(why, "%s: %s", path, status_str(st));
	}
	return st;
}

/* A verdict that was good may change at this instant. */
static void may_change_at(struct tls_creds *c, time_t at)
{
	if (at > time(NULL) && at < c->trust_until_s) {
		c->trust_until_s = at;
	}
}

static void note_first(int64_t *first_ms, time_t at)
{
	if (!*first_ms || (int64_t)at * 1000 < *first_ms) {
		*first_ms = (int64_t)at * 1000;
	}
}

static void note_crl_end(struct tls_creds *c, time_t ends)
{
	if (ends != NO_END) {
		may_change_at(c, ends);
		note_first(&c->crl_next_ms, ends);
	}
}

static int note_ca_ends(struct tls_creds *c, const gnutls_datum_t *pem)
{
	gnutls_x509_crt_t *list;
	unsigned int i, n = 0;
	int err = gnutls_x509_crt_list_import2(&list, &n, pem, GNUTLS_X509_FMT_PEM, 0);

	if (err < 0) {
		return err;
	}
	for (i = 0; i < n; i++) {
		may_change_at(c, gnutls_x509_crt_get_expiration_time(list[i]));
		note_first(&c->ca_not_after_ms, gnutls_x509_crt_get_expiration_time(list[i]));
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	return 0;
}

static enum status load_ca(struct tls_creds *c, const char *path, struct tls_why *why)
{
	gnutls_datum_t pem;
	enum status st = load_public(c, path, &pem, why);
	int n, err;

	if (st != ST_OK) {
		return st;
	}
	n = gnutls_certificate_set_x509_trust_mem(c->cert, &pem, GNUTLS_X509_FMT_PEM);
	if (n > 0) {
		err = note_ca_ends(c, &pem);
		n = err < 0 ? err : n;
	}
	gnutls_free(pem.data);
	return n > 0 ? ST_OK : format_error(path, n ? n : GNUTLS_E_NO_CERTIFICATE_FOUND, why);
}

static enum status take_crl(struct tls_creds *c, gnutls_x509_crl_t crl, const char *path,
			    struct tls_why *why)
{
	enum status st = tls_crl_check(c, crl, path, why);
	time_t ends = gnutls_x509_crl_get_next_update(crl);
	gnutls_x509_trust_list_t trusted;
	int err;

	if (st == ST_OK) {
		err = tls_crl_add(c, crl);
		if (err >= 0) {
			gnutls_certificate_get_trust_list(c->cert, &trusted);
			err = gnutls_x509_trust_list_add_crls(trusted, &crl, 1, 0, 0);
		}
		if (err == 1) {		/* it owns the list now */
			note_crl_end(c, ends);
			return ST_OK;
		}
		st = format_error(path, err, why);
	}
	gnutls_x509_crl_deinit(crl);
	return st;
}

static enum status take_crls(struct tls_creds *c, const gnutls_datum_t *pem, const char *path,
			     struct tls_why *why)
{
	gnutls_x509_crl_t *list;
	unsigned int i, n = 0;
	int err = gnutls_x509_crl_list_import2(&list, &n, pem, GNUTLS_X509_FMT_PEM, 0);
	enum status st = ST_OK;

	if (err < 0 || n == 0) {
		return format_error(path, err < 0 ? err : GNUTLS_E_NO_CERTIFICATE_FOUND, why);
	}
	for (i = 0; i < n; i++) {
		if (st == ST_OK) {
			st = take_crl(c, list[i], path, why);
		} else {
			gnutls_x509_crl_deinit(list[i]);
		}
	}
	gnutls_free(list);
	return st;
}

/* After load_ca: the list must be signed by a CA that we trust. */
static enum status load_crl(struct tls_creds *c, const char *path, struct tls_why *why)
{
	gnutls_datum_t pem;
	enum status st;

	if (!path) {
		return ST_OK;
	}
	st = load_public(c, path, &pem, why);
	if (st != ST_OK) {
		return st;
	}
	st = take_crls(c, &pem, path, why);
	gnutls_free(pem.data);
	return st;
}

static enum status read_not_after(struct tls_creds *c, const gnutls_datum_t *pem,
				  const char *path, struct tls_why *why)
{
	gnutls_x509_crt_t *list;
	unsigned int n = 0;
	int err = gnutls_x509_crt_list_import2(&list, &n, pem, GNUTLS_X509_FMT_PEM, 0);

	if (err < 0) {
		return format_error(path, err, why);
	}
	c->not_after_ms = (int64_t)gnutls_x509_crt_get_expiration_time(list[0]) * 1000;
	for (unsigned int i = 0; i < n; i++) {
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	return ST_OK;
}

static enum status set_key(struct tls_creds *c, const gnutls_datum_t *cert,
			   const char *path, struct tls_why *why)
{
	gnutls_datum_t key;
	size_t len;
	void *octets;
	enum status st = secret_read_file(path, KEY_FILE_MAX, &octets, &len);
	int err;

	if (st != ST_OK) {
		tls_explain(why, "%s: %s", path, status_str(st));
		return st;
	}
	key.data = octets;
	key.size = (unsigned int)len;
	err = gnutls_certificate_set_x509_key_mem(c->cert, cert, &key, GNUTLS_X509_FMT_PEM);
	secret_free(octets, len + 1);
	return err < 0 ? format_error(path, err, why) : ST_OK;
}

static enum status load_own(struct tls_creds *c, const struct tls_files *files,
			    struct tls_why *why)
{
	gnutls_datum_t cert;
	enum status st = load_public(c, files->cert_file, &cert, why);

	if (st != ST_OK) {
		return st;
	}
	st = read_not_after(c, &cert, files->cert_file, why);
	if (st == ST_OK) {
		st = set_key(c, &cert, files->key_file, why);
	}
	gnutls_free(cert.data);
	return st;
}

static enum status creds_new(struct tls_creds **out, struct tls_why *why)
{
	struct tls_creds *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return ST_NO_MEMORY;
	}
	c->refs = 1;
	c->trust_until_s = INT64_MAX;
	if (tls_cache_new(&c->clients) != ST_OK ||
	    gnutls_certificate_allocate_credentials(&c->cert) != GNUTLS_E_SUCCESS) {
		tls_cache_free(c->clients);
		free(c);
		return ST_NO_MEMORY;
	}
	err = gnutls_priority_init(&c->priority, priority_text, NULL);
	if (err != GNUTLS_E_SUCCESS) {
		tls_explain(why, "priority string: %s", gnutls_strerror(err));
		tls_creds_unref(c);
		return ST_TLS;
	}
	*out = c;
	return ST_OK;
}

bool tls_any_time(const struct tls_creds *c)
{
	return gnutls_certificate_get_verify_flags(c->cert) & GNUTLS_VERIFY_DISABLE_TIME_CHECKS;
}

enum status tls_creds_load(const struct tls_files *files, struct tls_creds **out,
			   struct tls_why *why)
{
	struct tls_creds *c;
	enum status st = creds_new(&c, why);

	if (st != ST_OK) {
		return st;
	}
	if (files->any_time) {
		c->files[0] = 1;
		gnutls_certificate_set_verify_flags(c->cert, GNUTLS_VERIFY_DISABLE_TIME_CHECKS);
	}
	st = load_ca(c, files->ca_file, why);
	if (st == ST_OK) {
		st = load_crl(c, files->crl_file, why);
	}
	if (st == ST_OK) {
		st = load_own(c, files, why);
	}
	if (st != ST_OK) {
		tls_creds_unref(c);
		return st;
	}
	*out = c;
	return ST_OK;
}

struct tls_creds *tls_creds_ref(struct tls_creds *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void tls_creds_unref(struct tls_creds *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) > 1) {
		return;
	}
	if (c->priority) {
		gnutls_priority_deinit(c->priority);
	}
	gnutls_certificate_free_credentials(c->cert);
	tls_cache_free(c->clients);
	free(c->revoked);
	tls_resume_free_key(c);
	free(c);
}

uint64_t tls_creds_chains_known(struct tls_creds *c)
{
	return atomic_load(&c->known);
}

int64_t tls_creds_not_after_ms(const struct tls_creds *c)
{
	return c->not_after_ms;
}

int64_t tls_creds_ca_not_after_ms(const struct tls_creds *c)
{
	return c->ca_not_after_ms;
}

int64_t tls_creds_crl_next_ms(const struct tls_creds *c)
{
	return c->crl_next_ms;
}
