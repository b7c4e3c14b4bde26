/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader of static keys (tlv/static_keys.c) and their gate share. */
#ifndef NTS_TLV_STATIC_INTERNAL_H
#define NTS_TLV_STATIC_INTERNAL_H

#include <sys/queue.h>

#include "tlv/static_keys.h"

struct static_key {
	STAILQ_ENTRY(static_key) list;
	uint32_t id;
	struct crypto_mac *mac;
};

struct static_sa {
	STAILQ_ENTRY(static_sa) list;
	STAILQ_HEAD(, static_key) keys;
	uint16_t seqid_window;		/* 0: sequenceIds are not looked at */
	uint8_t spp;
	bool allow_mutable;		/* the ICV is that of a correctionField of 0 */
};

struct static_keys {
	STAILQ_HEAD(, static_sa) sas;
};

/* NULL when there is none. */
struct static_sa *static_sa_find(const struct static_keys *k, unsigned int spp);
struct static_key *static_key_find(const struct static_sa *sa, uint32_t id);

#endif
