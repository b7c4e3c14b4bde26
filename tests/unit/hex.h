/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets from hexadecimal text, for vectors in tests. */
#ifndef NTS_TESTS_UNIT_HEX_H
#define NTS_TESTS_UNIT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Blanks are left out; the test fails when the text is no hex or has more than cap octets. */
size_t hex_octets(const char *text, uint8_t *out, size_t cap);

#endif
