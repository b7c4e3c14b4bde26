// SPDX-License-Identifier: GPL-2.0-or-later
/* The certificates that the peer has presented, each imported once. */
#include "nts/tls_internal.h"

static enum status import(const gnutls_datum_t *der, struct tls_chain *chain)
{
	gnutls_x509_crt_t crt;

	if (gnutls_x509_crt_init(&crt) < 0) {
		return ST_NO_MEMORY;
	}
	chain->crt[chain->n++] = crt;
	return gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0 ? ST_CERT_BAD : ST_OK;
}

enum status tls_chain_read(gnutls_session_t gs, struct tls_chain *out)
{
	struct tls_chain chain = { 0 };
	enum status st = ST_OK;
	unsigned int i, n = 0;

	chain.der = gnutls_certificate_get_peers(gs, &n);
	if (!chain.der || n == 0) {
		return ST_CERT_MISSING;
	}
	if (n > TLS_CHAIN_MAX) {
		return ST_CERT_BAD;
	}
	for (i = 0; i < n && st == ST_OK; i++) {
		st = import(&chain.der[i], &chain);
	}
	if (st != ST_OK) {
		tls_chain_free(&chain);
		return st;
	}
	*out = chain;
	return ST_OK;
}

void tls_chain_free(struct tls_chain *chain)
{
	unsigned int i;

	for (i = 0; i < chain->n; i++) {
		gnutls_x509_crt_deinit(chain->crt[i]);
	}
	chain->n = 0;
}

void tls_chain_validity(const struct tls_chain *chain, int64_t *from_s, int64_t *to_s)
{
	int64_t from, to;
	unsigned int i;

	*from_s = 0;
	*to_s = INT64_MAX / 1000;
	for (i = 0; i < chain->n; i++) {
		from = gnutls_x509_crt_get_activation_time(chain->crt[i]);
		to = gnutls_x509_crt_get_expiration_time(chain->crt[i]);
		*from_s = from > *from_s ? from : *from_s;
		*to_s = to < *to_s ? to : *to_s;
	}
}

enum status tls_peer_validity(const struct tls_session *s, int64_t *from_ms, int64_t *to_ms)
{
	struct tls_chain chain;
	struct tls_staple staple;
	int64_t from_s, to_s;
	enum status st = tls_chain_read(s->gs, &chain);

	if (st != ST_OK) {
		return st;
	}
	tls_chain_validity(&chain, &from_s, &to_s);
	tls_chain_free(&chain);
	if (tls_staple_read(s->gs, &staple) == ST_OK) {
		from_s = staple.from_s > from_s ? staple.from_s : from_s;
		to_s = staple.until_s < to_s ? staple.until_s : to_s;
	}
	*from_ms = from_s * 1000;
	*to_ms = to_s * 1000;
	return ST_OK;
}
