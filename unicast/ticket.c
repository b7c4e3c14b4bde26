// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TICKET TLV and tickets (WIRE.md 4 and 7). Must not read behind the TLV it was given, and leaves
 * no plaintext behind.
 */
#include "unicast/ticket.h"

#include <string.h>

#include "nts/crypto.h"
#include "tlv/ptp.h"
#include "util/cursor.h"
#include "util/secret.h"

#define TLV_HEAD 4		/* tlvType, lengthField */
#define BODY_HEAD 6		/* of the Ticket record: AEAD, nonce length, ciphertext length */
#define AD_LEN 6		/* Ticket Key ID, AEAD */
#define PLAIN_MAX (NTS_TICKET_MAX - CRYPTO_SIV_TAG)

/* The one zero octet that makes an odd length even, or nothing. */
static bool is_padding(const struct rcur *c, size_t used)
{
	if (used % 2 == 0) {
		return c->left == 0;
	}
	return c->left == 1 && c->at[0] == 0;
}

static enum ticket_found read_tlv(const uint8_t *value, size_t len, struct ticket_tlv *out)
{
	struct rcur c = rcur_init(value, len), part = c;
	struct ticket_tlv t = { .key_id = 0 };
	uint16_t nonce_len = 0;

	rcur_u32(&c, &t.key_id);
	rcur_u16(&c, &t.aead);
	rcur_u16(&c, &nonce_len);
	if (c.st != ST_OK || nonce_len != NTS_NONCE_LEN || t.key_id == 0) {
		return TICKET_MALFORMED;
	}
	if (rcur_sub(&c, nonce_len, &part) == ST_OK) {
		t.nonce = part.at;
	}
	rcur_u16(&c, &t.len);
	if (rcur_sub(&c, t.len, &part) != ST_OK || t.len <= CRYPTO_SIV_TAG ||
	    !is_padding(&c, len - c.left)) {
		return TICKET_MALFORMED;
	}
	t.ciphertext = part.at;
	*out = t;
	return TICKET_FOUND;
}

enum ticket_found ticket_find(const uint8_t *data, size_t from, size_t to, uint16_t type,
			      struct ticket_tlv *out)
{
	size_t at = 0, end = 0;
	enum ticket_found found;

	while (from + TLV_HEAD <= to) {
		size_t len = ptp_u16(data + from + 2);

		if (ptp_u16(data + from) == type) {
			if (end) {
				return TICKET_TWICE;
			}
			at = from;
			end = from + TLV_HEAD + len;
		}
		from += TLV_HEAD + len;
	}
	if (!end) {
		return TICKET_ABSENT;
	}
	found = read_tlv(data + at + TLV_HEAD, end - at - TLV_HEAD, out);
	if (found == TICKET_FOUND) {
		out->at = at;
		out->end = end;
	}
	return found;
}

static size_t body_len(const struct nts_ticket *t)
{
	return BODY_HEAD + (size_t)t->nonce_len + t->len;
}

size_t ticket_append_len(const struct nts_ticket *t)
{
	return TICKET_TLV_HEAD + body_len(t) + body_len(t) % 2;
}

size_t ticket_append(uint8_t *data, size_t len, uint16_t type, uint32_t ticket_key_id,
		     const struct nts_ticket *t)
{
	size_t total = ticket_append_len(t);
	struct wcur w = wcur_init(data + len, total);

	wcur_u16(&w, type);
	wcur_u16(&w, (uint16_t)(total - TLV_HEAD));
	wcur_u32(&w, ticket_key_id);
	wcur_u16(&w, t->aead);
	wcur_u16(&w, t->nonce_len);
	wcur_octets(&w, t->nonce, t->nonce_len);
	wcur_u16(&w, t->len);
	wcur_octets(&w, t->octets, t->len);
	if (w.used < total) {
		wcur_u8(&w, 0);
	}
	return len + total;
}

static void associated_data(uint32_t key_id, uint16_t aead, uint8_t out[AD_LEN])
{
	struct wcur w = wcur_init(out, AD_LEN);

	wcur_u32(&w, key_id);
	wcur_u16(&w, aead);
}

enum status ticket_seal(const struct ticket_key *key, const uint8_t nonce[NTS_NONCE_LEN],
			const struct ke_ticket_container *container, struct nts_ticket *out)
{
	uint8_t plain[PLAIN_MAX], ad[AD_LEN];
	struct nts_ticket t;
	size_t len;
	enum status st = ke_container_encode(container, plain, sizeof(plain), &len);

	if (st != ST_OK) {
		return st;
	}
	memset(&t, 0, sizeof(t));
	t.aead = key->aead;
	t.nonce_len = NTS_NONCE_LEN;
	t.len = (uint16_t)(len + CRYPTO_SIV_TAG);
	memcpy(t.nonce, nonce, NTS_NONCE_LEN);
	associated_data(key->id, key->aead, ad);
	st = crypto_siv_seal(key->aead, key->key, key->len, nonce, NTS_NONCE_LEN, ad, sizeof(ad),
			     plain, len, t.octets);
	secret_wipe(plain, len);
	if (st == ST_OK) {
		*out = t;
	}
	return st;
}

enum status ticket_open(const struct ticket_key *key, const struct ticket_tlv *tlv,
			struct ke_ticket_container *out)
{
	uint8_t plain[PLAIN_MAX], ad[AD_LEN];
	size_t len = tlv->len - (size_t)CRYPTO_SIV_TAG;
	enum status st;

	if (tlv->len > NTS_TICKET_MAX) {
		return ST_TOO_LONG;
	}
	associated_data(key->id, tlv->aead, ad);
	st = crypto_siv_open(tlv->aead, key->key, key->len, tlv->nonce, NTS_NONCE_LEN,
			     ad, sizeof(ad), tlv->ciphertext, tlv->len, plain);
	if (st == ST_OK) {
		st = ke_container_decode(plain, len, out);
		secret_wipe(plain, len);
	}
	return st;
}
