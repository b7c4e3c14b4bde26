/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates that a small CA issues, with ECDSA P-256 keys. Each function has said on standard
 * error what failed: ST_CRYPTO, ST_NO_MEMORY.
 */
#ifndef NTS_NTS4PTP_PKI_CERT_H
#define NTS_NTS4PTP_PKI_CERT_H

#include "nts4ptp/pki_file.h"

#define PKI_DAY_S 86400
#define PKI_BACK_S 300		/* clocks that are a little late take what was signed now, too */

#define PKI_NAMES 16

struct pki_request {
	const char *dir;
	const char *name;		/* common name, and of the files */
	bool server;			/* else for TLS clients */
	long days;
	size_t n_dns, n_ip, n_uri;
	const char *dns[PKI_NAMES];
	const char *ip[PKI_NAMES];	/* in text */
	char uri[PKI_NAMES][160];
};

/* A new key, and a certificate for it that is not signed yet. pki_pair_free() in any case. */
enum status pki_make_pair(struct pki_pair *pair, const char *name, long days) MUST_CHECK;

/* Makes it a CA's own, signed by itself. */
enum status pki_finish_ca(struct pki_pair *ca) MUST_CHECK;

/* Makes it what the request asks for, signed by the CA. */
enum status pki_finish_leaf(gnutls_x509_crt_t crt, const struct pki_pair *ca,
			    const struct pki_request *r) MUST_CHECK;

#endif
