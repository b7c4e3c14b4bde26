/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parameters containers: WIRE.md 5 and 6. Internal to the message layer; the Ticket Container's
 * two functions are in message.h.
 */
#ifndef NTS_NTS_CONTAINER_H
#define NTS_NTS_CONTAINER_H

#include "nts/record.h"

/*
 * Reads the body of a Current or Next Parameters Container of a Key Grant, or of a
 * Registration Success. The codes of ke_decode; *out may hold keys also when it fails.
 */
enum status container_read_grant(struct rcur body, struct nts_params *out) MUST_CHECK;
enum status container_read_registration(struct rcur body, struct nts_params *out) MUST_CHECK;

/* May next follow current? ST_BAD_VALUE: of another kind, or with a key ID of current's. */
enum status container_check_next(const struct nts_params *current,
				 const struct nts_params *next) MUST_CHECK;

/* Writes the container, whatever p has: a reader tells whether it may. */
void container_write(struct wcur *w, enum record_type type, const struct nts_params *p);

#endif
