// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session resumption: what it gives, and that a resumed client is judged as any other: by its
 * certificate, by today's revocation list, by the ticket's own lifetime.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nts/tls_internal.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"

#define TURNS 1000
#define SHORT_S 3
#define WHO "CN=c u:urn:clock:7"

static struct certs dir;
static struct tls_creds *server, *client;
static struct tls_ticket *ticket;
static char seen[TLS_DN_MAX + TLS_NAME_MAX + 8];	/* by the server: subject and names */
static bool resumed;		/* so says the server */
static enum status heard;	/* by the client, when it read */

static void set_up(void)
{
	certs_open(&dir);
	certs_issue(&dir, "server", &(struct certs_spec){ .dns = { "ke.test", "two.test" } });
	certs_issue(&dir, "client", &(struct certs_spec){ .common_name = "c",
							  .uri = "urn:clock:7" });
	certs_issue(&dir, "short", &(struct certs_spec){ .common_name = "s", .until_s = SHORT_S });
	certs_revoke(&dir, "ca", "client", "list");
	server = certs_load(&dir, "server", NULL);
	ck_assert_int_eq(tls_creds_resumption(server, 3600), ST_OK);
	client = certs_load(&dir, "client", NULL);
}

static void tear_down(void)
{
	tls_ticket_free(ticket);
	tls_creds_unref(client);
	tls_creds_unref(server);
	certs_close(&dir);
}

static enum status handshake(struct tls_session *c, struct tls_session *s)
{
	enum status cs = ST_AGAIN, ss = ST_AGAIN;
	int i;

	for (i = 0; i < TURNS && (cs == ST_AGAIN || ss == ST_AGAIN); i++) {
		cs = cs == ST_AGAIN ? tls_handshake(c) : cs;
		ss = ss == ST_AGAIN ? tls_handshake(s) : ss;
	}
	ck_assert_int_eq(cs, ST_OK);
	return ss;
}

static void look(const struct tls_peer *p)
{
	int n = snprintf(seen, sizeof(seen), "%s", p->subject);

	for (int i = 0; i < p->n_names; i++) {
		n += snprintf(seen + n, sizeof(seen) - (size_t)n, " %c:%s", p->names[i].kind,
			      p->names[i].text);
		ck_assert_uint_lt((size_t)n, sizeof(seen));
	}
}

/* A session with an octet from the server; a ticket that comes takes the old one's place. */
static enum status visit(const char *host)
{
	struct tls_session *c, *s;
	struct tls_ticket *fresh;
	enum status st;
	uint8_t octet;
	size_t len;
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	ck_assert_int_eq(tls_client_resume(client, fd[0], host, ticket, &c), ST_OK);
	ck_assert_int_eq(tls_server_new(server, fd[1], &s), ST_OK);
	st = handshake(c, s);
	resumed = tls_resumed(s);
	if (!st) {
		ck_assert(tls_resumed(c) == resumed);
		look(tls_peer(s));
		ck_assert_int_eq(tls_write(s, (const uint8_t *)"x", 1), ST_OK);
	}
	heard = tls_read(c, &octet, 1, &len);
	fresh = tls_ticket_take(c);
	if (fresh) {
		tls_ticket_free(ticket);
		ticket = fresh;
	}
	tls_free(c);
	tls_free(s);
	close(fd[0]);
	close(fd[1]);
	return st;
}

START_TEST(the_second_is_resumed)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
	ck_assert_ptr_nonnull(ticket);
	ck_assert_str_eq(seen, WHO);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(visit("ke.test"), ST_OK);
		ck_assert(resumed);
		ck_assert_int_eq(heard, ST_OK);
		ck_assert_str_eq(seen, WHO);
	}
}
END_TEST

/* The octet had come together with the ticket: nothing more would wake who waits for it. */
START_TEST(a_ticket_holds_nothing_up)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert_ptr_nonnull(ticket);
	ck_assert_int_eq(heard, ST_OK);
}
END_TEST

/* Else a client could go on for ever without the key of its certificate. */
START_TEST(a_resumed_session_earns_no_ticket)
{
	struct tls_ticket *first;

	ck_assert_int_eq(visit("ke.test"), ST_OK);
	first = ticket;
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(resumed);
	ck_assert_ptr_eq(ticket, first);
}
END_TEST

START_TEST(a_ticket_has_its_lifetime)
{
	time_t begin;

	tls_creds_unref(server);
	server = certs_load(&dir, "server", NULL);
	ck_assert_int_eq(tls_creds_resumption(server, SHORT_S), ST_OK);
	begin = time(NULL);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(resumed);
	while (time(NULL) <= begin + SHORT_S + 1) {
		usleep(50000);
	}
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
}
END_TEST

START_TEST(a_ticket_does_not_outlive_the_certificate)
{
	time_t begin = time(NULL);

	tls_creds_unref(client);
	client = certs_load(&dir, "short", NULL);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(resumed);
	while (time(NULL) <= begin + SHORT_S) {
		usleep(50000);
	}
	ck_assert_int_eq(visit("ke.test"), ST_CERT_EXPIRED);
	ck_assert(resumed);
	ck_assert_int_eq(heard, ST_TLS_ALERT);
}
END_TEST

/* New credentials, even under the old ticket key: the revoked client gets nothing. */
START_TEST(a_ticket_does_not_outlive_a_revocation)
{
	struct tls_creds *listed = certs_load(&dir, "server", "list");

	ck_assert_int_eq(visit("ke.test"), ST_OK);
	listed->ticket_key = server->ticket_key;
	listed->resumption_s = server->resumption_s;
	server->ticket_key = (gnutls_datum_t){ NULL, 0 };
	tls_creds_unref(server);
	server = listed;
	ck_assert_int_eq(visit("ke.test"), ST_CERT_REVOKED);
	ck_assert(resumed);
	ck_assert_int_eq(heard, ST_TLS_ALERT);
}
END_TEST

START_TEST(new_credentials_mean_a_full_handshake)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	tls_creds_unref(server);
	server = certs_load(&dir, "server", NULL);
	ck_assert_int_eq(tls_creds_resumption(server, 3600), ST_OK);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
}
END_TEST

START_TEST(a_ticket_is_for_one_host_and_one_client)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert_int_eq(visit("two.test"), ST_OK);
	ck_assert(!resumed);
	ck_assert_int_eq(visit("two.test"), ST_OK);
	ck_assert(resumed);
	certs_issue(&dir, "client", &(struct certs_spec){ .common_name = "c",
							  .uri = "urn:clock:7" });
	tls_creds_unref(client);
	client = certs_load(&dir, "client", NULL);
	ck_assert_int_eq(visit("two.test"), ST_OK);
	ck_assert(!resumed);
}
END_TEST

static void load_client_anew(const char *crl)
{
	tls_creds_unref(client);
	client = certs_load(&dir, "client", crl);
}

/* A client reads its files for each exchange: what matters is what stands in them. */
START_TEST(a_ticket_is_for_the_contents_of_files)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	load_client_anew(NULL);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(resumed);
	load_client_anew("list");
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
	load_client_anew("list");
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(resumed);
	certs_revoke(&dir, "ca", "short", "list");
	load_client_anew("list");
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
}
END_TEST

static void load_client_at_any_time(void)
{
	char path[3][CERTS_PATH];
	const struct tls_files files = {
		.ca_file = certs_path(&dir, "ca.crt", path[0]),
		.cert_file = certs_path(&dir, "client.crt", path[1]),
		.key_file = certs_path(&dir, "client.key", path[2]),
		.any_time = true,
	};

	tls_creds_unref(client);
	ck_assert_int_eq(tls_creds_load(&files, &client, NULL), ST_OK);
}

/* Where dates were not looked at, the session is none for those who look at them. */
START_TEST(a_ticket_got_at_any_time_is_left_aside)
{
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	load_client_at_any_time();
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
	load_client_anew(NULL);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert(!resumed);
}
END_TEST

/* What the client makes of the server, resumed or not. */
static enum status look_at_server(bool *was_resumed)
{
	struct tls_session *c, *s;
	enum status cs = ST_AGAIN, ss = ST_AGAIN;
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	ck_assert_int_eq(tls_client_resume(client, fd[0], "ke.test", ticket, &c), ST_OK);
	ck_assert_int_eq(tls_server_new(server, fd[1], &s), ST_OK);
	for (int i = 0; i < TURNS && cs == ST_AGAIN; i++) {
		cs = tls_handshake(c);
		ss = ss == ST_AGAIN ? tls_handshake(s) : ss;
	}
	*was_resumed = tls_resumed(c);
	tls_free(c);
	tls_free(s);
	close(fd[0]);
	close(fd[1]);
	return cs;
}

START_TEST(a_server_is_not_resumed_with_beyond_its_certificate)
{
	time_t begin = time(NULL);
	bool was_resumed;

	certs_issue(&dir, "brief", &(struct certs_spec){ .dns = { "ke.test" },
							 .until_s = SHORT_S });
	tls_creds_unref(server);
	server = certs_load(&dir, "brief", NULL);
	ck_assert_int_eq(tls_creds_resumption(server, 3600), ST_OK);
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	ck_assert_int_eq(look_at_server(&was_resumed), ST_OK);
	ck_assert(was_resumed);
	while (time(NULL) <= begin + SHORT_S) {
		usleep(50000);
	}
	ck_assert_int_eq(look_at_server(&was_resumed), ST_CERT_EXPIRED);
	ck_assert(was_resumed);
}
END_TEST

/* Even if the ticket had been kept. */
START_TEST(a_server_is_not_resumed_with_when_revoked)
{
	uint8_t before[TLS_FILES_DIGEST];
	bool was_resumed;

	certs_revoke(&dir, "ca", "server", "gone");
	memcpy(before, client->files, sizeof(before));
	ck_assert_int_eq(visit("ke.test"), ST_OK);
	load_client_anew("gone");
	ck_assert_int_eq(look_at_server(&was_resumed), ST_CERT_REVOKED);
	ck_assert(!was_resumed);
	memcpy(client->files, before, sizeof(before));
	ck_assert_int_eq(look_at_server(&was_resumed), ST_CERT_REVOKED);
	ck_assert(was_resumed);
}
END_TEST

START_TEST(off_by_default)
{
	tls_creds_unref(server);
	server = certs_load(&dir, "server", NULL);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(visit("ke.test"), ST_OK);
		ck_assert(!resumed);
		ck_assert_ptr_null(ticket);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_resume");
	TCase *tc = tcase_create("tls_resume");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, the_second_is_resumed);
	tcase_add_test(tc, a_ticket_holds_nothing_up);
	tcase_add_test(tc, a_resumed_session_earns_no_ticket);
	tcase_add_test(tc, a_ticket_has_its_lifetime);
	tcase_add_test(tc, a_ticket_does_not_outlive_the_certificate);
	tcase_add_test(tc, a_ticket_does_not_outlive_a_revocation);
	tcase_add_test(tc, new_credentials_mean_a_full_handshake);
	tcase_add_test(tc, a_ticket_is_for_one_host_and_one_client);
	tcase_add_test(tc, a_ticket_is_for_the_contents_of_files);
	tcase_add_test(tc, a_ticket_got_at_any_time_is_left_aside);
	tcase_add_test(tc, a_server_is_not_resumed_with_beyond_its_certificate);
	tcase_add_test(tc, a_server_is_not_resumed_with_when_revoked);
	tcase_add_test(tc, off_by_default);
	return unit_run(s);
}
