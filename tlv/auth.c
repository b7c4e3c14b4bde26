// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AUTHENTICATION TLV (WIRE.md 7). Must not read behind the length it is given, and compares
 * ICVs in constant time.
 */
#include "tlv/auth.h"

#include "tlv/ptp.h"
#include "util/secret.h"

#define TLV_HEAD 4		/* tlvType, lengthField */
#define FIXED_LEN 6		/* of lengthField: SPP, secParamIndicator, keyID */

static void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static enum auth_found read_tlv(const uint8_t *data, size_t at, struct auth_tlv *out)
{
	uint16_t length = ptp_u16(data + at + 2);
	const uint8_t *value = data + at + TLV_HEAD;

	if (length < FIXED_LEN || value[1] != 0) {
		return AUTH_FORMAT;
	}
	out->at = at;
	out->icv_len = length - FIXED_LEN;
	out->spp = value[0];
	out->key_id = (uint32_t)ptp_u16(value + 2) << 16 | ptp_u16(value + 4);
	return AUTH_FOUND;
}

enum auth_found auth_find(const uint8_t *data, size_t from, size_t len, struct auth_tlv *out)
{
	size_t at = from, last = from, found = 0, auth = 0;

	while (at < len) {
		if (len - at < TLV_HEAD) {
			return AUTH_MALFORMED;
		}
		last = at;
		if (ptp_u16(data + at) == AUTH_TLV_TYPE) {
			auth = at;
			found++;
		}
		at += TLV_HEAD;
		if (ptp_u16(data + last + 2) > len - at) {
			return AUTH_MALFORMED;
		}
		at += ptp_u16(data + last + 2);
	}
	if (found == 0) {
		return AUTH_ABSENT;
	}
	if (found > 1) {
		return AUTH_TWICE;
	}
	if (auth != last) {
		return AUTH_NOT_LAST;
	}
	return read_tlv(data, auth, out);
}

enum status auth_verify(struct crypto_mac *mac, const uint8_t *data, const struct auth_tlv *tlv)
{
	size_t covered = tlv->at + AUTH_TLV_HEAD;
	uint8_t icv[ALG_ICV_MAX];

	if (tlv->icv_len != crypto_mac_icv_len(mac)) {
		return ST_BAD_LENGTH;
	}
	crypto_mac_compute(mac, data, covered, icv);
	if (!secret_equal(icv, data + covered, tlv->icv_len)) {
		return ST_AUTH_FAILED;
	}
	return ST_OK;
}

size_t auth_append_len(const struct crypto_mac *mac)
{
	return AUTH_TLV_HEAD + crypto_mac_icv_len(mac);
}

size_t auth_append(struct crypto_mac *mac, uint8_t spp, uint32_t key_id, uint8_t *data, size_t len)
{
	size_t icv_len = crypto_mac_icv_len(mac);
	size_t total = len + AUTH_TLV_HEAD + icv_len;
	uint8_t *tlv = data + len;

	put_u16(tlv, AUTH_TLV_TYPE);
	put_u16(tlv + 2, (uint16_t)(FIXED_LEN + icv_len));
	tlv[4] = spp;
	tlv[5] = 0;
	put_u16(tlv + 6, (uint16_t)(key_id >> 16));
	put_u16(tlv + 8, (uint16_t)key_id);
	ptp_set_length(data, (uint16_t)total);
	crypto_mac_compute(mac, data, len + AUTH_TLV_HEAD, tlv + AUTH_TLV_HEAD);
	return total;
}
