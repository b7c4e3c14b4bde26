// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS 1.3 session resumption (draft 2.1, RFC 8446 section 2.2). What a resumed session leaves out
 * is the proof that the peer has its private key, so that comes again when the ticket's lifetime
 * is over: a resumed session earns no new ticket. Certificates are judged anew every time.
 */
#include <stdlib.h>
#include <string.h>

#include "nts/tls_internal.h"
#include "util/secret.h"

struct tls_ticket {
	uint8_t files[TLS_FILES_DIGEST];	/* of the client that it was given to */
	char *host;
	gnutls_datum_t data;		/* GnuTLS's session data */
};

enum status tls_creds_resumption(struct tls_creds *c, uint32_t lifetime_s)
{
	if (gnutls_session_ticket_key_generate(&c->ticket_key) != GNUTLS_E_SUCCESS) {
		return ST_CRYPTO;
	}
	c->resumption_s = lifetime_s;
	return ST_OK;
}

void tls_resume_free_key(struct tls_creds *c)
{
	if (c->ticket_key.data) {
		secret_wipe(c->ticket_key.data, c->ticket_key.size);
		gnutls_free(c->ticket_key.data);
	}
}

int tls_resume_set_up(struct tls_session *s, const struct tls_ticket *ticket)
{
	const struct tls_creds *c = s->creds;

	if (!s->tickets) {
		return GNUTLS_E_SUCCESS;
	}
	if (!s->host) {
		gnutls_db_set_cache_expiration(s->gs, (int)c->resumption_s);
		return gnutls_session_ticket_enable_server(s->gs, &c->ticket_key);
	}
	if (!ticket || !tls_ticket_fits(ticket, c, s->host)) {
		return GNUTLS_E_SUCCESS;
	}
	return gnutls_session_set_data(s->gs, ticket->data.data, ticket->data.size);
}

int tls_resume_finish(struct tls_session *s)
{
	if (gnutls_session_is_resumed(s->gs)) {
		return tls_verify(s->gs);
	}
	if (!s->tickets || s->host) {
		return GNUTLS_E_SUCCESS;
	}
	return gnutls_session_ticket_send(s->gs, 1, 0);
}

bool tls_ticket_fits(const struct tls_ticket *t, const struct tls_creds *c, const char *host)
{
	return memcmp(t->files, c->files, sizeof(t->files)) == 0 && strcmp(t->host, host) == 0;
}

struct tls_ticket *tls_ticket_take(struct tls_session *s)
{
	struct tls_ticket *t;

	if (!s->tickets || !(gnutls_session_get_flags(s->gs) & GNUTLS_SFLAGS_SESSION_TICKET)) {
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		return NULL;
	}
	memcpy(t->files, s->creds->files, sizeof(t->files));
	t->host = strdup(s->host);
	if (!t->host || gnutls_session_get_data2(s->gs, &t->data) != GNUTLS_E_SUCCESS) {
		tls_ticket_free(t);
		return NULL;
	}
	return t;
}

void tls_ticket_free(struct tls_ticket *t)
{
	if (!t) {
		return;
	}
	if (t->data.data) {
		secret_wipe(t->data.data, t->data.size);
		gnutls_free(t->data.data);
	}
	free(t->host);
	free(t);
}

bool tls_resumed(const struct tls_session *s)
{
	return gnutls_session_is_resumed(s->gs) != 0;
}
