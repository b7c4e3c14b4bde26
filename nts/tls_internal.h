/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the TLS module share. For nts/tls_*.c only: the rest of the project sees
 * nts/tls.h and no GnuTLS.
 */
#ifndef NTS_NTS_TLS_INTERNAL_H
#define NTS_NTS_TLS_INTERNAL_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>

#include "nts/tls.h"
#include "nts/tls_cache.h"

/* Octets of a SHA-256. */
#define TLS_FILES_DIGEST 32

/*
 * How strong a peer's keys and signatures must be: 112 bits, so no RSA under 2048 (RFC 9325, 4.5).
 * The priority string says the same by its name.
 */
#define TLS_PROFILE GNUTLS_PROFILE_MEDIUM

struct tls_creds {
	gnutls_certificate_credentials_t cert;
	gnutls_priority_t priority;
	int64_t not_after_ms;
	int64_t ca_not_after_ms;
	int64_t crl_next_ms;
	/* of all that was loaded; the key belongs to its certificate */
	uint8_t files[TLS_FILES_DIGEST];
	int64_t trust_until_s;		/* until here CAs and revocation lists say the same */
	uint8_t (*revoked)[TLS_CRL_NAME];	/* sorted */
	size_t n_revoked;
	struct tls_cache *clients;	/* chains of clients that were good */
	gnutls_datum_t ticket_key;	/* of a server that lets sessions be resumed */
	uint32_t resumption_s;
	atomic_uint_fast64_t known;	/* times that such a chain came again */
	atomic_uint refs;
};

struct tls_buffer {
	uint8_t *octets;
	size_t size;
	size_t from, len;		/* those between wait */
};

struct tls_session {
	gnutls_session_t gs;
	struct tls_creds *creds;
	int fd;				/* the caller's */
	char *host;			/* whom a client expects; NULL on a server */
	struct tls_peer *peer;		/* a server's, verified; NULL before */
	bool tickets;			/* a client that wants one, a server that gives one */
	struct tls_buffer in, out;	/* from and to the socket */
	size_t unheard;			/* octets read since GnuTLS last made anything of them */
	bool shaken;			/* hands, and a ticket sent where one is due */
	bool bye;			/* close_notify written */
	bool ends;			/* what is sent now waits for the end, to go with it */
	size_t written;			/* octets of an unfinished tls_write */
	enum status failed;		/* ST_OK until something failed for good */
	gnutls_alert_description_t alert; /* what the verification wants the peer told */
	struct tls_why why;
};

/* Are no dates to be looked at (tls_files.any_time)? */
bool tls_any_time(const struct tls_creds *c);

/* Lets GnuTLS read and write through the session's buffers. */
void tls_socket_set_up(struct tls_session *s);

/* Sends what waits: 0, GNUTLS_E_AGAIN, or GNUTLS_E_PUSH_ERROR after which nothing waits. */
int tls_socket_flush(struct tls_session *s);

void tls_socket_free(struct tls_session *s);

/* Frees what tls_creds_resumption made. */
void tls_resume_free_key(struct tls_creds *c);

/* Of a session in the making: 0 or GnuTLS's error. */
int tls_resume_set_up(struct tls_session *s, const struct tls_ticket *ticket);

/* After each handshake: 0, or GnuTLS's error as that of tls_verify. */
int tls_resume_finish(struct tls_session *s);

/* What a revocation list knows a certificate by. ST_CERT_BAD, ST_CRYPTO. */
enum status tls_crl_name(gnutls_x509_crt_t crt, uint8_t out[TLS_CRL_NAME]) MUST_CHECK;

/*
 * Is the list signed by a CA of c, of this time, and a complete one: no delta list, nor one of some
 * of the CA's certificates, or of another CA's? Its dates are not looked at where those of
 * certificates are not. ST_FILE_CRL, *why says which list and why not.
 */
enum status tls_crl_check(const struct tls_creds *c, gnutls_x509_crl_t crl, const char *path,
			  struct tls_why *why) MUST_CHECK;

/* Takes the names of a list that is trusted: 0, or GnuTLS's error. */
int tls_crl_add(struct tls_creds *c, gnutls_x509_crl_t crl);

struct tls_staple {
	bool unknown;			/* the responder does not know the certificate */
	int64_t from_s, until_s;	/* 1970 */
};

/*
 * The OCSP answer that the server has stapled. ST_CERT_MISSING: none. ST_CERT_BAD: one that cannot
 * be read. ST_NO_MEMORY.
 */
enum status tls_staple_read(gnutls_session_t gs, struct tls_staple *out) MUST_CHECK;

/* Formats into *why, printable only; why may be NULL. */
void tls_explain(struct tls_why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * GnuTLS's callback for the peer's certificate: 0, or GNUTLS_E_CERTIFICATE_ERROR with the
 * session's failed, alert and why set.
 */
int tls_verify(gnutls_session_t gs);

/* What the peer has presented, its own certificate first: as many as GnuTLS verifies. */
#define TLS_CHAIN_MAX 16
struct tls_chain {
	const gnutls_datum_t *der;	/* the session's */
	unsigned int n;
	gnutls_x509_crt_t crt[TLS_CHAIN_MAX];
};

/* To be freed with tls_chain_free. ST_CERT_MISSING, ST_CERT_BAD, ST_NO_MEMORY. */
enum status tls_chain_read(gnutls_session_t gs, struct tls_chain *out) MUST_CHECK;

void tls_chain_free(struct tls_chain *chain);

/* From when to when all of it is valid, seconds since 1970. */
void tls_chain_validity(const struct tls_chain *chain, int64_t *from_s, int64_t *to_s);

/*
 * Who the peer with this chain is, to be freed with free(). ST_CERT_BAD: a name is too long, not
 * text, or they are too many. ST_NO_MEMORY.
 */
enum status tls_peer_read(const struct tls_chain *chain, struct tls_peer **out) MUST_CHECK;

#endif
