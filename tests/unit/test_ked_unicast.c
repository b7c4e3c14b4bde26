// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrations, tickets and revocations by octets, over restarts and periods (WIRE.md 4 to 6). */
#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

START_TEST(registers_and_gets_the_same_again)
{
	struct ke_message q = registration(gm_ip);
	struct nts_params first = register_gm();

	ck_assert_uint_eq(first.lifetime, LIFETIME);
	ck_assert_uint_eq(first.update_in, LIFETIME - UPDATE - LEAD);
	ck_assert_uint_eq(first.aead, ALG_AEAD_AES_SIV_CMAC_256);
	ck_assert_uint_eq(first.ticket_key_len, 32);
	ck_assert(!a.has_next);
	boot += 10000;
	ck_granted(&gm, &q, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 10);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert_mem_eq(a.current.ticket_key, first.ticket_key, 64);
	restart();
	ck_granted(&gm, &q, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 10);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert_mem_eq(a.current.ticket_key, first.ticket_key, 64);
	ck_assert_ptr_nonnull(strstr(last_line, "granted: unicast main, 192.0.2.1, ticket key ID"));
}
END_TEST

START_TEST(a_ticket_that_the_grantor_opens)
{
	struct nts_params grantor = register_gm(), first;
	struct ke_message q = request(gm_ip, slave_ip);
	struct ke_ticket_container t;
	int round;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	first = a.current;
	ck_assert_uint_eq(first.lifetime, LIFETIME);
	ck_assert_uint_eq(first.update_in, LIFETIME - UPDATE);
	ck_assert_uint_eq(first.n_sa, 2);
	ck_assert(!a.has_next);
	ck_opens(&grantor, &first, &t);
	ck_assert_uint_eq(t.n_identities, 1);
	ck_assert(nts_assoc_equal(&t.identities[0], &slave_ip));
	for (round = 0; round < 2; round++) {
		ck_granted(&slave, &q, KE_KEY_GRANT);	/* the same key, a fresh ticket */
		ck_assert_mem_eq(a.current.sa, first.sa, sizeof(first.sa));
		ck_assert_mem_ne(a.current.ticket.nonce, first.ticket.nonce, NTS_NONCE_LEN);
		ck_opens(&grantor, &a.current, &t);
		restart();
	}
	q = request(gm_ip, slave2_ip);			/* another requester, another key */
	ck_granted(&slave2, &q, KE_KEY_GRANT);
	ck_assert_mem_ne(a.current.sa[0].key, first.sa[0].key, 32);
}
END_TEST

static void ck_ticket_names(const struct nts_params *grantor, const struct ke_message *q)
{
	struct ke_ticket_container t;
	struct grantors_counts counts;
	int i;

	ck_granted(&slave, q, KE_KEY_GRANT);
	ck_opens(grantor, &a.current, &t);
	ck_assert_uint_eq(t.n_identities, q->n_identities);
	for (i = 0; i < t.n_identities; i++) {
		ck_assert(nts_assoc_equal(&t.identities[i], &q->identities[i]));
	}
	grantors_count(grantors, &counts);
	ck_assert_uint_eq(counts.pairs, 1);
}

START_TEST(a_ticket_names_whom_its_request_names)
{
	struct nts_params grantor = register_gm(), first;
	struct ke_message q = request(gm_ip, slave_ip);

	ck_ticket_names(&grantor, &q);
	first = a.current;
	q.identities[q.n_identities++] = slave_port;
	ck_ticket_names(&grantor, &q);
	q = request(gm_ip, slave_ip);
	ck_ticket_names(&grantor, &q);
	q = request(gm_ip, slave_port);
	ck_ticket_names(&grantor, &q);
	ck_assert_mem_eq(a.current.sa, first.sa, sizeof(first.sa));
	restart();
	ck_ticket_names(&grantor, &q);
	q.identities[0] = slave_ip;			/* it is not named any more */
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
}
END_TEST

/* Between the moment when a grantor is found and that when its key is asked for. */
START_TEST(a_registration_that_goes_meanwhile)
{
	struct ke_message q = request(gm_ip, slave_ip), answer;
	struct grantors_ask ask_as_slave = { .section = &section, .client = { 1 }, .request = &q,
					     .now_ms = START };
	struct grantors_found found;
	size_t len;

	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert(grantors_find(grantors, &gm_ip, START, &found));
	ask_as_slave.registration = found.registration;
	ck_assert_int_eq(grantors_pair(grantors, &ask_as_slave, &answer), ST_OK);
	ck_assert_int_eq(ask(&gm, &taking_back, &len), SERVE_GRANTED);
	ck_assert_int_eq(grantors_grant(grantors, &ask_as_slave, &answer), ST_NOT_REGISTERED);
	ck_assert_int_eq(grantors_pair(grantors, &ask_as_slave, &answer), ST_NOT_REGISTERED);
	register_gm();					/* as another */
	ck_assert_int_eq(grantors_grant(grantors, &ask_as_slave, &answer), ST_NOT_REGISTERED);
}
END_TEST

/* Its line is not one of those that a crowd of others leaves out. */
START_TEST(a_crowd_hides_no_revocation)
{
	struct ke_message q = request(gm_ip, slave_ip);
	size_t len;
	int i;

	register_gm();
	for (i = 0; i < 20; i++) {
		ck_granted(&slave, &q, KE_KEY_GRANT);
	}
	ck_assert_int_eq(ask(&gm, &taking_back, &len), SERVE_GRANTED);
	ck_assert_msg(strstr(last_line, "PTP Registration Revoke") == last_line, "%s", last_line);
}
END_TEST

START_TEST(periods)
{
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct nts_params first = register_gm(), next, key;
	struct ke_ticket_container t;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	boot = START + (LIFETIME - UPDATE - LEAD) * 1000 - 1;
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.update_in, 1);
	ck_assert(!a.has_next);
	boot++;						/* the grantor's update period */
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert_uint_eq(a.current.update_in, 0);
	ck_assert(a.has_next);
	next = a.next;
	ck_assert_uint_eq(next.lifetime, LIFETIME);
	ck_assert_uint_eq(next.update_in, LIFETIME - UPDATE - LEAD);
	ck_assert_uint_ne(next.ticket_key_id, first.ticket_key_id);
	ck_granted(&slave, &q, KE_KEY_GRANT);		/* not yet the requester's */
	ck_assert(!a.has_next);
	restart();
	boot = START + (LIFETIME - UPDATE) * 1000;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.update_in, 0);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert(a.has_next);
	ck_assert_uint_eq(a.next.lifetime, LIFETIME);
	ck_assert_uint_eq(a.next.update_in, LIFETIME - UPDATE);
	ck_opens(&first, &a.current, &t);
	ck_opens(&next, &a.next, &t);
	key = a.next;
	boot = START + LIFETIME * 1000;			/* Next is Current */
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert_uint_eq(a.current.lifetime, LIFETIME);
	ck_assert(!a.has_next);
	restart();
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, next.ticket_key_id);
	ck_assert_mem_eq(a.current.ticket_key, next.ticket_key, 64);
}
END_TEST

START_TEST(a_grantor_that_does_not_come_again)
{
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct nts_params first = register_gm();

	boot = START + (LIFETIME - UPDATE) * 1000 - 1;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	boot++;
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);	/* late, but in the period */
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert(a.has_next);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert(a.has_next);
	boot = START + 2 * LIFETIME * 1000;		/* after both */
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	restart();
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME);
	ck_assert_uint_ne(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert(!a.has_next);
}
END_TEST

START_TEST(revoking)
{
	struct ke_message q = request(gm_ip, slave_ip), second = registration(gm_port);
	struct nts_params first = register_gm();
	size_t len;

	ck_granted(&gm, &second, KE_REGISTRATION_SUCCESS);	/* beside the first */
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_int_eq(ask(&gm, &taking_back, &len), SERVE_GRANTED);
	ck_assert_uint_eq(len, 0);
	ck_assert_ptr_nonnull(strstr(last_line, "2 registrations taken back"));
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	restart();
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	q.assoc = gm_port;
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	ck_refused(&gm, &taking_back, KE_ERR_NOT_REGISTERED);
	ck_assert_uint_ne(register_gm().ticket_key_id, first.ticket_key_id);
}
END_TEST

START_TEST(revoking_what_is_not_there)
{
	ck_refused(&gm, &taking_back, KE_ERR_NOT_REGISTERED);
	ck_refused(&slave, &taking_back, KE_ERR_NOT_AUTHORIZED);
	ck_refused(&stranger, &taking_back, KE_ERR_NOT_AUTHORIZED);
	register_gm();
	ck_refused(&gm2, &taking_back, KE_ERR_NOT_REGISTERED);
}
END_TEST

START_TEST(a_registration_replaces_those_that_share_an_identity)
{
	static const struct nts_assoc other_port = PORT(2);
	struct ke_message both = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct ke_message port = registration(gm_port);
	struct nts_params first = register_gm(), other;

	ck_granted(&gm, &port, KE_REGISTRATION_SUCCESS);
	other = a.current;
	ck_assert_uint_ne(other.ticket_key_id, first.ticket_key_id);
	both.identities[both.n_identities++] = gm_port;
	ck_granted(&gm, &both, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	restart();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	other = a.current;
	q.assoc = gm_port;			/* found by any of them, one key */
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, other.sa, sizeof(other.sa));
	ck_granted(&gm, &port, KE_REGISTRATION_SUCCESS);	/* and the address is free again */
	q.assoc = gm_ip;
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	both.identities[0] = other_port;		/* as many as before, but not the same */
	ck_granted(&gm, &both, KE_REGISTRATION_SUCCESS);
	both.identities[0] = gm_ip;
	ck_granted(&gm, &both, KE_REGISTRATION_SUCCESS);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	q.assoc = other_port;
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
}
END_TEST

START_TEST(algorithms)
{
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);

	reg.aeads[0] = 30;
	ck_refused(&gm, &reg, KE_ERR_NO_COMMON_ALG);
	reg.n_aeads = 3;
	reg.aeads[1] = ALG_AEAD_AES_SIV_CMAC_512;
	reg.aeads[2] = ALG_AEAD_AES_SIV_CMAC_256;
	reg.n_macs = 2;
	reg.macs[0] = ALG_AES_256_CMAC;			/* not allowed by the section */
	reg.macs[1] = 77;
	ck_refused(&gm, &reg, KE_ERR_NO_COMMON_ALG);
	reg.n_macs = 4;
	reg.macs[2] = ALG_AES_128_CMAC;
	reg.macs[3] = ALG_HMAC_SHA256;
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.aead, ALG_AEAD_AES_SIV_CMAC_512);
	ck_assert_uint_eq(a.current.ticket_key_len, 64);
	ck_refused(&slave, &q, KE_ERR_NO_COMMON_ALG);	/* absent is {0}, which gm has not */
	q.n_macs = 2;
	q.macs[0] = ALG_AES_256_CMAC;
	q.macs[1] = 99;
	ck_refused(&slave, &q, KE_ERR_NO_COMMON_ALG);
	q.n_macs = 4;
	q.macs[2] = ALG_HMAC_SHA256;			/* the requester's order counts */
	q.macs[3] = ALG_AES_128_CMAC;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.sa[0].mac, ALG_HMAC_SHA256);
	ck_assert_uint_eq(a.current.sa[1].mac, ALG_HMAC_SHA256);
	q.macs[2] = ALG_AES_128_CMAC;			/* the period has its key already */
	q.macs[3] = ALG_HMAC_SHA256;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.sa[0].mac, ALG_HMAC_SHA256);
	q.n_macs = 3;
	ck_refused(&slave, &q, KE_ERR_NO_COMMON_ALG);
	q.n_macs = 4;
	reg.n_macs = 3;					/* gm does no longer do it */
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_refused(&slave, &q, KE_ERR_NO_COMMON_ALG);
	reg.macs[2] = ALG_HMAC_SHA256;			/* but another */
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	reg.n_aeads = 1;				/* another AEAD: another ticket key */
	reg.aeads[0] = ALG_AEAD_AES_SIV_CMAC_256;
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.aead, ALG_AEAD_AES_SIV_CMAC_256);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME);
}
END_TEST

START_TEST(transparent_clocks)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct nts_params key;

	ck_refused(&tc, &q, KE_ERR_NOT_REGISTERED);
	register_gm();
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);	/* the pair has no key yet */
	ck_assert_ptr_nonnull(strstr(last_line, "no such pair"));
	q.identities[q.n_identities++] = slave_port;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	restart();
	q.n_identities = 1;
	ck_granted(&tc, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert(!a.current.has_ticket);
	ck_assert_uint_eq(a.current.ticket_key_id, 0);
	q.identities[0] = slave_port;
	ck_granted(&tc, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	q.identities[q.n_identities++] = slave_ip;
	ck_granted(&tc, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	q.identities[1] = slave2_ip;			/* not of that pair */
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
	q = request(gm_ip, slave2_ip);
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
	q = registration(slave_ip);
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
}
END_TEST

/* All of one client: they stand in one bucket, and those that are over go while it comes again. */
START_TEST(who_lives_stays)
{
	struct nts_assoc id = { .type = NTS_ASSOC_MAC };
	struct grantors_found found;
	struct ke_message q;
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 200; i++) {
			id.value[0] = (uint8_t)i;
			q = registration(id);
			ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
		}
		for (i = 0; i < 200; i++) {
			id.value[0] = (uint8_t)i;
			ck_assert(grantors_find(grantors, &id, (uint64_t)boot, &found));
		}
		boot += LIFETIME * 1000;
	}
}
END_TEST

/* What is over goes from memory, as others come. */
START_TEST(memory_is_bounded)
{
	struct grantors_counts counts;
	struct nts_assoc id = { .type = NTS_ASSOC_MAC };
	int i;

	for (i = 0; i < 400; i++) {
		struct ke_message q;

		id.value[0] = (uint8_t)(i >> 8);
		id.value[1] = (uint8_t)i;
		q = registration(id);
		ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
		q = request(id, slave_port);
		ck_granted(&slave, &q, KE_KEY_GRANT);
		boot += 100000;		/* ten of them live at a time */
	}
	grantors_count(grantors, &counts);
	ck_assert_uint_lt(counts.registrations, 60);
	ck_assert_uint_lt(counts.pairs, 60);
	restart();
	grantors_count(grantors, &counts);
	ck_assert_uint_le(counts.registrations, 10);
	ck_assert_uint_le(counts.pairs, 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_unicast");
	TCase *tc_all = tcase_create("ked_unicast");

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 30);
	tcase_add_checked_fixture(tc_all, set_up, tear_down);
	tcase_add_test(tc_all, registers_and_gets_the_same_again);
	tcase_add_test(tc_all, a_ticket_that_the_grantor_opens);
	tcase_add_test(tc_all, a_ticket_names_whom_its_request_names);
	tcase_add_test(tc_all, a_registration_that_goes_meanwhile);
	tcase_add_test(tc_all, a_crowd_hides_no_revocation);
	tcase_add_test(tc_all, periods);
	tcase_add_test(tc_all, a_grantor_that_does_not_come_again);
	tcase_add_test(tc_all, revoking);
	tcase_add_test(tc_all, revoking_what_is_not_there);
	tcase_add_test(tc_all, a_registration_replaces_those_that_share_an_identity);
	tcase_add_test(tc_all, algorithms);
	tcase_add_test(tc_all, transparent_clocks);
	tcase_add_test(tc_all, who_lives_stays);
	tcase_add_test(tc_all, memory_is_bounded);
	return unit_run(s);
}
