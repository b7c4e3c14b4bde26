/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which chains of certificates have been verified already: a bounded set of digests, each with the
 * span of time in which the verdict holds, and who it is. Belongs to one set of credentials and
 * goes with it, so that other CAs or another revocation list begin with an empty one. For
 * nts/tls_*.c only.
 *
 * Must hold nothing but chains that were good. Says nothing of who presents a chain: that he has
 * its private key is for TLS to prove, each time.
 */
#ifndef NTS_NTS_TLS_CACHE_H
#define NTS_NTS_TLS_CACHE_H

#include "nts/tls.h"

#define TLS_CACHE_DIGEST 32	/* octets, SHA-256 of the whole chain */
#define TLS_CACHE_CHAINS 16384	/* at most; beyond, older ones are forgotten */

struct tls_cache;

/* ST_NO_MEMORY. */
enum status tls_cache_new(struct tls_cache **out) MUST_CHECK;

/* c may be NULL. */
void tls_cache_free(struct tls_cache *c);

/*
 * Who has this chain: a copy, to be freed with free(); its names end with those that there are.
 * NULL: not known, or not any more (seconds since 1970), or the clock stands before the instant of
 * the verification, or no memory.
 */
struct tls_peer *tls_cache_find(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST],
				int64_t now_s);

/* Verified at now_s; holds before until_s. Without memory nothing is added. */
void tls_cache_add(struct tls_cache *c, const uint8_t digest[TLS_CACHE_DIGEST], int64_t now_s,
		   int64_t until_s, const struct tls_peer *peer);

/* A copy to be freed with free(), as short as its names allow; NULL: no memory. */
struct tls_peer *tls_peer_copy(const struct tls_peer *peer);

#endif
