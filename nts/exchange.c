// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One NTS-KE exchange of a client, step by step on libevent: draft 2.1, WIRE.md 1. Must not
 * block, must not call back from inside exchange_start, must not leave keys behind.
 */
#include <stdio.h>
#include <string.h>

#include "nts/exchange_internal.h"
#include "util/secret.h"
#include "util/timebase.h"

const char *exchange_step_str(enum exchange_step step)
{
	static const char *const texts[] = {
#define X(name, text) [name] = text,
		EXCHANGE_STEP_TABLE(X)
#undef X
	};

	return (size_t)step < sizeof(texts) / sizeof(texts[0]) ? texts[step] : "unknown step";
}

#define CONNECT_MAX_MS 2500	/* one SYN may be lost */

static struct timeval in_ms(uint32_t ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

static void free_event(struct event *ev)
{
	if (ev) {
		event_free(ev);
	}
}

void exchange_cancel(struct exchange *x)
{
	if (!x) {
		return;
	}
	if (x->lookup) {
		x->lookup->x = NULL;
		evdns_getaddrinfo_cancel(x->dns_request);
	}
	if (x->addrs) {
		evutil_freeaddrinfo(x->addrs);
	}
	tls_free(x->tls);
	exchange_close_socket(x);
	free_event(x->io);
	free_event(x->kick);
	free_event(x->timeout);
	tls_creds_unref(x->creds);
	secret_free(x, sizeof(*x));
}

static void drop_ticket(struct exchange *x)
{
	if (x->ticket) {
		tls_ticket_free(*x->ticket);
		*x->ticket = NULL;
	}
	x->offered = false;
}

/* The one that was tried last, or the one behind it. */
static uint32_t next_address(const struct exchange *x, enum status st)
{
	uint32_t behind = x->first_addr + x->tried_addrs;

	if (x->n_addrs == 0) {
		return x->first_addr;
	}
	return (st == ST_OK ? behind - 1 : behind) % x->n_addrs;
}

static void finish(struct exchange *x, enum status st)
{
	struct exchange_result result = {
		.st = st,
		.step = x->step,
		.answer = st == ST_OK ? &x->answer : NULL,
		.arrival_ms = x->arrival_ms,
		.valid_from_ms = x->valid_from_ms,
		.valid_to_ms = x->valid_to_ms,
		.resumed = st == ST_OK && tls_resumed(x->tls),
		.next_address = next_address(x, st),
	};

	if (st != ST_OK && x->offered) {
		drop_ticket(x);
	}
	if (st != ST_OK && !x->why[0] && x->n_addrs > 1) {
		exchange_explain(x, x->peer);
	}
	memcpy(result.why, x->why, sizeof(result.why));
	memcpy(result.peer, x->peer, sizeof(result.peer));
	x->done(x->ctx, &result);
	exchange_cancel(x);
}

/* ---- TLS, request, response ---- */

static enum status explain_tls(struct exchange *x, enum status st)
{
	if (st != ST_OK && st != ST_AGAIN) {
		exchange_explain(x, tls_why(x->tls));
	}
	return st;
}

static enum status open_tls(struct exchange *x)
{
	bool (*connected)(void *ctx) = x->connected;

	x->connected = NULL;
	if (connected && !connected(x->ctx)) {
		return ST_LIMIT;
	}
	if (!x->ticket) {
		return tls_client_new(x->creds, x->fd, x->host, &x->tls);
	}
	if (*x->ticket && !tls_ticket_fits(*x->ticket, x->creds, x->host)) {
		drop_ticket(x);
	}
	x->offered = *x->ticket != NULL;
	return tls_client_resume(x->creds, x->fd, x->host, *x->ticket, &x->tls);
}

static void take_ticket(struct exchange *x)
{
	struct tls_ticket *fresh = x->ticket ? tls_ticket_take(x->tls) : NULL;

	if (fresh) {
		tls_ticket_free(*x->ticket);
		*x->ticket = fresh;
	}
}

static enum status step_tls(struct exchange *x)
{
	enum status st;

	if (!x->tls) {
		st = open_tls(x);
		if (st != ST_OK) {
			return st;
		}
	}
	return explain_tls(x, tls_handshake(x->tls));
}

static enum status step_request(struct exchange *x)
{
	return explain_tls(x, tls_write(x->tls, x->request, x->request_len));
}

static enum status read_some(struct exchange *x)
{
	size_t len = 0;
	enum status st = tls_read(x->tls, x->in + x->in_len, sizeof(x->in) - x->in_len, &len);

	if (st != ST_OK) {
		return explain_tls(x, st);
	}
	if (len == 0) {
		snprintf(x->why, sizeof(x->why), "after %zu octets of the response", x->in_len);
		return ST_CLOSED;
	}
	x->in_len += len;
	return ST_OK;
}

/* Until the message is whole; what stands behind it then is for ke_decode to refuse. */
static enum status step_response(struct exchange *x)
{
	enum status framed = ST_AGAIN;
	size_t len;

	while (framed == ST_AGAIN) {
		enum status st = read_some(x);

		if (st == ST_CLOSED && x->in_len == 0 &&
		    x->request_type == KE_REGISTRATION_REVOKE) {
			x->why[0] = '\0';
			return ST_OK;
		}
		if (st != ST_OK) {
			return st;
		}
		framed = ke_frame(x->in, x->in_len, sizeof(x->in), &len);
	}
	x->arrival_ms = timebase_boot(&timebase_system);
	return framed;
}

/* ---- answer ---- */

static enum status refused(struct exchange *x)
{
	snprintf(x->why, sizeof(x->why), "Error %u, %s", x->answer.error,
		 ke_error_str(x->answer.error));
	return ke_status_of_error(x->answer.error);
}

static enum status check_answer(struct exchange *x)
{
	enum ke_type type = x->answer.type;

	if (type == KE_REFUSAL || type == KE_BARE_ERROR) {
		return refused(x);
	}
	if (type == KE_NO_PROTOCOL) {
		return ST_NO_PROTOCOL;
	}
	if ((type == KE_KEY_GRANT && x->request_type == KE_KEY_REQUEST) ||
	    (type == KE_REGISTRATION_SUCCESS && x->request_type == KE_REGISTRATION_REQUEST)) {
		return ST_OK;
	}
	exchange_explain(x, ke_type_str(type));
	return ST_BAD_TYPE;
}

/* Ours goes out, the server's is taken if it is there: it has nothing more to say. */
static void say_bye(struct exchange *x)
{
	uint8_t octet;
	size_t len;

	if (tls_bye(x->tls) == ST_OK && tls_read(x->tls, &octet, 1, &len) == ST_OK) {
		secret_wipe(&octet, sizeof(octet));
	}
}

static enum status step_decode(struct exchange *x)
{
	enum status st = tls_peer_validity(x->tls, &x->valid_from_ms, &x->valid_to_ms);

	if (st != ST_OK) {
		return st;
	}
	take_ticket(x);
	say_bye(x);
	if (x->in_len == 0) {
		return ST_OK;
	}
	st = ke_decode(x->in, x->in_len, KE_CLIENT, &x->answer);
	return st == ST_OK ? check_answer(x) : st;
}

/* ---- the steps in turn ---- */

/* While connecting, each address but the last gets its share of the time. */
static bool wait_io(struct exchange *x)
{
	uint32_t share_ms = x->timeout_ms / (x->n_addrs + !x->n_addrs);
	struct timeval share = in_ms(share_ms < CONNECT_MAX_MS ? share_ms : CONNECT_MAX_MS);
	bool connecting = x->step == EXCHANGE_TCP;
	bool others = x->tried_addrs < x->n_addrs;
	short flags = connecting || tls_wants_write(x->tls) ? EV_WRITE : EV_READ;

	event_del(x->io);
	return event_assign(x->io, x->base, x->fd, flags, event_get_callback(x->io), x) == 0 &&
	       event_add(x->io, connecting && others ? &share : NULL) == 0;
}

/* A ticket may not be what stands in the way: what failed with one is tried without. */
static bool start_over(struct exchange *x)
{
	if (!x->offered || x->step >= EXCHANGE_DECODE) {
		return false;
	}
	drop_ticket(x);
	tls_free(x->tls);
	x->tls = NULL;
	exchange_close_socket(x);
	secret_wipe(x->in, x->in_len);
	x->in_len = 0;
	x->tried_addrs = 0;
	x->step = EXCHANGE_TCP;
	return true;
}

static void run(struct exchange *x)
{
	static enum status (*const steps[])(struct exchange *x) = {
		[EXCHANGE_NAME] = exchange_resolve,
		[EXCHANGE_TCP] = exchange_connect,
		[EXCHANGE_TLS] = step_tls,
		[EXCHANGE_REQUEST] = step_request,
		[EXCHANGE_RESPONSE] = step_response,
		[EXCHANGE_DECODE] = step_decode,
	};
	enum status st = ST_OK;

	while (st == ST_OK && x->step != EXCHANGE_DONE) {
		st = steps[x->step](x);
		if (st == ST_OK) {
			x->step++;
		} else if (st != ST_AGAIN && start_over(x)) {
			st = ST_OK;
		}
	}
	if (st == ST_AGAIN && (x->fd < 0 || wait_io(x))) {
		return;
	}
	finish(x, st == ST_AGAIN ? ST_NO_MEMORY : st);
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;

	(void)fd;
	if (what & EV_TIMEOUT) {
		exchange_give_up_address(x);
	}
	run(x);
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;

	(void)fd;
	(void)what;
	finish(x, ST_TIMEOUT);
}

static enum status set_up(struct exchange *x, const struct exchange_args *args)
{
	const struct timeval timeout = in_ms(args->timeout_ms);
	size_t len = strlen(args->host);

	if (len >= sizeof(x->host)) {
		return ST_NAME;
	}
	memcpy(x->host, args->host, len + 1);
	x->io = event_new(x->base, -1, 0, on_io, x);
	x->kick = evtimer_new(x->base, on_kick, x);
	x->timeout = evtimer_new(x->base, on_timeout, x);
	if (!x->io || !x->kick || !x->timeout || evtimer_add(x->timeout, &timeout) != 0) {
		return ST_NO_MEMORY;
	}
	x->request_type = args->request->type;
	return ke_encode(args->request, x->request, sizeof(x->request), &x->request_len);
}

enum status exchange_start(const struct exchange_args *args, exchange_done done, void *ctx,
			   struct exchange **out)
{
	struct exchange *x = secret_alloc(sizeof(*x));
	enum status st;

	if (!x) {
		return ST_NO_MEMORY;
	}
	x->base = args->base;
	x->dns = args->dns;
	x->creds = tls_creds_ref(args->creds);
	x->port = args->port;
	x->timeout_ms = args->timeout_ms;
	x->ticket = args->ticket;
	x->first_addr = args->first_address;
	x->done = done;
	x->connected = args->connected;
	x->ctx = ctx;
	x->fd = -1;
	x->connect_st = ST_CONNECT;
	st = set_up(x, args);
	if (st != ST_OK) {
		exchange_cancel(x);
		return st;
	}
	event_active(x->kick, EV_TIMEOUT, 0);
	*out = x;
	return ST_OK;
}
