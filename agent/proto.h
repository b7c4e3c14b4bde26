/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the clock and its key agent say to each other, over a SOCK_SEQPACKET socketpair of one
 * machine: one struct a packet, host byte order, fixed sizes. Each side checks every length and
 * range of the other again (aproto_check): a broken agent must not break the clock.
 */
#ifndef NTS_AGENT_PROTO_H
#define NTS_AGENT_PROTO_H

#include "nts/params.h"
#include "tlv/marks.h"
#include "util/status.h"

#define APROTO_VERSION 8
#define APROTO_FD 3		/* the agent's end of the socketpair */
#define APROTO_PATH 256
#define APROTO_SERVERS 1024
#define APROTO_HOST 128
#define APROTO_WHY 160
#define APROTO_WANTS_MAX 256
#define APROTO_SERVERS_MAX 16
#define APROTO_MARKS_MAX 32

enum aproto_type {
	APROTO_CONFIG = 1,	/* clock to agent, first, once */
	APROTO_WANT,		/* clock to agent; of a known index: ask again, now */
	APROTO_KEYS,		/* agent to clock */
	APROTO_STATE,		/* agent to clock: the fate of one want's last exchange */
	APROTO_LOG,		/* agent to clock: a line for the clock's log */
	APROTO_SERVER,		/* agent to clock: how a KE server is */
	APROTO_PING,		/* clock to agent, and back: are you there? */
	APROTO_SYNCED,		/* clock to agent: the clock is right, or so it seems */
	APROTO_DROP,		/* agent to clock: these keys are not to be trusted */
	APROTO_REVOKE,		/* clock to agent, last: revoke our registrations, then end */
	APROTO_MARKS,		/* clock to agent, to be kept; agent to clock, at its start */
	APROTO_ANY_TIME,	/* agent to clock: an exchange that looks at no dates begins */
	APROTO_CHECKED,		/* agent to clock: these keys' dates were looked at, and good */
};

struct aproto_config {
	uint32_t type;
	uint32_t version;
	char servers[APROTO_SERVERS];	/* nts_server as configured */
	char ca_file[APROTO_PATH];
	char cert_file[APROTO_PATH];
	char key_file[APROTO_PATH];
	char crl_file[APROTO_PATH];	/* or "" */
	char state_dir[APROTO_PATH];	/* or "": no marks are kept */
	char user[64];			/* "": the owner of key_file */
	uint32_t timeout_ms;
	uint32_t jitter_ms;		/* start delay, at most */
	int32_t log_level;
	uint32_t any_time;		/* 1: certificates may be of another time until synced */
	uint32_t any_time_max;		/* exchanges, at most */
	uint32_t any_time_used;		/* by the agents before this one */
	uint32_t cert_warn_days;	/* before the own certificate ends */
	uint32_t resumption;		/* 1: TLS sessions are resumed where the server offers it */
};

enum aproto_kind {
	APROTO_GROUP,		/* a group's keys */
	APROTO_REQUESTER,	/* unicast keys and tickets for a grantor */
	APROTO_GRANTOR,		/* a registration: ticket keys */
};

/*
 * What an agent knows of the keys that it has handed over. The clock's end keeps it for the next
 * agent, and looks at nothing in it. All 0: none, or none any more.
 */
struct aproto_granted {
	uint32_t server;		/* number of the one that granted */
	uint32_t key_id[2];		/* of Current and Next; 0 none */
	uint32_t unchecked;		/* 1: its certificates' dates were not looked at */
	uint64_t expires_ms;		/* CLOCK_BOOTTIME; 0 nothing was granted */
	int64_t valid_from_ms;		/* the server's certificates, what it stapled, and our */
	int64_t valid_to_ms;		/* revocation lists */
};

/* An association that the clock needs keys for. Zeros behind what is used. */
struct aproto_want {
	uint32_t type;
	uint32_t index;			/* the clock's number for it, < APROTO_WANTS_MAX */
	uint32_t kind;			/* enum aproto_kind */
	struct nts_assoc assoc;		/* group, grantor; of a registration: identities[0] */
	uint32_t n_identities;		/* ours; none for a group */
	struct nts_assoc identities[NTS_IDENTITIES_MAX];
	uint32_t n_macs;		/* most wanted first; none: the mandatory one */
	uint16_t macs[NTS_ALGS_MAX];
	uint32_t n_aeads;		/* a registration's */
	uint16_t aeads[NTS_ALGS_MAX];
	struct aproto_granted granted;	/* by an agent before; filled in by the clock's end */
};

struct aproto_revoke {
	uint32_t type;
};

/* A whole, checked key set. Wiped by both sides after use. */
struct aproto_keys {
	uint32_t type;
	uint32_t index;
	uint64_t arrival_ms;		/* CLOCK_BOOTTIME of the answer's arrival */
	uint32_t has_next;
	char server[APROTO_HOST];	/* host:port that granted */
	struct aproto_granted granted;
	struct nts_params current;
	struct nts_params next;
};

struct aproto_state {
	uint32_t type;
	uint32_t index;
	uint32_t st;			/* enum status: ST_OK or why not */
	uint32_t step;			/* enum exchange_step */
	uint32_t failures;		/* in a row */
	uint64_t at_ms;			/* CLOCK_BOOTTIME */
	uint64_t next_ask_ms;		/* CLOCK_BOOTTIME */
	int64_t cert_not_after_ms;	/* own certificate, wall clock; 0 unknown */
	char server[APROTO_HOST];
	char why[APROTO_WHY];
};

struct aproto_log {
	uint32_t type;
	int32_t level;
	char line[512];
};

/* All associations together; number is the place in nts_server. */
struct aproto_server {
	uint32_t type;
	uint32_t number;		/* < n */
	uint32_t n;			/* servers there are, <= APROTO_SERVERS_MAX */
	uint32_t st;			/* enum status of the last exchange with it */
	uint32_t grants;
	uint32_t resumed;		/* of them, on a resumed TLS session */
	uint32_t failures;		/* in a row */
	uint32_t differs;		/* 1: has other keys than the server that granted before */
	uint64_t at_ms;			/* CLOCK_BOOTTIME of the last exchange; 0 never asked */
	char server[APROTO_HOST];
	char why[APROTO_WHY];
};

struct aproto_ping {
	uint32_t type;
	uint32_t number;		/* comes back as it went */
};

struct aproto_synced {
	uint32_t type;
};

/* On keys whose certificates' dates were not looked at before: APROTO_DROP or APROTO_CHECKED. */
struct aproto_verdict {
	uint32_t type;
	uint32_t index;
};

struct aproto_marks {
	uint32_t type;
	uint32_t n;			/* <= APROTO_MARKS_MAX */
	struct mark list[APROTO_MARKS_MAX];
};

struct aproto_any_time {
	uint32_t type;
	uint32_t exchanges;		/* with this one, since the clock's start */
};

union aproto {
	uint32_t type;
	struct aproto_config config;
	struct aproto_want want;
	struct aproto_keys keys;
	struct aproto_state state;
	struct aproto_log log;
	struct aproto_server server;
	struct aproto_ping ping;
	struct aproto_synced synced;
	struct aproto_verdict verdict;
	struct aproto_revoke revoke;
	struct aproto_marks marks;
	struct aproto_any_time any_time;
};

/*
 * Is what came in one whole struct of a known type, with terminated strings and values within
 * their ranges (for keys: all that ke_decode guarantees)?
 * ST_BAD_LENGTH, ST_BAD_TYPE, ST_BAD_VALUE, ST_BAD_VERSION.
 */
enum status aproto_check(const union aproto *m, size_t len) MUST_CHECK;

/* Octets that a packet of this type has, 0 for an unknown type. */
size_t aproto_size(uint32_t type);

#endif
