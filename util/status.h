/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one status type. Every function that can fail returns it, every caller
 * looks at it, and outputs are written only on ST_OK.
 *
 * Must not grow codes that no test expects: a code is a reason that somebody
 * reads in a log at three in the morning.
 */
#ifndef NTS_UTIL_STATUS_H
#define NTS_UTIL_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))

/* name, sentence for logs and tools */
#define STATUS_TABLE(X) \
	X(ST_OK, "ok") \
	X(ST_AGAIN, "not finished yet") \
	/* octets: WIRE.md 1 to 5 */ \
	X(ST_TRUNCATED, "octets end inside a field") \
	X(ST_TRAILING, "octets after End of Message") \
	X(ST_TOO_LONG, "message too long") \
	X(ST_NO_SPACE, "does not fit into the buffer") \
	X(ST_NO_END, "no End of Message record") \
	X(ST_BAD_LENGTH, "record has a wrong length") \
	X(ST_BAD_VALUE, "record has a wrong value") \
	X(ST_MISSING_RECORD, "required record is missing") \
	X(ST_DUPLICATE_RECORD, "record stands twice") \
	X(ST_FOREIGN_RECORD, "record does not belong here") \
	X(ST_UNKNOWN_CRITICAL, "unknown critical record") \
	X(ST_BAD_VERSION, "NTS message version is not 1.0") \
	X(ST_BAD_TYPE, "unknown or unexpected NTS message type") \
	X(ST_NO_PROTOCOL, "PTPv2.1 is not offered") \
	/* algorithms and keys */ \
	X(ST_UNKNOWN_ALG, "unknown algorithm") \
	X(ST_NO_COMMON_ALG, "no common algorithm") \
	X(ST_AUTH_FAILED, "integrity check failed") \
	X(ST_CRYPTO, "cryptographic library failed") \
	/* the answer of a KE server */ \
	X(ST_REFUSED, "the KE server refused the request") \
	X(ST_NOT_AUTHORIZED, "not authorized") \
	X(ST_NOT_REGISTERED, "association port not registered") \
	X(ST_UNSECURED_POLICY, "security policies leave needed messages unsecured") \
	X(ST_EXPIRED, "parameters have expired") \
	X(ST_OTHER_KEYS, "other keys than another KE server handed out") \
	/* network */ \
	X(ST_NAME, "host name could not be resolved") \
	X(ST_CONNECT, "connection failed") \
	X(ST_UNREACHABLE, "cannot be reached") \
	X(ST_TIMEOUT, "timed out") \
	X(ST_CLOSED, "peer closed the connection") \
	X(ST_LIMIT, "limit reached") \
	/* TLS and certificates */ \
	X(ST_TLS, "TLS failed") \
	X(ST_TLS_VERSION, "peer does not offer TLS 1.3") \
	X(ST_TLS_ALERT, "peer sent a TLS alert") \
	X(ST_TLS_ALPN, "no common application protocol (ALPN ntske/1)") \
	X(ST_CERT_MISSING, "peer sent no certificate") \
	X(ST_CERT_UNTRUSTED, "certificate is not from a trusted CA") \
	X(ST_CERT_EXPIRED, "certificate has expired") \
	X(ST_CERT_NOT_YET, "certificate is not valid yet") \
	X(ST_CERT_NAME, "certificate is for another name") \
	X(ST_CERT_PURPOSE, "certificate is for another purpose") \
	X(ST_CERT_REVOKED, "certificate is revoked") \
	X(ST_CERT_BAD, "certificate is not acceptable") \
	/* this machine */ \
	X(ST_CONFIG, "configuration error") \
	X(ST_FILE_OPEN, "file cannot be read") \
	X(ST_FILE_MODE, "file with a key can be read by others") \
	X(ST_FILE_FORMAT, "file has a wrong format") \
	X(ST_FILE_CRL, "revocation list is not valid") \
	X(ST_STORE, "key store failed") \
	X(ST_NO_MEMORY, "out of memory") \
	X(ST_SYSTEM, "system call failed")

enum status {
#define X(name, text) name,
	STATUS_TABLE(X)
#undef X
	ST_COUNT
};

/* The sentence of a status, never NULL. */
const char *status_str(enum status st);

/* The name of a status as it stands in the enum, e.g. "ST_OK"; never NULL. */
const char *status_name(enum status st);

#endif
