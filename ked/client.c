// SPDX-License-Identifier: GPL-2.0-or-later
/* Clients as text: a name a line, since no name has a newline in it: ked/client.h. */
#include "ked/client.h"

#include <stdio.h>
#include <string.h>

/* Behind len octets of text: the alternative names, with their kinds. The new length. */
static size_t add_names(const struct tls_peer *peer, char text[CLIENT_TEXT], size_t len)
{
	size_t i;

	for (i = 0; i < peer->n_names; i++) {
		len += (size_t)snprintf(text + len, CLIENT_TEXT - len, "\n%c%s",
					peer->names[i].kind, peer->names[i].text);
	}
	return len;
}

/*
 * Many certificates have an empty subject: then their alternative names are who it is (RFC 5280,
 * 4.1.2.6), or the certificate itself where there are none.
 */
void client_digest(const struct tls_peer *peer, uint8_t out[CRYPTO_SHA256])
{
	char text[CLIENT_TEXT];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s\n%s", peer->issuer, peer->subject);

	if (!peer->subject[0] && peer->n_names) {
		len = add_names(peer, text, len);
	} else if (!peer->subject[0]) {
		memcpy(text + len, peer->fingerprint, sizeof(peer->fingerprint));
		len += sizeof(peer->fingerprint);
	}
	crypto_sha256(text, len, out);
}

void client_names(const struct tls_peer *peer, char out[CLIENT_TEXT])
{
	int len = snprintf(out, CLIENT_TEXT, "%s\n%s\n%s", peer->issuer, peer->subject,
			   peer->common_name);

	add_names(peer, out, (size_t)len);
}

/* Copies the line that *at is at and moves on, to NULL behind the last; false: there is none. */
static bool take_line(const char **at, char *out, size_t cap)
{
	size_t len = *at ? strcspn(*at, "\n") : cap;

	if (len >= cap) {
		return false;
	}
	memcpy(out, *at, len);
	out[len] = '\0';
	*at = (*at)[len] ? *at + len + 1 : NULL;
	return true;
}

static bool take_name(const char **at, struct tls_peer_name *out)
{
	if (**at != 'd' && **at != 'i' && **at != 'u') {
		return false;
	}
	out->kind = *(*at)++;
	return take_line(at, out->text, sizeof(out->text));
}

bool client_read_names(const char *text, struct tls_peer *out)
{
	out->n_names = 0;
	if (!take_line(&text, out->issuer, sizeof(out->issuer)) ||
	    !take_line(&text, out->subject, sizeof(out->subject)) ||
	    !take_line(&text, out->common_name, sizeof(out->common_name))) {
		return false;
	}
	while (text) {
		if (out->n_names == TLS_NAMES_MAX || !take_name(&text, &out->names[out->n_names])) {
			return false;
		}
		out->n_names++;
	}
	return true;
}
