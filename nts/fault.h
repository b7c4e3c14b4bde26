/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the end of an exchange with a KE server means to people: in which of the steps that they
 * know it ended, on whose side the fault is, and what to do. Asks nobody: where one answer has
 * several causes all of them are named.
 */
#ifndef NTS_NTS_FAULT_H
#define NTS_NTS_FAULT_H

#include "nts/exchange.h"

/* In order: name for programs, words for people. */
#define FAULT_STAGE_TABLE(X) \
	X(FAULT_FILES, "files", "certificates and key here") \
	X(FAULT_NAME, "name", "name of the server") \
	X(FAULT_TCP, "tcp", "TCP connection") \
	X(FAULT_TLS, "tls", "TLS 1.3") \
	X(FAULT_SERVER_CERT, "server_certificate", "the server's certificate") \
	X(FAULT_ALPN, "alpn", "ALPN ntske/1") \
	X(FAULT_OUR_CERT, "our_certificate", "our certificate, to the server") \
	X(FAULT_ANSWER, "answer", "answer of the server") \
	X(FAULT_AUTHORIZATION, "authorization", "authorization") \
	X(FAULT_RECORDS, "records", "records of the answer") \
	X(FAULT_DONE, "done", "done") \
	X(FAULT_KEYS, "keys", "use of the keys granted")

enum fault_stage {
#define X(name, json, words) name,
	FAULT_STAGE_TABLE(X)
#undef X
	FAULT_STAGES
};

const char *fault_stage_name(enum fault_stage stage);
const char *fault_stage_str(enum fault_stage stage);

/* Where an exchange ended that has ended so; with ST_OK always FAULT_DONE. */
enum fault_stage fault_stage(enum exchange_step step, enum status st);

/*
 * Whose fault, in a few words, for a log or a status; and in sentences. "" for ST_OK and for
 * what nobody can say more of. why is the exchange's, which has the number of a TLS alert.
 */
const char *fault_hint(enum fault_stage stage, enum status st, const char *why);
const char *fault_advice(enum fault_stage stage, enum status st, const char *why);

/* The number of the TLS alert that why tells of, or 0. */
int fault_alert(const char *why);

#endif
