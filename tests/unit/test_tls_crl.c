// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revocation lists that are no good: refused with a reason, but where no dates are looked at; and
 * there, too, they revoke.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nts/tls.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"

#define DAY 86400

static struct certs dir;

static void set_up(void)
{
	certs_open(&dir);
	certs_ca(&dir, "other");
	certs_issue(&dir, "server", &(struct certs_spec){ .dns = { "ke.test" } });
	certs_issue(&dir, "client", &(struct certs_spec){ .common_name = "c" });
	certs_issue(&dir, "foreign", &(struct certs_spec){ .ca = "other", .common_name = "f" });
	certs_revoke(&dir, "ca", "client", "good");
	certs_revoke_at(&dir, "ca", "server", "old", time(NULL) - DAY);
	certs_revoke_at(&dir, "ca", "server", "early", time(NULL) + DAY);
	certs_revoke(&dir, "other", "foreign", "foreign");
	certs_recast(&dir, "ca", "good", 20, "same");
	certs_recast(&dir, "ca", "good", 27, "delta");
	certs_recast(&dir, "ca", "good", 28, "part");
	certs_recast(&dir, "ca", "good", 46, "freshest");
}

static void tear_down(void)
{
	certs_close(&dir);
}

static enum status load(const char *crl, bool any_time, struct tls_creds **out,
			struct tls_why *why)
{
	char path[4][CERTS_PATH];
	const struct tls_files files = {
		.ca_file = certs_path(&dir, "ca.crt", path[0]),
		.cert_file = certs_path(&dir, "client.crt", path[1]),
		.key_file = certs_path(&dir, "client.key", path[2]),
		.crl_file = certs_path(&dir, crl, path[3]),
		.any_time = any_time,
	};

	memset(why, 0, sizeof(*why));
	return tls_creds_load(&files, out, why);
}

static const struct {
	const char *crl;
	bool any_time;
	enum status st;
	const char *why;
} lists[] = {
	{ "good.crl", false, ST_OK, "" },
	{ "old.crl", false, ST_FILE_CRL, "/old.crl: out of date since 20" },
	{ "early.crl", false, ST_FILE_CRL, "/early.crl: made later than the clock" },
	{ "foreign.crl", false, ST_FILE_CRL, "/foreign.crl: not signed by a CA" },
	{ "same.crl", false, ST_OK, "" },
	{ "delta.crl", false, ST_FILE_CRL, "/delta.crl: is a delta list" },
	{ "part.crl", false, ST_FILE_CRL, "/part.crl: is an indirect list or one of a part" },
	{ "freshest.crl", false, ST_OK, "" },
	{ "delta.crl", true, ST_FILE_CRL, "/delta.crl: is a delta list" },
	{ "client.crt", false, ST_FILE_FORMAT, "/client.crt" },
	{ "old.crl", true, ST_OK, "" },
	{ "early.crl", true, ST_OK, "" },
	{ "foreign.crl", true, ST_FILE_CRL, "/foreign.crl: not signed by a CA" },
};

START_TEST(a_list_is_taken_or_refused_with_a_reason)
{
	struct tls_creds *c = NULL;
	struct tls_why why;

	ck_assert_int_eq(load(lists[_i].crl, lists[_i].any_time, &c, &why), lists[_i].st);
	ck_assert_msg(strstr(why.text, lists[_i].why), "%s", why.text);
	tls_creds_unref(c);
}
END_TEST

/* Both ends in turn until the client's handshake is over. */
static enum status shake_hands(struct tls_session *client, struct tls_session *server)
{
	enum status st = ST_AGAIN, other = ST_AGAIN;

	for (int i = 0; i < 100 && st == ST_AGAIN; i++) {
		st = tls_handshake(client);
		if (other == ST_AGAIN) {
			other = tls_handshake(server);
		}
	}
	return st;
}

START_TEST(one_of_another_time_revokes_all_the_same)
{
	struct tls_creds *creds, *server_creds = certs_load(&dir, "server", NULL);
	struct tls_session *client, *server;
	struct tls_why why;
	int fd[2];

	ck_assert_int_eq(load(_i ? "early.crl" : "old.crl", true, &creds, &why), ST_OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	ck_assert_int_eq(tls_client_new(creds, fd[0], "ke.test", &client), ST_OK);
	ck_assert_int_eq(tls_server_new(server_creds, fd[1], &server), ST_OK);
	ck_assert_int_eq(shake_hands(client, server), ST_CERT_REVOKED);
	tls_free(client);
	tls_free(server);
	tls_creds_unref(creds);
	tls_creds_unref(server_creds);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_crl");
	TCase *tc = tcase_create("lists");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, a_list_is_taken_or_refused_with_a_reason, 0,
			    (int)(sizeof(lists) / sizeof(lists[0])));
	tcase_add_loop_test(tc, one_of_another_time_revokes_all_the_same, 0, 2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
