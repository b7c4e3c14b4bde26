/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS sessions of NTS-KE: TLS 1.3 only, ALPN ntske/1, certificates on both sides, no early
 * data, no renegotiation (draft 2.1, RFC 8915 section 3, BCP 195, WIRE.md 1). Non-blocking,
 * over a connected socket that the caller owns. The only user of GnuTLS's TLS and X.509.
 *
 * Must not fall back: no earlier TLS, no unverified certificate, no missing ALPN.
 */
#ifndef NTS_NTS_TLS_H
#define NTS_NTS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct tls_creds;	/* certificate, private key and CA of one side; shared by sessions */
struct tls_session;

/* Text for people: what exactly failed, beside the status. Zero-terminated, printable. */
#define TLS_WHY 160
struct tls_why {
	char text[TLS_WHY];
};

struct tls_files {
	const char *ca_file;	/* PEM, one or more CA certificates */
	const char *cert_file;	/* PEM, own certificate first, then its chain */
	const char *key_file;	/* PEM; refused when others can read it */
	const char *crl_file;	/* PEM, or NULL */
	bool any_time;		/* look at no dates of certificates and lists: RFC 8915, 8.5 */
};

/*
 * Loads credentials. The key is wiped from memory that is ours. *why (may be NULL) names the
 * file and reason.
 * ST_FILE_OPEN, ST_FILE_MODE, ST_FILE_FORMAT (also key and certificate do not match), ST_FILE_CRL
 * (a list that is out of date, or of a CA that ca_file has not), ST_NO_MEMORY, ST_TLS.
 */
enum status tls_creds_load(const struct tls_files *files, struct tls_creds **out,
			   struct tls_why *why) MUST_CHECK;

/* Counted: sessions, of any thread, keep what they use. NULL is fine for unref. */
struct tls_creds *tls_creds_ref(struct tls_creds *c);
void tls_creds_unref(struct tls_creds *c);

/* End of validity of the own certificate, milliseconds since 1970. */
int64_t tls_creds_not_after_ms(const struct tls_creds *c);

/* The same of the CA certificate that ends first. */
int64_t tls_creds_ca_not_after_ms(const struct tls_creds *c);

/*
 * Do the revocation lists name the certificate of this issuer and serial number (tls_peer.crl_name,
 * a digest of both)? For one that is not at hand: who has it in his session need not ask. c may be
 * NULL: there are none.
 */
#define TLS_CRL_NAME 32
bool tls_creds_revoke(const struct tls_creds *c, const uint8_t name[TLS_CRL_NAME]);

/* When the first of the revocation lists asks to be replaced; 0: there is none. */
int64_t tls_creds_crl_next_ms(const struct tls_creds *c);

/*
 * How often a client came with a chain of certificates that these credentials had verified
 * before, so that it was not verified again. Its private key was. Any thread may ask.
 */
uint64_t tls_creds_chains_known(struct tls_creds *c);

/*
 * From when to when all certificates that the peer has shown are valid, and the OCSP answer that it
 * has stapled, milliseconds since 1970.
 * After a handshake. ST_CERT_MISSING, ST_CERT_BAD, ST_NO_MEMORY.
 */
enum status tls_peer_validity(const struct tls_session *s, int64_t *from_ms,
			      int64_t *to_ms) MUST_CHECK;

/*
 * A client session on fd that accepts the server only if its certificate, verified against
 * the CA, is for host (a DNS name or an address in text). ST_NO_MEMORY, ST_TLS.
 */
enum status tls_client_new(struct tls_creds *creds, int fd, const char *host,
			   struct tls_session **out) MUST_CHECK;

/*
 * Session resumption (draft 2.1), off unless both sides ask for it. It saves signatures, and
 * nothing else: certificates of the first session are verified again each time, on both sides, by
 * the credentials of today. No early data.
 *
 * A server hands out one ticket, at the end of a full handshake, good for lifetime_s seconds: so
 * long after its last full proof a client can come back (one that lies about the age, three times
 * as long: GnuTLS believes it, and the key that seals tickets changes then). Its key goes with
 * the credentials. Before any session. ST_CRYPTO.
 */
enum status tls_creds_resumption(struct tls_creds *c, uint32_t lifetime_s) MUST_CHECK;

struct tls_ticket;	/* a client's; holds secrets */

/*
 * Is the ticket for this host, and were the credentials then loaded from files with the same
 * contents as these (CA, revocation list, certificate, to which the key belongs)?
 */
bool tls_ticket_fits(const struct tls_ticket *t, const struct tls_creds *creds, const char *host);

/*
 * A client session that takes a ticket and, with one (or NULL) of a session before, tries to
 * resume that. A ticket that does not fit is left aside. Does not keep ticket. Where the server
 * does not want it any more, the handshake is a full one.
 * ST_NO_MEMORY, ST_TLS.
 */
enum status tls_client_resume(struct tls_creds *creds, int fd, const char *host,
			      const struct tls_ticket *ticket,
			      struct tls_session **out) MUST_CHECK;

/*
 * The ticket that has come on a session of tls_client_resume, to be asked for after the first
 * octets were read; NULL: none has, the one before may be used again. Free with tls_ticket_free.
 */
struct tls_ticket *tls_ticket_take(struct tls_session *s);

/* Wipes; t may be NULL. */
void tls_ticket_free(struct tls_ticket *t);

/* After the handshake: was it resumed? */
bool tls_resumed(const struct tls_session *s);

/* A server session on fd that requires a client certificate. ST_NO_MEMORY, ST_TLS. */
enum status tls_server_new(struct tls_creds *creds, int fd,
			   struct tls_session **out) MUST_CHECK;

/* Frees without sending; does not close fd; s may be NULL. */
void tls_free(struct tls_session *s);

/*
 * Each goes on as far as the socket allows: ST_OK when done, ST_AGAIN when the socket must
 * become ready (tls_wants_write tells for what) and the same call be made again.
 *
 * tls_handshake: ST_TLS_VERSION, ST_TLS_ALPN, ST_CERT_*, ST_TLS_ALERT, ST_CLOSED, ST_TLS.
 * In TLS 1.3 a client's handshake ends before the server has looked at its certificate: the
 * refusal then comes from the client's first tls_read, as ST_TLS_ALERT. A peer that sends more
 * than 64 KiB without an end of its handshake, or behind it without data, gets ST_TLS.
 * tls_read: 1 to cap octets to data, *len how many; *len 0 with ST_OK is the peer's
 * close_notify. ST_CLOSED is an end without one.
 * tls_write: all len octets at data; call again with the same arguments on ST_AGAIN.
 * tls_bye: sends our close_notify; does not wait for the peer's.
 * tls_write_last: both and the end of our side of the connection, in one piece; len may be 0.
 */
enum status tls_handshake(struct tls_session *s) MUST_CHECK;
enum status tls_read(struct tls_session *s, uint8_t *data, size_t cap, size_t *len) MUST_CHECK;
enum status tls_write(struct tls_session *s, const uint8_t *data, size_t len) MUST_CHECK;
enum status tls_write_last(struct tls_session *s, const uint8_t *data, size_t len) MUST_CHECK;
enum status tls_bye(struct tls_session *s) MUST_CHECK;

/* After ST_AGAIN: waits for the socket to become writable (true) or readable (false). */
bool tls_wants_write(const struct tls_session *s);

/* Are octets waiting inside the session, which poll would not show? */
bool tls_pending(const struct tls_session *s);

/* What failed last, in words; "" when nothing did. Belongs to the session. */
const char *tls_why(const struct tls_session *s);

/*
 * Who a client of the KE server is: its certificate's issuer and subject (WIRE.md 5), so that a
 * renewed certificate is the same client.
 */
#define TLS_DN_MAX 512
#define TLS_NAME_MAX 256
#define TLS_NAMES_MAX 32
struct tls_peer {
	char issuer[TLS_DN_MAX];	/* RFC 4514 */
	char subject[TLS_DN_MAX];	/* RFC 4514 */
	char common_name[TLS_NAME_MAX];	/* "" when there is none, or several */
	uint8_t fingerprint[32];	/* SHA-256 of the certificate */
	uint8_t crl_name[TLS_CRL_NAME];	/* what a revocation list knows it by */
	int64_t not_after_ms;		/* milliseconds since 1970 */
	uint8_t n_names;		/* SANs: DNS names, addresses in text, URIs */
	struct tls_peer_name {
		char kind;		/* 'd' DNS, 'i' IP address, 'u' URI */
		char text[TLS_NAME_MAX];
	} names[TLS_NAMES_MAX];		/* last: copies end behind those that there are */
};

/* Of a server's session after a handshake that ended with ST_OK; belongs to the session. */
const struct tls_peer *tls_peer(const struct tls_session *s);

#endif
