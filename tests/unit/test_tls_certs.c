// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates in TLS: which are refused, how both sides hear of it, and what a peer is called. */
#include <check.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/ends.h"
#include "tests/unit/run.h"

/* In TLS 1.3 the client hears of its refused certificate when it reads. */
static enum status client_hears(struct ends *e)
{
	uint8_t octet;
	size_t len;

	return tls_read(e->client, &octet, 1, &len);
}

START_TEST(test_chain_through_intermediate)
{
	struct ends e;

	ends_open(&e, "below", "server", "ke.example.net", "list.crl");
	ends_handshake(&e);
	ck_assert_int_eq(e.server_st, ST_OK);
	ends_close(&e);
}
END_TEST

/* The client's own certificate, then the CA's again and again; of a file GnuTLS sorts them out. */
static void present(struct tls_creds *c, unsigned int n)
{
	gnutls_x509_crt_t crt[TLS_CHAIN_MAX + 1];
	gnutls_x509_privkey_t key;
	char path[CERTS_PATH];
	gnutls_datum_t pem;
	unsigned int i;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(gnutls_load_file(certs_path(&ends_dir, i ? "ca.crt" : "client.crt",
							     path), &pem), 0);
		ck_assert_int_eq(gnutls_x509_crt_init(&crt[i]), 0);
		ck_assert_int_eq(gnutls_x509_crt_import(crt[i], &pem, GNUTLS_X509_FMT_PEM), 0);
		gnutls_free(pem.data);
	}
	ck_assert_int_eq(gnutls_load_file(certs_path(&ends_dir, "client.key", path), &pem), 0);
	ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
	ck_assert_int_eq(gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM), 0);
	gnutls_free(pem.data);
	gnutls_certificate_free_keys(c->cert);
	ck_assert_int_ge(gnutls_certificate_set_x509_key(c->cert, crt, (int)n, key), 0);
	for (i = 0; i < n; i++) {
		gnutls_x509_crt_deinit(crt[i]);
	}
	gnutls_x509_privkey_deinit(key);
}

/* _i 0: as many as are taken. 1: one more, of which none is looked at. */
START_TEST(test_long_chain)
{
	struct ends e;

	ends_open(&e, "client", "server", "ke.example.net", NULL);
	present(e.client->creds, TLS_CHAIN_MAX + (unsigned int)_i);
	ends_handshake(&e);
	ck_assert_str_eq(status_name(e.server_st), _i ? "ST_CERT_BAD" : "ST_OK");
	ck_assert_str_eq(tls_why(e.server),
			 _i ? "more than 16 certificates, or one that cannot be read" : "");
	ends_close(&e);
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

	ends_open(&e, "client", bad_servers[_i].server, bad_servers[_i].host,
		  bad_servers[_i].crl);
	ends_handshake(&e);
	ck_assert_str_eq(status_name(e.client_st), status_name(bad_servers[_i].st));
	if (bad_servers[_i].st == ST_OK) {
		ck_assert_int_eq(e.server_st, ST_OK);
	} else {
		ck_assert_int_eq(e.server_st, ST_TLS_ALERT);
		ck_assert_str_ne(tls_why(e.client), "");
		ck_assert_int_eq(tls_handshake(e.client), bad_servers[_i].st);
	}
	ends_close(&e);
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

	ends_open(&e, bad_clients[_i].client, "server", "ke.example.net", bad_clients[_i].crl);
	ends_handshake(&e);
	ck_assert_int_eq(e.client_st, ST_OK);
	ck_assert_str_eq(status_name(e.server_st), status_name(bad_clients[_i].st));
	ck_assert_int_eq(client_hears(&e), ST_TLS_ALERT);
	ck_assert_msg(strstr(tls_why(e.client), bad_clients[_i].heard), "%s",
		      tls_why(e.client));
	ends_close(&e);
}
END_TEST

/* Whom the server sees when this client has come in; the caller closes. */
static const struct tls_peer *seen(struct ends *e, const char *client)
{
	const struct tls_peer *p;

	ends_open(e, client, "server", "ke.example.net", NULL);
	ends_handshake(e);
	p = tls_peer(e->server);
	ck_assert_ptr_nonnull(p);
	return p;
}

START_TEST(test_peer)
{
	const struct tls_peer *p;
	struct ends e;

	p = seen(&e, "client");
	ck_assert_str_eq(p->issuer, "CN=ca");
	ck_assert_str_eq(p->subject, "CN=clock-7");
	ck_assert_str_eq(p->common_name, "clock-7");
	ck_assert_uint_eq(p->n_names, 4);
	ck_assert_int_eq(p->names[0].kind, 'd');
	ck_assert_str_eq(p->names[0].text, "c7.example.net");
	ck_assert_str_eq(p->names[1].text, "c7.example.org");
	ck_assert_int_eq(p->names[2].kind, 'i');
	ck_assert_str_eq(p->names[2].text, "192.0.2.7");
	ck_assert_int_eq(p->names[3].kind, 'u');
	ck_assert_str_eq(p->names[3].text, "urn:clock:7");
	ck_assert(p->not_after_ms > (int64_t)time(NULL) * 1000);
	ends_close(&e);
}
END_TEST

/* The subject of such a client, as the KE server and its log have it. */
static const struct {
	struct certs_spec spec;
	const char *subject;
} subjects[] = {
	{ { .subject = "CN=gm1,O=Plant" }, "CN=gm1,O=Plant" },
	/* another encoding of the same text is the same client */
	{ { .subject = "O=Plant", .der_name = "\x0c\3gm1" }, "CN=gm1,O=Plant" },
	/* no value reads like another part of the name: ked/policy.h relies on it */
	{ { .subject = "CN=x,O=Plant\\,CN=gm1" }, "CN=x,O=Plant\\,CN=gm1" },
	{ { .common_name = "gm1,O=Plant" }, "CN=gm1\\,O=Plant" },
	{ { .der_name = "\x0c\13gm1,O=Plant" }, "CN=gm1\\,O=Plant" },
	{ { .common_name = "gm1+O=Plant\\" }, "CN=gm1\\+O=Plant\\\\" },
	{ { .common_name = " #\";<>" }, "CN=\\ #\\\"\\;\\<\\>" },
	{ { .common_name = "#31" }, "CN=\\#31" },
	{ { .der_name = "\x16\1" "1" }, "CN=#160131" },		/* an IA5String */
	{ { .der_name = "\x0c\5gm1\0x" }, "CN=#0c05676d310078" },
	{ { .der_name = "\x0c\4gm1\0" }, "CN=#0c04676d3100" },
};

START_TEST(test_subject)
{
	struct ends e;

	certs_issue(&ends_dir, "odd", &subjects[_i].spec);
	ck_assert_str_eq(seen(&e, "odd")->subject, subjects[_i].subject);
	ends_close(&e);
}
END_TEST

/* A list is asked of a certificate that is not at hand. */
START_TEST(test_crl_name)
{
	static const struct {
		const char *client;
		bool revoked;
	} rows[] = { { "revoked", true }, { "client", false }, { "below", false } };
	struct tls_creds *with = ends_load("server", "list.crl");
	struct tls_creds *without = ends_load("server", NULL);
	const struct tls_peer *p;
	struct ends e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p = seen(&e, rows[i].client);
		ck_assert_int_eq(tls_creds_revoke(with, p->crl_name), rows[i].revoked);
		ck_assert(!tls_creds_revoke(without, p->crl_name));
		ck_assert(!tls_creds_revoke(NULL, p->crl_name));
		ends_close(&e);
	}
	tls_creds_unref(with);
	tls_creds_unref(without);
}
END_TEST

/* Certificates with a valid chain whose names must not be taken: both ends can tell why. */
static void peer_is_bad(const struct certs_spec *spec)
{
	uint8_t octet;
	struct ends e;
	size_t len;

	certs_issue(&ends_dir, "odd", spec);
	ends_open(&e, "odd", "server", "ke.example.net", NULL);
	ends_handshake(&e);
	ck_assert_int_eq(e.server_st, ST_CERT_BAD);
	ck_assert_ptr_nonnull(strstr(tls_why(e.server), "CN=x"));
	ck_assert_ptr_nonnull(strstr(tls_why(e.server), "names that are too many"));
	ck_assert_int_eq(tls_read(e.client, &octet, 1, &len), ST_TLS_ALERT);
	ck_assert_ptr_nonnull(strstr(tls_why(e.client), "alert 42"));
	ends_close(&e);
}

/* The CA may have meant one, and we another. */
START_TEST(test_several_common_names)
{
	const struct tls_peer *p;
	struct ends e;

	certs_issue(&ends_dir, "odd", &(struct certs_spec){ .common_name = "Computers",
							    .der_name = "\x0c\3gm1" });
	p = seen(&e, "odd");
	ck_assert_str_eq(p->subject, "CN=gm1,CN=Computers");
	ck_assert_str_eq(p->common_name, "");
	ends_close(&e);
}
END_TEST

static void names_are(const struct certs_spec *spec, size_t n)
{
	struct ends e;

	certs_issue(&ends_dir, "odd", spec);
	ck_assert_uint_eq(seen(&e, "odd")->n_names, n);
	ends_close(&e);
}

START_TEST(test_peer_bad_names)
{
	char uri[TLS_NAME_MAX + 8];

	memset(uri, 'u', sizeof(uri) - 1);
	uri[sizeof(uri) - 1] = '\0';
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .uri = uri });
	uri[TLS_NAME_MAX] = '\0';
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .uri = uri });
	uri[TLS_NAME_MAX - 1] = '\0';
	names_are(&(struct certs_spec){ .more_dns = TLS_NAMES_MAX - 1, .uri = uri },
		  TLS_NAMES_MAX);
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .more_dns = TLS_NAMES_MAX,
					  .uri = "urn:x" });
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .odd_ip = 3 });
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .odd_ip = 8 });
	peer_is_bad(&(struct certs_spec){ .common_name = "x\177" });
	peer_is_bad(&(struct certs_spec){ .common_name = "x\033[2J" });
	/* what reads like CN=x, or like digits that somebody else may be called */
	peer_is_bad(&(struct certs_spec){ .der_name = "\x1e\4\0x\0\0" });
	peer_is_bad(&(struct certs_spec){ .der_name = "\x1e\3\0x\0" });
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .der_name = "\x14\2\xfcm" });
	peer_is_bad(&(struct certs_spec){ .common_name = "x", .der_name = "\x1c\4\0\0\0m" });
}
END_TEST

static const struct {
	const char *ca, *cert, *key, *crl;
	enum status st;
	const char *why;	/* is in the words about it */
} bad_files[] = {
	{ "none", "client.crt", "client.key", NULL, ST_FILE_OPEN, "/none" },
	{ "ca.crt", "none", "client.key", NULL, ST_FILE_OPEN, "" },
	{ "ca.crt", "client.crt", "none", NULL, ST_FILE_OPEN, "" },
	{ "ca.crt", "client.crt", "client.key", "none", ST_FILE_OPEN, "" },
	{ "ca.key", "client.crt", "client.key", NULL, ST_FILE_FORMAT, "/ca.key" },
	{ "ca.crt", "client.key", "client.key", NULL, ST_FILE_FORMAT, "" },
	{ "ca.crt", "client.crt", "server.key", NULL, ST_FILE_FORMAT, "/server.key" },
	{ "ca.crt", "client.crt", "client.key", "ca.crt", ST_FILE_FORMAT, "" },
	{ "ca.crt", "client.crt", "client.key", "foreign.crl", ST_FILE_CRL, "" },
};

START_TEST(test_bad_files)
{
	struct tls_creds *c = NULL;
	struct tls_why why;

	ck_assert_int_eq(ends_load_files(bad_files[_i].ca, bad_files[_i].cert, bad_files[_i].key,
					 bad_files[_i].crl, &c, &why), bad_files[_i].st);
	ck_assert_msg(strstr(why.text, bad_files[_i].why), "%s", why.text);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(test_files)
{
	struct tls_creds *c = NULL;
	char path[CERTS_PATH];
	time_t left;

	ck_assert_int_eq(chmod(certs_path(&ends_dir, "client.key", path), 0644), 0);
	ck_assert_int_eq(ends_load_files("ca.crt", "client.crt", "client.key", NULL, &c, NULL),
			 ST_FILE_MODE);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(ends_load_files("ca.crt", "client.crt", "client.key", NULL, &c, NULL),
			 ST_OK);
	left = tls_creds_not_after_ms(c) / 1000 - time(NULL);
	ck_assert(left > 3000 && left <= 3600);
	tls_creds_unref(tls_creds_ref(c));
	tls_creds_unref(c);
	tls_creds_unref(NULL);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *suite = suite_create("tls_certs");
	TCase *tc = tcase_create("tls_certs");

	tcase_add_unchecked_fixture(tc, ends_setup, ends_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_chain_through_intermediate);
	tcase_add_loop_test(tc, test_long_chain, 0, 2);
	tcase_add_loop_test(tc, test_server_certificate, 0, N(bad_servers));
	tcase_add_loop_test(tc, test_client_certificate, 0, N(bad_clients));
	tcase_add_test(tc, test_peer);
	tcase_add_loop_test(tc, test_subject, 0, sizeof(subjects) / sizeof(subjects[0]));
	tcase_add_test(tc, test_crl_name);
	tcase_add_test(tc, test_peer_bad_names);
	tcase_add_test(tc, test_several_common_names);
	tcase_add_loop_test(tc, test_bad_files, 0, N(bad_files));
	tcase_add_test(tc, test_files);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
