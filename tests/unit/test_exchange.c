// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client's exchange against a server in a child process on 127.0.0.1 that says canned
 * octets, or nothing. Names come from a hosts file and a name server of the test's own.
 */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>

#include "nts/exchange.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"
#include "util/timebase.h"

#define SHORT_MS 300
#define LONG_MS 20000

enum behaviour {
	ANSWER,		/* the canned octets, then close_notify */
	ANSWER_SPLIT,	/* the same, one octet a record */
	SILENT,		/* reads the request, says nothing */
	NO_TLS,		/* accepts, says nothing at all */
	CLOSE,		/* close_notify instead of an answer */
	CUT,		/* closes in the middle of the answer, without close_notify */
	HANG_UP,	/* closes at once */
	RESUME,		/* as ANSWER, to one client after the other, and lets them resume */
	GRUDGE,		/* the same, but says nothing to those who do */
};

struct child {
	pid_t pid;
	uint16_t port;
};

struct outcome {
	int calls;
	enum status st;
	enum exchange_step step;
	char why[TLS_WHY];
	char peer[64];
	uint64_t arrival_ms;
	uint32_t key_id;
	bool in_start;
	bool resumed;
	uint32_t next_address;
};

static struct certs dir;
static struct tls_ticket *ticket;
static struct tls_ticket **ticket_at;	/* what the exchange is told */
static uint32_t first_address;		/* likewise */

static void make_certificates(void)
{
	certs_open(&dir);
	certs_ca(&dir, "other");
	certs_issue(&dir, "server", &(struct certs_spec){
		.ip = "127.0.0.1", .dns = { "ke.test" }, .purpose = CERTS_SERVER_AUTH });
	certs_issue(&dir, "client", &(struct certs_spec){
		.common_name = "c", .purpose = CERTS_CLIENT_AUTH });
	certs_issue(&dir, "second", &(struct certs_spec){
		.common_name = "s", .purpose = CERTS_CLIENT_AUTH });
	certs_issue(&dir, "foreign", &(struct certs_spec){ .ca = "other", .common_name = "f" });
}

static void remove_certificates(void)
{
	certs_close(&dir);
}

/* ---- the server, in its child process ---- */

static void wait_for(struct tls_session *s, int fd)
{
	struct pollfd p = { fd, tls_wants_write(s) ? POLLOUT : POLLIN, 0 };

	poll(&p, 1, 1000);
}

static void write_all(struct tls_session *s, int fd, const uint8_t *data, size_t len)
{
	while (tls_write(s, data, len) == ST_AGAIN) {
		wait_for(s, fd);
	}
}

static void read_until_end(struct tls_session *s, int fd, bool whole_request)
{
	uint8_t in[KE_REQUEST_MAX];
	size_t used = 0;
	size_t len = 0;
	enum status st;

	while (used < sizeof(in)) {
		st = tls_read(s, in + used, sizeof(in) - used, &len);
		if (st == ST_AGAIN) {
			wait_for(s, fd);
			continue;
		}
		if (st != ST_OK || len == 0) {
			return;
		}
		used += len;
		if (whole_request && ke_frame(in, used, sizeof(in), &len) == ST_OK) {
			return;
		}
	}
}

static void answer(struct tls_session *s, int fd, enum behaviour b, const uint8_t *data,
		   size_t len)
{
	if (b == ANSWER_SPLIT) {
		for (size_t i = 0; i < len; i++) {
			write_all(s, fd, data + i, 1);
		}
	} else if (b != CLOSE && b != SILENT) {
		write_all(s, fd, data, b == CUT ? len / 2 : len);
	}
	if (b == SILENT) {
		pause();
	}
	if (b != CUT && tls_bye(s) == ST_OK) {
		read_until_end(s, fd, false);
	}
}

static void serve(int listener, enum behaviour b, const uint8_t *data, size_t len)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct tls_session *s;
	enum status st;

	if (b == NO_TLS) {
		pause();
	}
	if (b == HANG_UP || tls_server_new(certs_load(&dir, "server", NULL), fd, &s) != ST_OK) {
		return;
	}
	while ((st = tls_handshake(s)) == ST_AGAIN) {
		wait_for(s, fd);
	}
	if (st == ST_OK) {
		read_until_end(s, fd, true);
		answer(s, fd, b, data, len);
	} else {
		shutdown(fd, SHUT_WR);
		poll(&(struct pollfd){ fd, POLLRDHUP, 0 }, 1, 1000);
	}
}

static void serve_again(struct tls_creds *creds, int fd, enum behaviour b, const uint8_t *data,
			size_t len)
{
	struct tls_session *s;
	enum status st;

	if (tls_server_new(creds, fd, &s) != ST_OK) {
		return;
	}
	while ((st = tls_handshake(s)) == ST_AGAIN) {
		wait_for(s, fd);
	}
	if (st == ST_OK && !(b == GRUDGE && tls_resumed(s))) {
		read_until_end(s, fd, true);
		answer(s, fd, ANSWER, data, len);
	}
	tls_free(s);
	close(fd);
}

static void serve_many(int listener, enum behaviour b, const uint8_t *data, size_t len)
{
	struct tls_creds *creds = certs_load(&dir, "server", NULL);

	if (tls_creds_resumption(creds, 3600) != ST_OK) {
		return;
	}
	for (;;) {
		serve_again(creds, accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), b,
			    data, len);
	}
}

static int open_listener(uint16_t *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static struct child start_server(enum behaviour b, const uint8_t *data, size_t len)
{
	struct child c;
	int fd = open_listener(&c.port);

	c.pid = fork();
	ck_assert_int_ge(c.pid, 0);
	if (c.pid == 0) {
		(b < RESUME ? serve : serve_many)(fd, b, data, len);
		_exit(EXIT_SUCCESS);
	}
	close(fd);
	return c;
}

static void stop_server(struct child c)
{
	kill(c.pid, SIGKILL);
	waitpid(c.pid, NULL, 0);
}

/* ---- the client ---- */

static void on_done(void *ctx, const struct exchange_result *r)
{
	struct outcome *o = ctx;

	ck_assert(!o->in_start);
	o->calls++;
	o->st = r->st;
	o->step = r->step;
	o->arrival_ms = r->arrival_ms;
	memcpy(o->why, r->why, sizeof(o->why));
	memcpy(o->peer, r->peer, sizeof(o->peer));
	ck_assert_int_eq(r->answer != NULL, r->st == ST_OK);
	o->resumed = r->resumed;
	o->next_address = r->next_address;
	o->key_id = r->answer ? r->answer->current.sa[0].key_id : 0;
}

/* A name server that knows no name. */
static void no_such_name(struct evdns_server_request *request, void *ctx)
{
	(void)ctx;
	evdns_server_request_respond(request, DNS_ERR_NOTEXIST);
}

static struct evdns_server_port *open_name_server(struct event_base *base,
						  struct evdns_base *dns)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(evdns_base_nameserver_sockaddr_add(dns, (struct sockaddr *)&sa, len, 0),
			 0);
	return evdns_add_server_port_with_base(base, fd, 0, no_such_name, NULL);
}

static void load_hosts(struct evdns_base *dns)
{
	char path[CERTS_PATH];
	FILE *f = fopen(certs_path(&dir, "hosts", path), "w");

	fprintf(f, "127.0.0.9 ke.test\n127.0.0.1 ke.test\n");
	fclose(f);
	ck_assert_int_eq(evdns_base_load_hosts(dns, path), 0);
}

static const struct ke_message key_request = { .type = KE_KEY_REQUEST };

#define NEVER (-1)

/* Runs until done is called, or cancels after so many rounds of the loop. */
static void run(struct outcome *o, const char *host, uint16_t port, const char *cert,
		uint32_t timeout_ms, int cancel_after)
{
	struct event_base *base = event_base_new();
	struct evdns_base *dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	struct evdns_server_port *names = open_name_server(base, dns);
	struct tls_creds *creds = certs_load(&dir, cert, NULL);
	struct exchange_args args = { base, dns, creds, host, port, timeout_ms, &key_request,
				      ticket_at, first_address };
	struct exchange *x;

	memset(o, 0, sizeof(*o));
	load_hosts(dns);
	o->in_start = true;
	ck_assert_int_eq(exchange_start(&args, on_done, o, &x), ST_OK);
	tls_creds_unref(creds);
	o->in_start = false;
	for (int i = 0; i < cancel_after; i++) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	if (cancel_after != NEVER) {
		exchange_cancel(x);
	}
	while (cancel_after == NEVER && o->calls == 0) {
		event_base_loop(base, EVLOOP_ONCE);
	}
	for (int i = 0; i < 3; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	evdns_close_server_port(names);
	evdns_base_free(dns, 0);
	event_base_free(base);
	ck_assert_int_eq(o->calls, cancel_after == NEVER);
}

/* ---- canned octets ---- */

static size_t grant(uint8_t *out)
{
	struct ke_message m = { .type = KE_KEY_GRANT };
	size_t len;

	m.current.policy.named = 0xffff;
	m.current.n_sa = 1;
	m.current.sa[0] = (struct nts_sa){ .key_len = 32, .mac = ALG_HMAC_SHA256_128,
					   .key_id = 77 };
	m.current.lifetime = 100;
	m.current.update_in = 60;
	m.current.grace = NTS_GRACE_DEFAULT;
	ck_assert_int_eq(ke_encode(&m, out, KE_RESPONSE_MAX, &len), ST_OK);
	return len;
}

/* The answer to a Registration Request, which nobody made. */
static size_t registration(uint8_t *out)
{
	struct ke_message m = { .type = KE_REGISTRATION_SUCCESS };
	size_t len;

	m.current.ticket_key_id = 7;
	m.current.ticket_key_len = 32;
	m.current.aead = ALG_AEAD_AES_SIV_CMAC_256;
	m.current.lifetime = 100;
	m.current.update_in = 60;
	m.current.grace = NTS_GRACE_DEFAULT;
	ck_assert_int_eq(ke_encode(&m, out, KE_RESPONSE_MAX, &len), ST_OK);
	return len;
}

static size_t refusal(uint8_t *out, uint16_t error)
{
	struct ke_message m = { .type = KE_REFUSAL, .error = error };
	size_t len;

	ck_assert_int_eq(ke_encode(&m, out, KE_RESPONSE_MAX, &len), ST_OK);
	return len;
}

static uint8_t canned[KE_RESPONSE_MAX + 64];

static void expect(enum behaviour b, size_t len, uint32_t timeout_ms, enum status st,
		   enum exchange_step step)
{
	struct child c = start_server(b, canned, len);
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", timeout_ms, NEVER);
	stop_server(c);
	ck_assert_str_eq(status_name(o.st), status_name(st));
	ck_assert_str_eq(exchange_step_str(o.step), exchange_step_str(step));
}

START_TEST(test_grant)
{
	size_t len = grant(canned);
	struct child c = start_server(_i ? ANSWER_SPLIT : ANSWER, canned, len);
	uint64_t before = timebase_boot(&timebase_system);
	char peer[64];
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", LONG_MS, NEVER);
	stop_server(c);
	snprintf(peer, sizeof(peer), "127.0.0.1:%u", c.port);
	ck_assert_str_eq(status_name(o.st), "ST_OK");
	ck_assert_int_eq(o.step, EXCHANGE_DONE);
	ck_assert_uint_eq(o.key_id, 77);
	ck_assert_str_eq(o.peer, peer);
	ck_assert_str_eq(o.why, "");
	ck_assert_uint_ge(o.arrival_ms, before);
	ck_assert_uint_le(o.arrival_ms, timebase_boot(&timebase_system));
}
END_TEST

/* The name has two addresses; nobody listens at the first. */
START_TEST(test_second_address)
{
	struct child c = start_server(ANSWER, canned, grant(canned));
	struct outcome o;

	run(&o, "ke.test", c.port, "client", LONG_MS, NEVER);
	stop_server(c);
	ck_assert_str_eq(status_name(o.st), "ST_OK");
	ck_assert_str_eq(o.why, "");
	ck_assert_uint_eq(o.next_address, 1);
}
END_TEST

/* One that fails is not the first that is tried the next time, one that answers is. */
START_TEST(test_first_address)
{
	static const struct {
		enum behaviour b;
		uint32_t first, next;
	} rows[] = {
		{ ANSWER, 1, 1 }, { HANG_UP, 1, 0 }, { NO_TLS, 1, 0 }, { ANSWER, 0, 1 },
		{ HANG_UP, 0, 0 }, { ANSWER, 3, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct child c = start_server(rows[i].b, canned, grant(canned));
		struct outcome o;

		first_address = rows[i].first;
		run(&o, "ke.test", c.port, "client", SHORT_MS * 10, NEVER);
		stop_server(c);
		ck_assert_int_eq(o.st == ST_OK, rows[i].b == ANSWER);
		ck_assert_uint_eq(o.next_address, rows[i].next);
	}
}
END_TEST

START_TEST(test_refusals)
{
	static const struct {
		uint16_t error;
		enum status st;
	} refusals[] = {
		{ 0, ST_REFUSED }, { 1, ST_REFUSED }, { 2, ST_REFUSED },
		{ 3, ST_NOT_AUTHORIZED }, { 4, ST_NOT_REGISTERED }, { 32768, ST_NO_COMMON_ALG },
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		expect(ANSWER, refusal(canned, refusals[i].error), LONG_MS, refusals[i].st,
		       EXCHANGE_DECODE);
	}
}
END_TEST

START_TEST(test_bad_answers)
{
	struct ke_message m = { .type = KE_KEY_REQUEST };
	size_t len = grant(canned);

	canned[len] = 0;
	expect(ANSWER, len + 1, LONG_MS, ST_TRAILING, EXCHANGE_DECODE);
	expect(CUT, len, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	expect(ANSWER, len - 4, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	ck_assert_int_eq(ke_encode(&m, canned, sizeof(canned), &len), ST_OK);
	expect(ANSWER, len, LONG_MS, ST_BAD_TYPE, EXCHANGE_DECODE);
	expect(ANSWER, registration(canned), LONG_MS, ST_BAD_TYPE, EXCHANGE_DECODE);
	memcpy(canned, "\x80\x01\x00\x00\x80\x00\x00\x00", 8);
	expect(ANSWER, 8, LONG_MS, ST_NO_PROTOCOL, EXCHANGE_DECODE);
	memset(canned, 0x7f, sizeof(canned));
	expect(ANSWER, sizeof(canned), LONG_MS, ST_TOO_LONG, EXCHANGE_RESPONSE);
}
END_TEST

START_TEST(test_silence)
{
	expect(SILENT, 0, 10 * SHORT_MS, ST_TIMEOUT, EXCHANGE_RESPONSE);
	expect(NO_TLS, 0, SHORT_MS, ST_TIMEOUT, EXCHANGE_TLS);
}
END_TEST

START_TEST(test_closes)
{
	expect(CLOSE, 0, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	expect(HANG_UP, 0, LONG_MS, ST_CLOSED, EXCHANGE_TLS);
}
END_TEST

START_TEST(test_nobody_listens)
{
	struct outcome o;
	uint16_t port;

	close(open_listener(&port));
	run(&o, "127.0.0.1", port, "client", LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_CONNECT");
	ck_assert_int_eq(o.step, EXCHANGE_TCP);
	ck_assert_ptr_nonnull(strstr(o.why, "Connection refused"));
	run(&o, "ke.test", port, "client", LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_CONNECT");
}
END_TEST

START_TEST(test_no_such_name)
{
	struct outcome o;

	run(&o, "none.test", 1, "client", LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_NAME");
	ck_assert_int_eq(o.step, EXCHANGE_NAME);
	ck_assert_str_ne(o.why, "");
}
END_TEST

START_TEST(test_client_is_refused)
{
	struct child c = start_server(ANSWER, canned, grant(canned));
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "foreign", LONG_MS, NEVER);
	stop_server(c);
	ck_assert_str_eq(status_name(o.st), "ST_TLS_ALERT");
	ck_assert_ptr_nonnull(strstr(o.why, "CA is unknown"));
}
END_TEST

START_TEST(test_cancel)
{
	struct child c = start_server(SILENT, NULL, 0);
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", LONG_MS, 0);
	run(&o, "127.0.0.1", c.port, "client", LONG_MS, 3);
	run(&o, "none.test", c.port, "client", LONG_MS, 1);
	run(&o, "ke.test", c.port, "client", LONG_MS, 1);
	exchange_cancel(NULL);
	stop_server(c);
}
END_TEST

/* Asks with the ticket in hand; true: on a resumed session. */
static bool ask_resumed(struct child c, const char *cert)
{
	struct outcome o;

	run(&o, "127.0.0.1", c.port, cert, LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_OK");
	ck_assert_uint_eq(o.key_id, 77);
	return o.resumed;
}

START_TEST(test_resumed)
{
	struct child c = start_server(RESUME, canned, grant(canned));
	struct tls_ticket *first;

	ck_assert(!ask_resumed(c, "client"));
	ck_assert(!ask_resumed(c, "client"));
	ck_assert_ptr_null(ticket);
	ticket_at = &ticket;
	ck_assert(!ask_resumed(c, "client"));
	first = ticket;
	ck_assert_ptr_nonnull(first);
	ck_assert(ask_resumed(c, "client"));
	ck_assert(ask_resumed(c, "client"));
	ck_assert_ptr_eq(ticket, first);
	ck_assert(!ask_resumed(c, "second"));
	ck_assert_ptr_nonnull(ticket);
	ck_assert(ask_resumed(c, "second"));
	stop_server(c);
	tls_ticket_free(ticket);
}
END_TEST

/* What fails on a resumed session is tried once more, in full, at once. */
START_TEST(test_resumption_fails)
{
	struct child c = start_server(GRUDGE, canned, grant(canned));
	struct outcome o;

	ticket_at = &ticket;
	for (int i = 0; i < 3; i++) {
		ck_assert(!ask_resumed(c, "client"));
		ck_assert_ptr_nonnull(ticket);
	}
	stop_server(c);
	c = start_server(SILENT, NULL, 0);
	run(&o, "127.0.0.1", c.port, "client", SHORT_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_TIMEOUT");
	ck_assert_ptr_null(ticket);
	stop_server(c);
}
END_TEST

START_TEST(test_start_refuses)
{
	struct event_base *base = event_base_new();
	struct tls_creds *creds = certs_load(&dir, "client", NULL);
	struct ke_message bad = { .type = KE_KEY_REQUEST, .assoc.type = 99 };
	char host[300];
	struct exchange_args args = { base, NULL, creds, host, 1, 1000, &key_request, NULL, 0 };
	struct outcome o = { 0 };
	struct exchange *x;

	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	ck_assert_int_eq(exchange_start(&args, on_done, &o, &x), ST_NAME);
	args.host = "127.0.0.1";
	args.request = &bad;
	ck_assert_int_eq(exchange_start(&args, on_done, &o, &x), ST_BAD_VALUE);
	ck_assert_int_eq(o.calls, 0);
	tls_creds_unref(creds);
	event_base_free(base);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exchange");
	TCase *tc = tcase_create("exchange");

	tcase_add_unchecked_fixture(tc, make_certificates, remove_certificates);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_grant, 0, 2);
	tcase_add_test(tc, test_second_address);
	tcase_add_test(tc, test_first_address);
	tcase_add_test(tc, test_refusals);
	tcase_add_test(tc, test_bad_answers);
	tcase_add_test(tc, test_silence);
	tcase_add_test(tc, test_closes);
	tcase_add_test(tc, test_nobody_listens);
	tcase_add_test(tc, test_no_such_name);
	tcase_add_test(tc, test_client_is_refused);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_resumed);
	tcase_add_test(tc, test_resumption_fails);
	tcase_add_test(tc, test_start_refuses);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
