// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS sessions against each other over a socketpair, in turns, and against plain GnuTLS
 * clients that do what ours never would.
 */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "tests/unit/ends.h"
#include "tests/unit/run.h"

/* One turn of an end that waits for its socket, as an event loop would have it. */
static void when_readable(struct tls_session *s, int fd, enum status *st)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (*st == ST_AGAIN && poll(&p, 1, 0) == 1) {
		*st = tls_handshake(s);
	}
}

/* Certificates cut into several records, which come all at once. */
START_TEST(test_small_records)
{
	struct ends e;

	ends_open(&e, "below", "below", "ke.example.net", NULL);
	ck_assert_int_eq(gnutls_record_set_max_size(e.client->gs, 512), 0);
	ck_assert_int_eq(gnutls_record_set_max_size(e.server->gs, 512), 0);
	e.client_st = tls_handshake(e.client);
	for (int i = 0; i < ENDS_TURNS; i++) {
		when_readable(e.server, e.fd[1], &e.server_st);
		when_readable(e.client, e.fd[0], &e.client_st);
	}
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(e.server_st, ST_OK);
	ends_close(&e);
}
END_TEST

START_TEST(test_exchange)
{
	static uint8_t out[60000];
	static uint8_t in[60000];
	struct ends e;
	size_t got = 0;
	size_t len = 0;
	enum status w = ST_AGAIN;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(e.server_st, ST_OK);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	for (int i = 0; i < ENDS_TURNS && got < sizeof(in); i++) {
		if (w == ST_AGAIN) {
			w = tls_write(e.server, out, sizeof(out));
		}
		if (tls_read(e.client, in + got, sizeof(in) - got, &len) == ST_OK) {
			got += len;
		}
	}
	ck_assert_int_eq(w, ST_OK);
	ck_assert_mem_eq(in, out, sizeof(in));
	ck_assert_int_eq(tls_read(e.client, in, 1, &len), ST_AGAIN);
	ck_assert(!tls_wants_write(e.client));
	ck_assert(!tls_pending(e.client));
	ck_assert_int_eq(tls_bye(e.server), ST_OK);
	ck_assert_int_eq(tls_read(e.client, in, 1, &len), ST_OK);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(tls_why(e.client), "");
	ends_close(&e);
}
END_TEST

START_TEST(test_full_socket_wants_write)
{
	static uint8_t out[60000];
	struct ends e;
	int size = 4096;
	enum status st;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(setsockopt(e.fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	st = tls_write(e.server, out, sizeof(out));
	ck_assert_int_eq(st, ST_AGAIN);
	ck_assert(tls_wants_write(e.server));
	ends_close(&e);
}
END_TEST

/* One piece, also for a socket that takes it in many: the close_notify, and then the end. */
START_TEST(test_write_last)
{
	static uint8_t out[60000];
	static uint8_t in[sizeof(out) + 1];
	struct ends e;
	size_t got = 0;
	size_t len = 1;
	int size = 4096;
	enum status w = ST_AGAIN;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(setsockopt(e.fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	ck_assert_int_eq(tls_write_last(e.server, out, sizeof(out)), ST_AGAIN);
	ck_assert(tls_wants_write(e.server));
	for (int i = 0; i < ENDS_TURNS && len; i++) {
		if (w == ST_AGAIN) {
			w = tls_write_last(e.server, out, sizeof(out));
		}
		if (tls_read(e.client, in + got, sizeof(in) - got, &len) == ST_OK) {
			got += len;
		}
	}
	ck_assert_int_eq(w, ST_OK);
	ck_assert_uint_eq(got, sizeof(out));
	ck_assert_mem_eq(in, out, sizeof(out));
	ck_assert(!tls_pending(e.client));
	ck_assert_int_eq(recv(e.fd[0], in, 1, MSG_DONTWAIT), 0);
	ends_close(&e);
}
END_TEST

START_TEST(test_end_without_notify)
{
	struct ends e;
	uint8_t octet;
	size_t len;

	ends_open(&e, "client", "server", "192.0.2.1", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(shutdown(e.fd[1], SHUT_RDWR), 0);
	ck_assert_int_eq(tls_read(e.client, &octet, 1, &len), ST_CLOSED);
	ck_assert_int_eq(tls_write(e.client, &octet, 1), ST_CLOSED);
	ends_close(&e);
}
END_TEST

START_TEST(test_pending)
{
	struct ends e;
	uint8_t data[4] = { 1, 2, 3, 4 };
	size_t len;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(tls_write(e.client, data, 4), ST_OK);
	ck_assert_int_eq(tls_read(e.server, data, 1, &len), ST_OK);
	ck_assert(tls_pending(e.server));
	ends_close(&e);
}
END_TEST

/* The server has gone already, but what it said still arrives. */
START_TEST(test_alert_before_write)
{
	struct ends e;

	ends_open(&e, "foreign", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(e.server_st, ST_CERT_UNTRUSTED);
	ck_assert_int_eq(shutdown(e.fd[1], SHUT_RDWR), 0);
	ck_assert_int_eq(tls_write(e.client, (const uint8_t *)"x", 1), ST_TLS_ALERT);
	ends_close(&e);
}
END_TEST

/* A client of plain GnuTLS, which may offer what ours never would. */
struct raw {
	gnutls_session_t gs;
	gnutls_certificate_credentials_t cred;
	int fd[2];
	struct tls_session *server;
};

static void raw_open(struct raw *r, const char *priority, const char *alpn, const char *cert)
{
	char crt[CERTS_PATH];
	char key[CERTS_PATH];
	char name[64];
	struct tls_creds *sc = ends_load("server", NULL);

	ends_sockets(r->fd);
	ck_assert_int_eq(tls_server_new(sc, r->fd[1], &r->server), ST_OK);
	tls_creds_unref(sc);
	gnutls_certificate_allocate_credentials(&r->cred);
	if (cert) {
		snprintf(name, sizeof(name), "%s.crt", cert);
		certs_path(&ends_dir, name, crt);
		snprintf(name, sizeof(name), "%s.key", cert);
		certs_path(&ends_dir, name, key);
		ck_assert_int_eq(gnutls_certificate_set_x509_key_file(r->cred, crt, key,
								      GNUTLS_X509_FMT_PEM), 0);
	}
	gnutls_init(&r->gs, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	ck_assert_int_eq(gnutls_priority_set_direct(r->gs, priority, NULL), 0);
	gnutls_credentials_set(r->gs, GNUTLS_CRD_CERTIFICATE, r->cred);
	if (alpn) {
		gnutls_datum_t d = { (unsigned char *)(uintptr_t)alpn,
				     (unsigned int)strlen(alpn) };

		gnutls_alpn_set_protocols(r->gs, &d, 1, 0);
	}
	gnutls_transport_set_int(r->gs, r->fd[0]);
}

static void raw_close(struct raw *r)
{
	gnutls_deinit(r->gs);
	gnutls_certificate_free_credentials(r->cred);
	tls_free(r->server);
	close(r->fd[0]);
	close(r->fd[1]);
}

/* The server's verdict; the alert that the client got is *alert, or -1. */
static enum status raw_run(struct raw *r, int *alert)
{
	enum status st = ST_AGAIN;
	int err = GNUTLS_E_AGAIN;
	char octet;

	for (int i = 0; i < ENDS_TURNS && st == ST_AGAIN; i++) {
		if (err == GNUTLS_E_AGAIN) {
			err = gnutls_handshake(r->gs);
		}
		st = tls_handshake(r->server);
	}
	if (err == GNUTLS_E_AGAIN) {
		err = gnutls_handshake(r->gs);
	}
	if (err == GNUTLS_E_SUCCESS) {
		err = (int)gnutls_record_recv(r->gs, &octet, 1);
	}
	*alert = err == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)gnutls_alert_get(r->gs) : -1;
	return st;
}

static const struct {
	const char *priority;
	const char *alpn;
	const char *cert;
	enum status st;
	int alert;
} bad_offers[] = {
	{ "NORMAL", "ntske/1", "client", ST_OK, -1 },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", "ntske/1", "client", ST_TLS_VERSION,
	  GNUTLS_A_PROTOCOL_VERSION },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", "ntske/1", "client", ST_TLS_VERSION,
	  GNUTLS_A_PROTOCOL_VERSION },
	{ "NORMAL:-CIPHER-ALL:+AES-128-CCM", "ntske/1", "client", ST_TLS,
	  GNUTLS_A_HANDSHAKE_FAILURE },
	{ "NORMAL", NULL, "client", ST_TLS_ALPN, GNUTLS_A_NO_APPLICATION_PROTOCOL },
	{ "NORMAL", "h2", "client", ST_TLS_ALPN, GNUTLS_A_NO_APPLICATION_PROTOCOL },
	{ "NORMAL", "ntske/12", "client", ST_TLS_ALPN, GNUTLS_A_NO_APPLICATION_PROTOCOL },
	{ "NORMAL", "ntske/1", NULL, ST_CERT_MISSING, GNUTLS_A_CERTIFICATE_REQUIRED },
};

START_TEST(test_offer)
{
	struct raw r;
	int alert;

	raw_open(&r, bad_offers[_i].priority, bad_offers[_i].alpn, bad_offers[_i].cert);
	ck_assert_str_eq(status_name(raw_run(&r, &alert)), status_name(bad_offers[_i].st));
	ck_assert_int_eq(alert, bad_offers[_i].alert);
	raw_close(&r);
}
END_TEST

START_TEST(test_garbage)
{
	static const char http[] = "GET / HTTP/1.0\r\n\r\n";
	struct ends e;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ck_assert_int_eq(write(e.fd[0], http, sizeof(http) - 1), sizeof(http) - 1);
	ck_assert_int_eq(tls_handshake(e.server), ST_TLS);
	ends_close(&e);
}
END_TEST

/* Of 16 MB, by its length: a server that kept it all would starve. */
START_TEST(test_endless_message)
{
	uint8_t record[5 + 16000] = { 22, 3, 1, 16000 >> 8, 16000 & 0xff, 1, 0xff, 0xff, 0xff };
	uint8_t answer[16];
	struct ends e;
	int i;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	for (i = 0; i < 10 && e.server_st == ST_AGAIN; i++) {
		ck_assert_int_eq(write(e.fd[0], record, sizeof(record)), sizeof(record));
		e.server_st = tls_handshake(e.server);
		memset(record + 5, 0, sizeof(record) - 5);
	}
	ck_assert_str_eq(status_name(e.server_st), "ST_TLS");
	ck_assert_str_eq(tls_why(e.server), "The handshake data size is too large.");
	ck_assert_int_eq(read(e.fd[0], answer, sizeof(answer)), 7);
	ck_assert_int_eq(answer[6], GNUTLS_A_DECODE_ERROR);
	ends_close(&e);
}
END_TEST

/* A peer that goes after n octets of its hello. */
START_TEST(test_closes_in_handshake)
{
	struct ends e;
	uint8_t hello[2048];
	ssize_t n;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	ck_assert_int_eq(tls_handshake(e.client), ST_AGAIN);
	n = read(e.fd[1], hello, sizeof(hello));
	ck_assert_int_gt(n, 100);
	ck_assert_int_eq(write(e.fd[0], hello, (size_t)_i), _i);
	ck_assert_int_eq(shutdown(e.fd[0], SHUT_RDWR), 0);
	for (int i = 0; i < ENDS_TURNS && e.server_st == ST_AGAIN; i++) {
		e.server_st = tls_handshake(e.server);
	}
	ck_assert_str_eq(status_name(e.server_st), "ST_CLOSED");
	ends_close(&e);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *suite = suite_create("tls");
	TCase *tc = tcase_create("tls");

	tcase_add_unchecked_fixture(tc, ends_setup, ends_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_exchange);
	tcase_add_test(tc, test_small_records);
	tcase_add_test(tc, test_full_socket_wants_write);
	tcase_add_test(tc, test_write_last);
	tcase_add_test(tc, test_end_without_notify);
	tcase_add_test(tc, test_pending);
	tcase_add_test(tc, test_alert_before_write);
	tcase_add_loop_test(tc, test_offer, 0, N(bad_offers));
	tcase_add_test(tc, test_garbage);
	tcase_add_test(tc, test_endless_message);
	tcase_add_loop_test(tc, test_closes_in_handshake, 0, 40);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
