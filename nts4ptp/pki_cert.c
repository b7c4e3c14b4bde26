// SPDX-License-Identifier: GPL-2.0-or-later
/* What a certificate of ours has in it: pki_cert.h. Must not touch a file. */
#include "nts4ptp/pki_cert.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <time.h>

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
static int fill_common(struct pki_pair *pair, const char *name, long days)
{
	time_t now = time(NULL);
	int err = gnutls_x509_crt_set_version(pair->crt, 3);

	err = err < 0 ? err : set_serial(pair->crt);
	err = err < 0 ? err : gnutls_x509_crt_set_activation_time(pair->crt, now - PKI_BACK_S);
	err = err < 0 ? err :
	      gnutls_x509_crt_set_expiration_time(pair->crt, now + days * PKI_DAY_S);
	err = err < 0 ? err :
	      gnutls_x509_crt_set_dn_by_oid(pair->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					    (unsigned int)strlen(name));
	err = err < 0 ? err : gnutls_x509_crt_set_key(pair->crt, pair->key);
	return err < 0 ? err : set_key_id(pair->crt);
}

enum status pki_make_pair(struct pki_pair *pair, const char *name, long days)
{
	int err = gnutls_x509_crt_init(&pair->crt);

	err = err < 0 ? err : gnutls_x509_privkey_init(&pair->key);
	err = err < 0 ? err : gnutls_x509_privkey_generate(pair->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	err = err < 0 ? err : fill_common(pair, name, days);
	return err < 0 ? pki_complain(name, err) : ST_OK;
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

enum status pki_finish_leaf(gnutls_x509_crt_t crt, const struct pki_pair *ca,
			       const struct pki_request *r)
{
	int err = add_names(crt, r);

	err = err < 0 ? err : gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	err = err < 0 ? err : gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	err = err < 0 ? err : gnutls_x509_crt_set_key_purpose_oid(crt, r->server ?
			GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
	err = err < 0 ? err : set_authority(crt, ca->crt);
	err = err < 0 ? err : gnutls_x509_crt_sign2(crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
	return err < 0 ? pki_complain(r->name, err) : ST_OK;
}

enum status pki_finish_ca(struct pki_pair *ca)
{
	int err = gnutls_x509_crt_set_basic_constraints(ca->crt, 1, 0);

	err = err < 0 ? err : gnutls_x509_crt_set_key_usage(ca->crt, GNUTLS_KEY_KEY_CERT_SIGN |
							    GNUTLS_KEY_CRL_SIGN);
	err = err < 0 ? err :
	      gnutls_x509_crt_sign2(ca->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
	return err < 0 ? pki_complain("CA", err) : ST_OK;
}
