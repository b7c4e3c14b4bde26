/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam: linuxptp's ptp4l on one side, our modules on the other. This folder alone includes
 * linuxptp's headers. One clock a process, so one struct seam, reached by seam_get().
 *
 *	seam_wrap.c	the wrapped functions: what linuxptp calls instead of its own
 *	seam_conf.c	options: read, checked, errors in words
 *	seam_port.c	ports: found, and asked how they are
 *	seam_learn.c	ports: what the configuration makes of them
 *	seam_up.c	ports: opened, taken down, brought up
 *	seam_want.c	key sets that ports want of the agent
 *	seam_keys.c	the key agent's messages, key sets, rotation
 *	seam_message.c	one message in, one message out
 *	seam_words.c	messages in words
 *	seam_monitor.c	nts_policy monitor; what is never forwarded
 *	seam_unicast.c	ticket mode: pairs of a port and a grantor, contracts, identities
 *	seam_introduce.c ticket mode: our identities, told to the KE server
 *	seam_address.c	addresses: linuxptp's and ours
 *	seam_marks.c	freshness marks that outlive a restart
 *	seam_static.c	static keys of releases that have none
 *	seam_report.c	what nts4ptp status shows
 *
 * Must not block, and must not let a refused message or a missing key look like an error to
 * linuxptp: docs/architecture.md, "The seam".
 */
#ifndef NTS_SEAM_H
#define NTS_SEAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <clock.h>
#include <config.h>
#include <port_private.h>
#include <transport.h>

#include "agent/link.h"
#include "config/ptp4l_options.h"
#include "status/report.h"
#include "tlv/guard.h"
#include "tlv/static_keys.h"
#include "unicast/gate.h"
#include "util/log.h"

#define SEAM_WANTS_MAX APROTO_WANTS_MAX
#define SEAM_OWN_MAX (NTS_IDENTITIES_MAX - 1)	/* beside the PortIdentity */

struct seam_port;

/* An association and its keys: a group's, shared by its ports, or a pair's, or a registration. */
struct seam_want {
	uint32_t kind;			/* enum aproto_kind */
	struct sa_table *sa;		/* empty for a registration */
	struct requester *requester;	/* of a pair; its port's gate owns it */
	struct grantor *grantor;	/* of a registration; likewise */
	struct seam_port *port;		/* of both */
	uint32_t required;		/* bit per messageType that the policies must name */
	bool usable;			/* sa_usable at the last look */
	struct sa_status seen;		/* to log changes */
	uint64_t seen_grant_ms;
	struct aproto_state state;	/* the agent's last word */
	enum status taken;		/* what became of the last keys */
	char server[APROTO_HOST];
	struct log_limit grants, refusals;
};

/* A grantor in a port's unicast master table, or its peer, and us. */
struct seam_pair {
	struct nts_assoc grantor;
	struct requester *requester;
	struct sa_table *sa;
	bool wanted;			/* the agent knows of it; then want is its number */
	uint32_t want;
	uint32_t missed;		/* unanswered requests when the KE server was asked anew */
	uint64_t silent_from_ms;	/* start of the silence that is waited for */
	uint64_t asked_ms;		/* when it was asked anew */
	uint32_t patience;		/* doublings of that silence */
};

/* What a port with nts_policy monitor did that another would not have done. */
struct seam_monitor {
	bool on;
	uint64_t taken[GUARD_VERDICTS];		/* though the gate refused them, by its reason */
	uint64_t sent;				/* unsigned, for want of a key */
	uint64_t said_taken[GUARD_VERDICTS];	/* of these, when they were last told of */
	uint64_t said_sent;
	uint64_t said_ms;
};

struct seam_port {
	LIST_ENTRY(seam_port) list;
	struct port *port;
	struct transport *trp;
	struct fdarray *fda;
	char name[32];
	bool secured;
	bool open;			/* the real transport is open */
	bool held;			/* down for want of keys, or not up again since */
	uint64_t retry_ms;		/* held, keyed, and did not open: try again then; or 0 */
	bool txts_suppressed;		/* a deferred event was not sent: it has no timestamp */
	uint32_t want;			/* index */
	uint32_t ups, downs;
	struct guard *guard;		/* group mode */
	bool has_static;		/* static keys, ours or linuxptp's own; no NTS then */
	struct static_gate *fixed;	/* ours */
	bool verifies;			/* linuxptp does so itself: its own static keys */
	struct ugate *gate;		/* ticket mode */
	struct grantor *grantor;	/* ticket mode with unicast_listen; the gate's */
	bool registering;		/* the agent knows of it; then want is its number */
	bool service_due;		/* the unicast service's timer must be armed again */
	uint32_t n_pairs;
	struct seam_pair *pairs;
	uint32_t pair_required;		/* types that a pair's policies must name */
	uint64_t identities_ms;		/* when to look for our addresses again */
	uint32_t n_own;
	struct nts_assoc own[SEAM_OWN_MAX];	/* our addresses, at the last look */
	uint32_t silence_ms;		/* of a grantor, before it counts as lost */
	struct seam_monitor monitor;
	uint64_t not_forwarded;		/* messages that nobody had verified */
	struct log_limit refused[GUARD_VERDICTS];
	struct log_limit suppressed[GUARD_SENDS];
};

struct seam {
	bool active;			/* there are keys that are ours, or a status socket */
	bool fatal;			/* a port's options are wrong: clock_create fails */
	bool until_sync;		/* the agent waits to be told that the clock is right */
	int64_t away_s;			/* then: the wall clock from the master, at the last Sync */
	bool said_away;			/* that it is far */
	bool due;			/* our sockets or timers want seam_tick */
	struct config *config;
	struct clock *clock;
	enum clock_type type;
	int log_level;
	struct alink *link;		/* NULL: nts_server is not set */
	struct static_keys *static_keys;
	struct report_server *report;	/* NULL: none */
	uint64_t now_ms;		/* boot time, read once per wake-up */
	uint32_t n_wants;
	struct seam_want wants[SEAM_WANTS_MAX];
	struct aproto_server servers[APROTO_SERVERS_MAX];	/* as the agent tells */
	uint32_t n_servers;
	LIST_HEAD(seam_ports, seam_port) ports;
	const struct seam_port *unverified;	/* where the message at hand came in, if nobody
						 * has verified it; else NULL */
	struct pollfd *pollfd;		/* linuxptp's array and ours behind it */
	unsigned int pollfd_cap;
	int64_t tx_ns;			/* last transmit timestamp, in the clock's time; 0 none */
	int64_t tx_mono_ns;		/* CLOCK_MONOTONIC then */
	uint64_t marks_ms;		/* when the agent was given marks last */
	uint64_t marks_since_ms;	/* marks touched since then are not with the agent */
	uint32_t marks_agent;		/* which agent has had them: its number of starts */
	bool has_keys;			/* it is too late to recall marks */
	struct log_limit marks_log;
	uint64_t unicast_ms;		/* when seam_unicast_follow looks again */
};

struct seam *seam_get(void);

/* CLOCK_BOOTTIME into now_ms. */
void seam_read_clock(struct seam *s);

/* ---- seam_conf.c ---- */

/* Reads and checks [global]; *active tells whether there is NTS to do. ST_CONFIG, said in words. */
enum status seam_conf_global(struct config *config, struct aproto_config *out,
			     bool *active) MUST_CHECK;

struct seam_port_conf {
	bool secured;
	bool ticket;
	bool monitor;			/* nts_policy */
	struct ugate_config gate;
	uint32_t silence_ms;		/* of a grantor's Announce, before it counts as lost */
	struct nts_assoc assoc;
	uint32_t required;
	struct guard_config guard;
};

/* Without nts_server: may the port of this name run unsecured? ST_CONFIG, said in words. */
enum status seam_conf_port_off(struct config *config, const char *name) MUST_CHECK;

/* Reads and checks the options of port p. ST_CONFIG, said in words. */
enum status seam_conf_port(struct config *config, struct port *p, enum clock_type type,
			   struct seam_port_conf *out) MUST_CHECK;

/* Where nts-agent is: beside our own executable, else in LIBEXECDIR. ST_FILE_OPEN. */
enum status seam_conf_agent_path(char *out, size_t size) MUST_CHECK;

/* ---- seam_port.c ---- */

/* By what linuxptp calls with; NULL when it is not a network port of ours. */
struct seam_port *seam_port_of_fda(struct seam *s, const struct fdarray *fda);
struct seam_port *seam_port_of_transport(struct seam *s, const struct transport *t);

/* Is the clock a transparent one, which passes messages on? */
bool seam_is_transparent(const struct seam *s);

/* Is the port up and running? */
bool seam_port_is_up(const struct seam_port *sp);

/* ---- seam_learn.c ---- */

/* The port whose fda this is, made known when it is new. ST_CONFIG, ST_NO_MEMORY, ST_LIMIT. */
enum status seam_port_learn(struct seam *s, struct transport *t, struct fdarray *fda,
			    struct interface *iface, struct seam_port **out) MUST_CHECK;

void seam_ports_free(struct seam *s);

/* ---- seam_up.c ---- */

/* May this port's transport be opened, that is: are there keys? */
bool seam_port_may_open(struct seam *s, const struct seam_port *sp);

/* Takes ports down whose keys are gone, brings up those whose keys came. Between two events. */
void seam_ports_follow_keys(struct seam *s);

/* When seam_ports_follow_keys must look again; boot time ms, UINT64_MAX never. */
uint64_t seam_ports_deadline(const struct seam *s);

/* ---- seam_want.c ---- */

/* The want of an association, made when it is new. ST_LIMIT, ST_NO_MEMORY. */
enum status seam_want_group(struct seam *s, const struct nts_assoc *assoc, uint32_t required,
			    uint32_t *index) MUST_CHECK;

/* The same for a pair or a registration; w is filled in here but for its want. */
enum status seam_want_more(struct seam *s, const struct aproto_want *want,
			   const struct seam_want *w, uint32_t *index) MUST_CHECK;

/* ---- seam_keys.c ---- */

enum status seam_keys_start(struct seam *s, const struct aproto_config *conf) MUST_CHECK;
void seam_keys_stop(struct seam *s);

/* Rotates what is due. Touches no port. */
void seam_keys_tick(struct seam *s);
uint64_t seam_keys_deadline(const struct seam *s);

/* ---- seam_words.c ---- */

/* messageType and sender of a received message of cnt octets, for a log line. */
#define SEAM_WORDS 64
const char *seam_words(const uint8_t *m, int cnt, char out[SEAM_WORDS]);

/* ---- seam_message.c ---- */

typedef int (*seam_send_fn)(struct transport *t, struct fdarray *fda, enum transport_event event,
			    struct ptp_message *msg);

/* Signs, sends through real, restores. Returns what linuxptp is to see. */
int seam_message_send(struct seam *s, struct seam_port *sp, seam_send_fn real,
		      struct transport *t, struct fdarray *fda, enum transport_event event,
		      struct ptp_message *msg, bool unicast);

/* Verifies and strips a message of cnt octets. Returns what linuxptp is to see. */
int seam_message_receive(struct seam *s, struct seam_port *sp, struct ptp_message *msg, int cnt);

/* A deferred event's timestamp, when that event was suppressed: true. */
bool seam_message_txts(struct seam_port *sp, struct ptp_message *msg);

const struct guard_counters *seam_message_counters(const struct seam_port *sp);

/* For log_limited, of what a neighbour may send for days: five lines, then one a minute. */
static inline uint64_t seam_log_ms(const struct seam *s)
{
	return s->now_ms / 60;
}

/* ---- seam_synced.c ---- */

/* A Sync was sent at origin, by the master's clock. */
void seam_synced_note(struct seam *s, tmv_t origin);

/* Tells the agent, once, that clock and wall clock are right. */
void seam_synced_tick(struct seam *s);

/* ---- seam_monitor.c ---- */

/* Under nts_policy monitor: loudly, at the start. */
void seam_monitor_start(struct seam *s, struct seam_port *sp);

/*
 * Is a message of cnt octets, refused for this reason, to be taken all the same? Then *len is its
 * length without its TLV, and it is counted.
 */
bool seam_monitor_takes(struct seam_port *sp, struct ptp_message *msg, int cnt,
			enum guard_verdict v, size_t *len);

/* May a message go unsigned for which there is no key? Then it is counted. */
bool seam_monitor_sends(struct seam_port *sp, enum guard_send v);

/* Is this somebody's message that nobody has verified, and that would be signed here? */
bool seam_monitor_launders(const struct seam *s, const struct seam_port *sp,
			   const struct ptp_message *msg);

/*
 * Is this an unverified message that linuxptp would keep, and forward while another one is at hand,
 * to a port that signs it? Then it is not taken at all, and counted.
 */
bool seam_monitor_keeps_out(struct seam *s, struct seam_port *sp, const struct ptp_message *msg);

/* Tells each hour what was taken and sent. */
void seam_monitor_tick(struct seam *s);
uint64_t seam_monitor_deadline(const struct seam *s);

/* ---- seam_unicast.c ---- */

/* Makes the port's gate, its pairs and its grantor. ST_CONFIG, said in words; ST_NO_MEMORY. */
enum status seam_unicast_learn(struct seam *s, struct seam_port *sp,
			       const struct seam_port_conf *conf) MUST_CHECK;
void seam_unicast_free(struct seam_port *sp);

/* May a port in ticket mode be open? A grantor always: it is gated per requester. */
bool seam_unicast_may_open(const struct seam_port *sp);

/* New keys for a pair: asks for its contracts again. */
void seam_unicast_keys(struct seam *s, const struct seam_want *w);

/* The port came up after it had been down for want of keys: all contracts anew. */
void seam_unicast_restart(struct seam_port *sp);

/* Addresses found, lost grantors asked again, services armed. Between two events. */
void seam_unicast_follow(struct seam *s);
uint64_t seam_unicast_deadline(const struct seam *s);

/* Is there a registration to revoke, and do the options say so? */
bool seam_unicast_revokes(const struct seam *s);

/* ---- seam_introduce.c ---- */

/* Has the port's registration and pairs asked for as soon as it has an address, and when it has
 * another one. */
void seam_introduce(struct seam *s, struct seam_port *sp);

/* ---- seam_address.c ---- */

/* linuxptp's address of this transport as an association; false when it is none of ours. */
bool seam_address(struct transport *t, const struct address *from, struct nts_assoc *out);

/* Our addresses at this interface of the grantors' kind; n how many, at most max. */
uint32_t seam_address_own(struct transport *t, const char *interface, struct nts_assoc *out,
			  uint32_t max);

/* The one that we send from to this grantor; false while there is none. */
bool seam_address_towards(const char *interface, const struct nts_assoc *grantor,
			  struct nts_assoc *out);

/* ---- seam_marks.c ---- */

/* What the agent read at its start. */
void seam_marks_recall(struct seam *s, const struct aproto_marks *m);

/* Gives the agent what is to be kept, when it is time. */
void seam_marks_tick(struct seam *s);

/* The same now, all of it: before the end. */
void seam_marks_end(struct seam *s);

uint64_t seam_marks_deadline(const struct seam *s);

/* ---- seam_static.c ---- */

/* Reads sa_file where the release does not do so itself. ST_CONFIG, said in words. */
enum status seam_static_start(struct seam *s) MUST_CHECK;
void seam_static_stop(struct seam *s);

/*
 * The static keys of a port: *fixed tells whether it has any, *out is their gate or NULL where
 * linuxptp has its own. ST_CONFIG, said in words, e.g. where the port has NTS, too.
 */
enum status seam_static_port(struct seam *s, const char *name, bool nts,
			     struct static_gate **out, bool *fixed) MUST_CHECK;

/* A port without any keys at all that has spp set; said in words. */
bool seam_static_forgotten(struct config *config, const char *name);

/* Tells the port's gate whom it follows. */
void seam_static_follow(struct seam *s, struct seam_port *sp);

/* ---- seam_report.c ---- */

/* Whether there is to be a status socket: by itself where nts_server is set, else when named. */
bool seam_report_wanted(const struct seam *s, bool nts);
enum status seam_report_start(struct seam *s) MUST_CHECK;

#endif
