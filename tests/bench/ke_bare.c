// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the server's side of one full mutual TLS 1.3 handshake costs in GnuTLS alone: both ends in
 * one process, octets handed over in memory, no socket, no loop, no request. Session set-up,
 * verification of the client's chain, and freeing are in, as they are in any server. Runs until
 * SIGTERM; ke_load stops it and lets it go on in turns with a server.
 *
 * ke_bare CA CERT KEY CLIENT_CERT CLIENT_KEY
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char priority_text[] =
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519";

static volatile sig_atomic_t over;

struct pipe {
	size_t from, len;
	uint8_t octets[65536];
};

struct end {
	gnutls_session_t gs;
	gnutls_certificate_credentials_t cred;
	struct pipe *in, *out;
	uint64_t cpu_ns;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct pipe *p = ((struct end *)ptr)->out;

	memcpy(p->octets + p->len, data, len);
	p->len += len;
	return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct end *e = ptr;
	struct pipe *p = e->in;
	size_t n = p->len - p->from;

	if (!n) {
		gnutls_transport_set_errno(e->gs, EAGAIN);
		return -1;
	}
	n = n < len ? n : len;
	memcpy(data, p->octets + p->from, n);
	p->from += n;
	return (ssize_t)n;
}

static void open_end(struct end *e, unsigned int flags, gnutls_priority_t priority)
{
	gnutls_init(&e->gs, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);
	gnutls_priority_set(e->gs, priority);
	gnutls_credentials_set(e->gs, GNUTLS_CRD_CERTIFICATE, e->cred);
	gnutls_transport_set_ptr(e->gs, e);
	gnutls_transport_set_push_function(e->gs, push);
	gnutls_transport_set_pull_function(e->gs, pull);
	if (flags & GNUTLS_SERVER) {
		gnutls_certificate_server_set_request(e->gs, GNUTLS_CERT_REQUIRE);
		gnutls_session_set_verify_cert(e->gs, NULL, 0);
	}
}

static void need(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "%s: %s\n", what, gnutls_strerror(err));
		exit(EXIT_FAILURE);
	}
}

static void handshake(struct end *server, struct end *client, gnutls_priority_t priority)
{
	int s = GNUTLS_E_AGAIN, c = GNUTLS_E_AGAIN;
	uint64_t t = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	open_end(server, GNUTLS_SERVER, priority);
	server->cpu_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - t;
	open_end(client, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, priority);
	while (s == GNUTLS_E_AGAIN || c == GNUTLS_E_AGAIN) {
		c = c ? gnutls_handshake(client->gs) : c;
		t = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		s = s ? gnutls_handshake(server->gs) : s;
		server->cpu_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - t;
	}
	need(c, "client");
	need(s, "server");
	gnutls_deinit(client->gs);
	t = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	gnutls_deinit(server->gs);
	server->cpu_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - t;
	server->in->from = server->in->len = server->out->from = server->out->len = 0;
}

static void load(struct end *e, const char *ca, const char *cert, const char *key)
{
	need(gnutls_certificate_allocate_credentials(&e->cred), "credentials");
	need(gnutls_certificate_set_x509_trust_file(e->cred, ca, GNUTLS_X509_FMT_PEM), ca);
	need(gnutls_certificate_set_x509_key_file(e->cred, cert, key, GNUTLS_X509_FMT_PEM), cert);
}

static void on_term(int sig)
{
	(void)sig;
	over = 1;
}

int main(int argc, char **argv)
{
	static struct pipe up, down;
	struct end server = { .in = &up, .out = &down };
	struct end client = { .in = &down, .out = &up };
	gnutls_priority_t priority;
	uint64_t n = 0;

	if (argc != 6) {
		fputs("ke_bare CA CERT KEY CLIENT_CERT CLIENT_KEY\n", stderr);
		return EXIT_FAILURE;
	}
	signal(SIGTERM, on_term);
	need(gnutls_priority_init(&priority, priority_text, NULL), "priority");
	load(&server, argv[1], argv[2], argv[3]);
	load(&client, argv[1], argv[4], argv[5]);
	do {
		handshake(&server, &client, priority);
		n++;
	} while (!over);
	printf("handshakes=%lu server_us=%.1f\n", n, (double)server.cpu_ns / 1e3 / (double)n);
	return EXIT_SUCCESS;
}
