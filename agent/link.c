// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock's end of the key agent: docs/architecture.md. Must not block, and must not
 * do more for a broken agent than count its packets and start another one, ever more slowly.
 */
#include "agent/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/child.h"
#include "agent/packet.h"
#include "util/log.h"
#include "util/secret.h"

#define SEND_AGAIN_MS 100
#define PING_MS 3000
#define PINGS_MAX 4		/* unanswered ones: by the number, as the machine may have slept */
#define PACKETS_AT_ONCE 64
#define LINES_PER_S 64		/* of the agent's, into the clock's log */

struct alink {
	struct child child;
	struct aproto_config config;
	struct alink_events events;
	struct aproto_want wants[APROTO_WANTS_MAX];
	uint32_t n_wants;
	struct aproto_granted granted[APROTO_WANTS_MAX];	/* what an agent knew of each */
	bool synced;
	bool told_config;	/* this agent has got it; the next ones likewise */
	bool told_wants[APROTO_WANTS_MAX];
	bool told_synced;
	uint64_t again_at;	/* when to send again; UINT64_MAX: no need */
	uint64_t ping_at;
	uint32_t pings;		/* unanswered */
	uint32_t hangs;
	uint32_t bad_packets;
	struct log_limit bad_limit;
	uint64_t lines_from;	/* start of the second in which lines were said */
	uint32_t lines;
};

enum status alink_new(const char *path, const struct aproto_config *config,
		      const struct alink_events *events, struct alink **out)
{
	struct alink *l = calloc(1, sizeof(*l));

	if (!l) {
		return ST_NO_MEMORY;
	}
	if (child_init(&l->child, path) != ST_OK) {
		free(l);
		return ST_NO_MEMORY;
	}
	l->config = *config;
	l->config.type = APROTO_CONFIG;
	l->config.version = APROTO_VERSION;
	l->events = *events;
	l->again_at = UINT64_MAX;
	*out = l;
	return ST_OK;
}

void alink_revoke(struct alink *l, uint32_t wait_ms)
{
	const struct aproto_revoke m = { .type = APROTO_REVOKE };

	if (l->child.fd < 0 || packet_send(l->child.fd, &m, sizeof(m)) != ST_OK ||
	    !child_await(&l->child, wait_ms)) {
		log_warning("registrations could not be revoked: the KE server lets them expire");
	}
}

void alink_free(struct alink *l)
{
	if (!l) {
		return;
	}
	child_stop(&l->child);
	free(l);
}

/* True when it went out or never will; false to try again later. */
static bool send_packet(const struct alink *l, const void *packet, size_t len)
{
	return packet_send(l->child.fd, packet, len) != ST_AGAIN;
}

static bool tell_config(struct alink *l)
{
	l->told_config = send_packet(l, &l->config, sizeof(l->config));
	return l->told_config;
}

static bool tell_want(struct alink *l, uint32_t index)
{
	struct aproto_want want = l->wants[index];

	want.granted = l->granted[index];
	l->told_wants[index] = send_packet(l, &want, sizeof(want));
	return l->told_wants[index];
}

static bool tell_synced(struct alink *l)
{
	const struct aproto_synced m = { .type = APROTO_SYNCED };

	l->told_synced = send_packet(l, &m, sizeof(m));
	return l->told_synced;
}

/* Tells the agent what it does not know yet. A lost agent shows as an end of input. */
static bool tell(struct alink *l)
{
	if (!l->told_config && !tell_config(l)) {
		return false;
	}
	for (uint32_t i = 0; i < l->n_wants; i++) {
		if (!l->told_wants[i] && !tell_want(l, i)) {
			return false;
		}
	}
	return !l->synced || l->told_synced || tell_synced(l);
}

/* Now, or with the next poll. */
static void tell_soon(struct alink *l)
{
	if (l->child.fd >= 0 && !tell(l)) {
		l->again_at = 0;
	}
}

/* To one that knows nothing yet. */
static void begin(struct alink *l, uint64_t now)
{
	l->told_config = false;
	memset(l->told_wants, 0, sizeof(l->told_wants));
	l->told_synced = false;
	l->ping_at = now + PING_MS;
	l->pings = 0;
}

/* Writing to the log may block: an agent that never stops talking must not stop the clock. */
static bool may_log(struct alink *l, uint64_t now)
{
	if (child_is_hushed(&l->child, now)) {
		return false;
	}
	if (now - l->lines_from >= 1000) {
		l->lines_from = now;
		l->lines = 0;
	}
	if (l->lines == LINES_PER_S) {
		log_warning("key agent says too much: lines are left out");
	}
	return l->lines++ < LINES_PER_S;
}

/* For the next agent. One that would do with fewer exchanges than were counted is not believed. */
static void remember(struct alink *l, const union aproto *m)
{
	if (m->type == APROTO_KEYS) {
		l->granted[m->keys.index] = m->keys.granted;
	} else if (m->type == APROTO_DROP) {
		memset(&l->granted[m->verdict.index], 0, sizeof(l->granted[0]));
	} else if (m->type == APROTO_CHECKED) {
		l->granted[m->verdict.index].unchecked = 0;
	} else if (m->type == APROTO_ANY_TIME && m->any_time.exchanges > l->config.any_time_used) {
		l->config.any_time_used = m->any_time.exchanges;
	}
}

static void deliver(struct alink *l, const union aproto *m, uint64_t now)
{
	const struct alink_events *e = &l->events;

	remember(l, m);
	if (m->type == APROTO_LOG) {
		ended_hear(&l->child.ended, m->log.level, m->log.line);
	}
	if (m->type == APROTO_KEYS && e->keys) {
		e->keys(e->ctx, &m->keys);
	} else if (m->type == APROTO_STATE && e->state) {
		e->state(e->ctx, &m->state);
	} else if (m->type == APROTO_LOG && e->log && may_log(l, now)) {
		e->log(e->ctx, m->log.level, m->log.line);
	} else if (m->type == APROTO_SERVER && e->server) {
		e->server(e->ctx, &m->server);
	} else if (m->type == APROTO_DROP && e->drop) {
		e->drop(e->ctx, &m->verdict);
	} else if (m->type == APROTO_MARKS && e->marks) {
		e->marks(e->ctx, &m->marks);
	}
}

static bool of_kind(const struct aproto_keys *k, const struct aproto_want *w)
{
	return k->current.has_ticket == (w->kind == APROTO_REQUESTER) &&
	       (k->current.ticket_key_len != 0) == (w->kind == APROTO_GRANTOR);
}

/* What an agent may say, about a want that we have. */
static enum status check(const struct alink *l, const union aproto *m, size_t len)
{
	enum status st = aproto_check(m, len);

	if (st != ST_OK) {
		return st;
	}
	switch (m->type) {
	case APROTO_KEYS:
		return m->keys.index < l->n_wants && of_kind(&m->keys, &l->wants[m->keys.index]) ?
		       ST_OK : ST_BAD_VALUE;
	case APROTO_STATE:
		return m->state.index < l->n_wants ? ST_OK : ST_BAD_VALUE;
	case APROTO_DROP:
	case APROTO_CHECKED:
		return m->verdict.index < l->n_wants ? ST_OK : ST_BAD_VALUE;
	case APROTO_LOG:
	case APROTO_SERVER:
	case APROTO_PING:
	case APROTO_MARKS:
	case APROTO_ANY_TIME:
		return ST_OK;
	default:
		return ST_BAD_TYPE;
	}
}

static void take(struct alink *l, const union aproto *m, size_t len, uint64_t now)
{
	enum status st = check(l, m, len);

	if (st == ST_OK) {
		deliver(l, m, now);
		return;
	}
	l->bad_packets++;
	log_limited(&l->bad_limit, now, LOG_WARNING, "packet of the key agent refused: %s",
		    status_str(st));
}

/* False when the agent's end is closed. */
static bool receive_one(struct alink *l, union aproto *m, bool *more, uint64_t now)
{
	ssize_t n = recv(l->child.fd, m, sizeof(*m), MSG_DONTWAIT | MSG_TRUNC);

	if (n > 0) {
		l->pings = 0;
		take(l, m, (size_t)n, now);
		return true;
	}
	*more = false;
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void receive(struct alink *l, uint64_t now)
{
	union aproto m;
	bool more = true;
	bool open = true;

	for (int i = 0; i < PACKETS_AT_ONCE && more; i++) {
		open = receive_one(l, &m, &more, now);
	}
	secret_wipe(&m, sizeof(m));
	if (!open) {
		child_drop(&l->child, now);
	}
}

static void ping(struct alink *l, uint64_t now)
{
	struct aproto_ping m = { .type = APROTO_PING };

	if (l->pings == PINGS_MAX) {
		ended_hang(&l->child.ended);
		l->hangs++;
		child_drop(&l->child, now);
		return;
	}
	m.number = l->pings++;
	l->ping_at = now + PING_MS;
	(void)!send_packet(l, &m, sizeof(m));
}

void alink_poll(struct alink *l, uint64_t now_ms)
{
	if (l->child.fd >= 0) {
		receive(l, now_ms);
	}
	if (l->child.fd >= 0 && l->told_config && now_ms >= l->ping_at) {
		ping(l, now_ms);
	}
	if (child_poll(&l->child, now_ms)) {
		begin(l, now_ms);
	}
	if (l->child.fd >= 0) {
		l->again_at = tell(l) ? UINT64_MAX : now_ms + SEND_AGAIN_MS;
	}
}

enum status alink_want(struct alink *l, const struct nts_assoc *assoc, uint32_t *index)
{
	struct aproto_want want;

	memset(&want, 0, sizeof(want));
	want.kind = APROTO_GROUP;
	want.assoc = *assoc;
	return alink_want_more(l, &want, index);
}

/* Wants hold zeros where nothing is, so that equal ones are equal in memory. */
enum status alink_want_more(struct alink *l, const struct aproto_want *want, uint32_t *index)
{
	struct aproto_want w = *want;

	w.type = APROTO_WANT;
	for (uint32_t i = 0; i < l->n_wants; i++) {
		w.index = i;
		if (memcmp(&l->wants[i], &w, sizeof(w)) == 0) {
			*index = i;
			return ST_OK;
		}
	}
	if (l->n_wants == APROTO_WANTS_MAX) {
		return ST_LIMIT;
	}
	w.index = l->n_wants;
	l->wants[l->n_wants] = w;
	*index = l->n_wants++;
	tell_soon(l);
	return ST_OK;
}

/* Keys in hand are not to be kept for the sake of the server that gave them. */
void alink_want_again(struct alink *l, uint32_t index)
{
	memset(l->granted[index].key_id, 0, sizeof(l->granted[0].key_id));
	l->told_wants[index] = false;
	tell_soon(l);
}

bool alink_want_changed(struct alink *l, const struct aproto_want *want, uint32_t index)
{
	struct aproto_want w = *want;

	w.type = APROTO_WANT;
	w.index = index;
	if (memcmp(&l->wants[index], &w, sizeof(w)) == 0) {
		return false;
	}
	l->wants[index] = w;
	alink_want_again(l, index);
	return true;
}

void alink_synced(struct alink *l)
{
	l->synced = true;
	tell_soon(l);
}

bool alink_marks(struct alink *l, struct aproto_marks *m)
{
	m->type = APROTO_MARKS;
	/* The agent's first packet is its configuration. */
	return l->child.fd >= 0 && l->told_config &&
	       packet_send(l->child.fd, m, sizeof(*m)) == ST_OK;
}

int alink_fd(const struct alink *l)
{
	return l->child.fd;
}

uint64_t alink_deadline(const struct alink *l)
{
	if (l->child.fd < 0) {
		return child_deadline(&l->child);
	}
	return l->told_config && l->ping_at < l->again_at ? l->ping_at : l->again_at;
}

void alink_status(const struct alink *l, struct alink_status *out)
{
	out->pid = l->child.fd >= 0 ? (int)l->child.pid : 0;
	out->starts = l->child.starts;
	out->bad_packets = l->bad_packets;
	out->hangs = l->hangs;
	out->ended = l->child.ended.words;
}
