/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own port, as the gates of group mode (tlv/guard.h) and of ticket mode (unicast/gate.h)
 * share it: who we are, which requests are outstanding, and how a message of ours is signed.
 * Knows no keys but the one it is given.
 */
#ifndef NTS_TLV_OWN_H
#define NTS_TLV_OWN_H

#include "tlv/fresh.h"
#include "tlv/guard.h"
#include "tlv/ptp.h"

/* Zero-initialise. */
struct own {
	uint8_t identity[PTP_PORT_IDENTITY_LEN];	/* as on the wire */
	struct fresh_sent delay_reqs;
	struct fresh_sent pdelay_reqs;
};

void own_set_identity(struct own *o, const uint8_t clock_identity[8], uint16_t port_number);

uint16_t own_port_number(const struct own *o);

/* Is this clockIdentity, or this PortIdentity, ours? */
bool own_clock(const struct own *o, const uint8_t *clock_identity);
bool own_port(const struct own *o, const uint8_t *port_identity);

/* A message that goes out, signed or not: responses will have to match a request of ours. */
void own_note_request(struct own *o, const struct ptp_head *m);

/* Does this response, to us, answer an outstanding request? */
bool own_asked(const struct own *o, const struct ptp_head *m);

/* What a message carries of the time line: 0 where its type has none. */
uint64_t own_timestamp(const uint8_t *data, const struct ptp_head *m);

/*
 * Signs a message of len octets with key, as guard_sign says; m is its parsed head. more octets
 * at data + len (TLVs that are added with the signature) are covered, too.
 * GUARD_SIGNED or GUARD_SUPPRESS_TOO_LONG (nothing changed).
 */
enum guard_send own_sign(struct own *o, const struct sa_key *key, const struct ptp_head *m,
			 uint8_t *data, size_t len, size_t more, size_t cap,
			 const uint8_t *estimate, struct guard_undo *undo, size_t *out_len);

#endif
