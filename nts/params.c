// SPDX-License-Identifier: GPL-2.0-or-later
/* Associations and parameter sets: WIRE.md 2 and 3. Pure; values stay octets as on the wire. */
#include "nts/params.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t value_len[] = {
	[NTS_ASSOC_GROUP] = 5,
	[NTS_ASSOC_IPV4] = 4,
	[NTS_ASSOC_IPV6] = 16,
	[NTS_ASSOC_MAC] = 6,
	[NTS_ASSOC_PORT_IDENTITY] = 10,
};

size_t nts_assoc_value_len(uint16_t type)
{
	return type < sizeof(value_len) ? value_len[type] : 0;
}

static uint16_t u16_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

struct nts_assoc nts_assoc_group(uint8_t domain, uint16_t sdo_id, uint16_t sub_group)
{
	return (struct nts_assoc){
		.type = NTS_ASSOC_GROUP,
		.value = {
			domain,
			(uint8_t)(sdo_id >> 8), (uint8_t)sdo_id,
			(uint8_t)(sub_group >> 8), (uint8_t)sub_group,
		},
	};
}

uint8_t nts_assoc_domain(const struct nts_assoc *group)
{
	return group->value[0];
}

uint16_t nts_assoc_sdo_id(const struct nts_assoc *group)
{
	return u16_at(group->value + 1);
}

uint16_t nts_assoc_sub_group(const struct nts_assoc *group)
{
	return u16_at(group->value + 3);
}

enum status nts_assoc_check(const struct nts_assoc *a)
{
	size_t len = nts_assoc_value_len(a->type);

	if (len == 0) {
		return ST_BAD_VALUE;
	}
	if (a->type == NTS_ASSOC_GROUP && nts_assoc_sdo_id(a) > 0xfff) {
		return ST_BAD_VALUE;
	}
	for (size_t i = len; i < NTS_ASSOC_VALUE_MAX; i++) {
		if (a->value[i] != 0) {
			return ST_BAD_VALUE;
		}
	}
	return ST_OK;
}

bool nts_assoc_equal(const struct nts_assoc *a, const struct nts_assoc *b)
{
	return a->type == b->type && memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

static void group_str(const struct nts_assoc *a, char out[NTS_ASSOC_STR])
{
	snprintf(out, NTS_ASSOC_STR, "group domain %u sdoId 0x%03x subGroup %u",
		 nts_assoc_domain(a), nts_assoc_sdo_id(a), nts_assoc_sub_group(a));
}

static void mac_str(const uint8_t *v, char out[NTS_ASSOC_STR])
{
	snprintf(out, NTS_ASSOC_STR, "%02x:%02x:%02x:%02x:%02x:%02x",
		 v[0], v[1], v[2], v[3], v[4], v[5]);
}

/* As ptp4l and pmc write a port identity. */
static void port_identity_str(const uint8_t *v, char out[NTS_ASSOC_STR])
{
	snprintf(out, NTS_ASSOC_STR, "%02x%02x%02x.%02x%02x.%02x%02x%02x-%u",
		 v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], u16_at(v + 8));
}

const char *nts_assoc_str(const struct nts_assoc *a, char out[NTS_ASSOC_STR])
{
	switch (a->type) {
	case NTS_ASSOC_GROUP:
		group_str(a, out);
		break;
	case NTS_ASSOC_IPV4:
		inet_ntop(AF_INET, a->value, out, NTS_ASSOC_STR);
		break;
	case NTS_ASSOC_IPV6:
		inet_ntop(AF_INET6, a->value, out, NTS_ASSOC_STR);
		break;
	case NTS_ASSOC_MAC:
		mac_str(a->value, out);
		break;
	case NTS_ASSOC_PORT_IDENTITY:
		port_identity_str(a->value, out);
		break;
	default:
		snprintf(out, NTS_ASSOC_STR, "association of unknown type %u", a->type);
		break;
	}
	return out;
}

const struct nts_sa *nts_params_sa(const struct nts_params *p, uint8_t spp)
{
	for (size_t i = 0; i < p->n_sa && i < NTS_SA_MAX; i++) {
		if (p->sa[i].spp == spp) {
			return &p->sa[i];
		}
	}
	return NULL;
}
