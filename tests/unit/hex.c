// SPDX-License-Identifier: GPL-2.0-or-later
/* Octets from hexadecimal text. */
#include "tests/unit/hex.h"

#include <check.h>
#include <string.h>

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	ck_assert_msg(at, "'%c' is no hex digit", c);
	return (int)(at - digits);
}

size_t hex_octets(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		ck_assert_uint_lt(n, cap);
		out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return n;
}
