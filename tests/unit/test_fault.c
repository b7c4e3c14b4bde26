// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of an exchange in words: in which step, and whose fault. */
#include <string.h>

#include "nts/fault.h"
#include "tests/unit/run.h"

static const struct {
	enum exchange_step step;
	enum status st;
	const char *why;
	enum fault_stage stage;
	const char *hint;		/* that has these words */
} faults[] = {
	{ EXCHANGE_NAME, ST_FILE_MODE, "", FAULT_FILES, "chmod 600" },
	{ EXCHANGE_NAME, ST_FILE_OPEN, "", FAULT_FILES, "FILE here" },
	{ EXCHANGE_NAME, ST_FILE_CRL, "", FAULT_FILES, "REVOCATION LIST" },
	{ EXCHANGE_NAME, ST_NAME, "", FAULT_NAME, "DNS" },
	{ EXCHANGE_TCP, ST_TIMEOUT, "", FAULT_TCP, "PORT BLOCKED" },
	{ EXCHANGE_TCP, ST_CONNECT, "", FAULT_TCP, "NOT RUNNING" },
	{ EXCHANGE_TCP, ST_UNREACHABLE, "", FAULT_TCP, "NO WAY" },
	{ EXCHANGE_TLS, ST_TIMEOUT, "", FAULT_TLS, "overloaded" },
	{ EXCHANGE_TLS, ST_TLS_ALERT, "alert 40: x", FAULT_TLS, "demands" },
	{ EXCHANGE_TLS, ST_TLS_ALPN, "", FAULT_ALPN, "no NTS-KE server" },
	{ EXCHANGE_TLS, ST_CERT_UNTRUSTED, "", FAULT_SERVER_CERT, "WRONG CA: the server's" },
	{ EXCHANGE_TLS, ST_CERT_NAME, "", FAULT_SERVER_CERT, "WRONG NAME" },
	{ EXCHANGE_TLS, ST_CERT_EXPIRED, "", FAULT_SERVER_CERT, "CLOCK" },
	{ EXCHANGE_TLS, ST_CERT_REVOKED, "", FAULT_SERVER_CERT, "REVOKED: the server's" },
	{ EXCHANGE_RESPONSE, ST_TLS_ALERT, "alert 44: x", FAULT_OUR_CERT, "REVOKED: OUR" },
	{ EXCHANGE_RESPONSE, ST_TLS_ALERT, "alert 45: x", FAULT_OUR_CERT, "EXPIRED" },
	{ EXCHANGE_REQUEST, ST_TLS_ALERT, "alert 48: x", FAULT_OUR_CERT, "WRONG CA: OUR" },
	{ EXCHANGE_RESPONSE, ST_TLS_ALERT, "alert 80: x", FAULT_OUR_CERT, "server's log" },
	{ EXCHANGE_RESPONSE, ST_CLOSED, "", FAULT_ANSWER, "hung up" },
	{ EXCHANGE_DECODE, ST_NOT_AUTHORIZED, "", FAULT_AUTHORIZATION, "NOT A MEMBER" },
	{ EXCHANGE_DECODE, ST_NOT_REGISTERED, "", FAULT_AUTHORIZATION, "not registered" },
	{ EXCHANGE_DECODE, ST_NO_COMMON_ALG, "", FAULT_AUTHORIZATION, "NO COMMON MAC" },
	{ EXCHANGE_DECODE, ST_REFUSED, "", FAULT_AUTHORIZATION, "see its log" },
	{ EXCHANGE_DECODE, ST_UNKNOWN_ALG, "", FAULT_RECORDS, "NO COMMON MAC" },
	{ EXCHANGE_DECODE, ST_TRAILING, "", FAULT_RECORDS, "the server" },
	{ EXCHANGE_DONE, ST_UNSECURED_POLICY, "", FAULT_KEYS, "nts_allow_unsecured" },
	{ EXCHANGE_DONE, ST_OTHER_KEYS, "", FAULT_KEYS, "one store" },
};

START_TEST(each_fault)
{
	enum fault_stage stage = fault_stage(faults[_i].step, faults[_i].st);

	ck_assert_int_eq(stage, faults[_i].stage);
	ck_assert_msg(strstr(fault_hint(stage, faults[_i].st, faults[_i].why), faults[_i].hint),
		      "%s", fault_hint(stage, faults[_i].st, faults[_i].why));
	ck_assert_uint_gt(strlen(fault_advice(stage, faults[_i].st, faults[_i].why)), 0);
}
END_TEST

/* Whatever fails on the way to an answer, something is said; and nothing where nothing failed. */
START_TEST(all_of_them)
{
	for (int st = ST_OK; st < ST_COUNT; st++) {
		enum fault_stage stage = fault_stage((enum exchange_step)_i, (enum status)st);
		const char *hint = fault_hint(stage, (enum status)st, "");

		ck_assert_int_eq(stage == FAULT_DONE, st == ST_OK);
		if (st == ST_OK) {
			ck_assert_str_eq(hint, "");
		} else if (stage != FAULT_KEYS) {
			ck_assert_uint_gt(strlen(hint), 0);
		}
	}
}
END_TEST

START_TEST(names)
{
	for (int stage = 0; stage < FAULT_STAGES; stage++) {
		ck_assert_uint_gt(strlen(fault_stage_name((enum fault_stage)stage)), 0);
		ck_assert_uint_gt(strlen(fault_stage_str((enum fault_stage)stage)), 0);
	}
	ck_assert_str_eq(fault_stage_str(FAULT_STAGES), "done");
	ck_assert_int_eq(fault_stage((enum exchange_step)99, ST_TIMEOUT), FAULT_DONE);
	ck_assert_int_eq(fault_alert("alert 45: Certificate is expired"), 45);
	ck_assert_int_eq(fault_alert("CN=alert 45"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fault");
	TCase *tc = tcase_create("fault");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, each_fault, 0, (int)(sizeof(faults) / sizeof(faults[0])));
	tcase_add_loop_test(tc, all_of_them, EXCHANGE_NAME, EXCHANGE_DONE + 1);
	tcase_add_test(tc, names);
	return unit_run(s);
}
