/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets that a command is given: there may be keys among them, so they are wiped. */
#ifndef NTS_NTS4PTP_OCTETS_H
#define NTS_NTS4PTP_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* A whole file, "-" is standard input, into o, which is empty. False: has said why. */
bool octets_read(const char *path, struct octets *o);

/* Digits with white space, ':' or '-' between become octets, in place; false: anything else. */
bool octets_unhex(struct octets *o);

/* Such digits as a text, into o, which is empty. False: has said why. */
bool octets_copy_hex(const char *digits, struct octets *o);

/* Wipes and frees; in any case. */
void octets_free(struct octets *o);

#endif
