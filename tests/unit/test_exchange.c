// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client's exchange against servers that say canned octets, or nothing. Names come from a hosts
 * file and a name server of the test's own.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>

#include "nts/exchange.h"
#include "tests/unit/ke_server.h"
#include "tests/unit/run.h"
#include "util/timebase.h"

#define SHORT_MS 300
#define LONG_MS 20000

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
static bool (*connected)(void *ctx);
static int times_connected;

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
				      ticket_at, first_address, connected };
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

static void expect(enum ke_server_kind b, size_t len, uint32_t timeout_ms, enum status st,
		   enum exchange_step step)
{
	struct ke_server c = ke_server_start(&dir, b, canned, len);
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", timeout_ms, NEVER);
	ke_server_stop(c);
	ck_assert_str_eq(status_name(o.st), status_name(st));
	ck_assert_str_eq(exchange_step_str(o.step), exchange_step_str(step));
}

START_TEST(test_grant)
{
	size_t len = grant(canned);
	struct ke_server c = ke_server_start(&dir, _i ? KE_ANSWER_SPLIT : KE_ANSWER, canned, len);
	uint64_t before = timebase_boot(&timebase_system);
	char peer[64];
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", LONG_MS, NEVER);
	ke_server_stop(c);
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

static bool refuse(void *ctx)
{
	(void)ctx;
	times_connected++;
	return false;
}

/* Asked where TCP stands, and only there. */
START_TEST(test_not_with_tls)
{
	struct ke_server c = ke_server_start(&dir, KE_ANSWER, canned, grant(canned));
	struct outcome o;

	connected = refuse;
	run(&o, "ke.test", c.port, "client", LONG_MS, NEVER);
	ke_server_stop(c);
	ck_assert_str_eq(status_name(o.st), "ST_LIMIT");
	ck_assert_int_eq(o.step, EXCHANGE_TLS);
	ck_assert_int_eq(times_connected, 1);
	run(&o, "127.0.0.1", c.port, "client", LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_CONNECT");
	ck_assert_int_eq(times_connected, 1);
	connected = NULL;
}
END_TEST

/* The name has two addresses; nobody listens at the first. */
START_TEST(test_second_address)
{
	struct ke_server c = ke_server_start(&dir, KE_ANSWER, canned, grant(canned));
	struct outcome o;

	run(&o, "ke.test", c.port, "client", LONG_MS, NEVER);
	ke_server_stop(c);
	ck_assert_str_eq(status_name(o.st), "ST_OK");
	ck_assert_str_eq(o.why, "");
	ck_assert_uint_eq(o.next_address, 1);
}
END_TEST

/* One that fails is not the first that is tried the next time, one that answers is. */
START_TEST(test_first_address)
{
	static const struct {
		enum ke_server_kind b;
		uint32_t first, next;
	} rows[] = {
		{ KE_ANSWER, 1, 1 }, { KE_HANG_UP, 1, 0 }, { KE_NO_TLS, 1, 0 },
		{ KE_ANSWER, 0, 1 },
		{ KE_HANG_UP, 0, 0 }, { KE_ANSWER, 3, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ke_server c = ke_server_start(&dir, rows[i].b, canned, grant(canned));
		struct outcome o;

		first_address = rows[i].first;
		run(&o, "ke.test", c.port, "client", SHORT_MS * 10, NEVER);
		ke_server_stop(c);
		ck_assert_int_eq(o.st == ST_OK, rows[i].b == KE_ANSWER);
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
		expect(KE_ANSWER, refusal(canned, refusals[i].error), LONG_MS, refusals[i].st,
		       EXCHANGE_DECODE);
	}
}
END_TEST

START_TEST(test_bad_answers)
{
	struct ke_message m = { .type = KE_KEY_REQUEST };
	size_t len = grant(canned);

	canned[len] = 0;
	expect(KE_ANSWER, len + 1, LONG_MS, ST_TRAILING, EXCHANGE_DECODE);
	expect(KE_CUT, len, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	expect(KE_ANSWER, len - 4, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	ck_assert_int_eq(ke_encode(&m, canned, sizeof(canned), &len), ST_OK);
	expect(KE_ANSWER, len, LONG_MS, ST_BAD_TYPE, EXCHANGE_DECODE);
	expect(KE_ANSWER, registration(canned), LONG_MS, ST_BAD_TYPE, EXCHANGE_DECODE);
	memcpy(canned, "\x80\x01\x00\x00\x80\x00\x00\x00", 8);
	expect(KE_ANSWER, 8, LONG_MS, ST_NO_PROTOCOL, EXCHANGE_DECODE);
	memset(canned, 0x7f, sizeof(canned));
	expect(KE_ANSWER, sizeof(canned), LONG_MS, ST_TOO_LONG, EXCHANGE_RESPONSE);
}
END_TEST

START_TEST(test_silence)
{
	expect(KE_SILENT, 0, 10 * SHORT_MS, ST_TIMEOUT, EXCHANGE_RESPONSE);
	expect(KE_NO_TLS, 0, SHORT_MS, ST_TIMEOUT, EXCHANGE_TLS);
}
END_TEST

START_TEST(test_closes)
{
	expect(KE_CLOSE, 0, LONG_MS, ST_CLOSED, EXCHANGE_RESPONSE);
	expect(KE_HANG_UP, 0, LONG_MS, ST_CLOSED, EXCHANGE_TLS);
}
END_TEST

START_TEST(test_nobody_listens)
{
	struct outcome o;
	uint16_t port;

	close(ke_server_listen(&port));
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
	struct ke_server c = ke_server_start(&dir, KE_ANSWER, canned, grant(canned));
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "foreign", LONG_MS, NEVER);
	ke_server_stop(c);
	ck_assert_str_eq(status_name(o.st), "ST_TLS_ALERT");
	ck_assert_ptr_nonnull(strstr(o.why, "CA is unknown"));
}
END_TEST

START_TEST(test_cancel)
{
	struct ke_server c = ke_server_start(&dir, KE_SILENT, NULL, 0);
	struct outcome o;

	run(&o, "127.0.0.1", c.port, "client", LONG_MS, 0);
	run(&o, "127.0.0.1", c.port, "client", LONG_MS, 3);
	run(&o, "none.test", c.port, "client", LONG_MS, 1);
	run(&o, "ke.test", c.port, "client", LONG_MS, 1);
	exchange_cancel(NULL);
	ke_server_stop(c);
}
END_TEST

/* Asks with the ticket in hand; true: on a resumed session. */
static bool ask_resumed(struct ke_server c, const char *cert)
{
	struct outcome o;

	run(&o, "127.0.0.1", c.port, cert, LONG_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_OK");
	ck_assert_uint_eq(o.key_id, 77);
	return o.resumed;
}

START_TEST(test_resumed)
{
	struct ke_server c = ke_server_start(&dir, KE_RESUME, canned, grant(canned));
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
	ke_server_stop(c);
	tls_ticket_free(ticket);
}
END_TEST

/* What fails on a resumed session is tried once more, in full, at once. */
START_TEST(test_resumption_fails)
{
	struct ke_server c = ke_server_start(&dir, KE_GRUDGE, canned, grant(canned));
	struct outcome o;

	ticket_at = &ticket;
	for (int i = 0; i < 3; i++) {
		ck_assert(!ask_resumed(c, "client"));
		ck_assert_ptr_nonnull(ticket);
	}
	ke_server_stop(c);
	c = ke_server_start(&dir, KE_SILENT, NULL, 0);
	run(&o, "127.0.0.1", c.port, "client", SHORT_MS, NEVER);
	ck_assert_str_eq(status_name(o.st), "ST_TIMEOUT");
	ck_assert_ptr_null(ticket);
	ke_server_stop(c);
}
END_TEST

START_TEST(test_start_refuses)
{
	struct event_base *base = event_base_new();
	struct tls_creds *creds = certs_load(&dir, "client", NULL);
	struct ke_message bad = { .type = KE_KEY_REQUEST, .assoc.type = 99 };
	char host[300];
	struct exchange_args args = { base, NULL, creds, host, 1, 1000, &key_request, NULL, 0,
				      NULL };
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
	tcase_add_test(tc, test_not_with_tls);
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
