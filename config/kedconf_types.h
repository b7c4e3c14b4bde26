/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an nts-ked.conf says, as structs: config/kedconf.h hands them out checked. */
#ifndef NTS_CONFIG_KEDCONF_TYPES_H
#define NTS_CONFIG_KEDCONF_TYPES_H

#include "config/kedconf_text.h"
#include "nts/params.h"

#define KEDCONF_NAME 44		/* octets of a group's name, with its zero */
#define KEDCONF_PATH 256
#define KEDCONF_LIST 2048	/* octets of a comma separated list, with its zero */
#define KEDCONF_WORKERS 64

struct kedconf_server {
	char listen[KEDCONF_LIST];	/* list of addresses, see kedconf_address() */
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
	int line;			/* of the section's head */
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
	int line;			/* of the section's head; 0: no such section */
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

#endif
