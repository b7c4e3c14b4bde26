/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nts-ked.conf, read and checked: a [server] section, perhaps [authorization], and any number of
 * [group NAME] and [unicast NAME] sections.
 * A struct kedconf that was handed out is whole and within its ranges, and never changes: a
 * reload reads another one.
 *
 * Reads the configuration file and its deny_file, and nothing else: whether certificates and
 * stores that it names are there is for those who use them.
 */
#ifndef NTS_CONFIG_KEDCONF_H
#define NTS_CONFIG_KEDCONF_H

#include <sys/socket.h>

#include "nts/params.h"
#include "util/status.h"

#define KEDCONF_NAME 44		/* octets of a group's name, with its zero */
#define KEDCONF_PATH 256
#define KEDCONF_LIST 2048	/* octets of a comma separated list, with its zero */
#define KEDCONF_ITEM 256	/* octets of one item of it, with its zero */
#define KEDCONF_WORKERS 64
#define KEDCONF_FINGERPRINT 32	/* octets: SHA-256 of a certificate */
#define KEDCONF_PORT 4460	/* WIRE.md 1 */

struct kedconf_server {
	char listen[KEDCONF_LIST];	/* list of addresses, see kedconf_address */
	char certificate[KEDCONF_PATH];
	char private_key[KEDCONF_PATH];
	char client_ca[KEDCONF_PATH];
	char client_crl[KEDCONF_PATH];	/* "": none */
	char store[KEDCONF_PATH];
	char store_key_file[KEDCONF_PATH];	/* "": keys are not encrypted */
	char user[64];			/* "": stay who we are */
	uint32_t handshake_timeout;	/* seconds */
	uint32_t request_timeout;	/* seconds */
	uint32_t max_connections;
	uint32_t max_connections_per_address;	/* 0: no limit */
	uint32_t handshakes_per_second;	/* of one address; 0: no limit */
	uint32_t handshakes_burst;	/* of one address, at least 1 */
	uint32_t request_size;		/* octets, 1024 to KE_REQUEST_MAX (nts/message.h) */
	char metrics[KEDCONF_ITEM];	/* address for counters, loopback; "": nowhere */
	uint32_t resumption;		/* seconds that a TLS session can be resumed; 0: off */
	uint32_t workers;		/* event loops, 1 to KEDCONF_WORKERS */
	uint32_t log_level;		/* LOG_EMERG to LOG_DEBUG */
};

struct kedconf_group {
	char name[KEDCONF_NAME];
	struct nts_assoc assoc;		/* from the next three */
	uint32_t domain;
	uint32_t sdo_id;
	uint32_t sub_group;
	uint16_t mac;			/* number of a known algorithm */
	uint32_t lifetime;		/* seconds */
	uint32_t update_period;		/* seconds, shorter than lifetime */
	uint32_t grace_period;		/* seconds, not longer than lifetime */
	struct nts_policy policy;	/* names at least one type */
	char members[KEDCONF_LIST];	/* list of patterns, see ked/policy.h; "": nobody */
	int line;			/* of the section's head */
};

/* MAC algorithms, known ones, each once. */
struct kedconf_macs {
	uint8_t n;
	uint16_t list[NTS_ALGS_MAX];
};

/* Ticket-based unicast: who may, and with which parameters. */
struct kedconf_unicast {
	char name[KEDCONF_NAME];
	uint32_t domain;		/* these two: only for roles in certificates */
	uint32_t sdo_id;
	struct kedconf_macs macs;	/* allowed */
	uint32_t lifetime;		/* seconds */
	uint32_t update_period;		/* seconds, of requesters */
	uint32_t lead;			/* seconds; update_period + lead < lifetime */
	uint32_t grace_period;		/* seconds, not longer than lifetime */
	struct nts_policy policy;	/* names at least one type */
	char grantors[KEDCONF_LIST];	/* lists of patterns, see ked/policy.h; "": nobody */
	char requesters[KEDCONF_LIST];
	char transparent_clocks[KEDCONF_LIST];
	char identities[KEDCONF_LIST];	/* see ked/policy.h; "": what certificates name */
	int line;			/* of the section's head */
};

struct kedconf_authorization {
	char attributes[KEDCONF_LIST];	/* issuers whose certificates may name roles; "": none */
	char deny[KEDCONF_LIST];	/* list of fingerprints */
	char deny_file[KEDCONF_PATH];	/* "": none */
};

struct kedconf {
	struct kedconf_server server;
	struct kedconf_authorization authorization;
	size_t n_groups;		/* at least 1, or there is a unicast */
	struct kedconf_group *groups;
	size_t n_unicast;
	struct kedconf_unicast *unicast;
	size_t n_denied;		/* of deny and deny_file, sorted */
	uint8_t (*denied)[KEDCONF_FINGERPRINT];
};

/* Takes one error, "file:line: what is wrong", without a newline. */
typedef void (*kedconf_report)(void *ctx, const char *error);

/*
 * Reads a file. Every error goes to report, in the order of lines, then what is wrong with the
 * whole; at most 20. *out is freed with kedconf_free.
 * ST_FILE_OPEN (reported too), ST_CONFIG, ST_NO_MEMORY.
 */
enum status kedconf_load(const char *path, kedconf_report report, void *ctx,
			 struct kedconf **out) MUST_CHECK;

/* conf may be NULL. */
void kedconf_free(struct kedconf *conf);

/*
 * Copies the item of a comma separated list that *at points to, without white space around it, and
 * moves *at behind it. False at the end of the list. Items never exceed KEDCONF_ITEM in a checked
 * list; longer ones are cut.
 */
bool kedconf_item(const char **at, char out[KEDCONF_ITEM]);

/*
 * An address to listen on: "192.0.2.1", "192.0.2.1:4460", "2001:db8::1", "[2001:db8::1]:4460".
 * Without a port KEDCONF_PORT is meant; port 0 lets the system choose. *len in octets.
 * ST_BAD_VALUE.
 */
enum status kedconf_address(const char *item, struct sockaddr_storage *out,
			    socklen_t *len) MUST_CHECK;

#endif
