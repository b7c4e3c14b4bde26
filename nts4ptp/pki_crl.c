// SPDX-License-Identifier: GPL-2.0-or-later
/* The CA's revocation list: pki_crl.h. Must not lose an entry that it has. */
#include "nts4ptp/pki_crl.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "nts4ptp/pki_cert.h"

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

static int sign_crl(gnutls_x509_crl_t crl, const struct pki_pair *ca, long days)
{
	time_t now = time(NULL);
	int err = gnutls_x509_crl_set_version(crl, 2);

	err = err < 0 ? err : gnutls_x509_crl_set_this_update(crl, now - PKI_BACK_S);
	err = err < 0 ? err : gnutls_x509_crl_set_next_update(crl, now + days * PKI_DAY_S);
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
		return pki_complain(path, err);
	}
	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside);
	st = pki_write_new(beside, 0644, &pem);
	gnutls_free(pem.data);
	if (st == ST_OK && rename(beside, path)) {
		st = pki_complain_file(path);
	}
	return st;
}

enum status pki_update_crl(const char *dir, const struct pki_pair *ca, gnutls_x509_crt_t revoked,
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
		return pki_complain(path, err);
	}
	err = read_crl(path, crl);
	if (err >= 0 && revoked) {
		err = gnutls_x509_crl_set_crt(crl, revoked, time(NULL));
	}
	err = err < 0 ? err : sign_crl(crl, ca, days);
	st = err < 0 ? pki_complain(path, err) : replace_crl(crl, path);
	gnutls_x509_crl_deinit(crl);
	return st;
}
