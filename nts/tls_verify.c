// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the peer's certificate good for this session? Chain, time, revocation, purpose, and on a
 * client the name or address asked for, against the subject alternative names alone
 * (draft 2.1, RFC 9525). The common name is never taken for a server's name.
 */
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "nts/tls_internal.h"

#define NAME_SHOWN 64		/* octets of a distinguished name that fits, else "?" */
/* An answer that is too old counts as none, which some certificates ask for. */
#define STAPLE_AGE (GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_MISSING_OCSP_STATUS)
#define NOT_TRUSTED "The certificate is NOT trusted. "

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

static void get_name(int (*get)(gnutls_x509_crt_t crt, char *buf, size_t *size),
		     gnutls_x509_crt_t crt, char out[NAME_SHOWN])
{
	size_t len = NAME_SHOWN;

	if (get(crt, out, &len) < 0) {
		snprintf(out, NAME_SHOWN, "?");
	}
}

/* Whose certificate it is and who issued it, then GnuTLS's words. */
static void explain_verdict(struct tls_session *s, const char *words)
{
	char subject[NAME_SHOWN] = "?", issuer[NAME_SHOWN] = "?";
	struct tls_chain chain;

	if (tls_chain_read(s->gs, &chain) == ST_OK) {
		get_name(gnutls_x509_crt_get_dn, chain.crt[0], subject);
		get_name(gnutls_x509_crt_get_issuer_dn, chain.crt[0], issuer);
		tls_chain_free(&chain);
	}
	if (!strncmp(words, NOT_TRUSTED, strlen(NOT_TRUSTED))) {
		words += strlen(NOT_TRUSTED);
	}
	tls_explain(&s->why, "%s, issuer %s: %.*s", subject, issuer,
		    (int)(strlen(words) - (words[0] && words[strlen(words) - 1] == ' ')), words);
}

static int reject_verdict(struct tls_session *s, unsigned int bits)
{
	const struct verdict *v = verdicts;
	gnutls_datum_t words = { NULL, 0 };

	while (!(v->bits & bits)) {
		v++;
	}
	if (gnutls_certificate_verification_status_print(bits, GNUTLS_CRT_X509, &words, 0) == 0) {
		explain_verdict(s, (const char *)words.data);
		gnutls_free(words.data);
	}
	return reject(s, v->st, v->alert);
}

/* GnuTLS would take the common name where no DNS name stands among the SANs. */
static bool has_dns_san(gnutls_x509_crt_t crt)
{
	unsigned int i, type;
	size_t len;
	int err;

	for (i = 0;; i++) {
		len = 0;
		err = gnutls_x509_crt_get_subject_alt_name2(crt, i, NULL, &len, &type, NULL);
		if (err < 0 && err != GNUTLS_E_SHORT_MEMORY_BUFFER) {
			return false;
		}
		if (type == GNUTLS_SAN_DNSNAME) {
			return true;
		}
	}
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
	struct tls_chain chain;
	enum status st = tls_chain_read(s->gs, &chain);
	bool good;

	if (st != ST_OK) {
		return reject(s, st, GNUTLS_A_BAD_CERTIFICATE);
	}
	good = is_for_host(chain.crt[0], s->host);
	tls_chain_free(&chain);
	if (!good) {
		tls_explain(&s->why, "no subject alternative name is %s", s->host);
		return reject(s, ST_CERT_NAME, GNUTLS_A_BAD_CERTIFICATE);
	}
	return 0;
}

/* What GnuTLS says of a chain. */
static int take_verdict(struct tls_session *s, int err, unsigned int bits)
{
	if (err == GNUTLS_E_NO_CERTIFICATE_FOUND) {
		return reject(s, ST_CERT_MISSING, GNUTLS_A_CERTIFICATE_REQUIRED);
	}
	if (err < 0) {
		tls_explain(&s->why, "%s", gnutls_strerror(err));
		return reject(s, ST_CERT_BAD, GNUTLS_A_BAD_CERTIFICATE);
	}
	return bits ? reject_verdict(s, bits) : 0;
}

static gnutls_typed_vdata_st purpose(char *oid)
{
	return (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)oid,
	};
}

/* GnuTLS looks at the dates of OCSP answers whatever it is told of certificates. */
static unsigned int without_age(unsigned int bits)
{
	unsigned int rest = bits & ~(unsigned int)STAPLE_AGE;

	return bits & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED && rest == GNUTLS_CERT_INVALID
	       ? 0 : rest;
}

static int verify_staple(struct tls_session *s)
{
	struct tls_staple staple;
	enum status st = tls_staple_read(s->gs, &staple);

	if (st == ST_CERT_MISSING) {
		return 0;
	}
	if (st == ST_OK && staple.unknown) {
		tls_explain(&s->why, "its stapled OCSP answer says: unknown");
		st = ST_CERT_BAD;
	}
	return st == ST_OK ? 0 : reject(s, st, GNUTLS_A_BAD_CERTIFICATE);
}

/* A server's: trust, time, revocation, also by a stapled OCSP response, purpose, name. */
static int verify_server(struct tls_session *s)
{
	char oid[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st data = purpose(oid);
	unsigned int bits = 0;
	int err = gnutls_certificate_verify_peers(s->gs, &data, 1, &bits);

	err = take_verdict(s, err, tls_any_time(s->creds) ? without_age(bits) : bits);
	if (!err) {
		err = verify_staple(s);
	}
	return err ? err : verify_host(s);
}

/*
 * A client's: trust, time, revocation, purpose. As gnutls_certificate_verify_peers, but for OCSP,
 * which a server cannot ask of it, and for a second import of the certificates.
 */
static int verify_client_chain(struct tls_session *s, struct tls_chain *chain)
{
	char oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st data = purpose(oid);
	gnutls_x509_trust_list_t trusted;
	unsigned int flags = gnutls_certificate_get_verify_flags(s->creds->cert);
	unsigned int bits = 0;
	int err;

	gnutls_certificate_get_trust_list(s->creds->cert, &trusted);
	err = gnutls_x509_trust_list_verify_crt2(trusted, chain->crt, chain->n, &data, 1,
						 flags | GNUTLS_PROFILE_TO_VFLAGS(TLS_PROFILE),
						 &bits, NULL);
	return take_verdict(s, err, bits);
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

static enum status remember_chain(struct tls_session *s, const struct tls_chain *chain,
				  const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s)
{
	int64_t from_s, until_s;
	enum status st = tls_peer_read(chain, &s->peer);

	if (st == ST_CERT_BAD) {
		explain_verdict(s, "names that are too many, too long or not plain text");
	}
	if (st != ST_OK) {
		return st;
	}
	tls_chain_validity(chain, &from_s, &until_s);
	until_s = until_s < s->creds->trust_until_s ? until_s : s->creds->trust_until_s;
	tls_cache_add(s->creds->clients, digest, now_s, until_s, s->peer);
	return ST_OK;
}

static int verify_new_client(struct tls_session *s, const uint8_t digest[TLS_CACHE_DIGEST],
			     int64_t now_s)
{
	struct tls_chain chain;
	enum status st = tls_chain_read(s->gs, &chain);
	int err;

	if (st != ST_OK) {
		tls_explain(&s->why, "more than %d certificates, or one that cannot be read",
			    TLS_CHAIN_MAX);
		return reject(s, st, GNUTLS_A_BAD_CERTIFICATE);
	}
	err = verify_client_chain(s, &chain);
	if (err == 0) {
		st = remember_chain(s, &chain, digest, now_s);
		err = st == ST_OK ? 0 : reject(s, st, GNUTLS_A_BAD_CERTIFICATE);
	}
	tls_chain_free(&chain);
	return err;
}

/* Once found good, a chain needs no verification again for a while. */
static int verify_client(struct tls_session *s)
{
	int64_t now_s = time(NULL);
	uint8_t digest[TLS_CACHE_DIGEST];

	if (!digest_of_chain(s->gs, digest)) {
		return reject(s, ST_CERT_MISSING, GNUTLS_A_CERTIFICATE_REQUIRED);
	}
	s->peer = tls_cache_find(s->creds->clients, digest, now_s);
	if (s->peer) {
		atomic_fetch_add(&s->creds->known, 1);
		return 0;
	}
	return verify_new_client(s, digest, now_s);
}

int tls_verify(gnutls_session_t gs)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);

	return s->host ? verify_server(s) : verify_client(s);
}
