/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of nts4ptp probe: one exchange with a KE server as a client makes it, and what its end
 * means. What is kept of a grant has no keys.
 */
#ifndef NTS_NTS4PTP_PROBE_H
#define NTS_NTS4PTP_PROBE_H

#include "agent/servers.h"
#include "nts/fault.h"
#include "nts4ptp/json.h"

struct probe_args {
	struct tls_files files;
	struct ke_message request;	/* a Key Request */
	uint32_t timeout_ms;
};

struct probe_result {
	enum status st;
	enum fault_stage stage;		/* where it ended */
	char why[TLS_WHY];
	char peer[64];
	int64_t valid_from_ms, valid_to_ms;	/* with ST_OK: the server's certificates */
	bool has_next;			/* with ST_OK */
	struct nts_params current;	/* with ST_OK, all keys and tickets zeros */
	struct nts_params next;
};

/* One exchange, to its end. */
void probe_run(const struct probe_args *args, const struct servers_entry *server,
	       struct probe_result *out);

/*
 * On whose side the fault is and what to do about it, in one or more sentences; "" for ST_OK. May
 * ask the server again: without a look at dates, or for other groups.
 */
#define PROBE_ADVICE 1200
void probe_explain(const struct probe_args *args, const struct servers_entry *server,
		   const struct probe_result *result, char out[PROBE_ADVICE]);

void probe_print(FILE *out, const struct probe_args *args, const struct servers_entry *server,
		 const struct probe_result *result, const char *advice);
void probe_json(struct json *j, const struct probe_args *args, const struct servers_entry *server,
		const struct probe_result *result, const char *advice);

#endif
