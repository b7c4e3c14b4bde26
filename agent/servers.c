// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing nts_server. Pure. */
#include "agent/servers.h"

#include <stdio.h>
#include <string.h>

#include "nts/exchange.h"

/* A piece of the option's text. */
struct piece {
	const char *at;
	size_t len;
};

static struct piece trimmed(const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t')) {
		len--;
	}
	return (struct piece){ at, len };
}

static enum status parse_port(const char *at, size_t len, uint16_t *out)
{
	uint32_t port = 0;

	if (len == 0 || len > 5) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9') {
			return ST_CONFIG;
		}
		port = port * 10 + (uint32_t)(at[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX) {
		return ST_CONFIG;
	}
	*out = (uint16_t)port;
	return ST_OK;
}

/* Printable, without blanks and without what only belongs around a host. */
static enum status set_host(const char *at, size_t len, struct servers_entry *out)
{
	if (len == 0 || len >= sizeof(out->host)) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < len; i++) {
		if (at[i] <= 0x20 || at[i] >= 0x7f || strchr("[]/@,", at[i])) {
			return ST_CONFIG;
		}
	}
	memcpy(out->host, at, len);
	out->host[len] = '\0';
	return ST_OK;
}

/* The port behind a colon at the start of rest, or none. */
static enum status parse_rest(const char *rest, size_t len, struct servers_entry *out)
{
	out->port = KE_PORT;
	if (len == 0) {
		return ST_OK;
	}
	return *rest == ':' ? parse_port(rest + 1, len - 1, &out->port) : ST_CONFIG;
}

static enum status parse_bracketed(struct piece p, struct servers_entry *out)
{
	const char *end = memchr(p.at, ']', p.len);
	enum status st;

	if (!end) {
		return ST_CONFIG;
	}
	st = set_host(p.at + 1, (size_t)(end - p.at) - 1, out);
	if (st != ST_OK) {
		return st;
	}
	return parse_rest(end + 1, p.len - (size_t)(end + 1 - p.at), out);
}

static enum status parse_entry(struct piece p, struct servers_entry *out)
{
	const char *colon;
	enum status st;

	if (p.len == 0) {
		return ST_CONFIG;
	}
	if (p.at[0] == '[') {
		return parse_bracketed(p, out);
	}
	colon = memchr(p.at, ':', p.len);
	if (!colon || memrchr(p.at, ':', p.len) != colon) {	/* none, or a bare IPv6 address */
		out->port = KE_PORT;
		return set_host(p.at, p.len, out);
	}
	st = set_host(p.at, (size_t)(colon - p.at), out);
	if (st != ST_OK) {
		return st;
	}
	return parse_rest(colon, p.len - (size_t)(colon - p.at), out);
}

enum status servers_parse(const char *text, struct servers *out)
{
	struct servers s;
	const char *at = text;

	memset(&s, 0, sizeof(s));
	for (;;) {
		size_t len = strcspn(at, ",");
		enum status st;

		if (s.n == SERVERS_MAX) {
			return ST_CONFIG;
		}
		st = parse_entry(trimmed(at, len), &s.list[s.n]);
		if (st != ST_OK) {
			return st;
		}
		s.n++;
		if (at[len] == '\0') {
			*out = s;
			return ST_OK;
		}
		at += len + 1;
	}
}

const char *servers_str(const struct servers_entry *e, char out[APROTO_HOST])
{
	const char *format = strchr(e->host, ':') ? "[%s]:%u" : "%s:%u";

	snprintf(out, APROTO_HOST, format, e->host, e->port);
	return out;
}
