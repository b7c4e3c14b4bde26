// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns on a certificate's names, fingerprints, and what certificates say themselves. */
#include "ked/policy.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ked/attributes.h"

static bool matches(const char *pattern, char kind, const char *name)
{
	int flags = FNM_NOESCAPE | (kind == 'u' ? 0 : FNM_CASEFOLD);

	return name[0] && !fnmatch(pattern, name, flags);
}

#define DN_MAX (2 * TLS_DN_MAX)

/*
 * The name with a comma or plus of a value as hexadecimal digits, which RFC 4514 allows beside a
 * backslash before it: those that are left part values, and nobody's value can pretend to.
 */
static void part_values(const char *dn, char out[DN_MAX])
{
	size_t n = 0;

	for (; *dn; dn++) {
		if (dn[0] == '\\' && (dn[1] == ',' || dn[1] == '+')) {
			n += (size_t)snprintf(out + n, 4, "\\%02X", (unsigned int)*++dn);
			continue;
		}
		out[n++] = *dn;
		if (dn[0] == '\\' && dn[1]) {
			out[n++] = *++dn;
		}
	}
	out[n] = '\0';
}

/* In a pattern of a whole name "?" is a comma that parts values: a comma would end the item. */
static bool matches_dn(const char *item, const char *dn)
{
	char pattern[KEDCONF_ITEM], parted[DN_MAX];
	char *at;

	snprintf(pattern, sizeof(pattern), "%s", item);
	while ((at = strchr(pattern, '?'))) {
		*at = ',';
	}
	part_values(dn, parted);
	return matches(pattern, 's', parted);
}

static bool matches_any_name(const char *item, const struct tls_peer *peer)
{
	const char *pattern;
	char kind = kedconf_name_kind(item, &pattern);
	size_t i;

	if (kind == 's') {
		return matches_dn(pattern, peer->subject);
	}
	if ((!kind || kind == 'c') && matches(pattern, 'c', peer->common_name)) {
		return true;
	}
	for (i = 0; i < peer->n_names; i++) {
		const struct tls_peer_name *name = &peer->names[i];

		if ((!kind || kind == name->kind) && matches(pattern, name->kind, name->text)) {
			return true;
		}
	}
	return false;
}

static bool matches_fingerprint(const char *item, const struct tls_peer *peer)
{
	uint8_t fingerprint[KEDCONF_FINGERPRINT];

	return kedconf_fingerprint(item, fingerprint) &&
	       !memcmp(fingerprint, peer->fingerprint, sizeof(fingerprint));
}

static bool matches_peer(const char *item, const struct tls_peer *peer)
{
	return kedconf_is_fingerprint(item) ? matches_fingerprint(item, peer)
					    : matches_any_name(item, peer);
}

static bool is_listed(const char *list, const struct tls_peer *peer)
{
	char item[KEDCONF_ITEM];

	while (kedconf_item(&list, item)) {
		if (matches_peer(item, peer)) {
			return true;
		}
	}
	return false;
}

/* May certificates of this issuer say what their subject may? */
static bool may_have_attributes(const struct kedconf *conf, const struct tls_peer *peer)
{
	const char *at = conf->authorization.attributes;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		if (!strcasecmp(item, "yes") || matches_dn(item, peer->issuer)) {
			return true;
		}
	}
	return false;
}

static int compare_fingerprints(const void *a, const void *b)
{
	return memcmp(a, b, KEDCONF_FINGERPRINT);
}

enum status policy_denied(const struct kedconf *conf, const uint8_t fingerprint[32])
{
	bool denied = conf->n_denied &&
		      bsearch(fingerprint, conf->denied, conf->n_denied, KEDCONF_FINGERPRINT,
			      compare_fingerprints);

	return denied ? ST_CERT_REVOKED : ST_OK;
}

enum status policy_group(const struct kedconf *conf, const struct kedconf_group *group,
			 const struct tls_peer *peer)
{
	if (is_listed(group->members, peer) ||
	    (may_have_attributes(conf, peer) && attributes_member(peer, &group->assoc))) {
		return ST_OK;
	}
	return ST_NOT_AUTHORIZED;
}

enum status policy_unicast(const struct kedconf *conf, const struct kedconf_unicast *section,
			   enum policy_role role, const struct tls_peer *peer)
{
	static const enum attributes_role named[POLICY_ROLES] = {
		[POLICY_GRANTOR] = ATTRIBUTES_GRANTOR,
		[POLICY_REQUESTER] = ATTRIBUTES_REQUESTER,
		[POLICY_TRANSPARENT_CLOCK] = ATTRIBUTES_TRANSPARENT_CLOCK,
	};
	const char *const lists[POLICY_ROLES] = {
		[POLICY_GRANTOR] = section->grantors,
		[POLICY_REQUESTER] = section->requesters,
		[POLICY_TRANSPARENT_CLOCK] = section->transparent_clocks,
	};

	if (is_listed(lists[role], peer) ||
	    (may_have_attributes(conf, peer) &&
	     attributes_role(peer, named[role], (uint8_t)section->domain,
			     (uint16_t)section->sdo_id))) {
		return ST_OK;
	}
	return ST_NOT_AUTHORIZED;
}

/* named: does the certificate name any address at all? */
static bool names_address(const struct tls_peer *peer, const char *address, bool *named)
{
	size_t i;

	*named = false;
	for (i = 0; i < peer->n_names; i++) {
		if (peer->names[i].kind != 'i') {
			continue;
		}
		*named = true;
		if (!strcmp(peer->names[i].text, address)) {
			return true;
		}
	}
	return false;
}

/* An item "NAME=IDENTITY"; the last "=" parts them, since a name may have some. */
static bool item_gives(char item[KEDCONF_ITEM], const struct tls_peer *peer, const char *identity)
{
	char *equals = strrchr(item, '=');

	if (!equals) {
		return !strcasecmp(item, "any");
	}
	*equals = '\0';
	return matches(equals + 1, 'c', identity) && matches_peer(item, peer);
}

static bool is_given(const struct kedconf_unicast *section, const struct tls_peer *peer,
		     const char *identity)
{
	const char *at = section->identities;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		if (item_gives(item, peer, identity)) {
			return true;
		}
	}
	return false;
}

enum status policy_identity(const struct kedconf *conf, const struct kedconf_unicast *section,
			    const struct tls_peer *peer, const struct nts_assoc *id)
{
	bool address = id->type == NTS_ASSOC_IPV4 || id->type == NTS_ASSOC_IPV6;
	char text[NTS_ASSOC_STR];
	bool named;

	nts_assoc_str(id, text);
	if (address) {
		if (names_address(peer, text, &named)) {
			return ST_OK;
		}
		if (named) {
			return ST_NOT_AUTHORIZED;
		}
	} else if (may_have_attributes(conf, peer) && attributes_identity(peer, text)) {
		return ST_OK;
	}
	return is_given(section, peer, text) ? ST_OK : ST_NOT_AUTHORIZED;
}
