/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the TLS module share. For nts/tls_*.c only: the rest of the project sees
 * nts/tls.h and no GnuTLS.
 */
#ifndef NTS_NTS_TLS_INTERNAL_H
#define NTS_NTS_TLS_INTERNAL_H

#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <stdatomic.h>

#include "nts/tls.h"
#include "nts/tls_cache.h"

/* Octets of a SHA-256. */
#define TLS_FILES_DIGEST 32

struct tls_creds {
	gnutls_certificate_credentials_t cert;
	gnutls_priority_t priority;
	int64_t not_after_ms;
	int64_t ca_not_after_ms;
	int64_t crl_next_ms;
	uint8_t files[TLS_FILES_DIGEST]; /* of all that was loaded; the key belongs to its certificate */
	int64_t trust_until_s;		/* until here CAs and revocation lists say the same */
	struct tls_cache *clients;	/* chains of clients that were good */
	gnutls_datum_t ticket_key;	/* of a server that lets sessions be resumed */
	uint32_t resumption_s;
	atomic_uint_fast64_t known;	/* times that such a chain came again */
	atomic_uint refs;
};

struct tls_session {
	gnutls_session_t gs;
	struct tls_creds *creds;
	int fd;				/* the caller's */
	char *host;			/* whom a client expects; NULL on a server */
	struct tls_peer *peer;		/* of tls_cache_find, or NULL */
	bool tickets;			/* a client that wants one, a server that gives one */
	size_t written;			/* octets of an unfinished tls_write */
	enum status failed;		/* ST_OK until something failed for good */
	gnutls_alert_description_t alert; /* what the verification wants the peer told */
	struct tls_why why;
};

/* Frees what tls_creds_resumption made. */
void tls_resume_free_key(struct tls_creds *c);

/* Of a session in the making: 0 or GnuTLS's error. */
int tls_resume_set_up(struct tls_session *s, const struct tls_ticket *ticket);

/* After each handshake: 0, or GnuTLS's error as that of tls_verify. */
int tls_resume_finish(struct tls_session *s);

/* Formats into *why, printable only; why may be NULL. */
void tls_explain(struct tls_why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * GnuTLS's callback for the peer's certificate: 0, or GNUTLS_E_CERTIFICATE_ERROR with the
 * session's failed, alert and why set.
 */
int tls_verify(gnutls_session_t gs);

/* The peer's own certificate; free it with gnutls_x509_crt_deinit. ST_CERT_*, ST_NO_MEMORY. */
enum status tls_peer_cert(gnutls_session_t gs, gnutls_x509_crt_t *out) MUST_CHECK;

/* Who the peer with this certificate, which was imported from der, is; see tls_peer. */
enum status tls_peer_read(gnutls_x509_crt_t crt, const gnutls_datum_t *der,
			  struct tls_peer *out) MUST_CHECK;

/* The subject alternative names of a certificate; *out is NULL where there are none. */
enum status tls_cert_sans(gnutls_x509_crt_t crt, gnutls_subject_alt_names_t *out) MUST_CHECK;

#endif
