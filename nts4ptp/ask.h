/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a running ptp4l-nts for the reports of its ports, for those who then show them. */
#ifndef NTS_NTS4PTP_ASK_H
#define NTS_NTS4PTP_ASK_H

#include "nts4ptp/cmd.h"
#include "status/report.h"

/* The row that names the clock; address is REPORT_DEFAULT_ADDRESS where it is not given. */
#define ASK_ADDRESS(args) \
	{ "address", 'a', "PATH", "status socket of ptp4l-nts, its nts_status_address\n" \
	  "(default " REPORT_DEFAULT_ADDRESS ")", CMD_TO(args, address) }

/* *ports, n of them, is the caller's to free. Those of report_query(), ST_NO_MEMORY. */
enum status ask_reports(const char *address, struct report_port **ports, uint32_t *n) MUST_CHECK;

/* Says on standard error why there was no answer. Returns CMD_NO_ANSWER. */
int ask_complain(const char *address, enum status st);

#endif
