/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the KE server as it is kept: who it is, and what its certificate says of it. Decides
 * nothing: who may what is ked/policy.h's. See docs/authorization.md.
 */
#ifndef NTS_KED_CLIENT_H
#define NTS_KED_CLIENT_H

#include "nts/crypto.h"
#include "nts/tls.h"

/* A digest of issuer and subject, the same after a renewal. */
void client_digest(const struct tls_peer *peer, uint8_t out[CRYPTO_SHA256]);

/* Octets of the longest text, with its zero. */
#define CLIENT_TEXT (2 * TLS_DN_MAX + TLS_NAME_MAX + TLS_NAMES_MAX * (TLS_NAME_MAX + 2))

/* All names of the certificate as one text, never "". */
void client_names(const struct tls_peer *peer, char out[CLIENT_TEXT]);

/* Takes them from it; the rest of *out stays. False: it is no such text, and *out is void. */
bool client_read_names(const char *text, struct tls_peer *out) MUST_CHECK;

#endif
