/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May this client have that? Default deny: what is not allowed by the configuration is refused.
 * Pure: configuration and a verified certificate's names in, an answer out.
 */
#ifndef NTS_KED_POLICY_H
#define NTS_KED_POLICY_H

#include "config/kedconf.h"
#include "nts/tls.h"

/*
 * Membership in a group: one pattern of its members must match one name of the certificate:
 * common name, or subjectAltName of kind DNS, address or URI. Patterns are fnmatch(3)'s, "*"
 * matches dots and slashes too; case counts in URIs only.
 * ST_NOT_AUTHORIZED.
 */
enum status policy_group(const struct kedconf_group *group,
			 const struct tls_peer *peer) MUST_CHECK;

#endif
