// SPDX-License-Identifier: GPL-2.0-or-later
/* A port's gate with one key, for the tests of tlv/guard.h. */
#include "tests/unit/gate.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

struct gate gate;

static void quiet(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

void gate_remake(void)
{
	guard_free(gate.guard);
	ck_assert_int_eq(guard_new(&gate.config, gate.sa, &gate.guard), ST_OK);
}

void gate_setup_mac(uint16_t mac)
{
	struct nts_assoc group = nts_assoc_group(0, 0, 0);

	log_set_sink(quiet, NULL);
	gate.now = NOW;
	gate.a = ptpmsg_params(0xA, mac, PTPMSG_ALL, 1000, 5);
	gate.b = ptpmsg_params(0xB, mac, PTPMSG_ALL, 1000, 5);
	gate.config = (struct guard_config) { .port_number = 1, .announce_timeout_ms = 6000 };
	memset(gate.config.clock_identity, OURS, 8);
	ck_assert_int_eq(sa_new(&group, &gate.sa), ST_OK);
	ck_assert_int_eq(sa_install(gate.sa, &gate.a, NULL, gate.now, gate.now), ST_OK);
	gate_remake();
}

void gate_setup(void)
{
	gate_setup_mac(ALG_HMAC_SHA256_128);
}

void gate_teardown(void)
{
	guard_free(gate.guard);
	gate.guard = NULL;
	sa_free(gate.sa);
}

enum guard_verdict gate_receive(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	size_t out_len = SIZE_MAX;
	struct guard_counters before = *guard_counters(gate.guard);
	enum guard_verdict v;

	memcpy(exact, data, len);
	v = guard_receive(gate.guard, exact, len, gate.now, &out_len);
	before.verdicts[v]++;
	ck_assert_mem_eq(before.verdicts, guard_counters(gate.guard)->verdicts,
			 sizeof(before.verdicts));
	if (!guard_accepted(v)) {
		ck_assert_mem_eq(exact, data, len);
		ck_assert_uint_eq(out_len, SIZE_MAX);
	} else {
		ck_assert_uint_eq(out_len, (size_t)(exact[2] << 8 | exact[3]));
	}
	free(exact);
	return v;
}

enum guard_verdict gate_take(size_t len)
{
	return gate_receive(gate.msg, len);
}

size_t gate_make(uint8_t type, uint16_t seq)
{
	return ptpmsg_make(gate.msg, type, PEER, seq, TIME_NS);
}

enum guard_verdict gate_signed_by(const struct nts_params *p, uint8_t type, uint16_t seq)
{
	return gate_take(ptpmsg_sign(gate.msg, gate_make(type, seq), p, 0));
}

void gate_ask(uint8_t type, uint16_t seq)
{
	uint8_t req[PTPMSG_CAP];
	size_t len = ptpmsg_make(req, type, OURS, seq, 0), out;
	struct guard_undo undo;

	(void)guard_sign(gate.guard, req, len, sizeof(req), NULL, &undo, &out);
}

void gate_ask_both(uint16_t seq)
{
	gate_ask(PTP_DELAY_REQ, seq);
	gate_ask(PTP_PDELAY_REQ, seq);
}

bool gate_is_response(uint8_t type)
{
	return type == PTP_DELAY_RESP || type == PTP_PDELAY_RESP ||
	       type == PTP_PDELAY_RESP_FOLLOW_UP;
}

size_t gate_make_signed(uint8_t type, uint16_t seq)
{
	size_t len = gate_make(type, seq);

	if (gate_is_response(type)) {
		ptpmsg_requester(gate.msg, OURS);
	}
	return ptpmsg_sign(gate.msg, len, &gate.a, 0);
}
