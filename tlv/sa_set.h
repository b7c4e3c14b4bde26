/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of one parameter set, ready for use, with their policies and times: what stands in a
 * slot of tlv/sa.h, and the only user of this. A zeroed set is an empty one.
 */
#ifndef NTS_TLV_SA_SET_H
#define NTS_TLV_SA_SET_H

#include "tlv/sa.h"

#define SA_SET_NO_KEY -1
#define SA_SET_PRINT 16		/* octets by which a key is known again */

struct sa_set {
	uint8_t n;			/* keys; 0: empty */
	struct nts_policy policy;
	int8_t signer[NTS_PTP_TYPES];	/* index of the key for each type, or SA_SET_NO_KEY */
	struct sa_key keys[NTS_SA_MAX];
	uint64_t update_at;		/* boot time ms: end of Time until Update */
	uint64_t expires_at;		/* boot time ms; of Previous: end of its grace */
	uint64_t grace_ms;
	uint8_t print[NTS_SA_MAX][SA_SET_PRINT];	/* of a set without its keys */
};

/* Has p at least one and not too many keys, and one for each SPP that its policies name? */
bool sa_set_fits(const struct nts_params *p);

/*
 * Makes the keys of p, numbered on from *last_serial; policies and times come by sa_set_refresh.
 * Wipe it with sa_set_wipe. ST_UNKNOWN_ALG, ST_BAD_LENGTH, ST_NO_MEMORY.
 */
enum status sa_set_make(const struct nts_params *p, uint64_t *last_serial,
			struct sa_set *out) MUST_CHECK;

/* Frees and wipes the keys; the set is empty then. */
void sa_set_wipe(struct sa_set *s);

/* Frees and wipes the keys alone: what they were called, and what they look like, stays. */
void sa_set_shed(struct sa_set *s);

/* Where this is the set, made anew, that was shed, its keys get their serials back. */
void sa_set_resume(struct sa_set *s, const struct sa_set *shed);

/* The set, which is empty where it was then. */
struct sa_set sa_set_move(struct sa_set *from);

/* Does the set hold exactly the keys of p? False when p is NULL. */
bool sa_set_same(const struct sa_set *s, const struct nts_params *p);

/*
 * Takes the policies of p, and its times, which count from start, unless the end moves later by no
 * more than the rounding up to whole seconds and the way here explain.
 */
void sa_set_refresh(struct sa_set *s, const struct nts_params *p, uint64_t start);

/* Do the policies name this messageType? */
bool sa_set_names(const struct sa_set *s, uint8_t ptp_type);

#endif
