// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists and addresses: config/kedconf_text.h. */
#include "config/kedconf_text.h"

#include <ctype.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHA256 "sha256:"

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

bool kedconf_is_fingerprint(const char *item)
{
	return !strncasecmp(item, SHA256, strlen(SHA256));
}

static bool parse_octet(const char *text, uint8_t *out)
{
	char digits[3] = { 0 };

	if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
		return false;
	}
	memcpy(digits, text, 2);
	*out = (uint8_t)strtoul(digits, NULL, 16);
	return true;
}

bool kedconf_fingerprint(const char *item, uint8_t out[KEDCONF_FINGERPRINT])
{
	const char *at;
	size_t i;

	if (!kedconf_is_fingerprint(item)) {
		return false;
	}
	at = item + strlen(SHA256);
	for (i = 0; i < KEDCONF_FINGERPRINT; i++) {
		at += i && *at == ':';
		if (!parse_octet(at, &out[i])) {
			return false;
		}
		at += 2;
	}
	return !*at;
}

static const struct {
	const char *prefix;
	char kind;
} name_kinds[] = {
	{ "cn:", 'c' }, { "dns:", 'd' }, { "ip:", 'i' }, { "uri:", 'u' }, { "subject:", 's' },
};

char kedconf_name_kind(const char *item, const char **pattern)
{
	size_t i, len;

	for (i = 0; i < sizeof(name_kinds) / sizeof(name_kinds[0]); i++) {
		len = strlen(name_kinds[i].prefix);
		if (!strncasecmp(item, name_kinds[i].prefix, len)) {
			*pattern = item + len;
			return name_kinds[i].kind;
		}
	}
	*pattern = item;
	return 0;
}

/* An IPv6 address has colons of its own. */
bool kedconf_has_port(const char *item)
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
	if (kedconf_has_port(text) && !strcmp(strrchr(text, ':'), ":0")) {
		*strrchr(text, ':') = '\0';
	}
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&addr, &addr_len)) {
		return ST_BAD_VALUE;
	}
	port = htons(kedconf_has_port(item) ? 0 : KEDCONF_PORT);
	if (addr.ss_family == AF_INET6 && !kedconf_has_port(text)) {
		((struct sockaddr_in6 *)&addr)->sin6_port = port;
	} else if (addr.ss_family == AF_INET && !kedconf_has_port(text)) {
		((struct sockaddr_in *)&addr)->sin_port = port;
	}
	*out = addr;
	*len = (socklen_t)addr_len;
	return ST_OK;
}
