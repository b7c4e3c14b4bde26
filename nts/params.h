/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a KE server grants: associations, security associations and parameter sets, decoded.
 * Plain data: draft 3.2, WIRE.md 2, 3 and 5. A struct nts_params holds keys; wipe it with
 * secret_wipe before it goes.
 */
#ifndef NTS_NTS_PARAMS_H
#define NTS_NTS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nts/alg.h"
#include "util/status.h"

#define NTS_PTP_TYPES 16	/* PTP messageType is four bits */
#define NTS_SA_MAX 16		/* one for each SPP that a policy can name */
#define NTS_NONCE_LEN 16
#define NTS_TICKET_MAX 1200	/* ciphertext octets: it must fit into one PTP message */
#define NTS_GRACE_DEFAULT 5	/* seconds, WIRE.md 5 */
#define NTS_IDENTITIES_MAX 16
#define NTS_ALGS_MAX 16

enum nts_assoc_type {
	NTS_ASSOC_GROUP = 0,
	NTS_ASSOC_IPV4 = 1,
	NTS_ASSOC_IPV6 = 2,
	NTS_ASSOC_MAC = 3,
	NTS_ASSOC_PORT_IDENTITY = 4,
};

/*
 * An association, WIRE.md 3: the value's octets as on the wire, zeros behind them, so that
 * two are equal exactly when their memory is.
 */
#define NTS_ASSOC_VALUE_MAX 16
struct nts_assoc {
	uint16_t type;		/* enum nts_assoc_type */
	uint8_t value[NTS_ASSOC_VALUE_MAX];
};

/* Octets of a value of this type, 0 for an unknown type. */
size_t nts_assoc_value_len(uint16_t type);

/* A group; sdo_id has 12 bits. */
struct nts_assoc nts_assoc_group(uint8_t domain, uint16_t sdo_id, uint16_t sub_group);
uint8_t nts_assoc_domain(const struct nts_assoc *group);
uint16_t nts_assoc_sdo_id(const struct nts_assoc *group);
uint16_t nts_assoc_sub_group(const struct nts_assoc *group);

/* Known type, sdoId within 12 bits, zeros behind the value? ST_BAD_VALUE when not. */
enum status nts_assoc_check(const struct nts_assoc *a) MUST_CHECK;

bool nts_assoc_equal(const struct nts_assoc *a, const struct nts_assoc *b);

/* For logs, e.g. "group domain 0 sdoId 0x000 subGroup 0", "192.0.2.1"; returns out. */
#define NTS_ASSOC_STR 64
const char *nts_assoc_str(const struct nts_assoc *a, char out[NTS_ASSOC_STR]);

/* Security Association record, WIRE.md 2. */
struct nts_sa {
	uint8_t spp;
	uint8_t key_len;	/* octets; what the algorithm needs */
	uint16_t mac;		/* MAC algorithm, known */
	uint32_t key_id;	/* not 0 */
	uint8_t key[ALG_MAC_KEY_MAX];
};

/* Security Policies record: the types named, and the SPP of each. */
struct nts_policy {
	uint16_t named;		/* bit n: messageType n is named */
	uint8_t spp[NTS_PTP_TYPES];
};

/* Ticket record, still encrypted. */
struct nts_ticket {
	uint16_t aead;
	uint16_t nonce_len;	/* octets, NTS_NONCE_LEN */
	uint16_t len;		/* octets of ciphertext */
	uint8_t nonce[NTS_NONCE_LEN];
	uint8_t octets[NTS_TICKET_MAX];
};

/* Current or Next Parameters of a Key Grant or a Registration Success. */
struct nts_params {
	struct nts_policy policy;		/* Key Grant */
	uint8_t n_sa;				/* Key Grant: at least 1 */
	struct nts_sa sa[NTS_SA_MAX];
	uint32_t lifetime;			/* seconds left, at least 1 */
	uint32_t update_in;			/* Time until Update, seconds left, <= lifetime */
	uint32_t grace;				/* seconds; NTS_GRACE_DEFAULT where absent */
	bool has_grace;				/* the record stood there */
	uint32_t ticket_key_id;			/* 0: none. requester and grantor */
	bool has_ticket;
	struct nts_ticket ticket;		/* requester */
	uint16_t aead;				/* grantor: the chosen one */
	uint8_t ticket_key_len;			/* grantor: octets, 0 none */
	uint8_t ticket_key[ALG_AEAD_KEY_MAX];
};

/* The SA with this SPP, or NULL. */
const struct nts_sa *nts_params_sa(const struct nts_params *p, uint8_t spp);

#endif
