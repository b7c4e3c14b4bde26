/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small CA in a folder, on GnuTLS's API: ca.crt, ca.key, crl.pem, and NAME.crt, NAME.key of what
 * it has issued. Each function has said on standard error what failed.
 */
#ifndef NTS_NTS4PTP_PKI_CA_H
#define NTS_NTS4PTP_PKI_CA_H

#include "nts4ptp/pki_cert.h"

/* ca.crt, ca.key and an empty crl.pem. ST_CONFIG, ST_SYSTEM, ST_CRYPTO, ST_NO_MEMORY. */
enum status pki_init(const char *dir, const char *name, long days) MUST_CHECK;

/* NAME.crt and NAME.key. Also ST_FILE_OPEN, ST_FILE_MODE, ST_FILE_FORMAT for the CA's files. */
enum status pki_issue(const struct pki_request *r) MUST_CHECK;

/* Puts NAME.crt on crl.pem, which is valid for days from now; name NULL: only renews it. */
enum status pki_revoke(const char *dir, const char *name, long days) MUST_CHECK;

#endif
