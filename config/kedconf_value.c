// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of options: config/kedconf_value.h. */
#include "config/kedconf_value.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/kedconf_types.h"

/* A number, decimal or 0x. */
static enum status parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)text[0])) {
		return ST_BAD_VALUE;
	}
	errno = 0;
	v = strtoull(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
	if (errno || *end || v < min || v > max) {
		return ST_BAD_VALUE;
	}
	*out = (uint32_t)v;
	return ST_OK;
}

enum status kedconf_set_number(const char *text, uint32_t min, uint32_t max, void *field)
{
	return parse_number(text, min, max, field);
}

enum status kedconf_set_text(const char *text, uint32_t min, uint32_t max, void *field)
{
	size_t len = strlen(text);

	if (len < min || len >= max) {
		return ST_BAD_VALUE;
	}
	memcpy(field, text, len + 1);
	return ST_OK;
}

/* A name with a comment behind it would be nobody's. */
static bool item_ok(char item[KEDCONF_ITEM])
{
	return item[0] && strlen(item) < KEDCONF_ITEM - 1 && !strstr(item, " #");
}

/* Could it match a whole name? */
static bool dn_ok(const char *pattern)
{
	return strpbrk(pattern, "=*") != NULL;
}

/* A mistyped fingerprint would be nobody's; what is cut from a subject at a comma, another's. */
static bool name_ok(char item[KEDCONF_ITEM])
{
	uint8_t fingerprint[KEDCONF_FINGERPRINT];
	const char *pattern, *end;
	char kind;

	if (kedconf_is_fingerprint(item)) {
		return kedconf_fingerprint(item, fingerprint);
	}
	kind = kedconf_name_kind(item, &pattern);
	if (kind) {
		return kind == 's' ? dn_ok(pattern) : *pattern;
	}
	for (end = item; isalnum((unsigned char)*end) || *end == '.' || *end == '-'; end++) {
	}
	return *end != '=';
}

/* "any", or NAME=IDENTITY; the last "=" parts them, since a name may have some. */
static bool identity_ok(char item[KEDCONF_ITEM])
{
	char *equals = strrchr(item, '=');

	if (!equals) {
		return !strcasecmp(item, "any");
	}
	*equals = '\0';
	return item[0] && name_ok(item) && equals[1] &&
	       !equals[1 + strspn(equals + 1, "0123456789abcdefABCDEF.:-*?[]!")];
}

static bool issuer_ok(char item[KEDCONF_ITEM])
{
	const char *pattern;

	return !strcasecmp(item, "yes") || !strcasecmp(item, "no") ||
	       (!kedconf_is_fingerprint(item) && !kedconf_name_kind(item, &pattern) && dn_ok(item));
}

typedef bool item_check(char item[KEDCONF_ITEM]);

static enum status set_items(const char *text, uint32_t min, uint32_t max, void *field,
			     item_check *check)
{
	const char *at = text;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		if (!item_ok(item) || !check(item)) {
			return ST_BAD_VALUE;
		}
	}
	return kedconf_set_text(text, min, max, field);
}

enum status kedconf_set_names(const char *text, uint32_t min, uint32_t max, void *field)
{
	return set_items(text, min, max, field, name_ok);
}

enum status kedconf_set_identities(const char *text, uint32_t min, uint32_t max, void *field)
{
	return set_items(text, min, max, field, identity_ok);
}

enum status kedconf_set_issuers(const char *text, uint32_t min, uint32_t max, void *field)
{
	return set_items(text, min, max, field, issuer_ok);
}

static bool address_ok(char item[KEDCONF_ITEM])
{
	struct sockaddr_storage addr;
	socklen_t len;

	return !kedconf_address(item, &addr, &len);
}

enum status kedconf_set_listen(const char *text, uint32_t min, uint32_t max, void *field)
{
	return set_items(text, min, max, field, address_ok);
}

static bool is_loopback(const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET6) {
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)sa)->sin6_addr);
	}
	return ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

enum status kedconf_set_loopback(const char *text, uint32_t min, uint32_t max, void *field)
{
	struct sockaddr_storage addr;
	socklen_t len;

	if (*text && (strchr(text, ',') || !kedconf_has_port(text) ||
		      kedconf_address(text, &addr, &len) || !is_loopback(&addr))) {
		return ST_BAD_VALUE;
	}
	return kedconf_set_text(text, min, max, field);
}

/* A known algorithm by name or number, or NULL. */
static const struct alg_mac *find_mac(const char *text)
{
	const struct alg_mac *mac = alg_mac_by_name(text);
	uint32_t number;

	if (!mac && !parse_number(text, 0, UINT16_MAX, &number)) {
		mac = alg_mac((uint16_t)number);
	}
	return mac;
}

enum status kedconf_set_mac(const char *text, uint32_t min, uint32_t max, void *field)
{
	const struct alg_mac *mac = find_mac(text);

	(void)min;
	(void)max;
	if (!mac) {
		return ST_BAD_VALUE;
	}
	*(uint16_t *)field = mac->number;
	return ST_OK;
}

static bool has_mac(const struct kedconf_macs *macs, uint16_t number)
{
	size_t i;

	for (i = 0; i < macs->n; i++) {
		if (macs->list[i] == number) {
			return true;
		}
	}
	return false;
}

enum status kedconf_set_macs(const char *text, uint32_t min, uint32_t max, void *field)
{
	struct kedconf_macs macs = { .n = 0 };
	const struct alg_mac *mac;
	const char *at = text;
	char item[KEDCONF_ITEM];

	(void)min;
	(void)max;
	if (!strcasecmp(text, "all")) {
		for (; (mac = alg_mac_at(macs.n)); macs.n++) {
			macs.list[macs.n] = mac->number;
		}
		at = "";
	}
	while (kedconf_item(&at, item)) {
		mac = find_mac(item);
		if (!mac || has_mac(&macs, mac->number)) {
			return ST_BAD_VALUE;
		}
		macs.list[macs.n++] = mac->number;
	}
	if (!macs.n) {
		return ST_BAD_VALUE;
	}
	*(struct kedconf_macs *)field = macs;
	return ST_OK;
}

#define POLICY_SPP 1	/* where none is given */

static const struct {
	const char *name;
	uint8_t type;
} ptp_messages[] = {
	{ "Sync", 0x0 },
	{ "Delay_Req", 0x1 },
	{ "Pdelay_Req", 0x2 },
	{ "Pdelay_Resp", 0x3 },
	{ "Follow_Up", 0x8 },
	{ "Delay_Resp", 0x9 },
	{ "Pdelay_Resp_Follow_Up", 0xA },
	{ "Announce", 0xB },
	{ "Signaling", 0xC },
	{ "Management", 0xD },
};
#define N_PTP_MESSAGES (sizeof(ptp_messages) / sizeof(ptp_messages[0]))

/* Names a type, or all of them, once. */
static enum status policy_name(struct nts_policy *p, const char *name, uint8_t spp)
{
	bool all = !strcasecmp(name, "all");
	enum status st = ST_BAD_VALUE;
	size_t i;

	for (i = 0; i < N_PTP_MESSAGES; i++) {
		uint8_t type = ptp_messages[i].type;

		if (!all && strcasecmp(name, ptp_messages[i].name)) {
			continue;
		}
		if (p->named & (1U << type)) {
			return ST_BAD_VALUE;
		}
		p->named |= (uint16_t)(1U << type);
		p->spp[type] = spp;
		st = ST_OK;
	}
	return st;
}

enum status kedconf_set_policies(const char *text, uint32_t min, uint32_t max, void *field)
{
	struct nts_policy policy = { 0 };
	const char *at = text;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		char *colon = strchr(item, ':');
		uint32_t spp = POLICY_SPP;

		if (colon) {
			*colon = '\0';
			if (parse_number(colon + 1, min, max, &spp)) {
				return ST_BAD_VALUE;
			}
		}
		if (policy_name(&policy, item, (uint8_t)spp)) {
			return ST_BAD_VALUE;
		}
	}
	if (!policy.named) {
		return ST_BAD_VALUE;
	}
	memcpy(field, &policy, sizeof(policy));
	return ST_OK;
}
