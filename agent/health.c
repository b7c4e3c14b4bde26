// SPDX-License-Identifier: GPL-2.0-or-later
/* KE servers, counted. */
#include "agent/health.h"

#include <string.h>

#include "agent/packet.h"
#include "util/log.h"

void health_init(struct health *h, const struct servers *servers)
{
	memset(h, 0, sizeof(*h));
	h->n = servers->n;
	for (uint32_t i = 0; i < h->n; i++) {
		struct aproto_server *s = &h->list[i];

		s->type = APROTO_SERVER;
		s->number = i;
		s->n = h->n;
		servers_str(&servers->list[i], s->server);
		h->news |= 1u << i;
	}
}

void health_note(struct health *h, uint32_t number, enum status st, const char *why,
		 uint64_t now_ms)
{
	struct aproto_server *s = &h->list[number];

	s->st = st;
	s->at_ms = now_ms;
	log_clean(s->why, sizeof(s->why), why, strlen(why));
	if (st == ST_OK) {
		s->grants++;
		s->failures = 0;
	} else {
		s->failures++;
	}
	if (st == ST_OK || st == ST_OTHER_KEYS) {
		s->differs = st == ST_OTHER_KEYS;
	}
	h->news |= 1u << number;
}

void health_note_resumed(struct health *h, uint32_t number)
{
	h->list[number].resumed++;
	h->news |= 1u << number;
}

enum status health_flush(struct health *h, int fd)
{
	for (uint32_t i = 0; i < h->n; i++) {
		enum status st;

		if (!(h->news >> i & 1)) {
			continue;
		}
		st = packet_send(fd, &h->list[i], sizeof(h->list[i]));
		if (st != ST_OK) {
			return st;
		}
		h->news &= ~(1u << i);
	}
	return ST_OK;
}
