/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's report as JSON. The names are an interface: keep them. */
#ifndef NTS_NTS4PTP_REPORT_JSON_H
#define NTS_NTS4PTP_REPORT_JSON_H

#include "nts4ptp/json.h"
#include "status/report.h"

/* One object, in an array. */
void report_json(struct json *j, const struct report_port *p);

#endif
