/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each KE server of nts_server is, over all associations; the clock is told of changes. */
#ifndef NTS_AGENT_HEALTH_H
#define NTS_AGENT_HEALTH_H

#include "agent/proto.h"
#include "agent/servers.h"

struct health {
	struct aproto_server list[SERVERS_MAX];
	uint32_t n;
	uint32_t news;			/* bit per server that the clock has not been told of */
};

void health_init(struct health *h, const struct servers *servers);

/* An exchange with server number ended; why may be "". */
void health_note(struct health *h, uint32_t number, enum status st, const char *why,
		 uint64_t now_ms);

/* The grant that was noted last came on a resumed TLS session. */
void health_note_resumed(struct health *h, uint32_t number);

/* Sends what the clock has not been told. ST_AGAIN: the socket is full; ST_SYSTEM: broken. */
enum status health_flush(struct health *h, int fd) MUST_CHECK;

#endif
