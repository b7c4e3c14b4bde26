// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NTS messages for PTP: finding their end in a stream, and their codes in words (WIRE.md 1
 * and 5). Decoding and encoding are in message_decode.c and message_encode.c.
 */
#include "nts/message.h"

#include "nts/record.h"

enum status ke_frame(const uint8_t *data, size_t len, size_t max, size_t *out)
{
	struct rcur c = rcur_init(data, len);
	size_t end = 0;
	uint16_t type = 0;
	uint16_t body = 0;

	while (max - end >= RECORD_HEADER) {
		rcur_u16(&c, &type);
		if (rcur_u16(&c, &body) != ST_OK) {
			return ST_AGAIN;
		}
		end += RECORD_HEADER;
		if (body > max - end) {
			return ST_TOO_LONG;
		}
		end += body;
		if (rcur_skip(&c, body) != ST_OK) {
			return ST_AGAIN;
		}
		if ((type & (uint16_t)~RECORD_CRITICAL) == RECORD_END_OF_MESSAGE) {
			*out = end;
			return ST_OK;
		}
	}
	return ST_TOO_LONG;
}

static const struct {
	enum status st;
	uint16_t error;
} by_status[] = {
	{ ST_UNKNOWN_CRITICAL, KE_ERR_UNRECOGNIZED_CRITICAL },
	{ ST_NOT_AUTHORIZED, KE_ERR_NOT_AUTHORIZED },
	{ ST_NOT_REGISTERED, KE_ERR_NOT_REGISTERED },
	{ ST_NO_COMMON_ALG, KE_ERR_NO_COMMON_ALG },
	{ ST_CRYPTO, KE_ERR_INTERNAL },
	{ ST_STORE, KE_ERR_INTERNAL },
	{ ST_NO_MEMORY, KE_ERR_INTERNAL },
	{ ST_SYSTEM, KE_ERR_INTERNAL },
};

uint16_t ke_error_of_status(enum status st)
{
	for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++) {
		if (by_status[i].st == st) {
			return by_status[i].error;
		}
	}
	return KE_ERR_BAD_REQUEST;
}

static const struct {
	uint16_t error;
	enum status st;
	const char *text;
} errors[] = {
	{ KE_ERR_UNRECOGNIZED_CRITICAL, ST_REFUSED, "Unrecognized Critical Record" },
	{ KE_ERR_BAD_REQUEST, ST_REFUSED, "Bad Request" },
	{ KE_ERR_INTERNAL, ST_REFUSED, "Internal Server Error" },
	{ KE_ERR_NOT_AUTHORIZED, ST_NOT_AUTHORIZED, "Not Authorized" },
	{ KE_ERR_NOT_REGISTERED, ST_NOT_REGISTERED, "Association Port Not Registered" },
	{ KE_ERR_NO_COMMON_ALG, ST_NO_COMMON_ALG, "No Common Algorithm" },
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

enum status ke_status_of_error(uint16_t error)
{
	for (size_t i = 0; i < ERRORS; i++) {
		if (errors[i].error == error) {
			return errors[i].st;
		}
	}
	return ST_REFUSED;
}

const char *ke_error_str(uint16_t error)
{
	for (size_t i = 0; i < ERRORS; i++) {
		if (errors[i].error == error) {
			return errors[i].text;
		}
	}
	return "unknown error";
}

const char *ke_type_str(enum ke_type type)
{
	static const char *const names[] = {
		[KE_KEY_REQUEST] = "PTP Key Request",
		[KE_KEY_GRANT] = "PTP Key Grant",
		[KE_REFUSAL] = "PTP Refusal",
		[KE_REGISTRATION_REQUEST] = "PTP Registration Request",
		[KE_REGISTRATION_SUCCESS] = "PTP Registration Success",
		[KE_REGISTRATION_REVOKE] = "PTP Registration Revoke",
		[KE_BARE_ERROR] = "NTS-KE Error",
		[KE_NO_PROTOCOL] = "empty NTS Next Protocol Negotiation",
	};

	return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown message";
}
