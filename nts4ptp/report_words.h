/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's report for people. */
#ifndef NTS_NTS4PTP_REPORT_WORDS_H
#define NTS_NTS4PTP_REPORT_WORDS_H

#include <stdio.h>

#include "status/report.h"

/* Lines; text of others is made printable. */
void report_print(FILE *out, const struct report_port *p);

#endif
