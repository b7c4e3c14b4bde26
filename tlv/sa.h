/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of one association in the clock: Current, Next and, in grace, Previous, each with its
 * own policies (WIRE.md 6). Current signs; all three verify. Shared by the ports of the same
 * group; freshness is per port and lies elsewhere (tlv/fresh.h).
 *
 * Times are milliseconds of boot time. Keys are wiped when their set goes.
 */
#ifndef NTS_TLV_SA_H
#define NTS_TLV_SA_H

#include <stdbool.h>

#include "nts/crypto.h"
#include "nts/params.h"

struct sa_table;

/* One key, ready for use. Stays valid until the next call of sa_install, sa_tick or sa_free. */
struct sa_key {
	uint8_t spp;
	uint16_t mac;
	uint32_t key_id;
	uint64_t serial;	/* unique over all keys that this table ever held */
	struct crypto_mac *handle;
};

enum sa_slot { SA_CURRENT, SA_NEXT, SA_PREVIOUS, SA_SLOTS };

/* Without keys yet. ST_NO_MEMORY. */
enum status sa_new(const struct nts_assoc *group, struct sa_table **out) MUST_CHECK;

/* t may be NULL. */
void sa_free(struct sa_table *t);

const struct nts_assoc *sa_assoc(const struct sa_table *t);

/*
 * Takes a grant that arrived at arrival_ms. Known sets (same key IDs) keep their handles and
 * serials, and take the new times only where their end comes earlier or moves by more than 2 s:
 * the server rounds up to whole seconds, and a key must not drift with every answer.
 * A Current that is our Next: rotates. A Current that we do not know: ours becomes Previous.
 * A server that is behind (its Current is our Previous or has ended here, its Next our Current)
 * changes no slot. A key that has ended here never comes back, since what was received under it
 * is forgotten: the last 16 are remembered.
 * next may be NULL: then a Next of ours stays while Current does.
 * ST_NO_MEMORY, ST_UNKNOWN_ALG, ST_BAD_LENGTH (key), ST_BAD_VALUE (no SA, too many, or policies
 * name an SPP without one), ST_EXPIRED (lifetime over before now_ms, or has ended here): nothing
 * changed.
 */
enum status sa_install(struct sa_table *t, const struct nts_params *current,
		       const struct nts_params *next, uint64_t arrival_ms,
		       uint64_t now_ms) MUST_CHECK;

/*
 * Wipes all keys. What was received under them is not forgotten: the same key granted again (not
 * another of the same ID) has its serial again, until it would have ended.
 */
void sa_clear(struct sa_table *t);

/*
 * At Lifetime 0 Next becomes Current and Current Previous; Previous goes after its grace.
 * Returns true when a rotation or an expiry without successor happened.
 */
bool sa_tick(struct sa_table *t, uint64_t now_ms);

/* When sa_tick has something to do next; UINT64_MAX never. */
uint64_t sa_deadline(const struct sa_table *t);

/* Is there a Current to sign with? */
bool sa_usable(const struct sa_table *t);

/* Is messageType named by Current's policies (true also when there is no Current)? */
bool sa_secured(const struct sa_table *t, uint8_t ptp_type);

/* The key that signs this messageType: NULL when not named or no Current. */
struct sa_key *sa_signer(struct sa_table *t, uint8_t ptp_type);

/* The same of another slot: for messages that carry a ticket, WIRE.md 7. */
struct sa_key *sa_signer_in(struct sa_table *t, enum sa_slot slot, uint8_t ptp_type);

enum sa_find { SA_FOUND, SA_UNKNOWN_SPP, SA_UNKNOWN_KEY_ID, SA_NOT_IN_POLICY, SA_NO_KEYS };

/* The key for a received TLV, under the policies of the set that it belongs to. */
enum sa_find sa_verifier(struct sa_table *t, uint8_t ptp_type, uint8_t spp, uint32_t key_id,
			 struct sa_key **out);

/* Is there any key to verify with? */
bool sa_any(const struct sa_table *t);

/*
 * May a message of this type be taken unsigned? True when any set that we hold leaves the type
 * unnamed: around a rotation between differing policies the other clocks may still be, or be
 * already, under those of Previous or Next, and no message may be lost for that. Whoever
 * configures such policies lets the type go unsigned anyway, before or after. False without keys.
 */
bool sa_plain_ok(const struct sa_table *t, uint8_t ptp_type);

/* Changes whenever keys come, go or change their slots. */
uint32_t sa_generation(const struct sa_table *t);

/* Is there still a key with this serial, or may it come back? */
bool sa_holds(const struct sa_table *t, uint64_t serial);

/*
 * What a key with this serial is or was called, and when it ends for good, grace included; NULL.
 * Of one that was cleared and may come back there is no handle.
 */
const struct sa_key *sa_key_of(const struct sa_table *t, uint64_t serial, uint64_t *ends_ms);

struct sa_status {
	bool have[SA_SLOTS];
	uint8_t spp;			/* of the first SA of Current */
	uint16_t mac;
	uint32_t key_id[SA_SLOTS];	/* of the first SA of each */
	uint64_t update_at;		/* Current */
	uint64_t expires_at;		/* Current */
	uint32_t rotations;		/* since start */
	uint32_t expiries;		/* ends without a successor */
};
void sa_status(const struct sa_table *t, struct sa_status *out);

#endif
