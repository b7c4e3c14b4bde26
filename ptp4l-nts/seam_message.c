// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One message in, one message out. A refused message is not an error to linuxptp, or one stray
 * packet would take a port down: it is turned into one that msg_post_recv drops without a word.
 * A suppressed send looks like a sent one, with a timestamp.
 */
#include "ptp4l-nts/seam.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "util/cursor.h"

#define HEADER_LEN 34
#define UDP6_PADDING 2	/* octets that linuxptp sends behind each message */
#define NS_PER_S 1000000000LL

static int64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/*
 * WIRE.md 7: two-step Sync and Announce carry an estimate of the time, from the last transmit
 * timestamp plus elapsed time. Before the first one only a software clock can be asked.
 */
static const uint8_t *estimate(const struct seam *s, const struct seam_port *sp,
			       const struct ptp_message *msg, uint8_t out[10])
{
	struct timespec ts;
	struct wcur w = wcur_init(out, 10);
	int64_t ns;

	if (msg_type(msg) != SYNC && msg_type(msg) != ANNOUNCE) {
		return NULL;
	}
	if (s->tx_ns) {
		ns = s->tx_ns + monotonic_ns() - s->tx_mono_ns;
	} else if (sp->port->timestamping == TS_SOFTWARE) {
		clock_gettime(CLOCK_REALTIME, &ts);
		ns = ts.tv_sec * NS_PER_S + ts.tv_nsec;
	} else {
		return NULL;
	}
	wcur_u16(&w, (uint16_t)(ns / NS_PER_S >> 32));
	wcur_u32(&w, (uint32_t)(ns / NS_PER_S));
	return wcur_u32(&w, (uint32_t)(ns % NS_PER_S)) == ST_OK ? out : NULL;
}

static void remember_timestamp(struct seam *s, const struct ptp_message *msg)
{
	if (msg_sots_valid((struct ptp_message *)msg)) {
		s->tx_ns = msg->hwts.ts.ns;
		s->tx_mono_ns = monotonic_ns();
	}
}

/* As linuxptp sees it, a sent one. */
static int unsent(struct seam_port *sp, struct ptp_message *msg, enum transport_event event)
{
	sp->txts_suppressed = event == TRANS_DEFER_EVENT;
	msg->hwts.ts.ns = 1;
	return ntohs(msg->header.messageLength);
}

static int suppressed(struct seam *s, struct seam_port *sp, struct ptp_message *msg,
		      enum guard_send why, enum transport_event event)
{
	log_limited(&sp->suppressed[why], seam_log_ms(s), LOG_WARNING,
		    "port %d (%s): %s not sent: %s", portnum(sp->port), sp->name,
		    msg_type_string(msg_type(msg)), guard_send_str(why));
	return unsent(sp, msg, event);
}

static enum guard_send sign(struct seam *s, struct seam_port *sp, struct transport *t,
			    struct ptp_message *msg, bool unicast, struct guard_undo *undo)
{
	int len = ntohs(msg->header.messageLength);
	size_t pad = transport_type(t) == TRANS_UDP_IPV6 ? UDP6_PADDING : 0;
	size_t cap = sizeof(msg->data.buffer) - pad, total;
	struct nts_assoc to;
	const uint8_t *at;
	uint8_t now[10];

	if (sp->fixed) {
		return static_gate_sign(sp->fixed, msg->data.buffer, len, cap, undo, &total);
	}
	at = estimate(s, sp, msg, now);
	if (sp->gate) {
		unicast = unicast && seam_address(t, &msg->address, &to);
		return ugate_sign(sp->gate, msg->data.buffer, len, cap, unicast ? &to : NULL, at,
				  undo, &total);
	}
	return guard_sign(sp->guard, msg->data.buffer, len, cap, at, undo, &total);
}

int seam_message_send(struct seam *s, struct seam_port *sp, seam_send_fn real,
		      struct transport *t, struct fdarray *fda, enum transport_event event,
		      struct ptp_message *msg, bool unicast)
{
	struct guard_undo undo;
	enum guard_send verdict;
	int cnt;

	/* Without a link, say: transparent clocks send there, too, and wait for timestamps. */
	if (!sp->open) {
		return unsent(sp, msg, event);
	}
	sp->txts_suppressed = false;
	if (seam_monitor_launders(s, sp, msg)) {
		sp->not_forwarded++;
		return suppressed(s, sp, msg, GUARD_SUPPRESS_UNVERIFIED, event);
	}
	verdict = sign(s, sp, t, msg, unicast, &undo);
	if (!guard_sent(verdict) && !seam_monitor_sends(sp, verdict)) {
		return suppressed(s, sp, msg, verdict, event);
	}
	cnt = real(t, fda, event, msg);
	if (verdict == GUARD_SIGNED) {
		guard_restore(msg->data.buffer, &undo);
	}
	if (cnt > 0 && event != TRANS_GENERAL && event != TRANS_DEFER_EVENT) {
		remember_timestamp(s, msg);
	}
	return cnt;
}

bool seam_message_txts(struct seam_port *sp, struct ptp_message *msg)
{
	if (!sp->txts_suppressed) {
		return false;
	}
	sp->txts_suppressed = false;
	msg->hwts.ts.ns = 1;
	return true;
}

static void log_refusal(struct seam *s, struct seam_port *sp, const uint8_t *m, int cnt,
			enum guard_verdict v)
{
	char words[SEAM_WORDS];

	log_limited(&sp->refused[v], seam_log_ms(s), LOG_WARNING,
		    "port %d (%s): refused %s: %s: %s", portnum(sp->port), sp->name,
		    seam_words(m, cnt, words), guard_verdict_str(v), guard_verdict_hint(v));
}

const struct guard_counters *seam_message_counters(const struct seam_port *sp)
{
	if (sp->fixed) {
		return static_gate_counters(sp->fixed);
	}
	return sp->gate ? ugate_counters(sp->gate) : guard_counters(sp->guard);
}

/* An unknown version and type: linuxptp ignores it at debug level. */
static int refused(struct ptp_message *msg)
{
	memset(msg->data.buffer, 0, HEADER_LEN);
	msg->header.tsmt = 0x0f;
	return HEADER_LEN;
}

static enum guard_verdict verify(struct seam *s, struct seam_port *sp, struct ptp_message *msg,
				 int cnt, size_t *len)
{
	uint8_t *data = msg->data.buffer;
	struct nts_assoc from;

	if (sp->fixed) {
		seam_static_follow(s, sp);
		return static_gate_receive(sp->fixed, data, cnt, len);
	}
	if (!sp->gate) {
		return guard_receive(sp->guard, data, cnt, s->now_ms, len);
	}
	if (!seam_address(sp->trp, &msg->address, &from)) {
		return GUARD_WRONG_PEER;
	}
	return ugate_receive(sp->gate, data, cnt, &from, s->now_ms, len);
}

int seam_message_receive(struct seam *s, struct seam_port *sp, struct ptp_message *msg, int cnt)
{
	size_t len;
	enum guard_verdict v = verify(s, sp, msg, cnt, &len);

	if (v == GUARD_OK) {
		s->unverified = NULL;
		return (int)len;
	}
	if (v == GUARD_UNSECURED_OK) {
		return seam_monitor_keeps_out(s, sp, msg) ? refused(msg) : (int)len;
	}
	if (!seam_monitor_takes(sp, msg, cnt, v, &len)) {
		log_refusal(s, sp, msg->data.buffer, cnt, v);
		return refused(msg);
	}
	return (int)len;
}
