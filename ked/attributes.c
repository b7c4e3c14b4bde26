// SPDX-License-Identifier: GPL-2.0-or-later
/* Authorization in certificates. Must not guess: a URI that it does not understand is void. */
#include "ked/attributes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX "urn:nts4ptp:"

struct attributes {
	unsigned int seen;		/* bits of keys, by their row */
	uint32_t domain;
	uint32_t sdo_id;
	uint32_t sub_group;
	unsigned int roles;		/* enum attributes_role */
	char identity[2][NTS_ASSOC_STR];	/* port identity, MAC address; "": none */
};

static const struct {
	const char *name;
	enum attributes_role role;
} roles[] = {
	{ "member", ATTRIBUTES_MEMBER },
	{ "grantor", ATTRIBUTES_GRANTOR },
	{ "requester", ATTRIBUTES_REQUESTER },
	{ "transparentClock", ATTRIBUTES_TRANSPARENT_CLOCK },
};

static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)text[0])) {
		return false;
	}
	v = strtoul(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
	if (*end || v > max) {
		return false;
	}
	*out = (uint32_t)v;
	return true;
}

static bool parse_domain(struct attributes *a, char *text)
{
	return parse_number(text, UINT8_MAX, &a->domain);
}

static bool parse_sdo_id(struct attributes *a, char *text)
{
	return parse_number(text, 0xFFF, &a->sdo_id);
}

static bool parse_sub_group(struct attributes *a, char *text)
{
	return parse_number(text, UINT16_MAX, &a->sub_group);
}

static bool parse_one_role(struct attributes *a, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (!strcmp(name, roles[i].name)) {
			a->roles |= roles[i].role;
			return true;
		}
	}
	return false;
}

static bool parse_roles(struct attributes *a, char *text)
{
	char *name;

	while ((name = strsep(&text, ","))) {
		if (!parse_one_role(a, name)) {
			return false;
		}
	}
	return true;
}

static bool copy_identity(char out[NTS_ASSOC_STR], const char *text)
{
	size_t len = strlen(text);

	if (!len || len >= NTS_ASSOC_STR) {
		return false;
	}
	memcpy(out, text, len + 1);
	return true;
}

static bool parse_port_identity(struct attributes *a, char *text)
{
	return copy_identity(a->identity[0], text);
}

static bool parse_mac(struct attributes *a, char *text)
{
	return copy_identity(a->identity[1], text);
}

#define KEY_DOMAIN 1	/* bit of row 0 */

static const struct {
	const char *name;
	bool (*parse)(struct attributes *a, char *text);
} keys[] = {
	{ "domain", parse_domain },
	{ "sdoId", parse_sdo_id },
	{ "subGroup", parse_sub_group },
	{ "role", parse_roles },
	{ "portIdentity", parse_port_identity },
	{ "mac", parse_mac },
};

/* "key=value", each key once. */
static bool parse_field(struct attributes *a, char *field)
{
	char *equals = strchr(field, '=');
	size_t i;

	if (!equals) {
		return false;
	}
	*equals = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(field, keys[i].name)) {
			continue;
		}
		if (a->seen & (1U << i)) {
			return false;
		}
		a->seen |= 1U << i;
		return keys[i].parse(a, equals + 1);
	}
	return false;
}

/* Roles are for a domain that is named; identities are for all. */
static bool parse(const struct tls_peer_name *name, struct attributes *out)
{
	char text[TLS_NAME_MAX], *at = text + strlen(PREFIX), *field;
	struct attributes a = { 0 };

	if (name->kind != 'u' || strncasecmp(name->text, PREFIX, strlen(PREFIX))) {
		return false;
	}
	memcpy(text, name->text, sizeof(text));
	while ((field = strsep(&at, ";"))) {
		if (!parse_field(&a, field)) {
			return false;
		}
	}
	if (a.roles && !(a.seen & KEY_DOMAIN)) {
		return false;
	}
	*out = a;
	return true;
}

bool attributes_member(const struct tls_peer *peer, const struct nts_assoc *group)
{
	struct attributes a;
	size_t i;

	for (i = 0; i < peer->n_names; i++) {
		if (parse(&peer->names[i], &a) && (a.roles & ATTRIBUTES_MEMBER) &&
		    a.domain == nts_assoc_domain(group) && a.sdo_id == nts_assoc_sdo_id(group) &&
		    a.sub_group == nts_assoc_sub_group(group)) {
			return true;
		}
	}
	return false;
}

bool attributes_role(const struct tls_peer *peer, enum attributes_role role, uint8_t domain,
		     uint16_t sdo_id)
{
	struct attributes a;
	size_t i;

	for (i = 0; i < peer->n_names; i++) {
		if (parse(&peer->names[i], &a) && (a.roles & role) && a.domain == domain &&
		    a.sdo_id == sdo_id) {
			return true;
		}
	}
	return false;
}

bool attributes_identity(const struct tls_peer *peer, const char *identity)
{
	struct attributes a;
	size_t i;

	for (i = 0; i < peer->n_names; i++) {
		if (parse(&peer->names[i], &a) && (!strcasecmp(a.identity[0], identity) ||
						  !strcasecmp(a.identity[1], identity))) {
			return true;
		}
	}
	return false;
}
