/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a certificate says that its subject may, as a URI among its alternative names (draft 2.2.4;
 * docs/authorization.md):
 *
 *   urn:nts4ptp:domain=0;sdoId=0x000;subGroup=0;role=member,grantor;portIdentity=...;mac=...
 *
 * A URI that is not exactly so says nothing at all. Whether an issuer's certificates are asked is
 * ked/policy.h's.
 */
#ifndef NTS_KED_ATTRIBUTES_H
#define NTS_KED_ATTRIBUTES_H

#include <stdbool.h>

#include "nts/params.h"
#include "nts/tls.h"

enum attributes_role {
	ATTRIBUTES_MEMBER = 1,
	ATTRIBUTES_GRANTOR = 2,
	ATTRIBUTES_REQUESTER = 4,
	ATTRIBUTES_TRANSPARENT_CLOCK = 8,
};

/* Is it a member of exactly this group, sub-group included? */
bool attributes_member(const struct tls_peer *peer, const struct nts_assoc *group);

/* Has it that role in this domain and sdoId? */
bool attributes_role(const struct tls_peer *peer, enum attributes_role role, uint8_t domain,
		     uint16_t sdo_id);

/* Has it this port identity or MAC address, written as nts_assoc_str does? */
bool attributes_identity(const struct tls_peer *peer, const char *identity);

#endif
