/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the end of an exchange means, for who has to mend it. */
#ifndef NTS_NTS4PTP_PROBE_WORDS_H
#define NTS_NTS4PTP_PROBE_WORDS_H

#include "nts4ptp/probe_run.h"
#include "nts4ptp/text.h"

/*
 * On whose side the fault is and what to do about it, in one or more sentences; "" for ST_OK. May
 * ask the server again: without a look at dates, or for other groups.
 */
#define PROBE_ADVICE TEXT_MAX
void probe_explain(const struct probe_args *args, const struct servers_entry *server,
		   const struct probe_result *result, char out[PROBE_ADVICE]);

#endif
