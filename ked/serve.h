/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers requests: a message's octets and who sent them in, the answer's octets out (draft 2.2,
 * WIRE.md 5). No socket, no TLS, no waiting but for the store. Every answer is counted by message
 * and result, and logged with who, what and why at a bounded rate.
 */
#ifndef NTS_KED_SERVE_H
#define NTS_KED_SERVE_H

#include <stdatomic.h>

#include "ked/grantors.h"
#include "ked/groups.h"
#include "nts/message.h"
#include "nts/tls.h"

#define SERVE_RESPONSE_MAX 8192	/* octets; more than any answer has */

#define SERVE_RESULT_TABLE(X) \
	X(SERVE_GRANTED, "granted") \
	X(SERVE_UNRECOGNIZED_CRITICAL, "unrecognized critical record") \
	X(SERVE_BAD_REQUEST, "bad request") \
	X(SERVE_INTERNAL, "internal error") \
	X(SERVE_NOT_AUTHORIZED, "not authorized") \
	X(SERVE_NOT_REGISTERED, "not registered") \
	X(SERVE_NO_COMMON_ALG, "no common algorithm") \
	X(SERVE_NO_PROTOCOL, "no common protocol")

enum serve_result {
#define X(name, text) name,
	SERVE_RESULT_TABLE(X)
#undef X
	SERVE_RESULTS
};

/* In words, never NULL. */
const char *serve_result_str(enum serve_result result);

#define SERVE_UNREADABLE KE_TYPES	/* the row of requests that no message could be made of */

/* Any thread may read them. */
struct serve_counters {
	_Atomic uint64_t answers[KE_TYPES + 1][SERVE_RESULTS];	/* by request's enum ke_type */
};

struct serve_request {
	const struct tls_peer *peer;	/* verified */
	const struct tls_creds *creds;	/* of today: who is revoked by now */
	const char *from;		/* address, for the log */
	const uint8_t *data;		/* all octets that came; may be cut off or too many */
	size_t len;
	enum status framed;		/* what ke_frame has against them; ST_OK: nothing */
	uint64_t now_ms;		/* boot time */
	int64_t wall_ms;		/* for the dates of creds */
	const struct timebase *time;	/* to see how long an answer took; NULL: no time */
};

struct serve;

/*
 * For one thread, which is the reader of groups with that number. Both must outlive it.
 * ST_NO_MEMORY.
 */
enum status serve_new(struct groups *groups, struct grantors *grantors, unsigned int reader,
		      struct serve **out) MUST_CHECK;
void serve_free(struct serve *s);

/*
 * Writes the answer, up to SERVE_RESPONSE_MAX octets, to out; *len its length, 0 when there is
 * none: to a PTP Registration Revoke that was done. The answer may hold keys.
 */
enum serve_result serve_answer(struct serve *s, const struct serve_request *request,
			       uint8_t out[SERVE_RESPONSE_MAX], size_t *len);

const struct serve_counters *serve_counters(const struct serve *s);

#endif
