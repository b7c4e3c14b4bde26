// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who the peer of a TLS session is, from its certificate: WIRE.md 5. Must not let a name pass
 * that another program could read differently: too long, with control octets, too many.
 */
#include <arpa/inet.h>
#include <string.h>

#include "nts/tls_internal.h"

/* Copies a name of len octets and a zero behind it. */
static enum status copy_name(char *out, size_t cap, const void *name, size_t len)
{
	const unsigned char *p = name;

	if (len >= cap) {
		return ST_CERT_BAD;
	}
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f) {
			return ST_CERT_BAD;
		}
	}
	memcpy(out, name, len);
	out[len] = '\0';
	return ST_OK;
}

typedef int (*get_dn)(gnutls_x509_crt_t crt, gnutls_datum_t *dn, unsigned int flags);

static enum status read_dn(gnutls_x509_crt_t crt, get_dn get, char out[TLS_DN_MAX])
{
	gnutls_datum_t dn = { NULL, 0 };
	enum status st;
	int err = get(crt, &dn, 0);

	if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		out[0] = '\0';
		return ST_OK;
	}
	if (err < 0) {
		return ST_CERT_BAD;
	}
	st = copy_name(out, TLS_DN_MAX, dn.data, dn.size);
	gnutls_free(dn.data);
	return st;
}

/* As ASN.1 numbers them. */
enum text_kind { TELETEX_STRING = 20, UNIVERSAL_STRING = 28, BMP_STRING = 30 };

/*
 * GnuTLS reads different octets of these kinds as one name: a BMPString with a zero behind it as
 * the one without it, and what it cannot read as the name of just such digits.
 */
static bool is_ambiguous(unsigned long kind)
{
	return kind == TELETEX_STRING || kind == UNIVERSAL_STRING || kind == BMP_STRING;
}

/* The subject is who a client is, and clients may have named themselves. */
static enum status check_subject(gnutls_x509_crt_t crt)
{
	gnutls_x509_ava_st value;
	gnutls_x509_dn_t dn;
	int part, i;

	if (gnutls_x509_crt_get_subject(crt, &dn) < 0) {
		return ST_CERT_BAD;
	}
	for (part = 0; !gnutls_x509_dn_get_rdn_ava(dn, part, 0, &value); part++) {
		for (i = 0; !gnutls_x509_dn_get_rdn_ava(dn, part, i, &value); i++) {
			if (is_ambiguous(value.value_tag)) {
				return ST_CERT_BAD;
			}
		}
	}
	return ST_OK;
}

/* Which of several would be meant, is not said: then there is none. */
static enum status read_common_name(gnutls_x509_crt_t crt, char out[TLS_NAME_MAX])
{
	static const char oid[] = GNUTLS_OID_X520_COMMON_NAME;
	size_t len = TLS_NAME_MAX, none = 0;
	char cn[TLS_NAME_MAX];
	int err = gnutls_x509_crt_get_dn_by_oid(crt, oid, 0, 0, cn, &len);

	if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
	    gnutls_x509_crt_get_dn_by_oid(crt, oid, 1, 0, NULL, &none) !=
		    GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		out[0] = '\0';
		return ST_OK;
	}
	return err < 0 ? ST_CERT_BAD : copy_name(out, TLS_NAME_MAX, cn, len);
}

static enum status copy_address(struct tls_peer_name *out, const char *san, size_t len)
{
	int family = len == 4 ? AF_INET : AF_INET6;

	if (len != 4 && len != 16) {
		return ST_CERT_BAD;
	}
	out->kind = 'i';
	return inet_ntop(family, san, out->text, sizeof(out->text)) ? ST_OK : ST_CERT_BAD;
}

/* Adds one name when it is of a kind that we know. */
static enum status add_san(struct tls_peer *p, unsigned int type, const char *san, size_t len)
{
	struct tls_peer_name name = { 0 };
	enum status st;

	if (type == GNUTLS_SAN_IPADDRESS) {
		st = copy_address(&name, san, len);
	} else if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_URI) {
		name.kind = type == GNUTLS_SAN_URI ? 'u' : 'd';
		st = copy_name(name.text, sizeof(name.text), san, len);
	} else {
		return ST_OK;
	}
	if (st != ST_OK || p->n_names == TLS_NAMES_MAX) {
		return ST_CERT_BAD;
	}
	p->names[p->n_names++] = name;
	return ST_OK;
}

static enum status read_names(gnutls_x509_crt_t crt, struct tls_peer *p)
{
	char san[TLS_NAME_MAX];
	unsigned int i, type;
	enum status st = ST_OK;
	size_t len;
	int err;

	for (i = 0; st == ST_OK; i++) {
		len = sizeof(san);
		err = gnutls_x509_crt_get_subject_alt_name2(crt, i, san, &len, &type, NULL);
		if (err == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
			return ST_OK;
		}
		if (err < 0 && err != GNUTLS_E_SHORT_MEMORY_BUFFER) {
			return ST_CERT_BAD;
		}
		st = add_san(p, type, san, len);
	}
	return st;
}

static enum status read_cert(gnutls_x509_crt_t crt, const gnutls_datum_t *der,
			     struct tls_peer *p)
{
	size_t len = sizeof(p->fingerprint);
	enum status st = read_dn(crt, gnutls_x509_crt_get_issuer_dn3, p->issuer);

	if (st == ST_OK) {
		st = read_dn(crt, gnutls_x509_crt_get_dn3, p->subject);
	}
	if (st == ST_OK) {
		st = check_subject(crt);
	}
	if (st == ST_OK) {
		st = read_common_name(crt, p->common_name);
	}
	if (st == ST_OK) {
		st = read_names(crt, p);
	}
	if (st == ST_OK && gnutls_fingerprint(GNUTLS_DIG_SHA256, der, p->fingerprint, &len) < 0) {
		st = ST_CERT_BAD;
	}
	if (st == ST_OK) {
		st = tls_crl_name(crt, p->crl_name);
	}
	p->not_after_ms = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * 1000;
	return st;
}

enum status tls_peer_read(const struct tls_chain *chain, struct tls_peer **out)
{
	struct tls_peer peer, *copy;
	enum status st;

	memset(&peer, 0, sizeof(peer));
	st = read_cert(chain->crt[0], &chain->der[0], &peer);
	if (st != ST_OK) {
		return st;
	}
	copy = tls_peer_copy(&peer);
	if (!copy) {
		return ST_NO_MEMORY;
	}
	*out = copy;
	return ST_OK;
}

const struct tls_peer *tls_peer(const struct tls_session *s)
{
	return s->peer;
}
