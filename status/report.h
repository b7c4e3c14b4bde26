/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ptp4l-nts tells of itself, over a Unix datagram socket: one request, one port's report.
 * Same machine, host byte order, version and size checked by both sides. Holds no keys.
 *
 * The serving side is part of the clock's loop: it never blocks, answers a bounded number of
 * requests per turn, and drops what does not fit into the asker's queue.
 */
#ifndef NTS_STATUS_REPORT_H
#define NTS_STATUS_REPORT_H

#include "tlv/guard.h"
#include "util/status.h"

#define REPORT_VERSION 7
#define REPORT_SERVERS_MAX 16
#define REPORT_GRANTORS_MAX 16		/* that are told of one by one */
#define REPORT_DEFAULT_ADDRESS "/var/run/ptp4l-nts"

/* REPORT_STATIC: of sa only key_id and spp; all 0 where linuxptp itself signs and verifies. */
enum report_mode { REPORT_OFF, REPORT_GROUP, REPORT_TICKET, REPORT_STATIC };

/* A KE server of nts_server, over all ports. */
struct report_server_health {
	uint32_t st;			/* enum status of the last exchange with it */
	uint32_t grants;
	uint32_t resumed;		/* of them, on a resumed TLS session */
	uint32_t failures;		/* in a row */
	uint32_t differs;		/* 1: has other keys than the server in use */
	uint64_t at_ms;			/* boot time of the last exchange; 0 never asked */
	char name[128];			/* host:port */
	char why[160];			/* more words on st */
};

/* A grantor that a port in ticket mode asks. */
struct report_grantor {
	struct nts_assoc address;
	uint8_t usable;			/* there is a key */
	uint8_t next;			/* and one to follow it */
	uint32_t key_id;
	uint32_t rotations;
	uint32_t last_st;		/* enum status of the last exchange about it */
	uint32_t failures;		/* in a row */
	uint64_t heard_ms;		/* boot time of its last Announce; 0 never */
};

struct report_port {
	uint16_t number;		/* PTP portNumber */
	uint8_t mode;			/* enum report_mode */
	uint8_t ptp_state;		/* linuxptp's enum port_state */
	uint8_t up;			/* keys are good and the port may run */
	uint8_t clock_identity[8];
	char interface[32];
	struct nts_assoc assoc;
	struct sa_status sa;
	uint64_t now_ms;		/* boot time at which this was written */
	uint64_t seen_grant_ms;		/* boot time of the last grant; 0 never */
	uint64_t next_ask_ms;		/* boot time; 0 unknown */
	int64_t cert_not_after_ms;	/* wall clock; 0 unknown */
	uint32_t failures;		/* exchanges failed in a row */
	uint32_t last_st;		/* enum status of the last exchange */
	uint32_t last_step;		/* enum exchange_step of the last exchange */
	uint32_t agent_pid;		/* 0: not running */
	uint32_t agent_starts;
	uint32_t agent_hangs;		/* times that it was killed because it did not answer */
	char agent_ended[160];		/* why the last one ended, "" none has */
	uint32_t port_ups;		/* times that keys brought the port up */
	uint32_t port_downs;		/* times that missing keys took it down */
	char server[128];		/* host:port that granted last, or was asked last */
	char why[160];			/* more words on last_st */
	uint32_t n_servers;
	struct report_server_health servers[REPORT_SERVERS_MAX];
	/* ticket mode; sa is the first usable grantor's, or a grantor's own ticket keys */
	uint8_t is_grantor;
	uint32_t requesters;		/* with a live key */
	uint64_t opened;		/* tickets, good or bad */
	uint32_t n_grantors;
	struct report_grantor grantors[REPORT_GRANTORS_MAX];
	struct guard_counters counters;
	/* nts_policy monitor; what was taken or sent is not among the refused and suppressed */
	uint8_t monitor;
	uint64_t sent_unsigned;			/* for want of a key */
	uint64_t taken[GUARD_VERDICTS];		/* though not verified, by reason */
};

/* ---- serving side ---- */

struct report_server;

/* Fills report i of n (n written always, report only when i < n); false: no such report. */
typedef bool (*report_fill)(void *ctx, uint32_t i, uint32_t *n, struct report_port *out);

/*
 * Binds path with mode 0660 (a stale socket there is replaced, anything else is not).
 * ST_SYSTEM (errno tells), ST_TOO_LONG (path), ST_NO_MEMORY.
 */
enum status report_server_new(const char *path, report_fill fill, void *ctx,
			      struct report_server **out) MUST_CHECK;

/* Closes and removes the socket file; s may be NULL. */
void report_server_free(struct report_server *s);
int report_server_fd(const struct report_server *s);

/* Answers what is waiting there, a bounded number of requests; when fd is readable. */
void report_server_poll(struct report_server *s);

/* ---- asking side ---- */

/*
 * Asks for all reports, at most max; *n how many were written. Waits at most timeout_ms in all.
 * ST_CONNECT (nobody there), ST_TIMEOUT, ST_BAD_VERSION, ST_SYSTEM.
 */
enum status report_query(const char *path, int timeout_ms, struct report_port *out, uint32_t max,
			 uint32_t *n) MUST_CHECK;

#endif
