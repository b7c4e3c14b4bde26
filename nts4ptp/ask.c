// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports of a running ptp4l-nts: ask.h. Changes nothing there. */
#include "nts4ptp/ask.h"

#include <stdlib.h>

#define PORTS_MAX 256
#define TIMEOUT_MS 2000

enum status ask_reports(const char *address, struct report_port **ports, uint32_t *n)
{
	struct report_port *list = calloc(PORTS_MAX, sizeof(*list));
	enum status st = list ? report_query(address, TIMEOUT_MS, list, PORTS_MAX, n)
			      : ST_NO_MEMORY;

	if (st) {
		free(list);
		return st;
	}
	*ports = list;
	return ST_OK;
}

int ask_complain(const char *address, enum status st)
{
	return cmd_complain(address,
			    st == ST_CONNECT ? "no ptp4l-nts answers there" :
			    st == ST_BAD_VERSION ?
			    "ptp4l-nts and nts4ptp are of different versions" : cmd_why(st));
}
