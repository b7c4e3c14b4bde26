// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes nts-ked a server that asks for no client certificate, for one comparison in the bench:
 * NTS-KE servers for NTP ask for none. Linked into build/bench/ked_nocert only, through the
 * linker's --wrap; the product has no such mode.
 */
#include <gnutls/gnutls.h>

#include "nts/tls.h"

void __wrap_gnutls_certificate_server_set_request(gnutls_session_t gs,
						  gnutls_certificate_request_t req);
const struct tls_peer *__wrap_tls_peer(const struct tls_session *s);

void __wrap_gnutls_certificate_server_set_request(gnutls_session_t gs,
						  gnutls_certificate_request_t req)
{
	(void)gs;
	(void)req;
}

const struct tls_peer *__wrap_tls_peer(const struct tls_session *s)
{
	static const struct tls_peer nobody = {
		.subject = "CN=nobody",
		.issuer = "CN=nobody",
		.common_name = "gm.bench",
	};

	(void)s;
	return &nobody;
}
