/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, sums and spans in a port's report, the same for whoever shows them. Takes any numbers. */
#ifndef NTS_NTS4PTP_REPORT_VALUES_H
#define NTS_NTS4PTP_REPORT_VALUES_H

#include "nts/fault.h"
#include "status/report.h"

/* Is the port unsecured by choice, or are its keys good? */
bool report_is_fine(const struct report_port *p);

/* Never NULL. */
const char *report_state_name(uint8_t ptp_state);
const char *report_mode_name(uint8_t mode);

/* Where the last exchange of this port failed. */
enum fault_stage report_stage(const struct report_port *p);

/* Milliseconds; 0 when it is past. */
uint64_t report_ms_until(uint64_t at, uint64_t now);

/* Days until our certificate ends, by this machine's wall clock; negative: since. */
int64_t report_cert_days(const struct report_port *p);

/* Messages refused; messages taken though they failed (nts_policy monitor). */
uint64_t report_refused(const struct guard_counters *c);
uint64_t report_taken(const struct report_port *p);

/* A clockIdentity as linuxptp writes it. */
#define REPORT_IDENTITY 32
void report_identity(const uint8_t id[8], char out[REPORT_IDENTITY]);

#endif
