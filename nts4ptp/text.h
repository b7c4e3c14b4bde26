/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for people, and text in them that came from elsewhere. */
#ifndef NTS_NTS4PTP_TEXT_H
#define NTS_NTS4PTP_TEXT_H

#include <stdio.h>

#define TEXT_MAX 1200		/* octets with their zero; longer text is cut */

/* With everything unprintable as '?'. */
void text_print(FILE *out, const char *text);

/* The beginning of a line: what the rest of it is. */
void text_name(FILE *out, const char *name);

#endif
