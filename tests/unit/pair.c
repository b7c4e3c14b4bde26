// SPDX-License-Identifier: GPL-2.0-or-later
/* A grantor and a requester, for the tests of unicast/. */
#include "tests/unit/pair.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

struct pair pair;

static void quiet(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

struct nts_assoc pair_address(uint8_t last)
{
	return (struct nts_assoc){ .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, last } };
}

struct nts_assoc pair_identity(uint8_t clock)
{
	struct nts_assoc a = { .type = NTS_ASSOC_PORT_IDENTITY };

	memset(a.value, clock, 8);
	a.value[9] = 1;
	return a;
}

struct nts_params pair_registration(unsigned int i, uint32_t lifetime)
{
	struct nts_params p = {
		.lifetime = lifetime, .update_in = lifetime / 2, .grace = 5,
		.ticket_key_id = pair.tk[i].id, .aead = pair.tk[i].aead,
		.ticket_key_len = pair.tk[i].len,
	};

	memcpy(p.ticket_key, pair.tk[i].key, pair.tk[i].len);
	return p;
}

struct nts_params pair_grant(uint32_t key_id, unsigned int i, const struct nts_assoc *ids,
			     uint8_t n, uint32_t lifetime)
{
	struct nts_params p = ptpmsg_params(key_id, ALG_HMAC_SHA256_128, PTPMSG_ALL, lifetime, 5);
	struct ke_ticket_container t = { .policy = p.policy, .n_sa = p.n_sa, .n_identities = n };
	static uint8_t counter;
	uint8_t nonce[NTS_NONCE_LEN] = { ++counter };

	memcpy(t.sa, p.sa, sizeof(t.sa));
	memcpy(t.identities, ids, n * sizeof(*ids));
	ck_assert_int_eq(ticket_seal(&pair.tk[i], nonce, &t, &p.ticket), ST_OK);
	p.has_ticket = true;
	p.ticket_key_id = pair.tk[i].id;
	return p;
}

struct nts_params pair_own_grant(uint32_t key_id, unsigned int i, uint32_t lifetime)
{
	const struct nts_assoc ids[] = { pair.r_address, pair_identity(R_CLOCK) };

	return pair_grant(key_id, i, ids, 2, lifetime);
}

static void make_keys(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		pair.tk[i] = (struct ticket_key) {
			.id = 100 + i, .aead = ALG_AEAD_AES_SIV_CMAC_256, .len = 32,
		};
		memset(pair.tk[i].key, (int)(0x50 + i), 32);
	}
}

static struct ugate *new_gate(uint8_t clock)
{
	struct ugate_config c = { .port_number = 1 };
	struct ugate *g;

	memset(c.clock_identity, clock, 8);
	ck_assert_int_eq(ugate_new(&c, &g), ST_OK);
	return g;
}

static void make_grantor(void)
{
	static const struct grantor_config config;
	struct nts_params registration = pair_registration(0, 1000);

	pair.g = new_gate(G_CLOCK);
	ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
	ugate_add_grantor(pair.g, pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now, pair.now),
			 ST_OK);
}

static void make_requester(void)
{
	static const struct fresh_limits limits = { .announce_timeout_ms = 6000 };

	pair.r = new_gate(R_CLOCK);
	ck_assert_int_eq(sa_new(&pair.g_address, &pair.sa), ST_OK);
	ck_assert_int_eq(requester_new(&pair.g_address, pair.sa, &limits, &pair.requester), ST_OK);
	ck_assert_int_eq(ugate_add_requester(pair.r, pair.requester), ST_OK);
	ck_assert_int_eq(sa_install(pair.sa, &pair.grant[0], NULL, pair.now, pair.now), ST_OK);
	requester_take(pair.requester, &pair.grant[0], NULL);
}

void pair_setup(void)
{
	log_set_sink(quiet, NULL);
	memset(&pair, 0, sizeof(pair));
	pair.now = PAIR_NOW;
	pair.g_address = pair_address(1);
	pair.r_address = pair_address(2);
	pair.m_address = pair_address(3);
	make_keys();
	pair.grant[0] = pair_own_grant(0xA0, 0, 1000);
	pair.grant[1] = pair_own_grant(0xA1, 1, 1000);
	make_grantor();
	make_requester();
}

static uint32_t kept(struct ugate *gate, struct mark *list, uint32_t max)
{
	struct kept_lot lot = { .out = list, .max = max };

	ugate_marks(gate, &lot);
	ck_assert(!lot.more);
	ck_assert(!ugate_marks_urgent(gate));
	return lot.n;
}

void pair_restart_grantor(bool with)
{
	struct mark list[16];
	uint32_t n = kept(pair.g, list, 16);

	ugate_free(pair.g);
	make_grantor();
	if (with) {
		ck_assert_int_eq(ugate_recall(pair.g, list, n, pair.now), ST_OK);
	}
}

void pair_restart_requester(bool with)
{
	struct mark list[16];
	uint32_t n = kept(pair.r, list, 16);

	ugate_free(pair.r);
	sa_free(pair.sa);
	make_requester();
	if (with) {
		ck_assert_int_eq(ugate_recall(pair.r, list, n, pair.now), ST_OK);
	}
}

void pair_teardown(void)
{
	ugate_free(pair.g);
	ugate_free(pair.r);
	sa_free(pair.sa);
}

size_t pair_make(uint8_t type, uint8_t clock, uint16_t seq)
{
	pair.len = ptpmsg_make(pair.msg, type, clock, seq, 1700000000000000000ULL + seq);
	pair.msg[6] |= 0x04;
	return pair.len;
}

size_t pair_signaling(uint8_t clock, uint16_t seq, uint16_t tlv)
{
	pair_make(PTP_SIGNALING, clock, seq);
	pair.len = ptpmsg_tlv(pair.msg, pair.len, tlv, tlv == PAIR_TLV_REQUEST ? 6 : 8);
	return pair.len;
}

enum guard_send pair_send(struct ugate *gate, const struct nts_assoc *to)
{
	struct guard_undo undo;

	return ugate_sign(gate, pair.msg, pair.len, 1500, to, NULL, &undo, &pair.len);
}

enum guard_verdict pair_take(struct ugate *gate, const struct nts_assoc *from)
{
	uint8_t *exact = malloc(pair.len);
	struct guard_counters before = *ugate_counters(gate);
	size_t out_len = SIZE_MAX;
	enum guard_verdict v;

	memcpy(exact, pair.msg, pair.len);
	v = ugate_receive(gate, exact, pair.len, from, pair.now, &out_len);
	before.verdicts[v]++;
	ck_assert_mem_eq(before.verdicts, ugate_counters(gate)->verdicts,
			 sizeof(before.verdicts));
	if (guard_accepted(v)) {
		ck_assert_uint_eq(out_len, (size_t)(exact[2] << 8 | exact[3]));
	} else {
		ck_assert_mem_eq(exact, pair.msg, pair.len);
		ck_assert_uint_eq(out_len, SIZE_MAX);
	}
	free(exact);
	return v;
}

enum guard_verdict pair_ask(uint16_t seq)
{
	pair_signaling(R_CLOCK, seq, PAIR_TLV_REQUEST);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	return pair_take(pair.g, &pair.r_address);
}

enum guard_verdict pair_answer(uint8_t type, uint16_t seq)
{
	pair_make(type, G_CLOCK, seq);
	if (type == PTP_DELAY_RESP || type == PTP_PDELAY_RESP ||
	    type == PTP_PDELAY_RESP_FOLLOW_UP) {
		ptpmsg_requester(pair.msg, R_CLOCK);
	}
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	return pair_take(pair.r, &pair.g_address);
}

enum guard_verdict pair_request(uint8_t type, uint16_t seq)
{
	pair_make(type, R_CLOCK, seq);
	ck_assert_int_eq(pair_send(pair.r, &pair.g_address), GUARD_SIGNED);
	return pair_take(pair.g, &pair.r_address);
}

enum guard_verdict pair_grants(uint16_t seq)
{
	pair_signaling(G_CLOCK, seq, PAIR_TLV_GRANT);
	ck_assert_int_eq(pair_send(pair.g, &pair.r_address), GUARD_SIGNED);
	return pair_take(pair.r, &pair.g_address);
}

enum guard_verdict pair_grants_in_the_end(uint16_t seq)
{
	enum guard_verdict v = pair_grants(seq);

	for (int i = 0; i < 200 && v == GUARD_STALE; i++) {
		v = pair_grants(seq);
	}
	return v;
}

uint32_t pair_signed_with(void)
{
	const uint8_t *id = pair.msg + pair.len - 16 - 4;

	return (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
}

uint16_t pair_number(void)
{
	return (uint16_t)(pair.msg[PTP_SEQUENCE_AT] << 8 | pair.msg[PTP_SEQUENCE_AT + 1]);
}

void pair_sign(const struct nts_params *grant, bool ticket)
{
	if (ticket) {
		pair.len = ticket_append(pair.msg, pair.len, TICKET_TLV_TYPE, grant->ticket_key_id,
					 &grant->ticket);
		ptp_set_length(pair.msg, (uint16_t)pair.len);
	}
	pair.len = ptpmsg_sign(pair.msg, pair.len, grant, 0);
}

enum guard_verdict pair_ask_as(const struct nts_params *grant, uint8_t clock, uint16_t seq,
			       const struct nts_assoc *from)
{
	pair_signaling(clock, seq, PAIR_TLV_REQUEST);
	pair_sign(grant, true);
	return pair_take(pair.g, from);
}

void pair_is_refused(enum guard_verdict wanted, const struct nts_params *grant, uint8_t clock,
		     const struct nts_assoc *from)
{
	uint32_t before = pair_status().requesters;

	ck_assert_str_eq(guard_counter_name(pair_ask_as(grant, clock, 1, from)),
			 guard_counter_name(wanted));
	ck_assert_uint_eq(pair_status().requesters, before);
}

enum guard_verdict pair_delay_req(const struct nts_params *grant, unsigned int sa, uint16_t seq,
				  const struct nts_assoc *from)
{
	pair_make(PTP_DELAY_REQ, R_CLOCK, seq);
	pair.len = ptpmsg_sign(pair.msg, pair.len, grant, sa);
	return pair_take(pair.g, from);
}

struct grantor_status pair_status(void)
{
	struct grantor_status st;

	grantor_status(pair.grantor, &st);
	return st;
}
