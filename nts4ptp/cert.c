// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in a certificate's file: cert.h. Must not be asked whether it is good. */
#include "nts4ptp/cert.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "util/log.h"

static void read_subject(gnutls_x509_crt_t crt, struct cert_info *out)
{
	char dn[sizeof(out->subject)];
	size_t len = sizeof(dn);

	if (gnutls_x509_crt_get_dn(crt, dn, &len) < 0) {
		len = 0;
	}
	log_clean(out->subject, sizeof(out->subject), dn, len);
}

static void read_crt(gnutls_x509_crt_t crt, struct cert_info *out)
{
	unsigned int critical;

	out->from_s = gnutls_x509_crt_get_activation_time(crt);
	out->to_s = gnutls_x509_crt_get_expiration_time(crt);
	out->ca = gnutls_x509_crt_get_ca_status(crt, &critical) > 0;
	read_subject(crt, out);
}

enum status cert_load(const char *path, gnutls_x509_crt_t *out)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	int err;

	errno = 0;
	if (gnutls_load_file(path, &pem) < 0) {
		errno = errno ? errno : ENOENT;
		return ST_FILE_OPEN;
	}
	if (gnutls_x509_crt_init(&crt) < 0) {
		gnutls_free(pem.data);
		return ST_NO_MEMORY;
	}
	err = gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM);
	gnutls_free(pem.data);
	if (err < 0) {
		gnutls_x509_crt_deinit(crt);
		return ST_FILE_FORMAT;
	}
	*out = crt;
	return ST_OK;
}

enum status cert_read(const char *path, struct cert_info *out)
{
	gnutls_x509_crt_t crt;
	enum status st = cert_load(path, &crt);

	if (st == ST_OK) {
		read_crt(crt, out);
		gnutls_x509_crt_deinit(crt);
	}
	return st;
}

bool cert_valid_at(const struct cert_info *c, int64_t at_s)
{
	return c->from_s <= at_s && at_s <= c->to_s;
}

const char *cert_date(int64_t at_s, char out[CERT_DATE])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || !strftime(out, CERT_DATE, "%Y-%m-%d %H:%M:%S UTC", &tm)) {
		snprintf(out, CERT_DATE, "an unknown date");
	}
	return out;
}
