/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PTP identities in words, as options list them: addresses, MACs, PortIdentities. */
#ifndef NTS_UNICAST_IDENTITY_H
#define NTS_UNICAST_IDENTITY_H

#include "nts/params.h"

/*
 * "192.0.2.1", "fd00::1", "02:00:5e:00:53:01" or "001122.fffe.334455-1", as nts_assoc_str writes
 * them. ST_BAD_VALUE.
 */
enum status identity_parse(const char *text, struct nts_assoc *out) MUST_CHECK;

/* A list of them, separated by commas or blanks. ST_BAD_VALUE, ST_LIMIT (more than max). */
enum status identity_parse_list(const char *text, struct nts_assoc *out, uint8_t max,
				uint8_t *n) MUST_CHECK;

#endif
