// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns on a certificate's names. */
#include "ked/policy.h"

#include <fnmatch.h>

static bool matches(const char *pattern, char kind, const char *name)
{
	int flags = FNM_NOESCAPE | (kind == 'u' ? 0 : FNM_CASEFOLD);

	return name[0] && !fnmatch(pattern, name, flags);
}

static bool matches_any_name(const char *pattern, const struct tls_peer *peer)
{
	size_t i;

	if (matches(pattern, 'c', peer->common_name)) {
		return true;
	}
	for (i = 0; i < peer->n_names; i++) {
		if (matches(pattern, peer->names[i].kind, peer->names[i].text)) {
			return true;
		}
	}
	return false;
}

enum status policy_group(const struct kedconf_group *group, const struct tls_peer *peer)
{
	const char *at = group->members;
	char pattern[KEDCONF_ITEM];

	while (kedconf_item(&at, pattern)) {
		if (matches_any_name(pattern, peer)) {
			return ST_OK;
		}
	}
	return ST_NOT_AUTHORIZED;
}
