// SPDX-License-Identifier: GPL-2.0-or-later
/* A small CA in a folder: pki.h. Must not overwrite a file, nor leave a key in memory. */
#include "nts4ptp/pki.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/secret.h"

#define DAY_S 86400
#define BACK_S 300		/* clocks that are a little late take the certificate, too */
#define KEY_FILE_MAX 65536

struct issuer {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

static enum status complain(const char *what, int err)
{
	fprintf(stderr, "nts4ptp: %s: %s\n", what, gnutls_strerror(err));
	return err == GNUTLS_E_MEMORY_ERROR ? ST_NO_MEMORY : ST_CRYPTO;
}

static enum status complain_file(const char *path)
{
	fprintf(stderr, "nts4ptp: %s: %s%s\n", path, strerror(errno),
		errno == EEXIST ? "; nothing is overwritten here" : "");
	return ST_SYSTEM;
}

bool pki_path(const char *dir, const char *name, const char *suffix, char out[PKI_PATH])
{
	if ((size_t)snprintf(out, PKI_PATH, "%s/%s%s", dir, name, suffix) < PKI_PATH) {
		return true;
	}
	fputs("nts4ptp: path too long\n", stderr);
	return false;
}

/* ---- files ---- */

static enum status write_all(int fd, const gnutls_datum_t *data)
{
	size_t done = 0;

	while (done < data->size) {
		ssize_t n = write(fd, data->data + done, data->size - done);

		if (n < 0 && errno != EINTR) {
			return ST_SYSTEM;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) ? ST_SYSTEM : ST_OK;
}

/* A new file; what could not be written whole is taken away again. */
static enum status write_new(const char *path, mode_t mode, const gnutls_datum_t *data)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	enum status st;

	if (fd < 0) {
		return complain_file(path);
	}
	st = write_all(fd, data);
	if (close(fd) || st != ST_OK) {
		st = complain_file(path);
		unlink(path);
	}
	return st;
}

static enum status check_absent(const char *path)
{
	struct stat sb;

	if (lstat(path, &sb)) {
		return ST_OK;
	}
	errno = EEXIST;
	return complain_file(path);
}

static enum status write_crt(gnutls_x509_crt_t crt, const char *path)
{
	gnutls_datum_t pem;
	enum status st;
	int err = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

	if (err < 0) {
		return complain(path, err);
	}
	st = write_new(path, 0644, &pem);
	gnutls_free(pem.data);
	return st;
}

static enum status write_key(gnutls_x509_privkey_t key, const char *path)
{
	gnutls_datum_t pem;
	enum status st;
	int err = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						    GNUTLS_PKCS_PLAIN, &pem);

	if (err < 0) {
		return complain(path, err);
	}
	st = write_new(path, 0600, &pem);
	secret_wipe(pem.data, pem.size);
	gnutls_free(pem.data);
	return st;
}

/* Key and certificate, both or none. */
static enum status write_pair(const struct issuer *pair, const char *crt, const char *key)
{
	enum status st = check_absent(crt);

	if (st == ST_OK) {
		st = write_key(pair->key, key);
	}
	if (st != ST_OK) {
		return st;
	}
	st = write_crt(pair->crt, crt);
	if (st != ST_OK) {
		unlink(key);
	}
	return st;
}

/* ---- certificates ---- */

static void issuer_free(struct issuer *i)
{
	if (i->crt) {
		gnutls_x509_crt_deinit(i->crt);
	}
	if (i->key) {
		gnutls_x509_privkey_deinit(i->key);
	}
}

static int set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[16];
	int err = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (serial[0] & 0x7f) | 0x40;	/* positive, and never shorter */
	return err < 0 ? err : gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_key_id(gnutls_x509_crt_t crt)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	int err = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &len);

	return err < 0 ? err : gnutls_x509_crt_set_subject_key_id(crt, id, len);
}

/* What all certificates have. */
static int fill_common(struct issuer *pair, const char *name, long days)
{
	time_t now = time(NULL);
	int err = gnutls_x509_crt_set_version(pair->crt, 3);

	err = err < 0 ? err : set_serial(pair->crt);
	err = err < 0 ? err : gnutls_x509_crt_set_activation_time(pair->crt, now - BACK_S);
	err = err < 0 ? err : gnutls_x509_crt_set_expiration_time(pair->crt, now + days * DAY_S);
	err = err < 0 ? err :
	      gnutls_x509_crt_set_dn_by_oid(pair->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					    (unsigned int)strlen(name));
	err = err < 0 ? err : gnutls_x509_crt_set_key(pair->crt, pair->key);
	return err < 0 ? err : set_key_id(pair->crt);
}

static enum status make_pair(struct issuer *pair, const char *name, long days)
{
	int err = gnutls_x509_crt_init(&pair->crt);

	err = err < 0 ? err : gnutls_x509_privkey_init(&pair->key);
	err = err < 0 ? err : gnutls_x509_privkey_generate(pair->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	err = err < 0 ? err : fill_common(pair, name, days);
	return err < 0 ? complain(name, err) : ST_OK;
}

static int add_san(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t type, const void *data,
		   size_t len)
{
	return gnutls_x509_crt_set_subject_alt_name(crt, type, data, (unsigned int)len,
						    GNUTLS_FSAN_APPEND);
}

static int add_address(gnutls_x509_crt_t crt, const char *text)
{
	unsigned char ip[16];

	if (inet_pton(AF_INET, text, ip) == 1) {
		return add_san(crt, GNUTLS_SAN_IPADDRESS, ip, 4);
	}
	if (inet_pton(AF_INET6, text, ip) == 1) {
		return add_san(crt, GNUTLS_SAN_IPADDRESS, ip, 16);
	}
	return GNUTLS_E_INVALID_REQUEST;
}

static int add_names(gnutls_x509_crt_t crt, const struct pki_request *r)
{
	int err = 0;

	for (size_t i = 0; i < r->n_dns && err >= 0; i++) {
		err = add_san(crt, GNUTLS_SAN_DNSNAME, r->dns[i], strlen(r->dns[i]));
	}
	for (size_t i = 0; i < r->n_ip && err >= 0; i++) {
		err = add_address(crt, r->ip[i]);
	}
	for (size_t i = 0; i < r->n_uri && err >= 0; i++) {
		err = add_san(crt, GNUTLS_SAN_URI, r->uri[i], strlen(r->uri[i]));
	}
	return err;
}

static int set_authority(gnutls_x509_crt_t crt, gnutls_x509_crt_t ca)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	unsigned int critical;
	int err = gnutls_x509_crt_get_subject_key_id(ca, id, &len, &critical);

	if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		return 0;
	}
	return err < 0 ? err : gnutls_x509_crt_set_authority_key_id(crt, id, len);
}

static enum status finish_leaf(gnutls_x509_crt_t crt, const struct issuer *ca,
			       const struct pki_request *r)
{
	int err = add_names(crt, r);

	err = err < 0 ? err : gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	err = err < 0 ? err : gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	err = err < 0 ? err : gnutls_x509_crt_set_key_purpose_oid(crt, r->server ?
			GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
	err = err < 0 ? err : set_authority(crt, ca->crt);
	err = err < 0 ? err : gnutls_x509_crt_sign2(crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
	return err < 0 ? complain(r->name, err) : ST_OK;
}

static enum status finish_ca(struct issuer *ca)
{
	int err = gnutls_x509_crt_set_basic_constraints(ca->crt, 1, 0);

	err = err < 0 ? err : gnutls_x509_crt_set_key_usage(ca->crt, GNUTLS_KEY_KEY_CERT_SIGN |
							    GNUTLS_KEY_CRL_SIGN);
	err = err < 0 ? err :
	      gnutls_x509_crt_sign2(ca->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
	return err < 0 ? complain("CA", err) : ST_OK;
}

/* ---- the CA's files ---- */

static enum status load_crt(const char *path, gnutls_x509_crt_t *out)
{
	gnutls_datum_t pem;
	int err = gnutls_load_file(path, &pem);

	if (err < 0) {
		complain(path, err);
		return ST_FILE_OPEN;
	}
	err = gnutls_x509_crt_init(out);
	err = err < 0 ? err : gnutls_x509_crt_import(*out, &pem, GNUTLS_X509_FMT_PEM);
	gnutls_free(pem.data);
	if (err < 0) {
		complain(path, err);
		return ST_FILE_FORMAT;
	}
	return ST_OK;
}

static enum status load_key(const char *path, gnutls_x509_privkey_t *out)
{
	gnutls_datum_t pem;
	void *octets;
	size_t len;
	enum status st = secret_read_file(path, KEY_FILE_MAX, &octets, &len);
	int err;

	if (st != ST_OK) {
		fprintf(stderr, "nts4ptp: %s: %s\n", path, status_str(st));
		return st;
	}
	pem = (gnutls_datum_t){ octets, (unsigned int)len };
	err = gnutls_x509_privkey_init(out);
	err = err < 0 ? err : gnutls_x509_privkey_import(*out, &pem, GNUTLS_X509_FMT_PEM);
	secret_free(octets, len + 1);
	if (err < 0) {
		complain(path, err);
		return ST_FILE_FORMAT;
	}
	return ST_OK;
}

static enum status load_ca(const char *dir, struct issuer *out)
{
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(dir, "ca", ".crt", crt) || !pki_path(dir, "ca", ".key", key)) {
		return ST_CONFIG;
	}
	st = load_crt(crt, &out->crt);
	return st == ST_OK ? load_key(key, &out->key) : st;
}

/* ---- the revocation list ---- */

static int read_crl(const char *path, gnutls_x509_crl_t crl)
{
	gnutls_datum_t pem;
	int err;

	if (access(path, F_OK)) {
		return 0;
	}
	err = gnutls_load_file(path, &pem);
	if (err < 0) {
		return err;
	}
	err = gnutls_x509_crl_import(crl, &pem, GNUTLS_X509_FMT_PEM);
	gnutls_free(pem.data);
	return err;
}

/* Numbers go up: seconds since 1970 in eight octets. */
static int set_number(gnutls_x509_crl_t crl, time_t now)
{
	unsigned char number[8];

	for (size_t i = 0; i < sizeof(number); i++) {
		number[i] = (unsigned char)((uint64_t)now >> (56 - 8 * i));
	}
	return gnutls_x509_crl_set_number(crl, number, sizeof(number));
}

static int sign_crl(gnutls_x509_crl_t crl, const struct issuer *ca, long days)
{
	time_t now = time(NULL);
	int err = gnutls_x509_crl_set_version(crl, 2);

	err = err < 0 ? err : gnutls_x509_crl_set_this_update(crl, now - BACK_S);
	err = err < 0 ? err : gnutls_x509_crl_set_next_update(crl, now + days * DAY_S);
	err = err < 0 ? err : set_number(crl, now);
	return err < 0 ? err : gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
}

/* Beside it, then in its place: a reader finds the old list or the new one. */
static enum status replace_crl(gnutls_x509_crl_t crl, const char *path)
{
	char beside[PKI_PATH + 8];
	gnutls_datum_t pem;
	enum status st;
	int err = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem);

	if (err < 0) {
		return complain(path, err);
	}
	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside);
	st = write_new(beside, 0644, &pem);
	gnutls_free(pem.data);
	if (st == ST_OK && rename(beside, path)) {
		st = complain_file(path);
	}
	return st;
}

static enum status update_crl(const char *dir, const struct issuer *ca, gnutls_x509_crt_t revoked,
			      long days)
{
	gnutls_x509_crl_t crl;
	char path[PKI_PATH];
	enum status st;
	int err;

	if (!pki_path(dir, "crl", ".pem", path)) {
		return ST_CONFIG;
	}
	err = gnutls_x509_crl_init(&crl);
	if (err < 0) {
		return complain(path, err);
	}
	err = read_crl(path, crl);
	if (err >= 0 && revoked) {
		err = gnutls_x509_crl_set_crt(crl, revoked, time(NULL));
	}
	err = err < 0 ? err : sign_crl(crl, ca, days);
	st = err < 0 ? complain(path, err) : replace_crl(crl, path);
	gnutls_x509_crl_deinit(crl);
	return st;
}

/* ---- ---- */

enum status pki_init(const char *dir, const char *name, long days)
{
	struct issuer ca = { NULL, NULL };
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(dir, "ca", ".crt", crt) || !pki_path(dir, "ca", ".key", key)) {
		return ST_CONFIG;
	}
	if (mkdir(dir, 0700) && errno != EEXIST) {
		return complain_file(dir);
	}
	st = make_pair(&ca, name, days);
	if (st == ST_OK) {
		st = finish_ca(&ca);
	}
	if (st == ST_OK) {
		st = write_pair(&ca, crt, key);
	}
	if (st == ST_OK) {
		st = update_crl(dir, &ca, NULL, days);
	}
	issuer_free(&ca);
	return st;
}

enum status pki_issue(const struct pki_request *r)
{
	struct issuer ca = { NULL, NULL };
	struct issuer leaf = { NULL, NULL };
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(r->dir, r->name, ".crt", crt) || !pki_path(r->dir, r->name, ".key", key)) {
		return ST_CONFIG;
	}
	st = load_ca(r->dir, &ca);
	if (st == ST_OK) {
		st = make_pair(&leaf, r->name, r->days);
	}
	if (st == ST_OK) {
		st = finish_leaf(leaf.crt, &ca, r);
	}
	if (st == ST_OK) {
		st = write_pair(&leaf, crt, key);
	}
	issuer_free(&leaf);
	issuer_free(&ca);
	return st;
}

enum status pki_revoke(const char *dir, const char *name, long days)
{
	struct issuer ca = { NULL, NULL };
	gnutls_x509_crt_t crt = NULL;
	char path[PKI_PATH];
	enum status st = load_ca(dir, &ca);

	if (st == ST_OK && name) {
		st = pki_path(dir, name, ".crt", path) ? load_crt(path, &crt) : ST_CONFIG;
	}
	if (st == ST_OK) {
		st = update_crl(dir, &ca, crt, days);
	}
	if (crt) {
		gnutls_x509_crt_deinit(crt);
	}
	issuer_free(&ca);
	return st;
}
