// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a server has stapled about its certificate (RFC 6066 section 8, RFC 6960), beyond what
 * GnuTLS makes of it: an answer that does not know the certificate is no good one. Its signature
 * GnuTLS has verified, or it counts as none.
 */
#include <gnutls/ocsp.h>

#include "nts/tls_internal.h"

#define NO_END ((time_t)-1)
#define LIFE_S (15 * 86400)	/* of an answer without nextUpdate: as long as GnuTLS takes it */

static enum status read_answer(gnutls_ocsp_resp_t resp, struct tls_staple *out)
{
	time_t from, until;
	unsigned int said;

	if (gnutls_ocsp_resp_get_single(resp, 0, NULL, NULL, NULL, NULL, &said, &from, &until, NULL,
					NULL) < 0) {
		return ST_CERT_BAD;
	}
	out->unknown = said == GNUTLS_OCSP_CERT_UNKNOWN;
	out->from_s = from;
	out->until_s = until == NO_END ? from + LIFE_S : until;
	return ST_OK;
}

enum status tls_staple_read(gnutls_session_t gs, struct tls_staple *out)
{
	gnutls_ocsp_resp_t resp;
	gnutls_datum_t der;
	enum status st = ST_CERT_BAD;

	if (gnutls_ocsp_status_request_get2(gs, 0, &der) < 0) {
		return ST_CERT_MISSING;
	}
	if (gnutls_ocsp_resp_init(&resp) < 0) {
		return ST_NO_MEMORY;
	}
	if (gnutls_ocsp_resp_import2(resp, &der, GNUTLS_X509_FMT_DER) >= 0) {
		st = read_answer(resp, out);
	}
	gnutls_ocsp_resp_deinit(resp);
	return st;
}
