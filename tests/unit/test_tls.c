// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS sessions against each other over a socketpair, in turns, and against plain GnuTLS
 * clients that do what ours never would. Each refusal is checked on both sides.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "nts/tls_internal.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"

#define TURNS 1000

static struct certs dir;

struct ends {
	int fd[2];
	struct tls_session *client;
	struct tls_session *server;
	enum status client_st;
	enum status server_st;
};

static void make_certificates(void)
{
	certs_open(&dir);
	certs_ca(&dir, "other");
	certs_issue(&dir, "server", &(struct certs_spec){
		.common_name = "ke", .dns = { "ke.example.net" }, .ip = "192.0.2.1",
		.purpose = CERTS_SERVER_AUTH });
	certs_issue(&dir, "server6", &(struct certs_spec){ .ip = "2001:db8::1" });
	certs_issue(&dir, "client", &(struct certs_spec){
		.common_name = "clock-7", .dns = { "c7.example.net", "c7.example.org" },
		.ip = "192.0.2.7", .uri = "urn:clock:7", .purpose = CERTS_CLIENT_AUTH });
	certs_issue(&dir, "plain", &(struct certs_spec){ .common_name = "ke.example.net" });
	certs_issue(&dir, "foreign", &(struct certs_spec){
		.ca = "other", .common_name = "f", .dns = { "ke.example.net" } });
	certs_issue(&dir, "expired", &(struct certs_spec){
		.common_name = "e", .dns = { "ke.example.net" }, .from_s = -7200, .until_s = -60 });
	certs_issue(&dir, "future", &(struct certs_spec){
		.common_name = "n", .dns = { "ke.example.net" }, .from_s = 3600, .until_s = 7200 });
	certs_issue(&dir, "revoked", &(struct certs_spec){ .dns = { "ke.example.net" } });
	certs_issue(&dir, "weak", &(struct certs_spec){ .dns = { "ke.example.net" },
							.weak = true });
	certs_issue(&dir, "between", &(struct certs_spec){ .common_name = "between",
							   .is_ca = true });
	certs_issue(&dir, "below", &(struct certs_spec){ .ca = "between",
							 .dns = { "ke.example.net" } });
	certs_append(&dir, "below", "between");
	certs_issue(&dir, "short", &(struct certs_spec){ .ca = "between",
							 .dns = { "ke.example.net" } });
	certs_issue(&dir, "false", &(struct certs_spec){ .ca = "plain",
							 .dns = { "ke.example.net" } });
	certs_append(&dir, "false", "plain");
	certs_revoke(&dir, "ca", "revoked", "list");
	certs_revoke(&dir, "other", "foreign", "foreign");
}

static void remove_certificates(void)
{
	certs_close(&dir);
}

static enum status load_files(const char *ca, const char *cert, const char *key,
			      const char *crl, struct tls_creds **out, struct tls_why *why)
{
	char path[4][CERTS_PATH];
	struct tls_files files = {
		.ca_file = certs_path(&dir, ca, path[0]),
		.cert_file = certs_path(&dir, cert, path[1]),
		.key_file = certs_path(&dir, key, path[2]),
		.crl_file = crl ? certs_path(&dir, crl, path[3]) : NULL,
	};

	return tls_creds_load(&files, out, why);
}

static struct tls_creds *load(const char *name, const char *crl)
{
	struct tls_creds *c;
	char cert[64];
	char key[64];

	snprintf(cert, sizeof(cert), "%s.crt", name);
	snprintf(key, sizeof(key), "%s.key", name);
	ck_assert_int_eq(load_files("ca.crt", cert, key, crl, &c, NULL), ST_OK);
	return c;
}

static void open_pair(int fd[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
}

static void open_ends(struct ends *e, const char *client, const char *server, const char *host,
		      const char *crl)
{
	struct tls_creds *cc = load(client, crl);
	struct tls_creds *sc = load(server, crl);

	memset(e, 0, sizeof(*e));
	open_pair(e->fd);
	ck_assert_int_eq(tls_client_new(cc, e->fd[0], host, &e->client), ST_OK);
	ck_assert_int_eq(tls_server_new(sc, e->fd[1], &e->server), ST_OK);
	tls_creds_unref(cc);
	tls_creds_unref(sc);
	e->client_st = ST_AGAIN;
	e->server_st = ST_AGAIN;
}

static void close_ends(struct ends *e)
{
	tls_free(e->client);
	tls_free(e->server);
	close(e->fd[0]);
	close(e->fd[1]);
}

/* Handshakes of both, in turns; the end that failed closes its direction. */
static void handshake(struct ends *e)
{
	for (int i = 0; i < TURNS; i++) {
		if (e->client_st == ST_AGAIN) {
			e->client_st = tls_handshake(e->client);
		}
		if (e->server_st == ST_AGAIN) {
			e->server_st = tls_handshake(e->server);
		}
		if (e->client_st != ST_AGAIN && e->server_st != ST_AGAIN) {
			return;
		}
	}
}

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

	open_ends(&e, "below", "below", "ke.example.net", NULL);
	ck_assert_int_eq(gnutls_record_set_max_size(e.client->gs, 512), 0);
	ck_assert_int_eq(gnutls_record_set_max_size(e.server->gs, 512), 0);
	e.client_st = tls_handshake(e.client);
	for (int i = 0; i < TURNS; i++) {
		when_readable(e.server, e.fd[1], &e.server_st);
		when_readable(e.client, e.fd[0], &e.client_st);
	}
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(e.server_st, ST_OK);
	close_ends(&e);
}
END_TEST

/* In TLS 1.3 the client hears of its refused certificate when it reads. */
static enum status client_hears(struct ends *e)
{
	uint8_t octet;
	size_t len;

	return tls_read(e->client, &octet, 1, &len);
}

START_TEST(test_exchange)
{
	static uint8_t out[60000];
	static uint8_t in[60000];
	struct ends e;
	size_t got = 0;
	size_t len = 0;
	enum status w = ST_AGAIN;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(e.server_st, ST_OK);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	for (int i = 0; i < TURNS && got < sizeof(in); i++) {
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
	close_ends(&e);
}
END_TEST

START_TEST(test_full_socket_wants_write)
{
	static uint8_t out[60000];
	struct ends e;
	int size = 4096;
	enum status st;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(setsockopt(e.fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	st = tls_write(e.server, out, sizeof(out));
	ck_assert_int_eq(st, ST_AGAIN);
	ck_assert(tls_wants_write(e.server));
	close_ends(&e);
}
END_TEST

START_TEST(test_chain_through_intermediate)
{
	struct ends e;

	open_ends(&e, "below", "server", "ke.example.net", "list.crl");
	handshake(&e);
	ck_assert_int_eq(e.server_st, ST_OK);
	close_ends(&e);
}
END_TEST

/* One piece, also for a socket that takes it in many: the close_notify comes once, and last. */
START_TEST(test_write_last)
{
	static uint8_t out[60000];
	static uint8_t in[sizeof(out) + 1];
	struct ends e;
	size_t got = 0;
	size_t len = 1;
	int size = 4096;
	enum status w = ST_AGAIN;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(setsockopt(e.fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	ck_assert_int_eq(tls_write_last(e.server, out, sizeof(out)), ST_AGAIN);
	ck_assert(tls_wants_write(e.server));
	for (int i = 0; i < TURNS && len; i++) {
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
	ck_assert_int_eq(recv(e.fd[0], in, 1, MSG_DONTWAIT), -1);
	close_ends(&e);
}
END_TEST

START_TEST(test_end_without_notify)
{
	struct ends e;
	uint8_t octet;
	size_t len;

	open_ends(&e, "client", "server", "192.0.2.1", NULL);
	handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_int_eq(shutdown(e.fd[1], SHUT_RDWR), 0);
	ck_assert_int_eq(tls_read(e.client, &octet, 1, &len), ST_CLOSED);
	ck_assert_int_eq(tls_write(e.client, &octet, 1), ST_CLOSED);
	close_ends(&e);
}
END_TEST

START_TEST(test_pending)
{
	struct ends e;
	uint8_t data[4] = { 1, 2, 3, 4 };
	size_t len;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(tls_write(e.client, data, 4), ST_OK);
	ck_assert_int_eq(tls_read(e.server, data, 1, &len), ST_OK);
	ck_assert(tls_pending(e.server));
	close_ends(&e);
}
END_TEST

/* A refusal by the client of the server's certificate. */
static const struct {
	const char *server;
	const char *host;
	const char *crl;
	enum status st;
} bad_servers[] = {
	{ "server", "ke.example.net", NULL, ST_OK },
	{ "server", "KE.example.NET", NULL, ST_OK },
	{ "server", "192.0.2.1", NULL, ST_OK },
	{ "server6", "2001:db8::1", NULL, ST_OK },
	{ "server6", "2001:db8:0::0:1", "list.crl", ST_OK },
	{ "server", "other.example.net", NULL, ST_CERT_NAME },
	{ "server", "ke", NULL, ST_CERT_NAME },
	{ "server", "192.0.2.2", NULL, ST_CERT_NAME },
	{ "server6", "2001:db8::2", NULL, ST_CERT_NAME },
	{ "plain", "ke.example.net", NULL, ST_CERT_NAME },
	{ "foreign", "ke.example.net", NULL, ST_CERT_UNTRUSTED },
	{ "expired", "ke.example.net", NULL, ST_CERT_EXPIRED },
	{ "future", "ke.example.net", NULL, ST_CERT_NOT_YET },
	{ "client", "c7.example.net", NULL, ST_CERT_PURPOSE },
	{ "revoked", "ke.example.net", NULL, ST_OK },
	{ "revoked", "ke.example.net", "list.crl", ST_CERT_REVOKED },
	{ "weak", "ke.example.net", NULL, ST_CERT_BAD },
	{ "below", "ke.example.net", NULL, ST_OK },
	{ "short", "ke.example.net", NULL, ST_CERT_UNTRUSTED },
	{ "false", "ke.example.net", NULL, ST_CERT_UNTRUSTED },
};

START_TEST(test_server_certificate)
{
	struct ends e;

	open_ends(&e, "client", bad_servers[_i].server, bad_servers[_i].host,
		  bad_servers[_i].crl);
	handshake(&e);
	ck_assert_str_eq(status_name(e.client_st), status_name(bad_servers[_i].st));
	if (bad_servers[_i].st == ST_OK) {
		ck_assert_int_eq(e.server_st, ST_OK);
	} else {
		ck_assert_int_eq(e.server_st, ST_TLS_ALERT);
		ck_assert_str_ne(tls_why(e.client), "");
		ck_assert_int_eq(tls_handshake(e.client), bad_servers[_i].st);
	}
	close_ends(&e);
}
END_TEST

/* A refusal by the server of the client's certificate, and what the client reads of it. */
static const struct {
	const char *client;
	const char *crl;
	enum status st;
	const char *heard;
} bad_clients[] = {
	{ "foreign", NULL, ST_CERT_UNTRUSTED, "CA is unknown" },
	{ "expired", NULL, ST_CERT_EXPIRED, "expired" },
	{ "future", NULL, ST_CERT_NOT_YET, "expired" },
	{ "server", NULL, ST_CERT_PURPOSE, "not supported" },
	{ "revoked", "list.crl", ST_CERT_REVOKED, "revoked" },
	{ "weak", NULL, ST_CERT_BAD, "Certificate is bad" },
	{ "short", NULL, ST_CERT_UNTRUSTED, "CA is unknown" },
	{ "false", NULL, ST_CERT_UNTRUSTED, "CA is unknown" },
};

START_TEST(test_client_certificate)
{
	struct ends e;

	open_ends(&e, bad_clients[_i].client, "server", "ke.example.net", bad_clients[_i].crl);
	handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_str_eq(status_name(e.server_st), status_name(bad_clients[_i].st));
	ck_assert_int_eq(client_hears(&e), ST_TLS_ALERT);
	ck_assert_msg(strstr(tls_why(e.client), bad_clients[_i].heard), "%s",
		      tls_why(e.client));
	close_ends(&e);
}
END_TEST

/* The server has gone already, but what it said still arrives. */
START_TEST(test_alert_before_write)
{
	struct ends e;

	open_ends(&e, "foreign", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(e.server_st, ST_CERT_UNTRUSTED);
	ck_assert_int_eq(shutdown(e.fd[1], SHUT_RDWR), 0);
	ck_assert_int_eq(tls_write(e.client, (const uint8_t *)"x", 1), ST_TLS_ALERT);
	close_ends(&e);
}
END_TEST

START_TEST(test_peer)
{
	struct tls_peer p;
	struct ends e;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(tls_peer(e.server, &p), ST_OK);
	ck_assert_str_eq(p.issuer, "CN=ca");
	ck_assert_str_eq(p.subject, "CN=clock-7");
	ck_assert_str_eq(p.common_name, "clock-7");
	ck_assert_uint_eq(p.n_names, 4);
	ck_assert_int_eq(p.names[0].kind, 'd');
	ck_assert_str_eq(p.names[0].text, "c7.example.net");
	ck_assert_str_eq(p.names[1].text, "c7.example.org");
	ck_assert_int_eq(p.names[2].kind, 'i');
	ck_assert_str_eq(p.names[2].text, "192.0.2.7");
	ck_assert_int_eq(p.names[3].kind, 'u');
	ck_assert_str_eq(p.names[3].text, "urn:clock:7");
	ck_assert(p.not_after_ms > (int64_t)time(NULL) * 1000);
	ck_assert_int_eq(tls_peer(e.client, &p), ST_OK);
	ck_assert_str_eq(p.common_name, "ke");
	close_ends(&e);
}
END_TEST

/* A list is asked of a certificate that is not at hand. */
START_TEST(test_crl_name)
{
	static const struct {
		const char *client;
		bool revoked;
	} rows[] = { { "revoked", true }, { "client", false }, { "below", false } };
	struct tls_creds *with = load("server", "list.crl");
	struct tls_creds *without = load("server", NULL);
	struct tls_peer p;
	struct ends e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_ends(&e, rows[i].client, "server", "ke.example.net", NULL);
		handshake(&e);
		ck_assert_int_eq(tls_peer(e.server, &p), ST_OK);
		ck_assert_int_eq(tls_creds_revoke(with, p.crl_name), rows[i].revoked);
		ck_assert(!tls_creds_revoke(without, p.crl_name));
		ck_assert(!tls_creds_revoke(NULL, p.crl_name));
		close_ends(&e);
	}
	tls_creds_unref(with);
	tls_creds_unref(without);
}
END_TEST

/* Certificates with a valid chain whose names must not be taken. */
static void peer_is_bad(const struct certs_spec *spec)
{
	struct tls_peer p = { .n_names = 77 };
	struct ends e;

	certs_issue(&dir, "odd", spec);
	open_ends(&e, "odd", "server", "ke.example.net", NULL);
	handshake(&e);
	ck_assert_int_eq(e.server_st, ST_OK);
	ck_assert_int_eq(tls_peer(e.server, &p), ST_CERT_BAD);
	ck_assert_uint_eq(p.n_names, 77);
	close_ends(&e);
}

START_TEST(test_peer_bad_names)
{
	char uri[TLS_NAME_MAX + 8];

	memset(uri, 'u', sizeof(uri) - 1);
	uri[sizeof(uri) - 1] = '\0';
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .uri = uri });
	peer_is_bad(&(struct certs_spec){ .common_name = "x\033[2J" });
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
	struct tls_creds *sc = load("server", NULL);

	open_pair(r->fd);
	ck_assert_int_eq(tls_server_new(sc, r->fd[1], &r->server), ST_OK);
	tls_creds_unref(sc);
	gnutls_certificate_allocate_credentials(&r->cred);
	if (cert) {
		snprintf(name, sizeof(name), "%s.crt", cert);
		certs_path(&dir, name, crt);
		snprintf(name, sizeof(name), "%s.key", cert);
		certs_path(&dir, name, key);
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

	for (int i = 0; i < TURNS && st == ST_AGAIN; i++) {
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

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	ck_assert_int_eq(write(e.fd[0], http, sizeof(http) - 1), sizeof(http) - 1);
	ck_assert_int_eq(tls_handshake(e.server), ST_TLS);
	close_ends(&e);
}
END_TEST

/* A peer that goes after n octets of its hello. */
START_TEST(test_closes_in_handshake)
{
	struct ends e;
	uint8_t hello[2048];
	ssize_t n;

	open_ends(&e, "client", "server", "ke.example.net", NULL);
	ck_assert_int_eq(tls_handshake(e.client), ST_AGAIN);
	n = read(e.fd[1], hello, sizeof(hello));
	ck_assert_int_gt(n, 100);
	ck_assert_int_eq(write(e.fd[0], hello, (size_t)_i), _i);
	ck_assert_int_eq(shutdown(e.fd[0], SHUT_RDWR), 0);
	for (int i = 0; i < TURNS && e.server_st == ST_AGAIN; i++) {
		e.server_st = tls_handshake(e.server);
	}
	ck_assert_str_eq(status_name(e.server_st), "ST_CLOSED");
	close_ends(&e);
}
END_TEST

START_TEST(test_files)
{
	struct tls_creds *c = NULL;
	struct tls_why why;
	char path[CERTS_PATH];

	ck_assert_int_eq(load_files("none", "client.crt", "client.key", NULL, &c, &why),
			 ST_FILE_OPEN);
	ck_assert_msg(strstr(why.text, "/none"), "%s", why.text);
	ck_assert_int_eq(load_files("ca.crt", "none", "client.key", NULL, &c, &why), ST_FILE_OPEN);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "none", NULL, &c, &why), ST_FILE_OPEN);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "client.key", "none", &c, &why),
			 ST_FILE_OPEN);
	ck_assert_int_eq(load_files("ca.key", "client.crt", "client.key", NULL, &c, &why),
			 ST_FILE_FORMAT);
	ck_assert_msg(strstr(why.text, "/ca.key"), "%s", why.text);
	ck_assert_int_eq(load_files("ca.crt", "client.key", "client.key", NULL, &c, &why),
			 ST_FILE_FORMAT);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "server.key", NULL, &c, &why),
			 ST_FILE_FORMAT);
	ck_assert_msg(strstr(why.text, "/server.key"), "%s", why.text);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "client.key", "ca.crt", &c, &why),
			 ST_FILE_FORMAT);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "client.key", "foreign.crl", &c, &why),
			 ST_FILE_CRL);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(chmod(certs_path(&dir, "client.key", path), 0644), 0);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "client.key", NULL, &c, &why),
			 ST_FILE_MODE);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(load_files("ca.crt", "client.crt", "client.key", NULL, &c, NULL), ST_OK);
	ck_assert(tls_creds_not_after_ms(c) / 1000 - time(NULL) <= 3600);
	ck_assert(tls_creds_not_after_ms(c) / 1000 - time(NULL) > 3000);
	tls_creds_unref(tls_creds_ref(c));
	tls_creds_unref(c);
	tls_creds_unref(NULL);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *suite = suite_create("tls");
	TCase *tc = tcase_create("tls");

	tcase_add_unchecked_fixture(tc, make_certificates, remove_certificates);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_exchange);
	tcase_add_test(tc, test_small_records);
	tcase_add_test(tc, test_full_socket_wants_write);
	tcase_add_test(tc, test_chain_through_intermediate);
	tcase_add_test(tc, test_write_last);
	tcase_add_test(tc, test_end_without_notify);
	tcase_add_test(tc, test_pending);
	tcase_add_loop_test(tc, test_server_certificate, 0, N(bad_servers));
	tcase_add_loop_test(tc, test_client_certificate, 0, N(bad_clients));
	tcase_add_test(tc, test_alert_before_write);
	tcase_add_test(tc, test_peer);
	tcase_add_test(tc, test_crl_name);
	tcase_add_test(tc, test_peer_bad_names);
	tcase_add_loop_test(tc, test_offer, 0, N(bad_offers));
	tcase_add_test(tc, test_garbage);
	tcase_add_loop_test(tc, test_closes_in_handshake, 0, 40);
	tcase_add_test(tc, test_files);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
