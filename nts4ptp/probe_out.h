/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of an exchange, step by step. The names in the JSON are an interface: keep them. */
#ifndef NTS_NTS4PTP_PROBE_OUT_H
#define NTS_NTS4PTP_PROBE_OUT_H

#include <stdio.h>

#include "nts4ptp/json.h"
#include "nts4ptp/probe_run.h"

/* advice is probe_explain()'s. */
void probe_print(FILE *out, const struct probe_args *args, const struct servers_entry *server,
		 const struct probe_result *result, const char *advice);
void probe_json(struct json *j, const struct probe_args *args, const struct servers_entry *server,
		const struct probe_result *result, const char *advice);

#endif
