/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port's gate in ticket mode (WIRE.md 7): what tlv/guard.h is in group mode. Every unicast
 * message goes under the key of exactly the pair that exchanges it, in the role that its sender
 * has; multicast has no key here and is neither sent nor taken. One port can be requester towards
 * several grantors and grantor to many requesters at once.
 *
 * Works on wire octets and transport addresses; knows nothing of linuxptp, sockets or files.
 */
#ifndef NTS_UNICAST_GATE_H
#define NTS_UNICAST_GATE_H

#include "unicast/grantor.h"
#include "unicast/requester.h"

#define UGATE_GRANTORS_MAX 64	/* that a port asks */

struct ugate_config {
	uint8_t clock_identity[8];	/* ours */
	uint16_t port_number;		/* ours */
	uint16_t sdo_id;
	uint8_t domain;
	uint16_t ticket_tlv;		/* nts_ticket_tlv; 0: TICKET_TLV_TYPE */
};

struct ugate;

/* ST_NO_MEMORY. */
enum status ugate_new(const struct ugate_config *config, struct ugate **out) MUST_CHECK;

/* What was added goes with it; g may be NULL. */
void ugate_free(struct ugate *g);

/* Makes the port a grantor. It is the gate's then; once. */
void ugate_add_grantor(struct ugate *g, struct grantor *grantor);

/* Another grantor to ask; the gate's then. ST_LIMIT. */
enum status ugate_add_requester(struct ugate *g, struct requester *r) MUST_CHECK;

/*
 * As guard_receive, from a transport address: an IPv4, IPv6 or MAC association. The TICKET TLV
 * is taken off, too.
 */
enum guard_verdict ugate_receive(struct ugate *g, uint8_t *data, size_t len,
				 const struct nts_assoc *from, uint64_t now_ms, size_t *out_len);

/* As guard_sign, to a transport address; NULL: multicast. guard_restore undoes it. */
enum guard_send ugate_sign(struct ugate *g, uint8_t *data, size_t len, size_t cap,
			   const struct nts_assoc *to, const uint8_t estimate[10],
			   struct guard_undo *undo, size_t *out_len);

/* As guard_recall, guard_marks, guard_marks_urgent. */
enum status ugate_recall(struct ugate *g, const struct mark *list, uint32_t n,
			 uint64_t now_ms) MUST_CHECK;
void ugate_marks(struct ugate *g, struct kept_lot *lot);
bool ugate_marks_urgent(const struct ugate *g);

const struct guard_counters *ugate_counters(const struct ugate *g);

#endif
