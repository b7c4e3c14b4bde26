// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of nts-ked.conf: what each may be, and what it is when it is not given. */
#include "config/kedconf_value.h"

#include <ctype.h>
#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nts/message.h"

bool kedconf_item(const char **at, char out[KEDCONF_ITEM])
{
	const char *start = *at + strspn(*at, " \t");
	size_t len = strcspn(start, ",");
	const char *end = start + len;

	if (!*start) {
		return false;
	}
	while (len && isspace((unsigned char)start[len - 1])) {
		len--;
	}
	if (len >= KEDCONF_ITEM) {
		len = KEDCONF_ITEM - 1;
	}
	memcpy(out, start, len);
	out[len] = '\0';
	*at = *end ? end + 1 : end;
	return true;
}

/* Does the text of an address end in ":port"? An IPv6 address has colons of its own. */
static bool has_port(const char *item)
{
	const char *colon = strrchr(item, ':');

	if (!colon) {
		return false;
	}
	return colon == strchr(item, ':') || (colon > item && colon[-1] == ']');
}

enum status kedconf_address(const char *item, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_storage addr = { 0 };
	int addr_len = sizeof(addr);
	char text[KEDCONF_ITEM];
	uint16_t port;

	/* libevent takes no port 0: such an address is parsed without its port */
	snprintf(text, sizeof(text), "%s", item);
	if (has_port(text) && !strcmp(strrchr(text, ':'), ":0")) {
		*strrchr(text, ':') = '\0';
	}
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&addr, &addr_len)) {
		return ST_BAD_VALUE;
	}
	port = htons(has_port(item) ? 0 : KEDCONF_PORT);
	if (addr.ss_family == AF_INET6 && !has_port(text)) {
		((struct sockaddr_in6 *)&addr)->sin6_port = port;
	} else if (addr.ss_family == AF_INET && !has_port(text)) {
		((struct sockaddr_in *)&addr)->sin_port = port;
	}
	*out = addr;
	*len = (socklen_t)addr_len;
	return ST_OK;
}

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

static enum status set_number(const struct kedconf_option *o, const char *text, void *field)
{
	return parse_number(text, o->min, o->max, field);
}

/* max is the size of the field. */
static enum status set_text(const struct kedconf_option *o, const char *text, void *field)
{
	size_t len = strlen(text);

	if (len < o->min || len >= o->max) {
		return ST_BAD_VALUE;
	}
	memcpy(field, text, len + 1);
	return ST_OK;
}

/* No item may be empty or too long to be looked at whole. */
static enum status set_list(const struct kedconf_option *o, const char *text, void *field)
{
	const char *at = text;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		if (!item[0] || strlen(item) >= KEDCONF_ITEM - 1) {
			return ST_BAD_VALUE;
		}
	}
	return set_text(o, text, field);
}

static enum status set_listen(const struct kedconf_option *o, const char *text, void *field)
{
	struct sockaddr_storage addr;
	const char *at = text;
	char item[KEDCONF_ITEM];
	socklen_t len;

	while (kedconf_item(&at, item)) {
		if (kedconf_address(item, &addr, &len)) {
			return ST_BAD_VALUE;
		}
	}
	return set_list(o, text, field);
}

static bool is_loopback(const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET6) {
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)sa)->sin6_addr);
	}
	return ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* "", or one address with its port. */
static enum status set_loopback(const struct kedconf_option *o, const char *text, void *field)
{
	struct sockaddr_storage addr;
	socklen_t len;

	if (*text && (strchr(text, ',') || !has_port(text) ||
		      kedconf_address(text, &addr, &len) || !is_loopback(&addr))) {
		return ST_BAD_VALUE;
	}
	return set_text(o, text, field);
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

static enum status set_mac(const struct kedconf_option *o, const char *text, void *field)
{
	const struct alg_mac *mac = find_mac(text);

	(void)o;
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

/* "all", or names and numbers, each algorithm once. */
static enum status set_macs(const struct kedconf_option *o, const char *text, void *field)
{
	struct kedconf_macs macs = { .n = 0 };
	const struct alg_mac *mac;
	const char *at = text;
	char item[KEDCONF_ITEM];

	(void)o;
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

/* "all", "Sync, Announce", "Sync:1, Announce:2" */
static enum status set_policies(const struct kedconf_option *o, const char *text, void *field)
{
	struct nts_policy policy = { 0 };
	const char *at = text;
	char item[KEDCONF_ITEM];

	while (kedconf_item(&at, item)) {
		char *colon = strchr(item, ':');
		uint32_t spp = POLICY_SPP;

		if (colon) {
			*colon = '\0';
			if (parse_number(colon + 1, o->min, o->max, &spp)) {
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

#define SERVER(field) KEDCONF_SERVER, #field
#define GROUP(field) KEDCONF_GROUP, #field
#define AUTH(field) KEDCONF_AUTHORIZATION, #field
#define UNICAST(field) KEDCONF_UNICAST, #field
#define AT_SERVER(field) offsetof(struct kedconf_server, field)
#define AT_GROUP(field) offsetof(struct kedconf_group, field)
#define AT_AUTH(field) offsetof(struct kedconf_authorization, field)
#define AT_UNICAST(field) offsetof(struct kedconf_unicast, field)
#define YEAR (365U * 24 * 3600)

static const struct kedconf_option options[] = {
	{ SERVER(listen), set_listen, 1, KEDCONF_LIST, "[::]:4460, 0.0.0.0:4460",
	  AT_SERVER(listen), "addresses, each with or without a port" },
	{ SERVER(certificate), set_text, 1, KEDCONF_PATH, NULL,
	  AT_SERVER(certificate), "a file name" },
	{ SERVER(private_key), set_text, 1, KEDCONF_PATH, NULL,
	  AT_SERVER(private_key), "a file name" },
	{ SERVER(client_ca), set_text, 1, KEDCONF_PATH, NULL,
	  AT_SERVER(client_ca), "a file name" },
	{ SERVER(client_crl), set_text, 0, KEDCONF_PATH, "",
	  AT_SERVER(client_crl), "a file name" },
	{ SERVER(store), set_text, 1, KEDCONF_PATH, NULL,
	  AT_SERVER(store), "a file name" },
	{ SERVER(store_key_file), set_text, 0, KEDCONF_PATH, "",
	  AT_SERVER(store_key_file), "a file name" },
	{ SERVER(user), set_text, 0, 64, "", AT_SERVER(user), "a user's name" },
	{ SERVER(handshake_timeout), set_number, 1, 300, "5", AT_SERVER(handshake_timeout), NULL },
	{ SERVER(request_timeout), set_number, 1, 300, "5", AT_SERVER(request_timeout), NULL },
	{ SERVER(max_connections), set_number, 1, 1000000, "10000",
	  AT_SERVER(max_connections), NULL },
	{ SERVER(max_connections_per_address), set_number, 0, 1000000, "256",
	  AT_SERVER(max_connections_per_address), NULL },
	{ SERVER(handshakes_per_second), set_number, 0, 100000, "50",
	  AT_SERVER(handshakes_per_second), NULL },
	{ SERVER(handshakes_burst), set_number, 1, 1000000, "500",
	  AT_SERVER(handshakes_burst), NULL },
	{ SERVER(request_size), set_number, 1024, KE_REQUEST_MAX, "16384",
	  AT_SERVER(request_size), NULL },
	{ SERVER(metrics), set_loopback, 0, KEDCONF_ITEM, "",
	  AT_SERVER(metrics), "an address of loopback with a port" },
	{ SERVER(resumption), set_number, 0, 24 * 3600, "0", AT_SERVER(resumption), NULL },
	{ SERVER(workers), set_number, 1, KEDCONF_WORKERS, "1", AT_SERVER(workers), NULL },
	{ SERVER(log_level), set_number, 0, 7, "6", AT_SERVER(log_level), NULL },

	{ GROUP(domain), set_number, 0, 255, "0", AT_GROUP(domain), NULL },
	{ GROUP(sdo_id), set_number, 0, 0xFFF, "0", AT_GROUP(sdo_id), NULL },
	{ GROUP(sub_group), set_number, 0, 0xFFFF, "0", AT_GROUP(sub_group), NULL },
	{ GROUP(mac), set_mac, 0, 0xFFFF, "HMAC-SHA256-128", AT_GROUP(mac),
	  "a known MAC algorithm by name or number" },
	{ GROUP(lifetime), set_number, 2, YEAR, "3600", AT_GROUP(lifetime), NULL },
	{ GROUP(update_period), set_number, 1, YEAR, "900", AT_GROUP(update_period), NULL },
	{ GROUP(grace_period), set_number, 0, YEAR, "5", AT_GROUP(grace_period), NULL },
	{ GROUP(policies), set_policies, 0, 255, "all", AT_GROUP(policy),
	  "all, or PTP message names, each once, each with or without :SPP" },
	{ GROUP(members), set_list, 0, KEDCONF_LIST, "", AT_GROUP(members),
	  "patterns, separated by commas" },

	{ AUTH(attributes), set_list, 0, KEDCONF_LIST, "", AT_AUTH(attributes),
	  "patterns of issuers, separated by commas" },
	{ AUTH(deny), set_list, 0, KEDCONF_LIST, "", AT_AUTH(deny),
	  "fingerprints, separated by commas" },
	{ AUTH(deny_file), set_text, 0, KEDCONF_PATH, "", AT_AUTH(deny_file), "a file name" },

	{ UNICAST(domain), set_number, 0, 255, "0", AT_UNICAST(domain), NULL },
	{ UNICAST(sdo_id), set_number, 0, 0xFFF, "0", AT_UNICAST(sdo_id), NULL },
	{ UNICAST(macs), set_macs, 0, 0, "all", AT_UNICAST(macs),
	  "all, or known MAC algorithms by name or number, each once" },
	{ UNICAST(lifetime), set_number, 3, YEAR, "14400", AT_UNICAST(lifetime), NULL },
	{ UNICAST(update_period), set_number, 1, YEAR, "900", AT_UNICAST(update_period), NULL },
	{ UNICAST(lead), set_number, 1, YEAR, "300", AT_UNICAST(lead), NULL },
	{ UNICAST(grace_period), set_number, 0, YEAR, "5", AT_UNICAST(grace_period), NULL },
	{ UNICAST(policies), set_policies, 0, 255, "all", AT_UNICAST(policy),
	  "all, or PTP message names, each once, each with or without :SPP" },
	{ UNICAST(grantors), set_list, 0, KEDCONF_LIST, "", AT_UNICAST(grantors),
	  "patterns, separated by commas" },
	{ UNICAST(requesters), set_list, 0, KEDCONF_LIST, "", AT_UNICAST(requesters),
	  "patterns, separated by commas" },
	{ UNICAST(transparent_clocks), set_list, 0, KEDCONF_LIST, "",
	  AT_UNICAST(transparent_clocks), "patterns, separated by commas" },
	{ UNICAST(identities), set_list, 0, KEDCONF_LIST, "", AT_UNICAST(identities),
	  "any, or NAME=IDENTITY patterns, separated by commas" },
};
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

const struct kedconf_option *kedconf_option_at(size_t i)
{
	return i < N_OPTIONS ? &options[i] : NULL;
}

int kedconf_option_find(enum kedconf_section section, const char *name)
{
	size_t i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (options[i].section == section && !strcmp(options[i].name, name)) {
			return (int)i;
		}
	}
	return -1;
}

enum status kedconf_option_set(const struct kedconf_option *o, const char *text, void *section)
{
	return o->set(o, text, (char *)section + o->offset);
}

const char *kedconf_option_expects(const struct kedconf_option *o, char *out, size_t cap)
{
	if (o->expected) {
		snprintf(out, cap, "%s", o->expected);
	} else {
		snprintf(out, cap, "a number from %u to %u", o->min, o->max);
	}
	return out;
}
