/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TICKET TLV on wire octets, and the ticket inside it (WIRE.md 4, 5 and 7; draft 4). Pure but
 * for the AEAD; keeps nothing.
 */
#ifndef NTS_UNICAST_TICKET_H
#define NTS_UNICAST_TICKET_H

#include "nts/message.h"

#define TICKET_TLV_TYPE 0xFFF0	/* default of nts_ticket_tlv */
#define TICKET_TLV_HEAD 8	/* octets before the Ticket record's body: type, length, key ID */

/* A TICKET TLV as it stands in a message, whose octets it points into. */
struct ticket_tlv {
	size_t at;			/* offset of the TLV */
	size_t end;			/* and of what follows it */
	const uint8_t *nonce;		/* NTS_NONCE_LEN octets */
	const uint8_t *ciphertext;
	uint32_t key_id;		/* Ticket Key ID */
	uint16_t aead;
	uint16_t len;			/* octets of ciphertext */
};

enum ticket_found {
	TICKET_FOUND,
	TICKET_ABSENT,
	TICKET_MALFORMED,	/* cut, padded by more than evenness asks for, or a padding not 0 */
	TICKET_TWICE,
};

/*
 * Looks for the TLV of this type among those in [from, to) of data, which auth_find has walked
 * already: they end exactly at to. *out is written on TICKET_FOUND.
 */
enum ticket_found ticket_find(const uint8_t *data, size_t from, size_t to, uint16_t type,
			      struct ticket_tlv *out);

/* Octets that ticket_append adds, always even. */
size_t ticket_append_len(const struct nts_ticket *t);

/* Appends the TLV behind len octets of data, for which there is room. Returns the new length. */
size_t ticket_append(uint8_t *data, size_t len, uint16_t type, uint32_t ticket_key_id,
		     const struct nts_ticket *t);

/* A ticket key, as a Registration Success has it. */
struct ticket_key {
	uint32_t id;			/* Ticket Key ID; 0: none */
	uint16_t aead;
	uint8_t len;			/* octets of key */
	uint8_t key[ALG_AEAD_KEY_MAX];
};

/*
 * Seals a container: the KE server's part, here for it and for tests. *out has no ticket key ID
 * in it. The codes of ke_container_encode and crypto_siv_seal.
 */
enum status ticket_seal(const struct ticket_key *key, const uint8_t nonce[NTS_NONCE_LEN],
			const struct ke_ticket_container *container,
			struct nts_ticket *out) MUST_CHECK;

/*
 * Opens a ticket whose AEAD is the key's: one AEAD opening. *out holds keys: wipe it.
 * ST_TOO_LONG, ST_AUTH_FAILED (not sealed with this key, or changed since), and the codes of
 * ke_container_decode.
 */
enum status ticket_open(const struct ticket_key *key, const struct ticket_tlv *tlv,
			struct ke_ticket_container *out) MUST_CHECK;

#endif
