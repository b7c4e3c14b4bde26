/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May this client have that? Default deny: what neither the configuration nor, where the
 * configuration says so, the certificate allows is refused. Pure: configuration and a verified
 * certificate's names in, an answer out. See docs/authorization.md.
 *
 * Lists of who may what hold patterns: one of them must match one name of the certificate: common
 * name, or subjectAltName of kind DNS, address or URI; after "cn:", "dns:", "ip:" or "uri:" only
 * one of that kind, after "subject:" only the whole subject. Patterns are fnmatch(3)'s, "*" matches
 * dots and slashes too; case counts in URIs only. Of a whole name, an issuer's too, "?" matches a
 * comma between its parts and nothing else. An item "sha256:" and 64 hexadecimal digits matches the
 * certificate with that fingerprint and nothing else.
 */
#ifndef NTS_KED_POLICY_H
#define NTS_KED_POLICY_H

#include "config/kedconf.h"
#include "nts/tls.h"

/* Is the certificate on the deny list? ST_CERT_REVOKED. */
enum status policy_denied(const struct kedconf *conf, const uint8_t fingerprint[32]) MUST_CHECK;

/* Membership in a group. ST_NOT_AUTHORIZED. */
enum status policy_group(const struct kedconf *conf, const struct kedconf_group *group,
			 const struct tls_peer *peer) MUST_CHECK;

enum policy_role {
	POLICY_GRANTOR,
	POLICY_REQUESTER,
	POLICY_TRANSPARENT_CLOCK,
	POLICY_ROLES
};

/* A role in ticket-based unicast, as this section says. ST_NOT_AUTHORIZED. */
enum status policy_unicast(const struct kedconf *conf, const struct kedconf_unicast *section,
			   enum policy_role role, const struct tls_peer *peer) MUST_CHECK;

/*
 * Is this identity the client's? An address: when the certificate names it; a certificate that
 * names any address has no other. All else: when the certificate's attributes name it, or an item
 * of the section's identities: "any", or NAME=IDENTITY, both patterns, the identity written as
 * nts_assoc_str writes it. ST_NOT_AUTHORIZED.
 */
enum status policy_identity(const struct kedconf *conf, const struct kedconf_unicast *section,
			    const struct tls_peer *peer, const struct nts_assoc *id) MUST_CHECK;

#endif
