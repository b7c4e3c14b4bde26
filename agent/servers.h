/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of KE servers as the option nts_server has it: host[:port], several by commas. */
#ifndef NTS_AGENT_SERVERS_H
#define NTS_AGENT_SERVERS_H

#include <stdint.h>

#include "agent/proto.h"
#include "util/status.h"

#define SERVERS_MAX APROTO_SERVERS_MAX

struct servers {
	uint32_t n;			/* 1 to SERVERS_MAX */
	struct servers_entry {
		char host[APROTO_HOST - 9];	/* name or address, without brackets */
		uint16_t port;
	} list[SERVERS_MAX];
};

/*
 * Names, IPv4 addresses, IPv6 addresses in brackets or, without a port, bare. The port is
 * KE_PORT where none is given. ST_CONFIG: empty entry, bad port, too long, too many.
 */
enum status servers_parse(const char *text, struct servers *out) MUST_CHECK;

/* "host:port" or "[address]:port"; returns out. */
const char *servers_str(const struct servers_entry *e, char out[APROTO_HOST]);

#endif
