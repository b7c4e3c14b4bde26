/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of nts4ptp probe: one exchange with a KE server as a client makes it, and what its end
 * means. What is kept of a grant has no keys.
 */
#ifndef NTS_NTS4PTP_PROBE_H
#define NTS_NTS4PTP_PROBE_H

#include "agent/servers.h"
#include "nts/exchange.h"
#include "nts4ptp/json.h"

struct probe_args {
	struct tls_files files;
	struct ke_message request;	/* a Key Request */
	uint32_t timeout_ms;
};

/* The steps that people are told of, in order. */
#define PROBE_STAGE_TABLE(X) \
	X(PROBE_FILES, "files", "certificates and key here") \
	X(PROBE_NAME, "name", "name of the server") \
	X(PROBE_TCP, "tcp", "TCP connection") \
	X(PROBE_TLS, "tls", "TLS 1.3") \
	X(PROBE_SERVER_CERT, "server_certificate", "the server's certificate") \
	X(PROBE_ALPN, "alpn", "ALPN ntske/1") \
	X(PROBE_OUR_CERT, "our_certificate", "our certificate, to the server") \
	X(PROBE_ANSWER, "answer", "answer of the server") \
	X(PROBE_AUTHORIZATION, "authorization", "authorization") \
	X(PROBE_RECORDS, "records", "records of the answer") \
	X(PROBE_DONE, "done", "done")

enum probe_stage {
#define X(name, json, words) name,
	PROBE_STAGE_TABLE(X)
#undef X
	PROBE_STAGES
};

struct probe_result {
	enum status st;
	enum probe_stage stage;		/* where it ended */
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

const char *probe_stage_words(enum probe_stage stage);
const char *probe_stage_name(enum probe_stage stage);

void probe_print(FILE *out, const struct probe_args *args, const struct servers_entry *server,
		 const struct probe_result *result, const char *advice);
void probe_json(struct json *j, const struct probe_args *args, const struct servers_entry *server,
		const struct probe_result *result, const char *advice);

#endif
