// SPDX-License-Identifier: GPL-2.0-or-later
/* See ends.h. */
#include "tests/unit/ends.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct certs ends_dir;

void ends_setup(void)
{
	certs_open(&ends_dir);
	certs_ca(&ends_dir, "other");
	certs_issue(&ends_dir, "server", &(struct certs_spec){
		.common_name = "ke", .dns = { "ke.example.net" }, .ip = "192.0.2.1",
		.purpose = CERTS_SERVER_AUTH });
	certs_issue(&ends_dir, "server6", &(struct certs_spec){ .ip = "2001:db8::1" });
	certs_issue(&ends_dir, "client", &(struct certs_spec){
		.common_name = "clock-7", .dns = { "c7.example.net", "c7.example.org" },
		.ip = "192.0.2.7", .uri = "urn:clock:7", .purpose = CERTS_CLIENT_AUTH });
	certs_issue(&ends_dir, "plain", &(struct certs_spec){ .common_name = "ke.example.net" });
	certs_issue(&ends_dir, "foreign", &(struct certs_spec){
		.ca = "other", .common_name = "f", .dns = { "ke.example.net" } });
	certs_issue(&ends_dir, "expired", &(struct certs_spec){
		.common_name = "e", .dns = { "ke.example.net" }, .from_s = -7200, .until_s = -60 });
	certs_issue(&ends_dir, "future", &(struct certs_spec){
		.common_name = "n", .dns = { "ke.example.net" }, .from_s = 3600, .until_s = 7200 });
	certs_issue(&ends_dir, "revoked", &(struct certs_spec){ .dns = { "ke.example.net" } });
	certs_issue(&ends_dir, "weak", &(struct certs_spec){ .dns = { "ke.example.net" },
							.weak = true });
	certs_issue(&ends_dir, "between", &(struct certs_spec){ .common_name = "between",
							   .is_ca = true });
	certs_issue(&ends_dir, "below", &(struct certs_spec){ .ca = "between",
							 .dns = { "ke.example.net" } });
	certs_append(&ends_dir, "below", "between");
	certs_issue(&ends_dir, "short", &(struct certs_spec){ .ca = "between",
							 .dns = { "ke.example.net" } });
	certs_issue(&ends_dir, "false", &(struct certs_spec){ .ca = "plain",
							 .dns = { "ke.example.net" } });
	certs_append(&ends_dir, "false", "plain");
	certs_revoke(&ends_dir, "ca", "revoked", "list");
	certs_revoke(&ends_dir, "other", "foreign", "foreign");
}

void ends_teardown(void)
{
	certs_close(&ends_dir);
}

enum status ends_load_files(const char *ca, const char *cert, const char *key,
			      const char *crl, struct tls_creds **out, struct tls_why *why)
{
	char path[4][CERTS_PATH];
	struct tls_files files = {
		.ca_file = certs_path(&ends_dir, ca, path[0]),
		.cert_file = certs_path(&ends_dir, cert, path[1]),
		.key_file = certs_path(&ends_dir, key, path[2]),
		.crl_file = crl ? certs_path(&ends_dir, crl, path[3]) : NULL,
	};

	return tls_creds_load(&files, out, why);
}

struct tls_creds *ends_load(const char *name, const char *crl)
{
	struct tls_creds *c;
	char cert[64];
	char key[64];

	snprintf(cert, sizeof(cert), "%s.crt", name);
	snprintf(key, sizeof(key), "%s.key", name);
	ck_assert_int_eq(ends_load_files("ca.crt", cert, key, crl, &c, NULL), ST_OK);
	return c;
}

void ends_sockets(int fd[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
}

void ends_open(struct ends *e, const char *client, const char *server, const char *host,
		      const char *crl)
{
	struct tls_creds *cc = ends_load(client, crl);
	struct tls_creds *sc = ends_load(server, crl);

	memset(e, 0, sizeof(*e));
	ends_sockets(e->fd);
	ck_assert_int_eq(tls_client_new(cc, e->fd[0], host, &e->client), ST_OK);
	ck_assert_int_eq(tls_server_new(sc, e->fd[1], &e->server), ST_OK);
	tls_creds_unref(cc);
	tls_creds_unref(sc);
	e->client_st = ST_AGAIN;
	e->server_st = ST_AGAIN;
}

void ends_close(struct ends *e)
{
	tls_free(e->client);
	tls_free(e->server);
	close(e->fd[0]);
	close(e->fd[1]);
}

void ends_handshake(struct ends *e)
{
	for (int i = 0; i < ENDS_TURNS; i++) {
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
