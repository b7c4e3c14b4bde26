// SPDX-License-Identifier: GPL-2.0-or-later
/* When the peer's certificates are valid: for those who could not look at the time yet. */
#include "nts/tls_internal.h"

static enum status narrow(const gnutls_datum_t *der, int64_t *from_ms, int64_t *to_ms)
{
	gnutls_x509_crt_t crt;
	int64_t from, to;

	if (gnutls_x509_crt_init(&crt) != GNUTLS_E_SUCCESS) {
		return ST_NO_MEMORY;
	}
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS) {
		gnutls_x509_crt_deinit(crt);
		return ST_CERT_BAD;
	}
	from = (int64_t)gnutls_x509_crt_get_activation_time(crt) * 1000;
	to = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * 1000;
	gnutls_x509_crt_deinit(crt);
	*from_ms = from > *from_ms ? from : *from_ms;
	*to_ms = to < *to_ms ? to : *to_ms;
	return ST_OK;
}

enum status tls_peer_validity(const struct tls_session *s, int64_t *from_ms, int64_t *to_ms)
{
	int64_t from = 0, to = INT64_MAX;
	unsigned int n = 0;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(s->gs, &n);

	if (!der || n == 0) {
		return ST_CERT_MISSING;
	}
	for (unsigned int i = 0; i < n; i++) {
		enum status st = narrow(&der[i], &from, &to);

		if (st != ST_OK) {
			return st;
		}
	}
	*from_ms = from;
	*to_ms = to;
	return ST_OK;
}
