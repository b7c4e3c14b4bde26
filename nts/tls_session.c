// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS sessions of NTS-KE, non-blocking: handshake, read, write, close_notify (WIRE.md 1).
 * A failure is final: the peer is told by an alert, and every later call returns it again.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nts/tls_internal.h"

static const char alpn_name[] = "ntske/1";

#define ALPN_LEN (sizeof(alpn_name) - 1)

/*
 * GnuTLS keeps a handshake message until it is whole, up to 16 MB, and only then finds it too long;
 * anybody can begin one. What peers have to say before their first data is a tenth of this.
 */
#define UNHEARD_MAX 65536

/* GnuTLS's errors that have a status of their own. */
static const struct {
	int err;
	enum status st;
} error_table[] = {
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, ST_TLS_VERSION },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, ST_TLS_ALPN },
	{ GNUTLS_E_CERTIFICATE_REQUIRED, ST_CERT_MISSING },
	{ GNUTLS_E_NO_CERTIFICATE_FOUND, ST_CERT_MISSING },
	{ GNUTLS_E_CERTIFICATE_ERROR, ST_CERT_BAD },
	{ GNUTLS_E_FATAL_ALERT_RECEIVED, ST_TLS_ALERT },
	{ GNUTLS_E_WARNING_ALERT_RECEIVED, ST_TLS_ALERT },
	{ GNUTLS_E_PREMATURE_TERMINATION, ST_CLOSED },
	{ GNUTLS_E_SESSION_EOF, ST_CLOSED },
	{ GNUTLS_E_PULL_ERROR, ST_CLOSED },
	{ GNUTLS_E_PUSH_ERROR, ST_CLOSED },
	{ GNUTLS_E_MEMORY_ERROR, ST_NO_MEMORY },
};

static enum status status_of_error(int err)
{
	for (size_t i = 0; i < sizeof(error_table) / sizeof(error_table[0]); i++) {
		if (error_table[i].err == err) {
			return error_table[i].st;
		}
	}
	return ST_TLS;
}

/* Two alerts say what we have a status for. */
static enum status status_of_alert(gnutls_alert_description_t alert)
{
	if (alert == GNUTLS_A_PROTOCOL_VERSION) {
		return ST_TLS_VERSION;
	}
	return alert == GNUTLS_A_NO_APPLICATION_PROTOCOL ? ST_TLS_ALPN : ST_TLS_ALERT;
}

static bool is_alert(int err)
{
	return err == GNUTLS_E_FATAL_ALERT_RECEIVED || err == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

/* A TLS 1.2 peer fails over cipher suites before GnuTLS looks at versions. */
static bool is_old_version(const struct tls_session *s, int err)
{
	return err == GNUTLS_E_NO_CIPHER_SUITES &&
	       gnutls_protocol_get_version(s->gs) != GNUTLS_TLS1_3;
}

/* GnuTLS takes an end inside a record for a bad length. */
static bool is_cut_off(const struct tls_session *s, int err)
{
	char octet;

	return err == GNUTLS_E_UNEXPECTED_PACKET_LENGTH &&
	       recv(s->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int clarify(const struct tls_session *s, int err)
{
	if (is_old_version(s, err)) {
		return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
	}
	return is_cut_off(s, err) ? GNUTLS_E_PREMATURE_TERMINATION : err;
}

static enum status fail_alert(struct tls_session *s)
{
	gnutls_alert_description_t alert = gnutls_alert_get(s->gs);
	const char *name = gnutls_alert_get_name(alert);

	tls_explain(&s->why, "alert %d: %s", (int)alert, name ? name : "unknown");
	s->failed = status_of_alert(alert);
	return s->failed;
}

/* Remembers why, and tells the peer where that makes sense; the socket may be gone. */
static enum status fail(struct tls_session *s, int err)
{
	if (is_alert(err)) {
		return fail_alert(s);
	}
	if (s->failed != ST_OK) {	/* the verification has said why */
		gnutls_alert_send(s->gs, GNUTLS_AL_FATAL, s->alert);
	} else {
		err = clarify(s, err);
		s->failed = status_of_error(err);
		tls_explain(&s->why, "%s", gnutls_strerror(err));
		if (s->failed != ST_CLOSED) {
			gnutls_alert_send_appropriate(s->gs, err);
		}
	}
	tls_socket_flush(s);
	return s->failed;
}

static bool is_address(const char *host)
{
	unsigned char ip[16];

	return inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1;
}

static int set_up(struct tls_session *s, const struct tls_ticket *ticket)
{
	gnutls_datum_t alpn = { (unsigned char *)(uintptr_t)alpn_name, ALPN_LEN };
	int err = gnutls_priority_set(s->gs, s->creds->priority);

	if (err == GNUTLS_E_SUCCESS) {
		err = gnutls_credentials_set(s->gs, GNUTLS_CRD_CERTIFICATE, s->creds->cert);
	}
	if (err == GNUTLS_E_SUCCESS) {
		err = gnutls_alpn_set_protocols(s->gs, &alpn, 1, GNUTLS_ALPN_MANDATORY);
	}
	if (err == GNUTLS_E_SUCCESS && s->host && !is_address(s->host)) {
		err = gnutls_server_name_set(s->gs, GNUTLS_NAME_DNS, s->host, strlen(s->host));
	}
	return err == GNUTLS_E_SUCCESS ? tls_resume_set_up(s, ticket) : err;
}

struct session_args {
	const char *host;
	unsigned int flags;
	bool tickets;
	const struct tls_ticket *ticket;
};

static enum status session_new(struct tls_creds *creds, int fd, const struct session_args *args,
			       struct tls_session **out)
{
	unsigned int flags = args->flags | GNUTLS_NONBLOCK | GNUTLS_NO_AUTO_SEND_TICKET |
			     (args->tickets ? 0 : GNUTLS_NO_TICKETS);

	struct tls_session *s = calloc(1, sizeof(*s));

	if (!s) {
		return ST_NO_MEMORY;
	}
	s->fd = fd;
	s->creds = tls_creds_ref(creds);
	s->tickets = args->tickets;
	if (args->host && !(s->host = strdup(args->host))) {
		tls_free(s);
		return ST_NO_MEMORY;
	}
	if (gnutls_init(&s->gs, flags) != GNUTLS_E_SUCCESS) {
		s->gs = NULL;
		tls_free(s);
		return ST_NO_MEMORY;
	}
	if (set_up(s, args->ticket) != GNUTLS_E_SUCCESS) {
		tls_free(s);
		return ST_TLS;
	}
	gnutls_session_set_ptr(s->gs, s);
	gnutls_session_set_verify_function(s->gs, tls_verify);
	tls_socket_set_up(s);
	*out = s;
	return ST_OK;
}

/* Sends our certificate even to a server that names other CAs: its refusal says why. */
enum status tls_client_new(struct tls_creds *creds, int fd, const char *host,
			   struct tls_session **out)
{
	const struct session_args args = {
		.host = host,
		.flags = GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT,
	};

	return session_new(creds, fd, &args, out);
}

enum status tls_client_resume(struct tls_creds *creds, int fd, const char *host,
			      const struct tls_ticket *ticket, struct tls_session **out)
{
	const struct session_args args = {
		.host = host,
		.flags = GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT,
		.tickets = true,
		.ticket = ticket,
	};

	return session_new(creds, fd, &args, out);
}

enum status tls_server_new(struct tls_creds *creds, int fd, struct tls_session **out)
{
	const struct session_args args = {
		.flags = GNUTLS_SERVER,
		.tickets = creds->resumption_s > 0,
	};
	enum status st = session_new(creds, fd, &args, out);

	if (st == ST_OK) {
		gnutls_certificate_server_set_request((*out)->gs, GNUTLS_CERT_REQUIRE);
	}
	return st;
}

void tls_free(struct tls_session *s)
{
	if (!s) {
		return;
	}
	if (s->gs) {
		gnutls_deinit(s->gs);
	}
	tls_socket_free(s);
	tls_creds_unref(s->creds);
	free(s->peer);
	free(s->host);
	free(s);
}

/* A peer without ALPN is not stopped by GNUTLS_ALPN_MANDATORY. */
static enum status check_alpn(struct tls_session *s)
{
	gnutls_datum_t chosen;

	if (gnutls_alpn_get_selected_protocol(s->gs, &chosen) == GNUTLS_E_SUCCESS &&
	    chosen.size == ALPN_LEN && memcmp(chosen.data, alpn_name, ALPN_LEN) == 0) {
		return ST_OK;
	}
	return fail(s, GNUTLS_E_NO_APPLICATION_PROTOCOL);
}

/* A peer that closed may have said why before; else the failed write is all there is. */
static enum status fail_write(struct tls_session *s, int err)
{
	uint8_t octet;
	ssize_t n;

	if (err == GNUTLS_E_PUSH_ERROR) {
		n = gnutls_record_recv(s->gs, &octet, 1);
		err = n < 0 && is_alert((int)n) ? (int)n : err;
	}
	return fail(s, err);
}

static enum status send_out(struct tls_session *s)
{
	int err = tls_socket_flush(s);

	if (err == GNUTLS_E_AGAIN) {
		return ST_AGAIN;
	}
	return err == GNUTLS_E_SUCCESS ? ST_OK : fail_write(s, err);
}

static enum status wait_for_more(struct tls_session *s)
{
	return s->unheard > UNHEARD_MAX ? fail(s, GNUTLS_E_HANDSHAKE_TOO_LARGE) : ST_AGAIN;
}

/* A message may be cut into records, of which GnuTLS reads one at a time; the others are here. */
static bool must_shake_again(const struct tls_session *s, int err)
{
	return err == GNUTLS_E_INTERRUPTED ||
	       (err == GNUTLS_E_AGAIN && s->in.from < s->in.len && s->unheard <= UNHEARD_MAX);
}

static enum status shake_hands(struct tls_session *s)
{
	enum status st;
	int err;

	do {
		err = gnutls_handshake(s->gs);
	} while (must_shake_again(s, err));
	if (err == GNUTLS_E_AGAIN) {
		return wait_for_more(s);
	}
	if (err == GNUTLS_E_SUCCESS) {
		err = tls_resume_finish(s);
	}
	st = err == GNUTLS_E_SUCCESS ? check_alpn(s) : fail(s, err);
	s->shaken = st == ST_OK;
	s->unheard = 0;
	return st;
}

enum status tls_handshake(struct tls_session *s)
{
	enum status st = s->failed;

	if (st == ST_OK && !s->shaken) {
		st = shake_hands(s);
	}
	return st == ST_OK ? send_out(s) : st;
}

/* Behind a ticket GnuTLS may have read on, and says AGAIN with data in hand. */
static bool must_recv_again(const struct tls_session *s, ssize_t n)
{
	return n == GNUTLS_E_INTERRUPTED ||
	       (n == GNUTLS_E_AGAIN && tls_pending(s) && s->unheard <= UNHEARD_MAX);
}

enum status tls_read(struct tls_session *s, uint8_t *data, size_t cap, size_t *len)
{
	ssize_t n;

	if (s->failed != ST_OK) {
		return s->failed;
	}
	do {
		n = gnutls_record_recv(s->gs, data, cap);
	} while (must_recv_again(s, n));
	if (n == GNUTLS_E_AGAIN) {
		return wait_for_more(s);
	}
	if (n < 0) {
		return fail(s, (int)n);
	}
	s->unheard = 0;
	*len = (size_t)n;
	return ST_OK;
}

/* All of data as records, of which no more wait than a few. */
static enum status put(struct tls_session *s, const uint8_t *data, size_t len)
{
	enum status st = s->failed;
	ssize_t n;

	while (st == ST_OK && s->written < len) {
		n = gnutls_record_send(s->gs, data + s->written, len - s->written);
		if (n == GNUTLS_E_INTERRUPTED) {
			continue;
		}
		if (n < 0) {
			return fail(s, (int)n);
		}
		s->written += (size_t)n;
		st = s->written < len ? send_out(s) : ST_OK;
	}
	return st;
}

static enum status put_bye(struct tls_session *s)
{
	int err = GNUTLS_E_SUCCESS;

	if (s->failed != ST_OK || s->bye) {
		return s->failed;
	}
	do {
		err = gnutls_bye(s->gs, GNUTLS_SHUT_WR);
	} while (err == GNUTLS_E_INTERRUPTED);
	s->bye = true;
	return err == GNUTLS_E_SUCCESS ? ST_OK : fail(s, err);
}

enum status tls_write(struct tls_session *s, const uint8_t *data, size_t len)
{
	enum status st = put(s, data, len);

	if (st == ST_OK) {
		st = send_out(s);
	}
	if (st == ST_OK) {
		s->written = 0;
	}
	return st;
}

enum status tls_write_last(struct tls_session *s, const uint8_t *data, size_t len)
{
	enum status st = put(s, data, len);

	if (st == ST_OK) {
		st = put_bye(s);
	}
	if (st == ST_OK) {
		s->ends = true;
		st = send_out(s);
	}
	if (st == ST_OK && shutdown(s->fd, SHUT_WR)) {
		st = fail(s, GNUTLS_E_PUSH_ERROR);
	}
	return st;
}

enum status tls_bye(struct tls_session *s)
{
	enum status st = put_bye(s);

	return st == ST_OK ? send_out(s) : st;
}

bool tls_wants_write(const struct tls_session *s)
{
	return s->out.from < s->out.len;
}

bool tls_pending(const struct tls_session *s)
{
	return s->in.from < s->in.len || gnutls_record_check_pending(s->gs) > 0;
}

const char *tls_why(const struct tls_session *s)
{
	return s->why.text;
}
