// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages in words, for the log. */
#include "ptp4l-nts/seam.h"

#include <stdio.h>

#define HEADER_LEN 34

const char *seam_words(const uint8_t *m, int cnt, char out[SEAM_WORDS])
{
	if (cnt < HEADER_LEN) {
		return "message";
	}
	snprintf(out, SEAM_WORDS, "%s from %02x%02x%02x.%02x%02x.%02x%02x%02x-%u",
		 msg_type_string(m[0] & 0xf), m[20], m[21], m[22], m[23], m[24], m[25], m[26],
		 m[27], m[28] << 8 | m[29]);
	return out;
}
