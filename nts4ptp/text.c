// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines for people: text.h. Must not let text of others steer a terminal. */
#include "nts4ptp/text.h"

#include <string.h>

#include "util/log.h"

void text_print(FILE *out, const char *text)
{
	char clean[TEXT_MAX];

	fputs(log_clean(clean, sizeof(clean), text, strlen(text)), out);
}

void text_name(FILE *out, const char *name)
{
	fprintf(out, "  %-15s ", name);
}
