/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in a certificate's file, for people. Trusts nothing, verifies nothing. */
#ifndef NTS_NTS4PTP_CERT_H
#define NTS_NTS4PTP_CERT_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/status.h"

struct cert_info {
	int64_t from_s, to_s;	/* validity, seconds since 1970 */
	bool ca;
	char subject[256];	/* RFC 4514, printable */
};

/*
 * The first certificate of a PEM file, the caller's to deinit. ST_FILE_OPEN (errno tells),
 * ST_FILE_FORMAT, ST_NO_MEMORY.
 */
enum status cert_load(const char *path, gnutls_x509_crt_t *out) MUST_CHECK;

/* What stands in it. The same. */
enum status cert_read(const char *path, struct cert_info *out) MUST_CHECK;

/* Is it valid at this time? */
bool cert_valid_at(const struct cert_info *c, int64_t at_s);

/* "2026-11-22 00:43:36 UTC"; returns out. */
#define CERT_DATE 40
const char *cert_date(int64_t at_s, char out[CERT_DATE]);

#endif
