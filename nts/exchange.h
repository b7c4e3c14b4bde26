/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of one NTS-KE exchange (draft 2.1): resolve, connect, TLS, one request,
 * one response, close_notify from both. Driven by libevent, never blocks (names are resolved by
 * libevent's own resolver), bounded by one timeout over all.
 */
#ifndef NTS_NTS_EXCHANGE_H
#define NTS_NTS_EXCHANGE_H

#include "nts/message.h"
#include "nts/tls.h"

struct event_base;
struct evdns_base;
struct exchange;

#define KE_PORT 4460

/* The steps, in order; the one that an exchange failed in is told to the caller. */
#define EXCHANGE_STEP_TABLE(X) \
	X(EXCHANGE_NAME, "resolving the name") \
	X(EXCHANGE_TCP, "connecting") \
	X(EXCHANGE_TLS, "TLS handshake") \
	X(EXCHANGE_REQUEST, "sending the request") \
	X(EXCHANGE_RESPONSE, "waiting for the response") \
	X(EXCHANGE_DECODE, "reading the response") \
	X(EXCHANGE_DONE, "done")

enum exchange_step {
#define X(name, text) name,
	EXCHANGE_STEP_TABLE(X)
#undef X
};

const char *exchange_step_str(enum exchange_step step);

struct exchange_result {
	enum status st;			/* ST_OK: answer is a message of an expected type */
	enum exchange_step step;	/* where it ended */
	char why[TLS_WHY];		/* more words, or which of several addresses, or "" */
	const struct ke_message *answer;/* with ST_OK; wiped after the callback has returned.
					 * A Revoke has none: its type is then 0, and unused */
	uint64_t arrival_ms;		/* with ST_OK: boot time of the answer's last octet */
	int64_t valid_from_ms;		/* with ST_OK: the server's certificates, since 1970 */
	int64_t valid_to_ms;
	char peer[64];			/* address:port that was connected to, or "" */
	uint32_t next_address;		/* first_address of the next exchange with this server */
	bool resumed;			/* with ST_OK: the TLS session was */
};

typedef void (*exchange_done)(void *ctx, const struct exchange_result *result);

struct exchange_args {
	struct event_base *base;
	struct evdns_base *dns;
	struct tls_creds *creds;	/* a reference is taken */
	const char *host;		/* name or address; copied */
	uint16_t port;
	uint32_t timeout_ms;		/* for the whole exchange */
	const struct ke_message *request; /* copied as octets */
	struct tls_ticket **ticket;	/* NULL: sessions are not resumed; see below */
	uint32_t first_address;		/* of those of the name, to be tried first; see below */
	bool (*connected)(void *ctx);	/* NULL, or asked once, before TLS; false: ST_LIMIT */
};

/*
 * Of a name's addresses, each that takes no connection within its share of the time, and two and a
 * half seconds, is passed over. One that takes connections and then fails is passed over in the
 * next exchange, by next_address; one that has answered is asked first there.
 *
 * Where args->ticket is not NULL, it points to this server's ticket or to NULL, and must stay
 * until the exchange has ended: the session resumes the ticket's, and a new ticket takes its
 * place. A ticket that does not fit today's credentials is freed; so is one with which anything
 * failed, and then the exchange starts over, once, with a full handshake.
 *
 * Starts; done is called exactly once, from the event loop, never from inside this call,
 * unless exchange_cancel comes first. After done the exchange is gone.
 * A refusal is ST_NOT_AUTHORIZED, ST_NOT_REGISTERED, ST_NO_COMMON_ALG or ST_REFUSED.
 * Returns ST_NO_MEMORY, ST_NAME (host over 255 octets), or what ke_encode says of the request;
 * done is then never called.
 */
enum status exchange_start(const struct exchange_args *args, exchange_done done, void *ctx,
			   struct exchange **out) MUST_CHECK;

/* Ends without a call of done; x may be NULL. */
void exchange_cancel(struct exchange *x);

#endif
