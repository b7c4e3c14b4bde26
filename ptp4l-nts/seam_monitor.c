// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts_policy monitor: a port that verifies, counts and tells, but goes on as if it were not
 * secured. And, for all ports: what nobody has verified is never forwarded to one that would sign
 * it, which would launder it. Must not let what was taken unverified change what is
 * known of verified messages: the gate has refused it, and remembers nothing.
 */
#include "ptp4l-nts/seam.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TELL_MS 3600000

void seam_monitor_start(struct seam *s, struct seam_port *sp)
{
	if (!sp->monitor.on) {
		return;
	}
	sp->monitor.said_ms = s->now_ms;
	log_warning("port %d (%s): NOT ENFORCED, nts_policy is monitor here: messages that fail "
		    "are taken, and without a key ours go unsigned", portnum(sp->port), sp->name);
}

/* Once for each reason, until the next hour's line. */
bool seam_monitor_takes(struct seam_port *sp, struct ptp_message *msg, int cnt,
			enum guard_verdict v, size_t *len)
{
	struct seam_monitor *m = &sp->monitor;
	char words[SEAM_WORDS];

	if (!m->on || guard_strip(msg->data.buffer, (size_t)cnt, len) != ST_OK) {
		return false;
	}
	if (m->taken[v] == m->said_taken[v]) {
		log_warning("port %d (%s): %s TAKEN though not verified: %s: %s: nts_policy is "
			    "monitor", portnum(sp->port), sp->name,
			    seam_words(msg->data.buffer, cnt, words),
			    guard_verdict_str(v), guard_verdict_hint(v));
	}
	m->taken[v]++;
	return true;
}

bool seam_monitor_sends(struct seam_port *sp, enum guard_send v)
{
	struct seam_monitor *m = &sp->monitor;

	if (!m->on || v != GUARD_SUPPRESS_NO_KEY) {
		return false;
	}
	if (m->sent == m->said_sent) {
		log_warning("port %d (%s): no key: SENDING UNSIGNED, nts_policy is monitor",
			    portnum(sp->port), sp->name);
	}
	m->sent++;
	return true;
}

static bool signs(const struct seam *s, const struct seam_port *sp, int type)
{
	return sp->fixed || sp->gate ||
	       (sp->secured && sa_secured(s->wants[sp->want].sa, (uint8_t)type));
}

static bool is_ours(const struct seam *s, const struct ptp_message *msg)
{
	struct ClockIdentity ours = clock_identity(s->clock);

	return memcmp(&ours, &msg->header.sourcePortIdentity.clockIdentity, sizeof(ours)) == 0;
}

/*
 * linuxptp forwards management messages, and those at once; its own answers go back where the
 * question came from. Its transparent clocks forward all types.
 */
bool seam_monitor_launders(const struct seam *s, const struct seam_port *sp,
			   const struct ptp_message *msg)
{
	int type = msg_type((struct ptp_message *)msg);

	if (!s->unverified || s->unverified == sp) {
		return false;
	}
	if (type != MANAGEMENT && (!seam_is_transparent(s) || is_ours(s, msg))) {
		return false;
	}
	return signs(s, sp, type);
}

/* A Follow_Up that overtook its Sync goes out when that has come, which may be verified. */
bool seam_monitor_keeps_out(struct seam *s, struct seam_port *sp, const struct ptp_message *msg)
{
	const struct seam_port *other;

	if (!seam_is_transparent(s) || msg_type((struct ptp_message *)msg) != FOLLOW_UP) {
		return false;
	}
	LIST_FOREACH(other, &s->ports, list) {
		if (other != sp && signs(s, other, FOLLOW_UP)) {
			sp->not_forwarded++;
			log_limited(&sp->suppressed[GUARD_SUPPRESS_UNVERIFIED],
				    seam_log_ms(s), LOG_WARNING,
				    "port %d (%s): FOLLOW_UP not taken: %s",
				    portnum(sp->port), sp->name,
				    guard_send_str(GUARD_SUPPRESS_UNVERIFIED));
			return true;
		}
	}
	return false;
}

/* ---- each hour ---- */

static bool follows(const struct seam_port *sp)
{
	enum port_state state = port_state(sp->port);

	return state == PS_UNCALIBRATED || state == PS_SLAVE;
}

static bool others_enforce(const struct seam *s)
{
	const struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->secured && !sp->monitor.on) {
			return true;
		}
	}
	return false;
}

/* "no_tlv 12, bad_icv 1" of the last hour; returns their sum. */
static uint64_t reasons(struct seam_monitor *m, char *out, size_t size)
{
	uint64_t sum = 0;
	size_t n = 0;

	out[0] = '\0';
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		uint64_t taken = m->taken[v] - m->said_taken[v];

		if (taken && n < size) {
			n += (size_t)snprintf(out + n, size - n, "%s%s %" PRIu64, n ? ", " : "",
					      guard_counter_name((enum guard_verdict)v), taken);
		}
		sum += taken;
		m->said_taken[v] = m->taken[v];
	}
	return sum;
}

static void tell(struct seam *s, struct seam_port *sp)
{
	struct seam_monitor *m = &sp->monitor;
	uint64_t sent = m->sent - m->said_sent, sum;
	char words[512];

	m->said_ms = s->now_ms;
	m->said_sent = m->sent;
	sum = reasons(m, words, sizeof(words));
	log_warning("port %d (%s): NOT ENFORCED, nts_policy is monitor here: in the last hour "
		    "%" PRIu64 " taken though not verified%s%s, %" PRIu64 " sent unsigned",
		    portnum(sp->port), sp->name, sum, sum ? ": " : "", words, sent);
	if (follows(sp) && others_enforce(s)) {
		log_warning("port %d (%s): its time, which nobody has verified, goes on to other "
			    "ports", portnum(sp->port), sp->name);
	}
}

void seam_monitor_tick(struct seam *s)
{
	struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->monitor.on && s->now_ms - sp->monitor.said_ms >= TELL_MS) {
			tell(s, sp);
		}
	}
}

uint64_t seam_monitor_deadline(const struct seam *s)
{
	const struct seam_port *sp;
	uint64_t at = UINT64_MAX;

	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->monitor.on && sp->monitor.said_ms + TELL_MS < at) {
			at = sp->monitor.said_ms + TELL_MS;
		}
	}
	return at;
}
