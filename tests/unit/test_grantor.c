// SPDX-License-Identifier: GPL-2.0-or-later
/* Tickets, good and bad, at a grantor, and who is kept of it: unicast/grantor.h. WIRE.md 6, 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"

START_TEST(admitted)
{
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	ck_assert_uint_eq(pair_status().requesters, 1);
	ck_assert_uint_eq(pair_status().opened, 1);
	for (uint16_t seq = 2; seq < 50; seq++) {
		ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, seq, &pair.r_address),
				 GUARD_OK);
	}
	ck_assert_uint_eq(pair_status().requesters, 1);
	ck_assert_uint_eq(pair_status().opened, 1);
}
END_TEST

START_TEST(foreign_and_unknown)
{
	struct nts_params other = pair_own_grant(0xA2, 2, 1000), g = pair.grant[0];

	pair_is_refused(GUARD_TICKET_KEY_ID, &other, R_CLOCK, &pair.r_address);
	pair_is_refused(GUARD_TICKET_KEY_ID, &pair.grant[1], R_CLOCK, &pair.r_address);
	g.ticket.aead = ALG_AEAD_AES_SIV_CMAC_512;
	pair_is_refused(GUARD_TICKET_AEAD, &g, R_CLOCK, &pair.r_address);
	ck_assert_uint_eq(pair_status().opened, 0);
	/* another grantor's ticket under our Ticket Key ID */
	other.ticket_key_id = pair.tk[0].id;
	pair_is_refused(GUARD_TICKET_FORGED, &other, R_CLOCK, &pair.r_address);
}
END_TEST

START_TEST(not_a_grantor)
{
	pair_signaling(G_CLOCK, 1, PAIR_TLV_REQUEST);
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.r, &pair.g_address), GUARD_TICKET_NO_GRANTOR);
}
END_TEST

START_TEST(identity_mismatch)
{
	struct nts_assoc ids[] = { pair_identity(R_CLOCK), pair_address(9), pair.r_address };
	struct nts_assoc mac = { .type = NTS_ASSOC_MAC, .value = { 2 } };
	struct nts_params g;

	pair_is_refused(GUARD_TICKET_IDENTITY, &pair.grant[0], R_CLOCK, &pair.m_address);
	pair_is_refused(GUARD_TICKET_IDENTITY, &pair.grant[0], M_CLOCK, &pair.r_address);
	/* no kind that the message could show */
	g = pair_grant(0xA3, 0, &mac, 1, 1000);
	pair_is_refused(GUARD_TICKET_IDENTITY, &g, R_CLOCK, &pair.r_address);
	/* one of several addresses is enough, and so is an identity alone */
	g = pair_grant(0xA4, 0, ids, 3, 1000);
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 1, &pair.r_address), GUARD_OK);
	g = pair_grant(0xA5, 0, &(struct nts_assoc){ .type = NTS_ASSOC_PORT_IDENTITY }, 1, 1000);
	pair_is_refused(GUARD_TICKET_IDENTITY, &g, R_CLOCK, &pair.r_address);
}
END_TEST

START_TEST(not_the_key_inside)
{
	struct nts_params g = pair.grant[0], wrong_key = pair.grant[0];

	g.sa[0].key_id++;
	pair_is_refused(GUARD_TICKET_KEY, &g, R_CLOCK, &pair.r_address);
	g = pair.grant[0];
	g.sa[0].spp++;
	pair_is_refused(GUARD_TICKET_KEY, &g, R_CLOCK, &pair.r_address);
	wrong_key.sa[0].key[0] ^= 1;
	pair_is_refused(GUARD_BAD_ICV, &wrong_key, R_CLOCK, &pair.r_address);
}
END_TEST

START_TEST(misplaced)
{
	/* on another message */
	pair_make(PTP_DELAY_REQ, R_CLOCK, 1);
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_TICKET_FORMAT);
	/* twice */
	pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	pair.len = ticket_append(pair.msg, pair.len, TICKET_TLV_TYPE, 100, &pair.grant[0].ticket);
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_TICKET_FORMAT);
	/* not before the AUTHENTICATION TLV */
	pair_make(PTP_SIGNALING, R_CLOCK, 1);
	pair.len = ticket_append(pair.msg, pair.len, TICKET_TLV_TYPE, 100, &pair.grant[0].ticket);
	pair.len = ptpmsg_tlv(pair.msg, pair.len, PAIR_TLV_REQUEST, 6);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_TICKET_FORMAT);
	/* cut */
	pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	pair.len = ptpmsg_tlv(pair.msg, pair.len, TICKET_TLV_TYPE, 20);
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_TICKET_FORMAT);
	ck_assert_uint_eq(pair_status().requesters, 0);
	ck_assert_uint_eq(pair_status().opened, 0);
}
END_TEST

static enum guard_verdict take_ticket_tlv(size_t ticket_len, size_t value_len)
{
	size_t at = pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	size_t len = ticket_append(pair.msg, at, TICKET_TLV_TYPE, pair.tk[0].id,
				   &pair.grant[0].ticket);

	memset(pair.msg + len, 0, 4);
	ptpmsg_set_u16(pair.msg + at + 2, (uint16_t)value_len);
	pair.len = at + ticket_len;
	ptp_set_length(pair.msg, (uint16_t)pair.len);
	pair_sign(&pair.grant[0], false);
	return pair_take(pair.g, &pair.r_address);
}

/* Shorter or longer than the ticket in it, down to nothing, the message's length always right. */
START_TEST(cut_and_padded)
{
	size_t whole = ticket_append_len(&pair.grant[0].ticket);

	for (size_t len = 4; len < whole; len += 2) {
		ck_assert_int_eq(take_ticket_tlv(len, len - 4), GUARD_TICKET_FORMAT);
	}
	ck_assert_int_eq(take_ticket_tlv(whole + 2, whole - 2), GUARD_TICKET_FORMAT);
	ck_assert_int_eq(take_ticket_tlv(whole + 4, whole), GUARD_TICKET_FORMAT);
	ck_assert_uint_eq(pair_status().opened, 0);
	ck_assert_int_eq(take_ticket_tlv(whole, whole - 4), GUARD_OK);
}
END_TEST

/* It opens, but what is inside is no Ticket Container: a KE server's mistake. */
START_TEST(unfit_content)
{
	static const uint8_t garbage[40] = { 0x84, 0x0c, 0xff };
	const struct ticket_key *key = &pair.tk[0];
	uint8_t ad[6] = { (uint8_t)(key->id >> 24), (uint8_t)(key->id >> 16),
			  (uint8_t)(key->id >> 8), (uint8_t)key->id, 0, (uint8_t)key->aead };
	struct nts_params g = pair.grant[0];

	g.ticket.len = sizeof(garbage) + CRYPTO_SIV_TAG;
	ck_assert_int_eq(crypto_siv_seal(key->aead, key->key, key->len, g.ticket.nonce,
					 NTS_NONCE_LEN, ad, sizeof(ad), garbage, sizeof(garbage),
					 g.ticket.octets), ST_OK);
	pair_is_refused(GUARD_TICKET_CONTENT, &g, R_CLOCK, &pair.r_address);
	ck_assert_uint_eq(pair_status().opened, 1);
}
END_TEST

/* No more than there is room for, and those who are there stay. */
START_TEST(full)
{
	struct grantor_config config = { .max_requesters = 1 };
	struct nts_params registration = pair_registration(0, 1000);
	const struct nts_assoc ids[] = { pair.m_address };
	struct nts_params other = pair_grant(0xAA, 0, ids, 1, 1000);

	grantor_free(pair.grantor);
	ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
	ugate_add_grantor(pair.g, pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now, pair.now),
			 ST_OK);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair_is_refused(GUARD_TOO_MANY_SENDERS, &other, M_CLOCK, &pair.m_address);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 2, &pair.r_address), GUARD_OK);
}
END_TEST

/* A request for Sync or Announce each 2^log s. */
static enum guard_verdict ask_each(uint8_t type, int8_t log, uint16_t seq, bool ticket)
{
	size_t at = pair_make(PTP_SIGNALING, R_CLOCK, seq);

	pair.len = ptpmsg_tlv(pair.msg, at, PAIR_TLV_REQUEST, 6);
	pair.msg[at + 4] = (uint8_t)(type << 4);
	pair.msg[at + 5] = (uint8_t)log;
	pair_sign(&pair.grant[0], ticket);
	return pair_take(pair.g, &pair.r_address);
}

/* One requester must not keep the clock from all others: linuxptp sends as often as it is asked. */
START_TEST(asked_too_often)
{
	ck_assert_int_eq(ask_each(PTP_SYNC, -30, 1, true), GUARD_REQUEST_RATE);
	ck_assert_uint_eq(pair_status().requesters, 0);
	ck_assert_int_eq(ask_each(PTP_SYNC, -7, 1, true), GUARD_OK);
	for (uint16_t seq = 2; seq < 6; seq++) {
		ck_assert_int_eq(ask_each(PTP_SYNC, -8, seq, seq % 2), GUARD_REQUEST_RATE);
		ck_assert_int_eq(ask_each(PTP_ANNOUNCE, -128, seq, seq % 2), GUARD_REQUEST_RATE);
		ck_assert_int_eq(ask_each(PTP_DELAY_RESP, -8, seq, seq % 2), GUARD_OK);
	}
	/* behind another TLV */
	pair_signaling(R_CLOCK, 6, 0x2004);
	pair.len = ptpmsg_tlv(pair.msg, pair.len, PAIR_TLV_REQUEST, 6);
	pair.msg[pair.len - 5] = 0x80;
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_REQUEST_RATE);
	ck_assert_int_eq(ask_each(PTP_SYNC, 127, 6, true), GUARD_OK);
}
END_TEST

/* What linuxptp would take for the whole port, and with it for all other requesters. */
START_TEST(settings_of_the_port)
{
	static const uint8_t bad[][6] = {
		{ 0x00, 0x80, 0xC2, 0, 0, 2 },	/* IEEE 802.1: message intervals */
		{ 0x00, 0x19, 0xA7, 0, 0, 2 },	/* ITU-T: interface rate */
	};
	static const uint8_t good[] = { 0x00, 0x80, 0xC2, 0, 0, 3 };
	size_t at;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		at = pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
		pair.len = ptpmsg_tlv(pair.msg, at, PTP_TLV_ORGANIZATION, 12);
		memcpy(pair.msg + at + 4, bad[i], sizeof(bad[i]));
		pair_sign(&pair.grant[0], true);
		ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_WRONG_ROLE);
		ck_assert_uint_eq(pair_status().requesters, 0);
	}
	at = pair_signaling(R_CLOCK, 1, PAIR_TLV_REQUEST);
	pair.len = ptpmsg_tlv(pair.msg, at, PTP_TLV_ORGANIZATION, 12);
	memcpy(pair.msg + at + 4, good, sizeof(good));
	pair_sign(&pair.grant[0], true);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_OK);
	at = pair_make(PTP_SIGNALING, R_CLOCK, 2);
	pair.len = ptpmsg_tlv(pair.msg, at, PTP_TLV_ORGANIZATION, 12);
	memcpy(pair.msg + at + 4, bad[0], sizeof(bad[0]));
	pair_sign(&pair.grant[0], false);
	ck_assert_int_eq(pair_take(pair.g, &pair.r_address), GUARD_WRONG_ROLE);
}
END_TEST

START_TEST(denied)
{
	struct grantor_config config = { .n_deny = 1, .deny = { pair.r_address } };
	struct nts_params registration = pair_registration(0, 1000);
	struct nts_assoc ids[] = { pair_address(7), pair_identity(M_CLOCK), pair.m_address };
	struct nts_params g = pair_grant(0xA9, 0, ids, 3, 1000);

	for (int i = 0; i < 2; i++) {
		grantor_free(pair.grantor);
		ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
		ugate_add_grantor(pair.g, pair.grantor);
		ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now,
						 pair.now), ST_OK);
		pair_is_refused(GUARD_DENIED, &pair.grant[0], R_CLOCK, &pair.r_address);
		config.deny[0] = pair_identity(R_CLOCK);
	}
	ck_assert_int_eq(pair_ask_as(&g, M_CLOCK, 1, &pair.m_address), GUARD_OK);
	config.deny[0] = pair_address(7);
	grantor_free(pair.grantor);
	ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
	ugate_add_grantor(pair.g, pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now, pair.now),
			 ST_OK);
	pair_is_refused(GUARD_DENIED, &g, M_CLOCK, &pair.m_address);
}
END_TEST

START_TEST(unsecured_policies)
{
	struct grantor_config config = { .required = 1u << PTP_SYNC | 1u << PTP_SIGNALING };
	struct nts_params registration = pair_registration(0, 1000);
	struct ke_ticket_container t = { .n_sa = 1, .n_identities = 1 };
	struct nts_params g = pair.grant[0];
	uint8_t nonce[NTS_NONCE_LEN] = { 99 };

	t.policy.named = 1u << PTP_SIGNALING;
	memset(t.policy.spp, 3, sizeof(t.policy.spp));
	t.sa[0] = g.sa[0];
	t.identities[0] = pair.r_address;
	ck_assert_int_eq(ticket_seal(&pair.tk[0], nonce, &t, &g.ticket), ST_OK);
	grantor_free(pair.grantor);
	ck_assert_int_eq(grantor_new(&config, &pair.grantor), ST_OK);
	ugate_add_grantor(pair.g, pair.grantor);
	ck_assert_int_eq(grantor_install(pair.grantor, &registration, NULL, pair.now, pair.now),
			 ST_OK);
	pair_is_refused(GUARD_TICKET_POLICY, &g, R_CLOCK, &pair.r_address);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
}
END_TEST

/* Random tickets: a bounded number of openings, and an honest requester elsewhere is served. */
START_TEST(flood)
{
	unsigned int forged = 0, left_closed = 0;
	struct nts_params g = pair.grant[0];

	for (unsigned int i = 0; i < 10000; i++) {
		enum guard_verdict v;

		g.ticket.octets[0] = (uint8_t)i;
		g.ticket.octets[1] = (uint8_t)(i >> 8) | 0x80;
		v = pair_ask_as(&g, R_CLOCK, 1, &pair.m_address);
		forged += v == GUARD_TICKET_FORGED;
		left_closed += v == GUARD_TICKET_RATE;
	}
	ck_assert_uint_eq(forged, GRANTOR_BAD_PER_SOURCE);
	ck_assert_uint_eq(forged + left_closed, 10000);
	ck_assert_uint_eq(pair_status().opened, GRANTOR_BAD_PER_SOURCE);
	ck_assert_uint_eq(pair_status().requesters, 0);
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	pair.now += 1000;
	ck_assert_int_eq(pair_ask_as(&g, R_CLOCK, 1, &pair.m_address), GUARD_TICKET_FORGED);
}
END_TEST

START_TEST(flood_from_everywhere)
{
	struct nts_params g = pair.grant[0];

	g.ticket.octets[3] ^= 1;
	for (unsigned int i = 0; i < 40000; i++) {
		struct nts_assoc from = pair_address(1);

		from.value[1] = (uint8_t)(i >> 8);
		from.value[2] = (uint8_t)i;
		(void)pair_ask_as(&g, R_CLOCK, 1, &from);
	}
	ck_assert_uint_eq(pair_status().opened, GRANTOR_BAD_PER_S);
	/* those that are known need no opening */
	pair.now += 1000;
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 1, &pair.r_address), GUARD_OK);
	for (unsigned int i = 0; i < 40000; i++) {
		struct nts_assoc from = pair_address(1);

		from.value[1] = (uint8_t)(i >> 8);
		from.value[2] = (uint8_t)i;
		(void)pair_ask_as(&g, R_CLOCK, 1, &from);
	}
	ck_assert_int_eq(pair_ask_as(&pair.grant[0], R_CLOCK, 2, &pair.r_address), GUARD_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grantor");
	TCase *t = tcase_create("tickets");

	tcase_add_checked_fixture(t, pair_setup, pair_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, admitted);
	tcase_add_test(t, foreign_and_unknown);
	tcase_add_test(t, not_a_grantor);
	tcase_add_test(t, identity_mismatch);
	tcase_add_test(t, not_the_key_inside);
	tcase_add_test(t, misplaced);
	tcase_add_test(t, cut_and_padded);
	tcase_add_test(t, unfit_content);
	tcase_add_test(t, full);
	tcase_add_test(t, asked_too_often);
	tcase_add_test(t, settings_of_the_port);
	tcase_add_test(t, denied);
	tcase_add_test(t, unsecured_policies);
	tcase_add_test(t, flood);
	tcase_add_test(t, flood_from_everywhere);
	suite_add_tcase(s, t);
	return unit_run(s);
}
