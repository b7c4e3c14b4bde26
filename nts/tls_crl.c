// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is a revocation list good? And which certificates it names, for those who ask of a certificate
 * that is not at hand. A list knows one by its issuer and serial number; a digest of both stands
 * for it here.
 */
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nts/tls_internal.h"

#define SERIAL_MAX 64
#define OID_MAX 128
#define CRL_AGE (GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | \
		 GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE)

typedef uint8_t crl_name[TLS_CRL_NAME];

static bool make_name(const gnutls_datum_t *issuer, const uint8_t *serial, size_t len,
		      crl_name out)
{
	gnutls_hash_hd_t hash;
	bool made;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
		return false;
	}
	made = gnutls_hash(hash, issuer->data, issuer->size) >= 0 &&
	       gnutls_hash(hash, serial, len) >= 0;
	gnutls_hash_deinit(hash, out);
	return made;
}

enum status tls_crl_name(gnutls_x509_crt_t crt, crl_name out)
{
	uint8_t serial[SERIAL_MAX];
	size_t len = sizeof(serial);
	gnutls_datum_t issuer;
	bool made;

	if (gnutls_x509_crt_get_serial(crt, serial, &len) < 0 ||
	    gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) < 0) {
		return ST_CERT_BAD;
	}
	made = make_name(&issuer, serial, len, out);
	gnutls_free(issuer.data);
	return made ? ST_OK : ST_CRYPTO;
}

static int add_names(struct tls_creds *c, gnutls_x509_crl_t crl, const gnutls_datum_t *issuer)
{
	gnutls_x509_crl_iter_t at = NULL;
	uint8_t serial[SERIAL_MAX];
	size_t len = sizeof(serial);
	time_t when;
	int err;

	while (!(err = gnutls_x509_crl_iter_crt_serial(crl, &at, serial, &len, &when))) {
		if (!make_name(issuer, serial, len, c->revoked[c->n_revoked++])) {
			err = GNUTLS_E_HASH_FAILED;
			break;
		}
		len = sizeof(serial);
	}
	gnutls_x509_crl_iter_deinit(at);
	return err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : err;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TLS_CRL_NAME);
}

int tls_crl_add(struct tls_creds *c, gnutls_x509_crl_t crl)
{
	int n = gnutls_x509_crl_get_crt_count(crl);
	gnutls_datum_t issuer;
	crl_name *names;
	int err;

	if (n <= 0) {
		return n;
	}
	names = realloc(c->revoked, (c->n_revoked + (size_t)n) * sizeof(*names));
	if (!names) {
		return GNUTLS_E_MEMORY_ERROR;
	}
	c->revoked = names;
	err = gnutls_x509_crl_get_raw_issuer_dn(crl, &issuer);
	if (err < 0) {
		return err;
	}
	err = add_names(c, crl, &issuer);
	gnutls_free(issuer.data);
	qsort(c->revoked, c->n_revoked, sizeof(*names), compare);
	return err;
}

bool tls_creds_revoke(const struct tls_creds *c, const crl_name name)
{
	return c && c->n_revoked && bsearch(name, c->revoked, c->n_revoked, TLS_CRL_NAME, compare);
}

/* What GnuTLS says of a list under the CA that has signed it. */
static unsigned int judge_crl(gnutls_x509_trust_list_t trusted, gnutls_x509_crl_t crl)
{
	unsigned int verdict = GNUTLS_CERT_SIGNER_NOT_FOUND, bits;
	gnutls_x509_trust_list_iter_t at = NULL;
	gnutls_x509_crt_t ca;

	while (gnutls_x509_trust_list_iter_get_ca(trusted, &at, &ca) == 0) {
		if (gnutls_x509_crl_verify(crl, &ca, 1, 0, &bits) >= 0 && !(bits & ~CRL_AGE)) {
			verdict = bits;
		}
		gnutls_x509_crt_deinit(ca);
	}
	return verdict;
}

static enum status bad_crl(time_t ends, unsigned int bits, const char *path, struct tls_why *why)
{
	const char *words = "not signed by a CA that we trust";
	char date[32] = "";
	struct tm tm;

	if (bits & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED) {
		strftime(date, sizeof(date), " %Y-%m-%d %H:%M:%S UTC", gmtime_r(&ends, &tm));
		words = "out of date since";
	} else if (bits & GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE) {
		words = "made later than the clock of this machine says it is";
	}
	tls_explain(why, "%s: %s%s", path, words, date);
	return ST_FILE_CRL;
}

/* Extensions of a list (RFC 5280 section 5.2); words: with it, a list is not all of its CA. */
static const struct extension {
	const char *oid;
	const char *words;
} extensions[] = {
	{ "2.5.29.18", NULL },		/* issuer's other names */
	{ "2.5.29.20", NULL },		/* its number */
	{ "2.5.29.27", "is a delta list, and a complete one is wanted" },
	{ "2.5.29.28", "is an indirect list or one of a part (issuingDistributionPoint), and a "
		       "complete one is wanted" },
	{ "2.5.29.35", NULL },		/* issuer's key */
};

static const struct extension *find_extension(const char *oid)
{
	size_t i;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		if (!strcmp(extensions[i].oid, oid)) {
			return &extensions[i];
		}
	}
	return NULL;
}

static enum status check_extension(const char *oid, bool critical, const char *path,
				   struct tls_why *why)
{
	const struct extension *e = find_extension(oid);

	if (e && e->words) {
		tls_explain(why, "%s: %s", path, e->words);
		return ST_FILE_CRL;
	}
	if (!e && critical) {
		tls_explain(why, "%s: has a critical extension that is not known: %s", path, oid);
		return ST_FILE_CRL;
	}
	return ST_OK;
}

/* Only what a CA says of all its certificates tells who is not revoked. */
static enum status check_complete(gnutls_x509_crl_t crl, const char *path, struct tls_why *why)
{
	enum status st = ST_OK;
	char oid[OID_MAX];
	unsigned int critical, i;
	size_t size;
	int err;

	for (i = 0; !st; i++) {
		size = sizeof(oid);
		err = gnutls_x509_crl_get_extension_info(crl, i, oid, &size, &critical);
		if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
			break;
		}
		if (err < 0) {
			tls_explain(why, "%s: %s", path, gnutls_strerror(err));
			st = ST_FILE_CRL;
		} else {
			st = check_extension(oid, critical, path, why);
		}
	}
	return st;
}

enum status tls_crl_check(const struct tls_creds *c, gnutls_x509_crl_t crl, const char *path,
			  struct tls_why *why)
{
	gnutls_x509_trust_list_t trusted;
	unsigned int bits;

	gnutls_certificate_get_trust_list(c->cert, &trusted);
	bits = judge_crl(trusted, crl);
	if (bits & ~(tls_any_time(c) ? CRL_AGE : 0)) {
		return bad_crl(gnutls_x509_crl_get_next_update(crl), bits, path, why);
	}
	return check_complete(crl, path, why);
}
