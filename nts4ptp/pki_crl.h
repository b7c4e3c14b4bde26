/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crl.pem of a small CA. */
#ifndef NTS_NTS4PTP_PKI_CRL_H
#define NTS_NTS4PTP_PKI_CRL_H

#include "nts4ptp/pki_file.h"

/*
 * crl.pem of dir as it is, or a new one, and revoked on it unless that is NULL, valid for days from
 * now; replaced in one step. Has said what failed: ST_CONFIG, ST_SYSTEM, ST_CRYPTO, ST_NO_MEMORY.
 */
enum status pki_update_crl(const char *dir, const struct pki_pair *ca, gnutls_x509_crt_t revoked,
			   long days) MUST_CHECK;

#endif
