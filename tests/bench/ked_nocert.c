// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes nts-ked a server that asks for no client certificate, for one comparison in the bench:
 * NTS-KE servers for NTP ask for none. Linked into build/bench/ked_nocert only, through the
 * linker's --wrap; the product has no such mode.
 */
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "nts/tls.h"

void __wrap_gnutls_certificate_server_set_request(gnutls_session_t gs,
						  gnutls_certificate_request_t req);
enum status __wrap_tls_peer(const struct tls_session *s, struct tls_peer *out);

void __wrap_gnutls_certificate_server_set_request(gnutls_session_t gs,
						  gnutls_certificate_request_t req)
{
	(void)gs;
	(void)req;
}

enum status __wrap_tls_peer(const struct tls_session *s, struct tls_peer *out)
{
	(void)s;
	memset(out, 0, sizeof(*out));
	snprintf(out->subject, sizeof(out->subject), "CN=nobody");
	snprintf(out->issuer, sizeof(out->issuer), "CN=nobody");
	snprintf(out->common_name, sizeof(out->common_name), "gm.bench");
	return ST_OK;
}
