// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of nts-ked.conf: what each may be, and what it is when it is not given. */
#include "config/kedconf_option.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/kedconf_types.h"
#include "nts/message.h"

#define YEAR (365U * 24 * 3600)

#define ROW(section, type, name, field, kind) \
	section, name, offsetof(struct type, field), kedconf_set_##kind
#define SERVER(field, kind) ROW(KEDCONF_SERVER, kedconf_server, #field, field, kind)
#define AUTH(field, kind) \
	ROW(KEDCONF_AUTHORIZATION, kedconf_authorization, #field, field, kind)
#define GROUP(field, kind) ROW(KEDCONF_GROUP, kedconf_group, #field, field, kind)
#define UNICAST(field, kind) ROW(KEDCONF_UNICAST, kedconf_unicast, #field, field, kind)
#define GROUP_POLICIES ROW(KEDCONF_GROUP, kedconf_group, "policies", policy, policies)
#define UNICAST_POLICIES ROW(KEDCONF_UNICAST, kedconf_unicast, "policies", policy, policies)

#define NAMES "patterns, separated by commas, with ? for a comma in subject:"

static const struct kedconf_option options[] = {
	{ SERVER(listen, listen), 1, KEDCONF_LIST, "[::]:4460, 0.0.0.0:4460",
	  "addresses, each with or without a port" },
	{ SERVER(certificate, text), 1, KEDCONF_PATH, NULL, "a file name" },
	{ SERVER(private_key, text), 1, KEDCONF_PATH, NULL, "a file name" },
	{ SERVER(client_ca, text), 1, KEDCONF_PATH, NULL, "a file name" },
	{ SERVER(client_crl, text), 0, KEDCONF_PATH, "", "a file name" },
	{ SERVER(store, text), 1, KEDCONF_PATH, NULL, "a file name" },
	{ SERVER(store_key_file, text), 0, KEDCONF_PATH, "", "a file name" },
	{ SERVER(user, text), 0, 64, "", "a user's name" },
	{ SERVER(handshake_timeout, number), 1, 300, "5", NULL },
	{ SERVER(request_timeout, number), 1, 300, "5", NULL },
	{ SERVER(max_connections, number), 1, 1000000, "10000", NULL },
	{ SERVER(max_connections_per_address, number), 0, 1000000, "256", NULL },
	{ SERVER(handshakes_per_second, number), 0, 100000, "50", NULL },
	{ SERVER(handshakes_burst, number), 1, 1000000, "500", NULL },
	{ SERVER(request_size, number), 1024, KE_REQUEST_MAX, "16384", NULL },
	{ SERVER(metrics, loopback), 0, KEDCONF_ITEM, "", "an address of loopback with a port" },
	{ SERVER(resumption, number), 0, 24 * 3600, "0", NULL },
	{ SERVER(workers, number), 1, KEDCONF_WORKERS, "1", NULL },
	{ SERVER(log_level, number), 0, 7, "6", NULL },

	{ GROUP(domain, number), 0, 255, "0", NULL },
	{ GROUP(sdo_id, number), 0, 0xFFF, "0", NULL },
	{ GROUP(sub_group, number), 0, 0xFFFF, "0", NULL },
	{ GROUP(mac, mac), 0, 0xFFFF, "HMAC-SHA256-128",
	  "a known MAC algorithm by name or number" },
	{ GROUP(lifetime, number), 2, YEAR, "3600", NULL },
	{ GROUP(update_period, number), 1, YEAR, "900", NULL },
	{ GROUP(grace_period, number), 0, YEAR, "5", NULL },
	{ GROUP_POLICIES, 0, 255, "all",
	  "all, or PTP message names, each once, each with or without :SPP" },
	{ GROUP(members, names), 0, KEDCONF_LIST, "", NAMES },

	{ AUTH(attributes, issuers), 0, KEDCONF_LIST, "",
	  "yes, or patterns on issuers' names, separated by commas, with ? for a comma in one" },
	{ AUTH(deny, names), 0, KEDCONF_LIST, "", "fingerprints, separated by commas" },
	{ AUTH(deny_file, text), 0, KEDCONF_PATH, "", "a file name" },

	{ UNICAST(domain, number), 0, 255, "0", NULL },
	{ UNICAST(sdo_id, number), 0, 0xFFF, "0", NULL },
	{ UNICAST(macs, macs), 0, 0, "all",
	  "all, or known MAC algorithms by name or number, each once" },
	{ UNICAST(lifetime, number), 3, YEAR, "14400", NULL },
	{ UNICAST(update_period, number), 1, YEAR, "900", NULL },
	{ UNICAST(lead, number), 1, YEAR, "300", NULL },
	{ UNICAST(grace_period, number), 0, YEAR, "5", NULL },
	{ UNICAST_POLICIES, 0, 255, "all",
	  "all, or PTP message names, each once, each with or without :SPP" },
	{ UNICAST(grantors, names), 0, KEDCONF_LIST, "", NAMES },
	{ UNICAST(requesters, names), 0, KEDCONF_LIST, "", NAMES },
	{ UNICAST(transparent_clocks, names), 0, KEDCONF_LIST, "", NAMES },
	{ UNICAST(identities, identities), 0, KEDCONF_LIST, "",
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
	return o->set(text, o->min, o->max, (char *)section + o->offset);
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
