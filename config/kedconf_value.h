/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of values in nts-ked.conf. Each function sets a field of the kind that it says from
 * text, or writes nothing and returns ST_BAD_VALUE.
 */
#ifndef NTS_CONFIG_KEDCONF_VALUE_H
#define NTS_CONFIG_KEDCONF_VALUE_H

#include <stdint.h>

#include "util/status.h"

typedef enum status kedconf_setter(const char *text, uint32_t min, uint32_t max, void *field);

/* uint32_t: min to max, decimal or 0x hexadecimal. */
kedconf_setter kedconf_set_number;

/* char[max]: at least min octets. */
kedconf_setter kedconf_set_text;

/* The same, a list of names as in ked/policy.h: no item is empty, or too long to be seen whole. */
kedconf_setter kedconf_set_names;

/* The same: items are "any", or NAME=IDENTITY. */
kedconf_setter kedconf_set_identities;

/* The same: items are "yes", "no", or patterns on issuers' names. */
kedconf_setter kedconf_set_issuers;

/* The same: items are addresses, see kedconf_address(). */
kedconf_setter kedconf_set_listen;

/* char[max]: "", or one address of loopback with its port. */
kedconf_setter kedconf_set_loopback;

/* uint16_t: a known MAC algorithm by name or number. */
kedconf_setter kedconf_set_mac;

/* struct kedconf_macs: "all", or a list of them, each once. */
kedconf_setter kedconf_set_macs;

/* struct nts_policy: "all", "Sync, Announce", "Sync:1, Announce:2"; SPPs from min to max. */
kedconf_setter kedconf_set_policies;

#endif
