// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes nts-ked a server that knows no client's chain, for one row in the bench: what a client's
 * first request costs. Linked into build/bench/ked_nocache only, through the linker's --wrap.
 */
#include "nts/tls_cache.h"

struct tls_peer *__wrap_tls_cache_find(struct tls_cache *c,
				       const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s);

struct tls_peer *__wrap_tls_cache_find(struct tls_cache *c,
				       const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s)
{
	(void)c;
	(void)digest;
	(void)now_s;
	return NULL;
}
