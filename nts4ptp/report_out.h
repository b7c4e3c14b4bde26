/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's report for people and as JSON. The names in the JSON are an interface: keep them. */
#ifndef NTS_NTS4PTP_REPORT_OUT_H
#define NTS_NTS4PTP_REPORT_OUT_H

#include "nts4ptp/json.h"
#include "status/report.h"

/* Is the port unsecured by choice, or are its keys good? */
bool report_is_fine(const struct report_port *p);

void report_print(FILE *out, const struct report_port *p);
void report_json(struct json *j, const struct report_port *p);

#endif
