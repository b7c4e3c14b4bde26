/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a report that ticket mode has: grantors asked, requesters served. */
#ifndef NTS_NTS4PTP_REPORT_UNICAST_H
#define NTS_NTS4PTP_REPORT_UNICAST_H

#include <stdio.h>

#include "nts4ptp/json.h"
#include "status/report.h"

/* Nothing where the port's mode is another. */
void report_unicast_print(FILE *out, const struct report_port *p);

/* The member "unicast" of a port's object: an object, or null. */
void report_unicast_json(struct json *j, const struct report_port *p);

#endif
