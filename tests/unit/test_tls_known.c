// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client whose chain the server has verified before: not verified again, but nothing else is
 * forgiven him: not a missing key, not an end of validity, not a revocation.
 */
#include <check.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nts/tls_internal.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"

#define TURNS 1000
#define SHORT_S 3	/* validity of the certificate "short" */

static struct certs dir;
static struct tls_creds *server;

static void set_up(void)
{
	certs_open(&dir);
	certs_ca(&dir, "other");
	certs_issue(&dir, "server", &(struct certs_spec){ .dns = { "ke.test" } });
	certs_issue(&dir, "client", &(struct certs_spec){ .common_name = "c" });
	certs_issue(&dir, "second", &(struct certs_spec){ .common_name = "c" });
	certs_issue(&dir, "short", &(struct certs_spec){ .common_name = "s", .until_s = SHORT_S });
	certs_issue(&dir, "foreign", &(struct certs_spec){ .ca = "other", .common_name = "f" });
	certs_revoke(&dir, "ca", "client", "list");
	server = certs_load(&dir, "server", NULL);
}

static void tear_down(void)
{
	tls_creds_unref(server);
	certs_close(&dir);
}

/* A session of the server with a client that GnuTLS plays, who has cert, and the key of key. */
static enum status visit(const char *cert, const char *key)
{
	gnutls_datum_t alpn = { (unsigned char *)"ntske/1", 7 };
	gnutls_certificate_credentials_t cred;
	char file[2][32], path[2][CERTS_PATH];
	enum status st = ST_AGAIN;
	struct tls_session *s;
	gnutls_session_t gs;
	int fd[2], i;

	snprintf(file[0], sizeof(file[0]), "%s.crt", cert);
	snprintf(file[1], sizeof(file[1]), "%s.key", key);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_certificate_set_flags(cred, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	ck_assert_int_ge(gnutls_certificate_set_x509_key_file(cred,
			 certs_path(&dir, file[0], path[0]), certs_path(&dir, file[1], path[1]),
			 GNUTLS_X509_FMT_PEM), 0);
	gnutls_init(&gs, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_FORCE_CLIENT_CERT);
	gnutls_set_default_priority(gs);
	gnutls_credentials_set(gs, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_alpn_set_protocols(gs, &alpn, 1, 0);
	gnutls_transport_set_int(gs, fd[0]);
	ck_assert_int_eq(tls_server_new(server, fd[1], &s), ST_OK);
	for (i = 0; i < TURNS && st == ST_AGAIN; i++) {
		(void)gnutls_handshake(gs);
		st = tls_handshake(s);
	}
	tls_free(s);
	gnutls_deinit(gs);
	gnutls_certificate_free_credentials(cred);
	close(fd[0]);
	close(fd[1]);
	return st;
}

START_TEST(known_from_the_second_time)
{
	ck_assert_int_eq(visit("client", "client"), ST_OK);
	ck_assert_uint_eq(tls_creds_chains_known(server), 0);
	ck_assert_int_eq(visit("client", "client"), ST_OK);
	ck_assert_uint_eq(tls_creds_chains_known(server), 1);
	ck_assert_int_eq(visit("second", "second"), ST_OK);
	ck_assert_uint_eq(tls_creds_chains_known(server), 1);
}
END_TEST

START_TEST(known_without_its_key)
{
	ck_assert_int_eq(visit("client", "client"), ST_OK);
	ck_assert_int_ne(visit("client", "second"), ST_OK);
	ck_assert_int_ne(visit("client", "foreign"), ST_OK);
	ck_assert_int_eq(visit("client", "client"), ST_OK);
}
END_TEST

START_TEST(the_refused_are_not_known)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(visit("foreign", "foreign"), ST_CERT_UNTRUSTED);
	}
	ck_assert_uint_eq(tls_creds_chains_known(server), 0);
}
END_TEST

START_TEST(known_and_expired)
{
	time_t begin = time(NULL);

	ck_assert_int_eq(visit("short", "short"), ST_OK);
	ck_assert_int_eq(visit("short", "short"), ST_OK);
	ck_assert_uint_eq(tls_creds_chains_known(server), 1);
	while (time(NULL) <= begin + SHORT_S) {
		usleep(50000);
	}
	ck_assert_int_eq(visit("short", "short"), ST_CERT_EXPIRED);
	ck_assert_uint_eq(tls_creds_chains_known(server), 1);
}
END_TEST

START_TEST(other_credentials_know_nobody)
{
	ck_assert_int_eq(visit("client", "client"), ST_OK);
	tls_creds_unref(server);
	server = certs_load(&dir, "server", "list");
	ck_assert_int_eq(visit("client", "client"), ST_CERT_REVOKED);
	ck_assert_int_eq(visit("client", "client"), ST_CERT_REVOKED);
	ck_assert_uint_eq(tls_creds_chains_known(server), 0);
}
END_TEST

/* The CA of the tests ends in a day, its revocation list asks for the next in an hour. */
START_TEST(trust_has_an_end)
{
	ck_assert_int_le(server->trust_until_s, time(NULL) + 24 * 3600);
	ck_assert_int_gt(server->trust_until_s, time(NULL) + 23 * 3600);
	tls_creds_unref(server);
	server = certs_load(&dir, "server", "list");
	ck_assert_int_le(server->trust_until_s, time(NULL) + 3600);
	ck_assert_int_gt(server->trust_until_s, time(NULL) + 3000);
	server->trust_until_s = time(NULL);
	ck_assert_int_eq(visit("second", "second"), ST_OK);
	ck_assert_int_eq(visit("second", "second"), ST_OK);
	ck_assert_uint_eq(tls_creds_chains_known(server), 0);
}
END_TEST

/* Wherever it stands in the file. */
START_TEST(trust_ends_with_the_first_ca)
{
	const char *name[] = { "ca", "soon" };
	char ca[32], path[3][CERTS_PATH];
	struct tls_files files = {
		.cert_file = certs_path(&dir, "server.crt", path[0]),
		.key_file = certs_path(&dir, "server.key", path[1]),
	};
	int64_t now = time(NULL);

	certs_issue(&dir, "soon", &(struct certs_spec){ .common_name = "soon", .is_ca = true,
						   .until_s = 1800 });
	certs_append(&dir, name[_i], name[!_i]);
	snprintf(ca, sizeof(ca), "%s.crt", name[_i]);
	files.ca_file = certs_path(&dir, ca, path[2]);
	tls_creds_unref(server);
	ck_assert_int_eq(tls_creds_load(&files, &server, NULL), ST_OK);
	ck_assert_int_le(server->trust_until_s, now + 1810);
	ck_assert_int_gt(server->trust_until_s, now + 1700);
	ck_assert_int_eq(tls_creds_ca_not_after_ms(server), server->trust_until_s * 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_known");
	TCase *tc = tcase_create("tls_known");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, known_from_the_second_time);
	tcase_add_test(tc, known_without_its_key);
	tcase_add_test(tc, the_refused_are_not_known);
	tcase_add_test(tc, known_and_expired);
	tcase_add_test(tc, other_credentials_know_nobody);
	tcase_add_test(tc, trust_has_an_end);
	tcase_add_loop_test(tc, trust_ends_with_the_first_ca, 0, 2);
	return unit_run(s);
}
