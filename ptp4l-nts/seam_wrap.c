// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wrapped functions: what linuxptp calls instead of its own (ptp4l-nts/wrapped). Each hands
 * on to the real one where NTS has no part: no nts_server, the UDS ports of pmc and phc2sys, and
 * ports with nts_mode off.
 */
#include "ptp4l-nts/seam.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <interface.h>
#include <print.h>
#include <version.h>

#include "util/secret.h"

#define OUR_FDS 2	/* the agent's socket and the status socket */

#define WRAP(type, name, ...) \
	extern type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

static struct seam the_seam;

struct seam *seam_get(void)
{
	return &the_seam;
}

void seam_read_clock(struct seam *s)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	s->now_ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void to_linuxptp_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	print(level, "%s", line);
}

/* Our options are read without a word at debug level: linuxptp has no such lines. */
static void hush(const struct seam *s, bool quiet)
{
	print_set_level(quiet ? LOG_EMERG : s->log_level);
}

/* A port that is told to have keys where nothing tells which ones. */
static bool keys_forgotten(struct seam *s, const char *name)
{
	bool forgotten;

	hush(s, true);
	forgotten = seam_conf_port_off(s->config, name) != ST_OK ||
		    seam_static_forgotten(s->config, name);
	hush(s, false);
	return forgotten;
}

/* ---- transports ---------------------------------------------------------------------------- */

WRAP(int, transport_open, struct transport *t, struct interface *iface, struct fdarray *fda,
     enum timestamp_type tt)
{
	struct seam *s = seam_get();
	struct seam_port *sp;
	int err;

	if (transport_type(t) == TRANS_UDS) {
		return __real_transport_open(t, iface, fda, tt);
	}
	if (!s->active) {
		s->fatal = s->fatal || keys_forgotten(s, interface_name(iface));
		return s->fatal ? -1 : __real_transport_open(t, iface, fda, tt);
	}
	if (seam_port_learn(s, t, fda, iface, &sp) != ST_OK) {
		s->fatal = true;
		return -1;
	}
	if (!seam_port_may_open(s, sp)) {
		sp->held = true;
		return -1;
	}
	err = __real_transport_open(t, iface, fda, tt);
	sp->open = !err;
	sp->service_due = !err;
	s->due = true;
	return err;
}

WRAP(int, transport_close, struct transport *t, struct fdarray *fda)
{
	struct seam_port *sp = seam_port_of_fda(seam_get(), fda);

	if (sp && !sp->open) {
		return 0;
	}
	if (sp) {
		sp->open = false;
	}
	return __real_transport_close(t, fda);
}

WRAP(int, transport_recv, struct transport *t, int fd, struct ptp_message *msg)
{
	struct seam *s = seam_get();
	struct seam_port *sp = seam_port_of_transport(s, t);
	int cnt = __real_transport_recv(t, fd, msg);

	s->unverified = sp && sp->verifies ? NULL : sp;
	if (cnt < 0 || !sp || (!sp->secured && !sp->fixed)) {
		return cnt;
	}
	return seam_message_receive(s, sp, msg, cnt);
}

static int send_through(seam_send_fn real, struct transport *t, struct fdarray *fda,
			enum transport_event event, struct ptp_message *msg, bool unicast)
{
	struct seam *s = seam_get();
	struct seam_port *sp = seam_port_of_fda(s, fda);

	if (!sp || (!sp->secured && !sp->fixed)) {
		return real(t, fda, event, msg);
	}
	return seam_message_send(s, sp, real, t, fda, event, msg, unicast);
}

WRAP(int, transport_send, struct transport *t, struct fdarray *fda, enum transport_event event,
     struct ptp_message *msg)
{
	return send_through(__real_transport_send, t, fda, event, msg, false);
}

WRAP(int, transport_sendto, struct transport *t, struct fdarray *fda, enum transport_event event,
     struct ptp_message *msg)
{
	return send_through(__real_transport_sendto, t, fda, event, msg, true);
}

WRAP(int, transport_peer, struct transport *t, struct fdarray *fda, enum transport_event event,
     struct ptp_message *msg)
{
	return send_through(__real_transport_peer, t, fda, event, msg, false);
}

WRAP(int, transport_txts, struct fdarray *fda, struct ptp_message *msg)
{
	struct seam_port *sp = seam_port_of_fda(seam_get(), fda);

	if (sp && seam_message_txts(sp, msg)) {
		return 0;
	}
	return __real_transport_txts(fda, msg);
}

/* ---- the clock ----------------------------------------------------------------------------- */

static void stop(struct seam *s)
{
	s->active = false;
	report_server_free(s->report);
	s->report = NULL;
	seam_keys_stop(s);
	seam_static_stop(s);
	free(s->pollfd);
	s->pollfd = NULL;
	s->pollfd_cap = 0;
}

static enum status read_options(struct seam *s, struct aproto_config *out, bool *nts,
				bool *report)
{
	enum status st;

	hush(s, true);
	s->log_level = config_get_int(s->config, NULL, "logging_level");
	st = seam_conf_global(s->config, out, nts);
	if (st == ST_OK) {
		st = seam_static_start(s);
	}
	*report = st == ST_OK && seam_report_wanted(s, *nts);
	hush(s, false);
	log_set_level(s->log_level);
	s->active = *report || s->static_keys;
	return st;
}

static enum status start(struct seam *s, enum clock_type type, struct config *config)
{
	struct aproto_config conf;
	bool nts, report;
	enum status st;

	LIST_INIT(&s->ports);
	s->config = config;
	s->type = type;
	st = read_options(s, &conf, &nts, &report);
	if (st != ST_OK || !s->active) {
		return st;
	}
	log_set_sink(to_linuxptp_log, NULL);
	log_notice("ptp4l-nts " NTS_VERSION " on linuxptp %s", version_string());
	seam_read_clock(s);
	st = secret_harden_process();
	s->until_sync = nts && conf.any_time;
	if (st == ST_OK && nts) {
		st = seam_keys_start(s, &conf);
	}
	if (st == ST_OK && report) {
		st = seam_report_start(s);
	}
	secret_wipe(&conf, sizeof(conf));
	if (st != ST_OK) {
		stop(s);
	}
	return st;
}

extern void __real_clock_destroy(struct clock *c);

WRAP(struct clock *, clock_create, enum clock_type type, struct config *config,
     const char *phc_device)
{
	struct seam *s = seam_get();
	struct clock *c;

	if (start(s, type, config) != ST_OK) {
		return NULL;
	}
	c = __real_clock_create(type, config, phc_device);
	if (c && s->fatal) {
		__real_clock_destroy(c);
		c = NULL;
	}
	if (!c && s->active) {
		stop(s);
	}
	s->clock = c;
	s->due = true;
	return c;
}

/* Port by port, cancels are still sent from inside: keys go after. */
void __wrap_clock_destroy(struct clock *c);
void __wrap_clock_destroy(struct clock *c)
{
	struct seam *s = seam_get();

	__real_clock_destroy(c);
	if (s->active) {
		stop(s);
	}
}

static void seam_tick(struct seam *s)
{
	s->due = false;
	seam_read_clock(s);
	if (s->link) {
		alink_poll(s->link, s->now_ms);
	}
	seam_keys_tick(s);
	seam_marks_tick(s);
	seam_monitor_tick(s);
	if (s->report) {
		report_server_poll(s->report);
	}
	seam_ports_follow_keys(s);
	seam_unicast_follow(s);
	seam_synced_tick(s);
}

WRAP(int, clock_poll, struct clock *c)
{
	struct seam *s = seam_get();

	if (s->active && s->due) {
		seam_tick(s);
	}
	return __real_clock_poll(c);
}

WRAP(enum servo_state, clock_synchronize, struct clock *c, tmv_t ingress, tmv_t origin)
{
	seam_synced_note(seam_get(), origin);
	return __real_clock_synchronize(c, ingress, origin);
}

/* ---- the clock's own wait ------------------------------------------------------------------ */

extern int __real_poll(struct pollfd *fds, nfds_t n, int timeout);

static bool grow(struct seam *s, nfds_t n)
{
	struct pollfd *p;

	if (n <= s->pollfd_cap) {
		return true;
	}
	p = realloc(s->pollfd, n * sizeof(*p));
	if (!p) {
		return false;
	}
	s->pollfd = p;
	s->pollfd_cap = n;
	return true;
}

static int until_deadline(const struct seam *s)
{
	uint64_t agent = s->link ? alink_deadline(s->link) : UINT64_MAX;
	uint64_t keys = seam_keys_deadline(s);
	uint64_t ports = seam_ports_deadline(s);
	uint64_t at = keys < agent ? keys : agent;

	at = ports < at ? ports : at;
	at = seam_marks_deadline(s) < at ? seam_marks_deadline(s) : at;
	at = seam_monitor_deadline(s) < at ? seam_monitor_deadline(s) : at;
	at = seam_unicast_deadline(s) < at ? seam_unicast_deadline(s) : at;
	if (at == UINT64_MAX) {
		return -1;
	}
	if (at <= s->now_ms) {
		return 0;
	}
	return at - s->now_ms < 60000 ? (int)(at - s->now_ms) : 60000;
}

/* Only the clock waits without a timeout; every other poll of linuxptp is left alone. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct seam *s = seam_get();
	struct pollfd *ours;
	int cnt, i;

	if (timeout != -1 || !s->active || !grow(s, n + OUR_FDS)) {
		return __real_poll(fds, n, timeout);
	}
	memcpy(s->pollfd, fds, n * sizeof(*fds));
	ours = s->pollfd + n;
	ours[0] = (struct pollfd){ .fd = s->link ? alink_fd(s->link) : -1, .events = POLLIN };
	ours[1] = (struct pollfd){ .fd = s->report ? report_server_fd(s->report) : -1,
				   .events = POLLIN };
	seam_read_clock(s);
	cnt = __real_poll(s->pollfd, n + OUR_FDS, until_deadline(s));
	if (cnt < 0) {
		return cnt;
	}
	seam_read_clock(s);
	seam_keys_tick(s);
	/* Not cnt == 0 alone: under a flood of messages it never is. */
	s->due = s->due || cnt == 0 || until_deadline(s) == 0;
	for (i = 0; i < OUR_FDS; i++) {
		if (ours[i].revents) {
			s->due = true;
			cnt--;
		}
	}
	memcpy(fds, s->pollfd, n * sizeof(*fds));
	if (cnt <= 0) {
		errno = EINTR;
		return -1;
	}
	return cnt;
}
