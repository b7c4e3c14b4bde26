/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of an exchange share. For nts/exchange*.c only. */
#ifndef NTS_NTS_EXCHANGE_INTERNAL_H
#define NTS_NTS_EXCHANGE_INTERNAL_H

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "nts/exchange.h"

/* A lookup may call back after its exchange has gone. */
struct lookup {
	struct exchange *x;		/* NULL: nobody wants the answer */
};

struct exchange {
	struct event_base *base;
	struct evdns_base *dns;
	struct tls_creds *creds;
	struct tls_session *tls;
	struct tls_ticket **ticket;	/* the caller's, or NULL */
	bool offered;			/* it was, in this session */
	char host[256];
	uint16_t port;
	uint32_t timeout_ms;
	exchange_done done;
	bool (*connected)(void *ctx);	/* NULL once it has been asked */
	void *ctx;
	enum exchange_step step;
	char why[TLS_WHY];
	char peer[64];
	struct lookup *lookup;		/* a lookup that has not called back */
	struct evdns_getaddrinfo_request *dns_request;
	struct evutil_addrinfo *addrs;
	uint32_t n_addrs;
	uint32_t first_addr;
	uint32_t tried_addrs;		/* from first_addr on, in turn */
	int gai_error;
	enum status connect_st;		/* why the last address failed */
	int fd;
	struct event *io;
	struct event *kick;		/* goes on without input or output */
	struct event *timeout;
	enum ke_type request_type;
	size_t request_len;
	size_t in_len;
	uint64_t arrival_ms;
	int64_t valid_from_ms;
	int64_t valid_to_ms;
	struct ke_message answer;
	uint8_t request[KE_REQUEST_MAX];
	uint8_t in[KE_RESPONSE_MAX];
};

/* Puts words into the result. */
void exchange_explain(struct exchange *x, const char *why);

void exchange_close_socket(struct exchange *x);

/*
 * The first two steps, to be called again after ST_AGAIN: x->kick when the name is looked up,
 * x->io when the socket is connected or not. ST_NAME, ST_NO_MEMORY; ST_CONNECT, ST_TIMEOUT.
 */
enum status exchange_resolve(struct exchange *x) MUST_CHECK;
enum status exchange_connect(struct exchange *x) MUST_CHECK;

/* The address tried now has had its time: the next step goes on to the next one. */
void exchange_give_up_address(struct exchange *x);

#endif
