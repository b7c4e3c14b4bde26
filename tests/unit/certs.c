// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates for tests, made with GnuTLS: see certs.h. ECDSA P-256, for speed. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tests/unit/certs.h"

#define HOUR 3600
#define NEED(call) need((call) >= 0, #call)

static void need(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "certs: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

const char *certs_path(const struct certs *c, const char *file, char out[CERTS_PATH])
{
	snprintf(out, CERTS_PATH, "%s/%s", c->dir, file);
	return out;
}

static const char *path_ext(const struct certs *c, const char *name, const char *ext,
			    char out[CERTS_PATH])
{
	snprintf(out, CERTS_PATH, "%s/%s.%s", c->dir, name, ext);
	return out;
}

static void save(const struct certs *c, const char *name, const char *ext, gnutls_datum_t *pem)
{
	char path[CERTS_PATH];
	int fd = open(path_ext(c, name, ext, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0600);

	need(fd >= 0, path);
	need(write(fd, pem->data, pem->size) == (ssize_t)pem->size, path);
	close(fd);
	gnutls_free(pem->data);
}

static gnutls_x509_privkey_t make_key(const struct certs *c, const char *name, bool weak)
{
	gnutls_pk_algorithm_t algorithm = weak ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA;
	unsigned int bits = weak ? 1024 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;

	NEED(gnutls_x509_privkey_init(&key));
	NEED(gnutls_x509_privkey_generate(key, algorithm, bits, 0));
	NEED(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
	save(c, name, "key", &pem);
	return key;
}

static gnutls_x509_crt_t load_cert(const struct certs *c, const char *name)
{
	char path[CERTS_PATH];
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	NEED(gnutls_x509_crt_init(&crt));
	NEED(gnutls_load_file(path_ext(c, name, "crt", path), &pem));
	NEED(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM));
	gnutls_free(pem.data);
	return crt;
}

static gnutls_x509_privkey_t load_key(const struct certs *c, const char *name)
{
	char path[CERTS_PATH];
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;

	NEED(gnutls_x509_privkey_init(&key));
	NEED(gnutls_load_file(path_ext(c, name, "key", path), &pem));
	NEED(gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM));
	gnutls_free(pem.data);
	return key;
}

static gnutls_x509_crt_t make_cert(gnutls_x509_privkey_t key, const char *cn, long from_s,
				   long until_s)
{
	gnutls_x509_crt_t crt;
	unsigned char serial[8];
	time_t now = time(NULL);

	NEED(gnutls_x509_crt_init(&crt));
	NEED(gnutls_x509_crt_set_version(crt, 3));
	NEED(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)));
	serial[0] &= 0x3f;
	serial[0] |= 0x40;
	NEED(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)));
	NEED(gnutls_x509_crt_set_activation_time(crt, now + (from_s ? from_s : -HOUR)));
	NEED(gnutls_x509_crt_set_expiration_time(crt, now + (until_s ? until_s : HOUR)));
	if (cn) {
		NEED(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn,
						   (unsigned int)strlen(cn)));
	}
	NEED(gnutls_x509_crt_set_key(crt, key));
	return crt;
}

static void sign(const struct certs *c, const char *name, gnutls_x509_crt_t crt,
		 gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key)
{
	gnutls_datum_t pem;

	NEED(gnutls_x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0));
	NEED(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
	save(c, name, "crt", &pem);
}

void certs_ca(struct certs *c, const char *name)
{
	gnutls_x509_privkey_t key = make_key(c, name, false);
	gnutls_x509_crt_t crt = make_cert(key, name, 0, 24 * HOUR);

	NEED(gnutls_x509_crt_set_basic_constraints(crt, 1, -1));
	NEED(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
	sign(c, name, crt, crt, key);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void set_san(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t type, const void *data,
		    size_t len)
{
	NEED(gnutls_x509_crt_set_subject_alt_name(crt, type, data, (unsigned int)len,
						  GNUTLS_FSAN_APPEND));
}

static void set_names(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	unsigned char ip[16];

	for (size_t i = 0; i < sizeof(spec->dns) / sizeof(spec->dns[0]); i++) {
		if (spec->dns[i]) {
			set_san(crt, GNUTLS_SAN_DNSNAME, spec->dns[i], strlen(spec->dns[i]));
		}
	}
	for (unsigned int i = 0; i < spec->more_dns; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%u.test", i);
		set_san(crt, GNUTLS_SAN_DNSNAME, name, strlen(name));
	}
	if (spec->odd_ip) {
		set_san(crt, GNUTLS_SAN_IPADDRESS, "\1\2\3\4\5\6\7\10", spec->odd_ip);
	}
	if (spec->ip) {
		int v6 = strchr(spec->ip, ':') != NULL;

		need(inet_pton(v6 ? AF_INET6 : AF_INET, spec->ip, ip) == 1, spec->ip);
		set_san(crt, GNUTLS_SAN_IPADDRESS, ip, v6 ? 16 : 4);
	}
	if (spec->uri) {
		set_san(crt, GNUTLS_SAN_URI, spec->uri, strlen(spec->uri));
	}
}

static void set_subject(gnutls_x509_crt_t crt, const struct certs_spec *spec)
{
	const char *error;

	if (spec->subject) {
		NEED(gnutls_x509_crt_set_dn(crt, spec->subject, &error));
	}
	if (spec->der_name) {
		NEED(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 1,
						   spec->der_name,
						   2 + (unsigned int)spec->der_name[1]));
	}
}

void certs_issue(struct certs *c, const char *name, const struct certs_spec *spec)
{
	const char *ca_name = spec->ca ? spec->ca : "ca";
	gnutls_x509_privkey_t ca_key = load_key(c, ca_name);
	gnutls_x509_crt_t ca = load_cert(c, ca_name);
	gnutls_x509_privkey_t key = make_key(c, name, spec->weak);
	gnutls_x509_crt_t crt = make_cert(key, spec->common_name, spec->from_s, spec->until_s);

	set_subject(crt, spec);
	set_names(crt, spec);
	if (spec->purpose) {
		NEED(gnutls_x509_crt_set_key_purpose_oid(crt, spec->purpose, 0));
	}
	if (spec->is_ca) {
		NEED(gnutls_x509_crt_set_basic_constraints(crt, 1, -1));
	}
	NEED(gnutls_x509_crt_set_key_usage(crt, spec->is_ca ? GNUTLS_KEY_KEY_CERT_SIGN
							    : GNUTLS_KEY_DIGITAL_SIGNATURE));
	sign(c, name, crt, ca, ca_key);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(ca_key);
}

void certs_append(struct certs *c, const char *name, const char *issuer)
{
	gnutls_datum_t own, rest, both;
	char path[CERTS_PATH];

	NEED(gnutls_load_file(path_ext(c, name, "crt", path), &own));
	NEED(gnutls_load_file(path_ext(c, issuer, "crt", path), &rest));
	both.size = own.size + rest.size;
	both.data = gnutls_malloc(both.size);
	need(both.data != NULL, "memory");
	memcpy(both.data, own.data, own.size);
	memcpy(both.data + own.size, rest.data, rest.size);
	gnutls_free(own.data);
	gnutls_free(rest.data);
	save(c, name, "crt", &both);
}

void certs_revoke(struct certs *c, const char *ca_name, const char *victim, const char *name)
{
	certs_revoke_at(c, ca_name, victim, name, time(NULL) - HOUR);
}

void certs_revoke_at(struct certs *c, const char *ca_name, const char *victim, const char *name,
		     time_t made)
{
	gnutls_x509_privkey_t ca_key = load_key(c, ca_name);
	gnutls_x509_crt_t ca = load_cert(c, ca_name);
	gnutls_x509_crt_t crt = load_cert(c, victim);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;

	NEED(gnutls_x509_crl_init(&crl));
	NEED(gnutls_x509_crl_set_version(crl, 2));
	NEED(gnutls_x509_crl_set_this_update(crl, made));
	NEED(gnutls_x509_crl_set_next_update(crl, made + 2 * HOUR));
	NEED(gnutls_x509_crl_set_number(crl, "\x01", 1));
	NEED(gnutls_x509_crl_set_crt(crl, crt, made));
	NEED(gnutls_x509_crl_sign2(crl, ca, ca_key, GNUTLS_DIG_SHA256, 0));
	NEED(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
	save(c, name, "crl", &pem);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(ca_key);
}

/* With what was imported, and the issuer's key, without which GnuTLS drops all extensions. */
static void resign(const struct certs *c, const char *ca_name, const gnutls_datum_t *der,
		   const char *name)
{
	gnutls_x509_privkey_t ca_key = load_key(c, ca_name);
	gnutls_x509_crt_t ca = load_cert(c, ca_name);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;

	NEED(gnutls_x509_crl_init(&crl));
	NEED(gnutls_x509_crl_import(crl, der, GNUTLS_X509_FMT_DER));
	NEED(gnutls_x509_crl_set_authority_key_id(crl, "ca", 2));
	NEED(gnutls_x509_crl_sign2(crl, ca, ca_key, GNUTLS_DIG_SHA256, 0));
	NEED(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
	save(c, name, "crl", &pem);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(ca_key);
}

void certs_recast(struct certs *c, const char *ca, const char *from, unsigned char id,
		  const char *name)
{
	static const unsigned char number[] = { 0x06, 0x03, 0x55, 0x1d, 0x14 };
	gnutls_datum_t pem, der;
	gnutls_x509_crl_t crl;
	char path[CERTS_PATH];
	unsigned char *at;

	NEED(gnutls_x509_crl_init(&crl));
	NEED(gnutls_load_file(path_ext(c, from, "crl", path), &pem));
	NEED(gnutls_x509_crl_import(crl, &pem, GNUTLS_X509_FMT_PEM));
	NEED(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der));
	at = memmem(der.data, der.size, number, sizeof(number));
	need(at != NULL, "number of a list");
	at[sizeof(number) - 1] = id;
	resign(c, ca, &der, name);
	gnutls_x509_crl_deinit(crl);
	gnutls_free(pem.data);
	gnutls_free(der.data);
}

struct tls_creds *certs_load(const struct certs *c, const char *name, const char *crl)
{
	char ca[CERTS_PATH], cert[CERTS_PATH], key[CERTS_PATH], list[CERTS_PATH];
	struct tls_files files = {
		.ca_file = path_ext(c, "ca", "crt", ca),
		.cert_file = path_ext(c, name, "crt", cert),
		.key_file = path_ext(c, name, "key", key),
		.crl_file = crl ? path_ext(c, crl, "crl", list) : NULL,
	};
	struct tls_creds *creds = NULL;

	need(tls_creds_load(&files, &creds, NULL) == ST_OK, cert);
	return creds;
}

void certs_open(struct certs *c)
{
	snprintf(c->dir, sizeof(c->dir), "/tmp/nts-certs.XXXXXX");
	need(mkdtemp(c->dir) != NULL, "mkdtemp");
	certs_ca(c, "ca");
}

void certs_close(struct certs *c)
{
	char path[CERTS_PATH];
	struct dirent *e;
	DIR *dir = opendir(c->dir);

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] != '.') {
			unlink(certs_path(c, e->d_name, path));
		}
	}
	if (dir) {
		closedir(dir);
	}
	rmdir(c->dir);
}
