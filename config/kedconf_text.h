/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists and addresses in the text of an option, for those who check it and for those who use it. */
#ifndef NTS_CONFIG_KEDCONF_TEXT_H
#define NTS_CONFIG_KEDCONF_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "util/status.h"

#define KEDCONF_ITEM 256	/* octets of one item of a list, with its zero */
#define KEDCONF_FINGERPRINT 32	/* octets: SHA-256 of a certificate */
#define KEDCONF_PORT 4460	/* WIRE.md 1 */

/*
 * Copies the item of a comma separated list that *at points to, without white space around it, and
 * moves *at behind it. False at the end of the list. Items never exceed KEDCONF_ITEM in a checked
 * list; longer ones are cut.
 */
bool kedconf_item(const char **at, char out[KEDCONF_ITEM]);

/* Is this item meant to be the fingerprint of a certificate: does it begin with "sha256:"? */
bool kedconf_is_fingerprint(const char *item);

/* "sha256:" and 64 hexadecimal digits, with colons between octets or without; false: it is not. */
bool kedconf_fingerprint(const char *item, uint8_t out[KEDCONF_FINGERPRINT]);

/*
 * The kind of name that an item is for, by what it begins with: 'c' "cn:", 'd' "dns:", 'i' "ip:",
 * 'u' "uri:", 's' "subject:"; 0: any but the subject. *pattern is what stands behind that.
 */
char kedconf_name_kind(const char *item, const char **pattern);

/* Does the text of an address end in ":port"? */
bool kedconf_has_port(const char *item);

/*
 * An address to listen on: "192.0.2.1", "192.0.2.1:4460", "2001:db8::1", "[2001:db8::1]:4460".
 * Without a port KEDCONF_PORT is meant; port 0 lets the system choose. *len in octets.
 * ST_BAD_VALUE.
 */
enum status kedconf_address(const char *item, struct sockaddr_storage *out,
			    socklen_t *len) MUST_CHECK;

#endif
