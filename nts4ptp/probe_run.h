/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One exchange with a KE server as a client makes it. What is kept of a grant has no keys. */
#ifndef NTS_NTS4PTP_PROBE_RUN_H
#define NTS_NTS4PTP_PROBE_RUN_H

#include "agent/servers.h"
#include "nts/fault.h"

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

#endif
