/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of a running ptp4l-nts as Prometheus text. The names are an interface: keep them. */
#ifndef NTS_NTS4PTP_METRICS_TEXT_H
#define NTS_NTS4PTP_METRICS_TEXT_H

#include <stdio.h>

#include "status/report.h"

/* Every family, those without a sample, too. ferror(out) has the errors. */
void metrics_print(FILE *out, const struct report_port *ports, uint32_t n);

#endif
