/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NTS messages for PTP as octets: draft 2.3 and 3, WIRE.md 2, 3 and 5. Octets in, struct out,
 * and back; no socket, clock, log or allocation. Which record may stand where is one table.
 *
 * Decoding refuses whatever WIRE.md refuses, with the status that says why; the wire's Error
 * code for it is ke_error_of_status().
 */
#ifndef NTS_NTS_MESSAGE_H
#define NTS_NTS_MESSAGE_H

#include "nts/params.h"

#define KE_REQUEST_MAX 16384	/* octets, WIRE.md 1 */
#define KE_RESPONSE_MAX 65536
#define KE_PROTOCOL_PTP 1	/* NTS Next Protocol number of PTPv2.1 */

enum ke_type {
	KE_KEY_REQUEST = 0,
	KE_KEY_GRANT = 1,
	KE_REFUSAL = 2,
	KE_REGISTRATION_REQUEST = 3,
	KE_REGISTRATION_SUCCESS = 4,
	KE_REGISTRATION_REVOKE = 5,
	KE_TYPES = 6,
	/* Two answers of RFC 8915 that carry no message type: */
	KE_BARE_ERROR = 6,	/* an Error record alone, from a server that did not get so far */
	KE_NO_PROTOCOL = 7,	/* empty NTS Next Protocol Negotiation */
};

enum ke_error {
	KE_ERR_UNRECOGNIZED_CRITICAL = 0,
	KE_ERR_BAD_REQUEST = 1,
	KE_ERR_INTERNAL = 2,
	KE_ERR_NOT_AUTHORIZED = 3,
	KE_ERR_NOT_REGISTERED = 4,
	KE_ERR_NO_COMMON_ALG = 32768,
};

struct ke_message {
	enum ke_type type;
	struct nts_assoc assoc;			/* Key Request: Association Mode */
	uint8_t n_identities;			/* Requesting PTP Identity; 0: none */
	struct nts_assoc identities[NTS_IDENTITIES_MAX];
	uint8_t n_macs;				/* MAC Algorithm Negotiation; 0: no such record */
	uint16_t macs[NTS_ALGS_MAX];		/* unknown numbers are kept */
	uint8_t n_aeads;			/* Registration Request */
	uint16_t aeads[NTS_ALGS_MAX];
	uint16_t error;				/* Refusal, bare Error */
	bool has_next;
	struct nts_params current;		/* Key Grant, Registration Success */
	struct nts_params next;
};

/* Who reads: a server takes requests (0, 3, 5), a client takes answers (the others). */
enum ke_side { KE_SERVER, KE_CLIENT };

/*
 * Length in octets of the message at the start of data, once its End of Message is there.
 * For reading from a stream. max is KE_REQUEST_MAX or KE_RESPONSE_MAX.
 * ST_AGAIN (needs more octets), ST_TOO_LONG (no End of Message within max octets).
 */
enum status ke_frame(const uint8_t *data, size_t len, size_t max, size_t *out) MUST_CHECK;

/*
 * Decodes one whole message of len octets. Writes *out only on ST_OK; on error all keys that
 * were decoded are wiped.
 * ST_TRUNCATED, ST_TRAILING, ST_TOO_LONG, ST_NO_END, ST_BAD_LENGTH, ST_BAD_VALUE,
 * ST_MISSING_RECORD, ST_DUPLICATE_RECORD, ST_FOREIGN_RECORD, ST_UNKNOWN_CRITICAL,
 * ST_BAD_VERSION, ST_BAD_TYPE, ST_UNKNOWN_ALG (an SA of an algorithm that we do not have),
 * ST_NO_PROTOCOL (side KE_SERVER only: PTPv2.1 not offered).
 */
enum status ke_decode(const uint8_t *data, size_t len, enum ke_side side,
		      struct ke_message *out) MUST_CHECK;

/*
 * Encodes m into at most cap octets, *len its length. What ke_decode would refuse is refused:
 * the same codes, and ST_NO_SPACE.
 */
enum status ke_encode(const struct ke_message *m, uint8_t *data, size_t cap,
		      size_t *len) MUST_CHECK;

/* The Error code that answers a request which ke_decode refused with st. */
uint16_t ke_error_of_status(enum status st);

/* A refusal as a status for the client: ST_NOT_AUTHORIZED, ST_NOT_REGISTERED, ... ST_REFUSED */
enum status ke_status_of_error(uint16_t error);

/* In words, never NULL. */
const char *ke_error_str(uint16_t error);
const char *ke_type_str(enum ke_type type);

/*
 * The Ticket Container, the plaintext of a ticket (WIRE.md 4 and 5): the whole record, header
 * included. policy, sa[n_sa] and the requester's identities; same codes as above.
 */
struct ke_ticket_container {
	struct nts_policy policy;
	uint8_t n_sa;
	struct nts_sa sa[NTS_SA_MAX];
	uint8_t n_identities;
	struct nts_assoc identities[NTS_IDENTITIES_MAX];
};
enum status ke_container_encode(const struct ke_ticket_container *t, uint8_t *data, size_t cap,
				size_t *len) MUST_CHECK;
enum status ke_container_decode(const uint8_t *data, size_t len,
				struct ke_ticket_container *out) MUST_CHECK;

#endif
