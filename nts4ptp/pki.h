/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of nts4ptp pki: a small CA in a folder, on GnuTLS's API. ca.crt, ca.key, crl.pem, and
 * NAME.crt, NAME.key of what it has issued. Each function has said on standard error what failed.
 * Keys are ECDSA P-256, PEM, mode 0600, and wiped from memory; nothing is ever overwritten, but
 * crl.pem replaced.
 */
#ifndef NTS_NTS4PTP_PKI_H
#define NTS_NTS4PTP_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include "util/status.h"

#define PKI_NAMES 16
#define PKI_PATH 512

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

/* ca.crt, ca.key and an empty crl.pem. ST_CONFIG, ST_SYSTEM, ST_CRYPTO, ST_NO_MEMORY. */
enum status pki_init(const char *dir, const char *name, long days) MUST_CHECK;

/* NAME.crt and NAME.key. Also ST_FILE_OPEN, ST_FILE_MODE, ST_FILE_FORMAT for the CA's files. */
enum status pki_issue(const struct pki_request *r) MUST_CHECK;

/* Puts NAME.crt on crl.pem, which is valid for days from now; name NULL: only renews it. */
enum status pki_revoke(const char *dir, const char *name, long days) MUST_CHECK;

/* dir/name with a suffix; false, and said: too long. */
bool pki_path(const char *dir, const char *name, const char *suffix, char out[PKI_PATH]);

#endif
