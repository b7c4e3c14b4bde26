// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities in words (WIRE.md 3). Pure; must not take half of a text. */
#include "unicast/identity.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64
#define SEPARATORS ", \t"

static bool parse_mac(const char *text, struct nts_assoc *out)
{
	unsigned int v[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
		   &end) != 6 || text[end] != '\0') {
		return false;
	}
	out->type = NTS_ASSOC_MAC;
	for (int i = 0; i < 6; i++) {
		out->value[i] = (uint8_t)v[i];
	}
	return true;
}

static bool parse_port_identity(const char *text, struct nts_assoc *out)
{
	unsigned int v[8], number;
	int end = 0;

	if (sscanf(text, "%2x%2x%2x.%2x%2x.%2x%2x%2x-%u%n", &v[0], &v[1], &v[2], &v[3], &v[4],
		   &v[5], &v[6], &v[7], &number, &end) != 9 || text[end] != '\0' ||
	    number > UINT16_MAX) {
		return false;
	}
	out->type = NTS_ASSOC_PORT_IDENTITY;
	for (int i = 0; i < 8; i++) {
		out->value[i] = (uint8_t)v[i];
	}
	out->value[8] = (uint8_t)(number >> 8);
	out->value[9] = (uint8_t)number;
	return true;
}

enum status identity_parse(const char *text, struct nts_assoc *out)
{
	struct nts_assoc a = { .type = NTS_ASSOC_IPV4 };

	if (inet_pton(AF_INET, text, a.value) != 1) {
		a.type = NTS_ASSOC_IPV6;
		if (inet_pton(AF_INET6, text, a.value) != 1 && !parse_mac(text, &a) &&
		    !parse_port_identity(text, &a)) {
			return ST_BAD_VALUE;
		}
	}
	*out = a;
	return ST_OK;
}

enum status identity_parse_list(const char *text, struct nts_assoc *out, uint8_t max, uint8_t *n)
{
	char word[WORD_MAX];
	uint8_t count = 0;
	size_t len;

	while (*(text += strspn(text, SEPARATORS))) {
		len = strcspn(text, SEPARATORS);
		if (count == max) {
			return ST_LIMIT;
		}
		if (len >= sizeof(word)) {
			return ST_BAD_VALUE;
		}
		memcpy(word, text, len);
		word[len] = '\0';
		if (identity_parse(word, &out[count]) != ST_OK) {
			return ST_BAD_VALUE;
		}
		count++;
		text += len;
	}
	*n = count;
	return ST_OK;
}
