// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the peer's certificate good for this session? Chain, time, revocation, purpose, and on a
 * client the name or address asked for, against the subject alternative names alone
 * (draft 2.1, RFC 9525). The common name is never taken for a server's name.
 */
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <time.h>

#include "nts/tls_internal.h"

/* Verdicts of GnuTLS in the order in which they matter: first the trust, then the rest. */
static const struct verdict {
	unsigned int bits;
	enum status st;
	gnutls_alert_description_t alert;
} verdicts[] = {
	{ GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
	  GNUTLS_CERT_SIGNATURE_FAILURE, ST_CERT_UNTRUSTED, GNUTLS_A_UNKNOWN_CA },
	{ GNUTLS_CERT_REVOKED, ST_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED },
	{ GNUTLS_CERT_EXPIRED, ST_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED },
	{ GNUTLS_CERT_NOT_ACTIVATED, ST_CERT_NOT_YET, GNUTLS_A_CERTIFICATE_EXPIRED },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, ST_CERT_PURPOSE, GNUTLS_A_UNSUPPORTED_CERTIFICATE },
	{ ~0u, ST_CERT_BAD, GNUTLS_A_BAD_CERTIFICATE },
};

static int reject(struct tls_session *s, enum status st, gnutls_alert_description_t alert)
{
	s->failed = st;
	s->alert = alert;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int reject_verdict(struct tls_session *s, unsigned int bits)
{
	const struct verdict *v = verdicts;
	gnutls_datum_t words = { NULL, 0 };

	while (!(v->bits & bits)) {
		v++;
	}
	if (gnutls_certificate_verification_status_print(bits, GNUTLS_CRT_X509, &words, 0) == 0) {
		tls_explain(&s->why, "%s", (const char *)words.data);
		gnutls_free(words.data);
	}
	return reject(s, v->st, v->alert);
}

enum status tls_peer_cert(gnutls_session_t gs, gnutls_x509_crt_t *out)
{
	const gnutls_datum_t *der;
	gnutls_x509_crt_t crt;
	unsigned int n = 0;

	der = gnutls_certificate_get_peers(gs, &n);
	if (!der || n == 0) {
		return ST_CERT_MISSING;
	}
	if (gnutls_x509_crt_init(&crt) != GNUTLS_E_SUCCESS) {
		return ST_NO_MEMORY;
	}
	if (gnutls_x509_crt_import(crt, &der[0], GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS) {
		gnutls_x509_crt_deinit(crt);
		return ST_CERT_BAD;
	}
	*out = crt;
	return ST_OK;
}

enum status tls_cert_sans(gnutls_x509_crt_t crt, gnutls_subject_alt_names_t *out)
{
	gnutls_subject_alt_names_t sans;
	gnutls_datum_t ext;
	int err = gnutls_x509_crt_get_extension_by_oid2(crt, GNUTLS_X509EXT_OID_SAN, 0, &ext,
							NULL);

	if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		*out = NULL;
		return ST_OK;
	}
	if (err < 0) {
		return ST_CERT_BAD;
	}
	if (gnutls_subject_alt_names_init(&sans) < 0) {
		gnutls_free(ext.data);
		return ST_NO_MEMORY;
	}
	err = gnutls_x509_ext_import_subject_alt_names(&ext, sans, 0);
	gnutls_free(ext.data);
	if (err < 0) {
		gnutls_subject_alt_names_deinit(sans);
		return ST_CERT_BAD;
	}
	*out = sans;
	return ST_OK;
}

/* GnuTLS would take the common name where no DNS name stands among the SANs. */
static bool has_dns_san(gnutls_x509_crt_t crt)
{
	gnutls_subject_alt_names_t sans;
	gnutls_datum_t san;
	unsigned int type;
	bool found = false;

	if (tls_cert_sans(crt, &sans) != ST_OK || !sans) {
		return false;
	}
	for (unsigned int i = 0; !found; i++) {
		if (gnutls_subject_alt_names_get(sans, i, &type, &san, NULL) < 0) {
			break;
		}
		found = type == GNUTLS_SAN_DNSNAME;
	}
	gnutls_subject_alt_names_deinit(sans);
	return found;
}

static bool is_for_host(gnutls_x509_crt_t crt, const char *host)
{
	unsigned char ip[16];

	if (inet_pton(AF_INET, host, ip) == 1) {
		return gnutls_x509_crt_check_ip(crt, ip, 4, 0) != 0;
	}
	if (inet_pton(AF_INET6, host, ip) == 1) {
		return gnutls_x509_crt_check_ip(crt, ip, 16, 0) != 0;
	}
	return has_dns_san(crt) && gnutls_x509_crt_check_hostname(crt, host) != 0;
}

static int verify_host(struct tls_session *s)
{
	gnutls_x509_crt_t crt;
	enum status st = tls_peer_cert(s->gs, &crt);
	bool good;

	if (st != ST_OK) {
		return reject(s, st, GNUTLS_A_BAD_CERTIFICATE);
	}
	good = is_for_host(crt, s->host);
	gnutls_x509_crt_deinit(crt);
	if (!good) {
		tls_explain(&s->why, "no subject alternative name is %s", s->host);
		return reject(s, ST_CERT_NAME, GNUTLS_A_BAD_CERTIFICATE);
	}
	return 0;
}

/* The chain that the peer has presented: trust, time, revocation, purpose. */
static int verify_chain(struct tls_session *s)
{
	char client_auth[] = GNUTLS_KP_TLS_WWW_CLIENT;
	char server_auth[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st data = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(s->host ? server_auth : client_auth),
	};
	unsigned int bits = 0;
	int err = gnutls_certificate_verify_peers(s->gs, &data, 1, &bits);

	if (err == GNUTLS_E_NO_CERTIFICATE_FOUND) {
		return reject(s, ST_CERT_MISSING, GNUTLS_A_CERTIFICATE_REQUIRED);
	}
	if (err < 0) {
		tls_explain(&s->why, "%s", gnutls_strerror(err));
		return reject(s, ST_CERT_BAD, GNUTLS_A_BAD_CERTIFICATE);
	}
	if (bits != 0) {
		return reject_verdict(s, bits);
	}
	return 0;
}

/* ---- chains of clients that were verified before: nts/tls_cache.h ---- */

/* Of all certificates as they came, each behind its length. */
static bool digest_of_chain(gnutls_session_t gs, uint8_t out[TLS_CACHE_DIGEST])
{
	gnutls_hash_hd_t hash;
	unsigned int i, n = 0;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(gs, &n);
	int err;

	if (!der || n == 0 || gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
		return false;
	}
	for (i = 0, err = 0; i < n && err >= 0; i++) {
		err = gnutls_hash(hash, &der[i].size, sizeof(der[i].size));
		if (err >= 0) {
			err = gnutls_hash(hash, der[i].data, der[i].size);
		}
	}
	gnutls_hash_deinit(hash, out);
	return err >= 0;
}

/* Who the first certificate is for, and the first end of validity of all, seconds since 1970. */
static enum status read_chain(gnutls_session_t gs, struct tls_peer *peer, int64_t *until_s)
{
	unsigned int i, n = 0;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(gs, &n);
	enum status st = ST_OK;
	gnutls_x509_crt_t crt;
	int64_t end;

	for (i = 0, *until_s = INT64_MAX; i < n && st == ST_OK; i++) {
		if (gnutls_x509_crt_init(&crt) < 0) {
			return ST_NO_MEMORY;
		}
		if (gnutls_x509_crt_import(crt, &der[i], GNUTLS_X509_FMT_DER) < 0) {
			st = ST_CERT_BAD;
		} else if (i == 0) {
			st = tls_peer_read(crt, &der[0], peer);
		}
		end = gnutls_x509_crt_get_expiration_time(crt);
		*until_s = end < *until_s ? end : *until_s;
		gnutls_x509_crt_deinit(crt);
	}
	return st;
}

/* A certificate whose names are not acceptable is left to tls_peer to refuse. */
static void remember_chain(struct tls_session *s, const uint8_t digest[TLS_CACHE_DIGEST],
			   int64_t now_s)
{
	struct tls_peer peer;
	int64_t until_s;

	if (read_chain(s->gs, &peer, &until_s) != ST_OK) {
		return;
	}
	until_s = until_s < s->creds->trust_until_s ? until_s : s->creds->trust_until_s;
	tls_cache_add(s->creds->clients, digest, now_s, until_s, &peer);
	s->peer = tls_peer_copy(&peer);
}

/* A client's chain: as verify_chain, unless it has been found good before. */
static int verify_client(struct tls_session *s)
{
	int64_t now_s = time(NULL);
	uint8_t digest[TLS_CACHE_DIGEST];
	bool have_digest = digest_of_chain(s->gs, digest);
	int err;

	s->peer = have_digest ? tls_cache_find(s->creds->clients, digest, now_s) : NULL;
	if (s->peer) {
		atomic_fetch_add(&s->creds->known, 1);
		return 0;
	}
	err = verify_chain(s);
	if (err == 0 && have_digest) {
		remember_chain(s, digest, now_s);
	}
	return err;
}

int tls_verify(gnutls_session_t gs)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);
	int err;

	if (!s->host) {
		return verify_client(s);
	}
	err = verify_chain(s);
	return err ? err : verify_host(s);
}
