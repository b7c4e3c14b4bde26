/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of a TLS connection over a socketpair, with certificates good and bad of names that say
 * which: for the tests of nts/tls*.
 */
#ifndef NTS_TESTS_UNIT_ENDS_H
#define NTS_TESTS_UNIT_ENDS_H

#include "nts/tls_internal.h"
#include "tests/unit/certs.h"

#define ENDS_TURNS 1000

extern struct certs ends_dir;

struct ends {
	int fd[2];			/* the client's, the server's */
	struct tls_session *client;
	struct tls_session *server;
	enum status client_st;		/* of its handshake */
	enum status server_st;
};

/* The certificates, made and removed. */
void ends_setup(void);
void ends_teardown(void);

/* Credentials of files of the folder; crl NULL: none. */
enum status ends_load_files(const char *ca, const char *cert, const char *key, const char *crl,
			    struct tls_creds **out, struct tls_why *why);

/* Of name.crt, name.key and the first CA. */
struct tls_creds *ends_load(const char *name, const char *crl);

/* A non-blocking pair. */
void ends_sockets(int fd[2]);

/* A client that wants host, and a server, with these certificates; nothing said yet. */
void ends_open(struct ends *e, const char *client, const char *server, const char *host,
	       const char *crl);
void ends_close(struct ends *e);

/* Handshakes of both, in turns; the end that failed closes its direction. */
void ends_handshake(struct ends *e);

#endif
