// SPDX-License-Identifier: GPL-2.0-or-later
/* Ticket-based unicast: who may be what, whose an identity is, and who counts no more. */
#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

START_TEST(identities_belong_to_one)
{
	struct ke_message q = registration(gm_ip);

	register_gm();
	ck_refused(&gm2, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "another client holds"));
	boot += LIFETIME * 1000;		/* its registration is over */
	ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
	ck_refused(&gm, &q, KE_ERR_NOT_AUTHORIZED);
	restart();
	ck_refused(&gm, &q, KE_ERR_NOT_AUTHORIZED);
	q = request(gm_ip, gm_ip);		/* nor may a requester name a grantor's */
	ck_refused(&gm, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "192.0.2.1 is another grantor's"));
}
END_TEST

START_TEST(whose_is_what)
{
	struct ke_message q = registration((struct nts_assoc)IP(2));

	ck_refused(&gm, &q, KE_ERR_NOT_AUTHORIZED);	/* its certificate names .1 */
	ck_refused(&slave, &q, KE_ERR_NOT_AUTHORIZED);	/* no grantor */
	ck_assert_ptr_nonnull(strstr(last_line, "not a grantor"));
	register_gm();
	q = request(gm_ip, slave2_ip);
	ck_refused(&slave, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "192.0.2.12 is not its own"));
	q = request(gm_ip, slave_ip);
	ck_refused(&slave2, &q, KE_ERR_NOT_AUTHORIZED);
	ck_refused(&stranger, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "not a requester of unicast main"));
	q = request(gm_ip, slave_port);
	ck_granted(&slave, &q, KE_KEY_GRANT);		/* by the list */
	q.identities[q.n_identities++] = slave2_ip;	/* one that is not, among others */
	ck_refused(&slave, &q, KE_ERR_NOT_AUTHORIZED);
}
END_TEST

START_TEST(a_renewed_certificate_is_the_same_client)
{
	struct nts_params first = register_gm(), key;
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct tls_peer renewed = gm, imposter = gm;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	renewed.fingerprint[0] = 99;
	ck_granted(&renewed, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	renewed = slave;
	renewed.fingerprint[0] = 98;
	ck_granted(&renewed, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	snprintf(imposter.issuer, sizeof(imposter.issuer), "CN=another ca");
	ck_refused(&imposter, &reg, KE_ERR_NOT_AUTHORIZED);
}
END_TEST

START_TEST(without_a_subject_by_the_other_names)
{
	struct tls_peer one = slave, two = slave, renewed, nameless = { .issuer = "CN=ca" };
	struct ke_message q = request(gm_ip, slave_ip), q2 = request(gm_ip, slave2_ip);
	uint8_t first[STORE_DIGEST], second[STORE_DIGEST];
	struct nts_params key;

	register_gm();
	one.subject[0] = two.subject[0] = '\0';
	snprintf(two.names[0].text, sizeof(two.names[0].text), "192.0.2.12");
	ck_granted(&one, &q, KE_KEY_GRANT);
	key = a.current;
	ck_granted(&two, &q2, KE_KEY_GRANT);
	ck_assert_uint_ne(a.current.sa[0].key_id, key.sa[0].key_id);
	renewed = one;
	renewed.fingerprint[0] = 97;
	ck_granted(&renewed, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.sa[0].key_id, key.sa[0].key_id);
	client_digest(&nameless, first);
	nameless.fingerprint[0] = 1;
	client_digest(&nameless, second);
	ck_assert_mem_ne(first, second, STORE_DIGEST);
}
END_TEST

START_TEST(denied)
{
	static uint8_t list[2][KEDCONF_FINGERPRINT] = { { 1 }, { 3 } };
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);

	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	conf.n_denied = 2;
	conf.denied = list;
	ck_refused(&slave, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "certificate is on the deny list"));
	ck_refused(&gm, &reg, KE_ERR_NOT_AUTHORIZED);
	ck_refused(&gm, &taking_back, KE_ERR_NOT_AUTHORIZED);
	q = request(gm_ip, slave2_ip);		/* nor is it a grantor for others */
	ck_refused(&slave2, &q, KE_ERR_NOT_REGISTERED);
}
END_TEST

START_TEST(a_section_that_is_gone)
{
	struct ke_message q = request(gm_ip, slave_ip);

	register_gm();
	snprintf(section.name, sizeof(section.name), "other");
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	ck_assert_ptr_nonnull(strstr(last_line, "its section of the configuration is gone"));
	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
}
END_TEST

#define SET(option, text) snprintf(option, sizeof(option), "%s", text)

/* Not for a requester, not for a transparent clock, not after a restart; and then it is again. */
static void ck_no_more(const struct ke_message *q, const struct tls_peer *requester,
		       const char *reason)
{
	ck_refused(requester, q, KE_ERR_NOT_REGISTERED);
	ck_assert_msg(strstr(last_line, reason), "%s", last_line);
	ck_refused(&tc, q, KE_ERR_NOT_REGISTERED);
	restart();
	ck_refused(requester, q, KE_ERR_NOT_REGISTERED);
}

/* By the certificate that it registered with last, though nothing else of it is new. */
START_TEST(denied_by_a_renewed_certificate)
{
	static uint8_t list[1][KEDCONF_FINGERPRINT] = { { 99 } };
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct tls_peer renewed = gm;

	register_gm();
	renewed.fingerprint[0] = 99;
	ck_granted(&renewed, &reg, KE_REGISTRATION_SUCCESS);
	conf.n_denied = 1;
	conf.denied = list;
	ck_no_more(&q, &slave, "its certificate is on the deny list");
	list[0][0] = gm.fingerprint[0];
	ck_granted(&slave, &q, KE_KEY_GRANT);
}
END_TEST

START_TEST(a_grantor_that_is_taken_off_the_list)
{
	struct ke_message q = request(gm_ip, slave_ip), reg = registration(gm_ip);
	uint32_t key_id, ticket_key_id = register_gm().ticket_key_id;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key_id = a.current.sa[0].key_id;
	ck_granted(&tc, &q, KE_KEY_GRANT);
	SET(section.grantors, "gm2.test");
	ck_no_more(&q, &slave, "grantor 192.0.2.1: it may be a grantor no more");
	ck_refused(&gm, &reg, KE_ERR_NOT_AUTHORIZED);
	SET(section.grantors, "subject:CN=gm.test");
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.sa[0].key_id, key_id);
	ck_assert_uint_eq(a.current.ticket_key_id, ticket_key_id);
	ck_granted(&tc, &q, KE_KEY_GRANT);
}
END_TEST

START_TEST(a_grantor_by_attributes_that_are_trusted_no_more)
{
	struct tls_peer p = { .issuer = "CN=ca", .subject = "CN=x", .n_names = 2, .names = {
		{ 'u', "urn:nts4ptp:domain=0;role=grantor" },
		{ 'u', "urn:nts4ptp:portIdentity=020000.fffe.000001-1" } } };
	struct ke_message q = request(gm_port, slave_ip), reg = registration(gm_port);

	SET(conf.authorization.attributes, "yes");
	ck_granted(&p, &reg, KE_REGISTRATION_SUCCESS);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	SET(conf.authorization.attributes, "CN=another ca");
	ck_no_more(&q, &slave, "it may be a grantor no more");
	SET(section.grantors, "uri:urn:nts4ptp:*");
	ck_no_more(&q, &slave, "that is its own no more");
	SET(section.identities, "uri:urn:*=020000.fffe.*");
	ck_granted(&slave, &q, KE_KEY_GRANT);
	SET(conf.authorization.attributes, "");
}
END_TEST

START_TEST(an_identity_that_is_its_own_no_more)
{
	struct ke_message q = request(slave2_ip, slave_ip), reg = registration(slave2_ip);

	ck_granted(&gm2, &reg, KE_REGISTRATION_SUCCESS);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	SET(section.identities, "gm2.test=192.0.2.13");
	ck_no_more(&q, &slave, "grantor 192.0.2.12: that is its own no more");
}
END_TEST

/* A renewed certificate may have other names: those count that it registered with last. */
START_TEST(names_of_the_last_registration)
{
	struct ke_message q = request(gm_ip, slave_ip), reg = registration(gm_ip);
	struct tls_peer renewed = gm;

	SET(section.grantors, "gm.test, dns:new.test");
	register_gm();
	renewed.common_name[0] = '\0';
	renewed.fingerprint[0] = 99;
	renewed.names[renewed.n_names++] = (struct tls_peer_name){ 'd', "new.test" };
	SET(section.grantors, "dns:new.test");
	ck_no_more(&q, &slave, "it may be a grantor no more");
	ck_granted(&renewed, &reg, KE_REGISTRATION_SUCCESS);
	ck_granted(&slave, &q, KE_KEY_GRANT);
	restart();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	SET(section.grantors, "gm.test");
	ck_no_more(&q, &slave, "it may be a grantor no more");
}
END_TEST

/* Whoever has an identity now need not wait until the ticket key of who had it ends. */
START_TEST(who_counts_no_more_holds_nothing)
{
	static uint8_t list[1][KEDCONF_FINGERPRINT] = { { 1 } };
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct ke_message q2 = request(slave2_ip, gm_ip), reg2 = registration(slave2_ip);
	struct tls_peer other = gm;
	uint32_t first = register_gm().ticket_key_id;

	SET(other.subject, "CN=gm9.test");
	SET(other.common_name, "gm9.test");
	other.fingerprint[0] = 9;
	ck_granted(&gm2, &reg2, KE_REGISTRATION_SUCCESS);
	ck_refused(&other, &reg, KE_ERR_NOT_AUTHORIZED);
	ck_refused(&other, &q2, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "192.0.2.1 is another grantor's"));
	conf.n_denied = 1;
	conf.denied = list;
	ck_granted(&other, &q2, KE_KEY_GRANT);
	ck_granted(&other, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_ne(a.current.ticket_key_id, first);
	conf.n_denied = 0;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_refused(&gm, &reg, KE_ERR_NOT_AUTHORIZED);	/* it is another's now */
	restart();
	ck_refused(&gm, &reg, KE_ERR_NOT_AUTHORIZED);
}
END_TEST

/* Identities that nobody counts must not fill our memory. */
START_TEST(one_has_so_many_registrations)
{
	struct nts_assoc id = { .type = NTS_ASSOC_MAC };
	struct ke_message q = registration(id);
	int i;

	for (i = 0; i < GRANTORS_REGISTRATIONS_MAX; i++) {
		q.identities[0].value[0] = (uint8_t)i;
		ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
	}
	ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
	q.identities[0].value[1] = 1;
	ck_refused(&gm2, &q, KE_ERR_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "it has 256 other registrations"));
	q.identities[1] = q.identities[0];
	q.identities[1].value[1] = 0;		/* in place of one */
	q.n_identities = 2;
	ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
	register_gm();				/* others have their own */
	boot += LIFETIME * 1000;
	q.identities[0].value[1] = 2;
	q.n_identities = 1;
	ck_granted(&gm2, &q, KE_REGISTRATION_SUCCESS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_unicast_who");
	TCase *tc_all = tcase_create("ked_unicast_who");

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 30);
	tcase_add_checked_fixture(tc_all, set_up, tear_down);
	tcase_add_test(tc_all, identities_belong_to_one);
	tcase_add_test(tc_all, whose_is_what);
	tcase_add_test(tc_all, a_renewed_certificate_is_the_same_client);
	tcase_add_test(tc_all, without_a_subject_by_the_other_names);
	tcase_add_test(tc_all, denied);
	tcase_add_test(tc_all, a_section_that_is_gone);
	tcase_add_test(tc_all, denied_by_a_renewed_certificate);
	tcase_add_test(tc_all, a_grantor_that_is_taken_off_the_list);
	tcase_add_test(tc_all, a_grantor_by_attributes_that_are_trusted_no_more);
	tcase_add_test(tc_all, an_identity_that_is_its_own_no_more);
	tcase_add_test(tc_all, names_of_the_last_registration);
	tcase_add_test(tc_all, who_counts_no_more_holds_nothing);
	tcase_add_test(tc_all, one_has_so_many_registrations);
	return unit_run(s);
}
