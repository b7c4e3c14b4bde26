// SPDX-License-Identifier: GPL-2.0-or-later
/* Another key for the store, as the user that the server becomes: ked/server.h. */
#include "ked/server_internal.h"

static enum status reseal(const struct kedconf *conf, const struct timebase *time,
			  const char *old_key_file, size_t *keys)
{
	const struct store_args args = {
		.path = conf->server.store,
		.time = time,
		.key_file = conf->server.store_key_file,
	};
	char why[STORE_WHY] = "";
	enum status st = store_reseal(&args, old_key_file, keys, why);

	if (st) {
		log_err("store: %s", why);
	}
	return st;
}

enum status server_reseal(const struct kedconf *conf, const struct timebase *time,
			  const char *old_key_file, size_t *keys)
{
	enum status st = server_harden();

	if (!st) {
		st = server_become_user(conf);
	}
	return st ? st : reseal(conf, time, old_key_file, keys);
}
