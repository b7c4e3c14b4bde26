// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a line of ptp4l.conf for linuxptp's parser, which wants "name value": the first '=' of a
 * line that starts with nts_ becomes a space, so that "nts_server=ke.example.net" works too.
 */
#include "ptp4l-nts/config_prelude.h"

#include <ctype.h>
#include <string.h>

char *nts_fgets(char *line, int size, FILE *fp)
{
	char *at, *equals;

	if (!fgets(line, size, fp)) {
		return NULL;
	}
	at = line;
	while (isspace((unsigned char)*at)) {
		at++;
	}
	if (strncmp(at, "nts_", 4)) {
		return line;
	}
	equals = at + strcspn(at, "= \t\n");
	equals += strspn(equals, " \t");
	if (*equals == '=') {
		*equals = ' ';
	}
	return line;
}
