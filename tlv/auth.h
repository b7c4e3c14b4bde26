/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AUTHENTICATION TLV on wire octets: find, check, append (WIRE.md 7; IEEE 1588-2019, 14.1
 * and 16.14.3). Pure but for the MAC; knows no keys, no policies.
 */
#ifndef NTS_TLV_AUTH_H
#define NTS_TLV_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "nts/crypto.h"
#include "util/status.h"

#define AUTH_TLV_TYPE 0x8009
#define AUTH_TLV_HEAD 10	/* octets before the ICV: type, lengthField, SPP, secParam, keyID */

struct auth_tlv {
	size_t at;		/* offset of the TLV in the message: its length without the TLV */
	size_t icv_len;		/* octets of ICV that lengthField leaves */
	uint32_t key_id;
	uint8_t spp;
};

enum auth_found {
	AUTH_FOUND,
	AUTH_ABSENT,
	AUTH_MALFORMED,		/* the TLVs do not end exactly at the end of the message */
	AUTH_TWICE,
	AUTH_NOT_LAST,
	AUTH_FORMAT,		/* shorter than its fixed fields, or secParamIndicator not 0 */
	AUTH_FINDS
};

/*
 * Walks the TLVs of a message of len octets, the first of which begins at offset from
 * (from <= len). *out is written on AUTH_FOUND.
 */
enum auth_found auth_find(const uint8_t *data, size_t from, size_t len, struct auth_tlv *out);

/*
 * Checks the ICV of a TLV that auth_find found in data.
 * ST_BAD_LENGTH (the ICV is not as long as the algorithm's), ST_AUTH_FAILED.
 */
enum status auth_verify(struct crypto_mac *mac, const uint8_t *data,
			const struct auth_tlv *tlv) MUST_CHECK;

/* Octets that auth_append adds. */
size_t auth_append_len(const struct crypto_mac *mac);

/*
 * Appends the TLV to a message of len octets, for which there is room, sets messageLength and
 * computes the ICV. Returns the new length in octets.
 */
size_t auth_append(struct crypto_mac *mac, uint8_t spp, uint32_t key_id, uint8_t *data,
		   size_t len);

#endif
