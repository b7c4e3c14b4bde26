// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets between clock and agent: every field out of its range is refused. */
#include <check.h>
#include <string.h>

#include "agent/proto.h"
#include "nts/exchange.h"
#include "tests/unit/run.h"

static union aproto m;

static void is(enum status st)
{
	ck_assert_str_eq(status_name(aproto_check(&m, aproto_size(m.type))), status_name(st));
}

/* After change the packet is refused; undone, it is good again. */
#define REFUSED(change, st) do { \
	union aproto good = m; \
	change; \
	is(st); \
	m = good; \
	is(ST_OK); \
} while (0)

#define BAD(change) REFUSED(change, ST_BAD_VALUE)

static void start(uint32_t type)
{
	memset(&m, 0, sizeof(m));
	m.type = type;
}

static void good_config(void)
{
	start(APROTO_CONFIG);
	m.config.version = APROTO_VERSION;
	memcpy(m.config.servers, "ke.example.net", sizeof("ke.example.net"));
	memcpy(m.config.ca_file, "/ca", sizeof("/ca"));
	memcpy(m.config.cert_file, "/cert", sizeof("/cert"));
	memcpy(m.config.key_file, "/key", sizeof("/key"));
	m.config.timeout_ms = 1000;
	m.config.log_level = 6;
}

START_TEST(test_config)
{
	good_config();
	is(ST_OK);
	REFUSED(m.config.version++, ST_BAD_VERSION);
	BAD(m.config.servers[0] = '\0');
	BAD(m.config.servers[2] = '\n');
	BAD(memset(m.config.servers, 'a', sizeof(m.config.servers)));
	BAD(m.config.ca_file[0] = '\0');
	BAD(m.config.cert_file[0] = '\0');
	BAD(m.config.key_file[0] = '\0');
	BAD(memset(m.config.ca_file, 'a', sizeof(m.config.ca_file)));
	BAD(memset(m.config.cert_file, 'a', sizeof(m.config.cert_file)));
	BAD(memset(m.config.key_file, 'a', sizeof(m.config.key_file)));
	BAD(memset(m.config.user, 'a', sizeof(m.config.user)));
	BAD(m.config.timeout_ms = 0);
	BAD(m.config.timeout_ms = 600001);
	BAD(m.config.jitter_ms = 3600001);
	BAD(m.config.log_level = -1);
	BAD(m.config.log_level = 8);
}
END_TEST

START_TEST(test_want)
{
	start(APROTO_WANT);
	m.want.assoc = nts_assoc_group(1, 0x100, 2);
	m.want.index = APROTO_WANTS_MAX - 1;
	is(ST_OK);
	BAD(m.want.index = APROTO_WANTS_MAX);
	BAD(m.want.assoc.type = 5);
	BAD(m.want.assoc.value[1] = 0x10);
	BAD(m.want.assoc.value[15] = 1);
	BAD(m.want.n_identities = 1);
	BAD(m.want.n_macs = 1);
	BAD(m.want.n_aeads = 1);
	BAD(m.want.kind = APROTO_REQUESTER);
	BAD(m.want.kind = APROTO_GRANTOR + 1);
	BAD(m.want.granted.server = APROTO_SERVERS_MAX);
	BAD(m.want.granted.unchecked = 2);
}
END_TEST

START_TEST(test_pair_wants)
{
	start(APROTO_WANT);
	m.want.kind = APROTO_REQUESTER;
	m.want.assoc.type = NTS_ASSOC_IPV4;
	m.want.n_identities = NTS_IDENTITIES_MAX;
	for (int i = 0; i < NTS_IDENTITIES_MAX; i++) {
		m.want.identities[i].type = NTS_ASSOC_MAC;
	}
	m.want.n_macs = NTS_ALGS_MAX;
	is(ST_OK);
	BAD(m.want.n_identities = 0);
	BAD(m.want.n_identities = NTS_IDENTITIES_MAX + 1);
	BAD(m.want.n_macs = NTS_ALGS_MAX + 1);
	BAD(m.want.n_aeads = 1);
	BAD(m.want.identities[3].type = NTS_ASSOC_GROUP);
	BAD(m.want.identities[3].value[6] = 1);
	BAD(m.want.assoc.type = NTS_ASSOC_GROUP);
	BAD(m.want.kind = APROTO_GRANTOR);
	m.want.kind = APROTO_GRANTOR;
	m.want.n_aeads = NTS_ALGS_MAX;
	is(ST_OK);
	BAD(m.want.n_aeads = NTS_ALGS_MAX + 1);
}
END_TEST

static void good_params(struct nts_params *p, uint32_t key_id)
{
	p->policy.named = 0x0801;
	p->policy.spp[0] = 3;
	p->policy.spp[11] = 4;
	p->n_sa = 2;
	p->sa[0] = (struct nts_sa){ .spp = 3, .mac = ALG_HMAC_SHA256_128, .key_len = 32,
				    .key_id = key_id };
	p->sa[1] = (struct nts_sa){ .spp = 4, .mac = ALG_AES_128_CMAC, .key_len = 16,
				    .key_id = key_id + 1 };
	p->lifetime = 10;
	p->update_in = 10;
}

static void bad_params(struct nts_params *p)
{
	BAD(p->n_sa = 0);
	BAD(p->n_sa = 1);
	BAD(p->n_sa = NTS_SA_MAX + 1);
	BAD(p->n_sa = 255);
	BAD(p->sa[1].spp = 3);
	BAD(p->sa[1].spp = 5);
	BAD(p->sa[0].mac = 3);
	BAD(p->sa[0].key_len = 16);
	BAD(p->sa[0].key_len = 255);
	BAD(p->sa[1].key_id = 0);
	BAD(p->policy.spp[11] = 3);
	BAD(p->policy.spp[0] = 9);
	BAD(p->policy.named |= 2);
	BAD(p->policy.named = 0);
	BAD(p->lifetime = 0);
	BAD(p->update_in = 11);
	BAD(p->ticket_key_len = 1);
	BAD(p->ticket_key_id = 1);
	BAD(p->has_ticket = true);
	BAD(memset(&p->has_ticket, 2, 1));
	BAD(memset(&p->has_grace, 0xff, 1));
}

static void good_ticket(struct nts_params *p, uint32_t ticket_key_id)
{
	p->has_ticket = true;
	p->ticket_key_id = ticket_key_id;
	p->ticket.aead = ALG_AEAD_AES_SIV_CMAC_256;
	p->ticket.nonce_len = NTS_NONCE_LEN;
	p->ticket.len = NTS_TICKET_MAX;
}

static void bad_tickets(struct nts_params *p)
{
	is(ST_OK);
	BAD(p->has_ticket = false);
	BAD(p->ticket_key_id = 0);
	BAD(p->ticket.aead = 16);
	BAD(p->ticket.nonce_len = NTS_NONCE_LEN + 1);
	BAD(p->ticket.len = 0);
	BAD(p->ticket.len = NTS_TICKET_MAX + 1);
}

START_TEST(test_keys)
{
	start(APROTO_KEYS);
	good_params(&m.keys.current, 1);
	is(ST_OK);
	BAD(m.keys.index = APROTO_WANTS_MAX);
	BAD(m.keys.has_next = 2);
	BAD(m.keys.granted.unchecked = 2);
	BAD(m.keys.has_next = 1);
	BAD(m.keys.server[0] = '\033');
	BAD(memset(m.keys.server, 'a', sizeof(m.keys.server)));
	bad_params(&m.keys.current);
	m.keys.has_next = 1;
	good_params(&m.keys.next, 3);
	is(ST_OK);
	bad_params(&m.keys.next);
	BAD(m.keys.next.sa[1].key_id = 1);
	good_ticket(&m.keys.current, 9);
	is(ST_BAD_VALUE);
	good_ticket(&m.keys.next, 10);
	bad_tickets(&m.keys.current);
	bad_tickets(&m.keys.next);
	BAD(m.keys.next.ticket_key_id = 9);
}
END_TEST

static void good_ticket_key(struct nts_params *p, uint32_t ticket_key_id)
{
	p->lifetime = 10;
	p->aead = ALG_AEAD_AES_SIV_CMAC_256;
	p->ticket_key_len = 32;
	p->ticket_key_id = ticket_key_id;
}

START_TEST(test_registration)
{
	start(APROTO_KEYS);
	good_ticket_key(&m.keys.current, 1);
	is(ST_OK);
	BAD(m.keys.current.ticket_key_id = 0);
	BAD(m.keys.current.ticket_key_len = 31);
	BAD(m.keys.current.aead = 16);
	BAD(m.keys.current.n_sa = 1);
	BAD(m.keys.current.policy.named = 1);
	BAD(m.keys.current.has_ticket = true);
	BAD(m.keys.current.lifetime = 0);
	m.keys.has_next = 1;
	good_ticket_key(&m.keys.next, 2);
	is(ST_OK);
	BAD(m.keys.next.ticket_key_id = 1);
	BAD(good_params(&m.keys.next, 3));
	memset(&m.keys.next, 0, sizeof(m.keys.next));
	good_params(&m.keys.next, 3);
	is(ST_BAD_VALUE);
}
END_TEST

START_TEST(test_state)
{
	start(APROTO_STATE);
	m.state.st = ST_COUNT - 1;
	m.state.step = EXCHANGE_DONE;
	is(ST_OK);
	BAD(m.state.index = APROTO_WANTS_MAX);
	BAD(m.state.st = ST_COUNT);
	BAD(m.state.step = EXCHANGE_DONE + 1);
	BAD(m.state.cert_not_after_ms = -1);
	BAD(memset(m.state.server, 'a', sizeof(m.state.server)));
	BAD(memset(m.state.why, 'a', sizeof(m.state.why)));
	BAD(m.state.why[0] = '\n');
}
END_TEST

START_TEST(test_log)
{
	start(APROTO_LOG);
	m.log.level = 7;
	is(ST_OK);
	BAD(m.log.level = 8);
	BAD(m.log.level = -1);
	BAD(m.log.line[0] = '\x7f');
	BAD(m.log.line[0] = '\xc3');
	BAD(memset(m.log.line, 'a', sizeof(m.log.line)));
}
END_TEST

START_TEST(test_server)
{
	start(APROTO_SERVER);
	m.server.n = APROTO_SERVERS_MAX;
	m.server.number = APROTO_SERVERS_MAX - 1;
	is(ST_OK);
	BAD(m.server.number++);
	BAD(m.server.n++);
	BAD(m.server.st = ST_COUNT);
	BAD(m.server.differs = 2);
	BAD(m.server.server[0] = '\x1b');
	BAD(memset(m.server.why, 'a', sizeof(m.server.why)));
}
END_TEST

START_TEST(test_marks)
{
	memset(&m, 0, sizeof(m));
	m.type = APROTO_MARKS;
	m.marks.n = APROTO_MARKS_MAX;
	m.marks.list[APROTO_MARKS_MAX - 1].slot = PTP_SLOTS - 1;
	ck_assert_int_eq(aproto_check(&m, sizeof(m.marks)), ST_OK);
	m.marks.list[APROTO_MARKS_MAX - 1].slot = PTP_SLOTS;
	ck_assert_int_eq(aproto_check(&m, sizeof(m.marks)), ST_BAD_VALUE);
	m.marks.n = APROTO_MARKS_MAX + 1;
	ck_assert_int_eq(aproto_check(&m, sizeof(m.marks)), ST_BAD_VALUE);
}
END_TEST

START_TEST(test_verdict)
{
	static const uint32_t types[] = { APROTO_DROP, APROTO_CHECKED };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		start(types[i]);
		m.verdict.index = APROTO_WANTS_MAX - 1;
		is(ST_OK);
		BAD(m.verdict.index++);
	}
}
END_TEST

START_TEST(test_type_and_length)
{
	good_config();
	for (size_t len = 0; len < sizeof(m); len++) {
		if (len != sizeof(m.config)) {
			ck_assert_int_eq(aproto_check(&m, len), ST_BAD_LENGTH);
		}
	}
	m.type = 0;
	ck_assert_int_eq(aproto_check(&m, sizeof(m)), ST_BAD_TYPE);
	m.type = APROTO_CHECKED + 1;
	ck_assert_int_eq(aproto_check(&m, sizeof(m)), ST_BAD_TYPE);
	m.type = UINT32_MAX;
	ck_assert_int_eq(aproto_check(&m, 4), ST_BAD_TYPE);
	ck_assert_uint_eq(aproto_size(UINT32_MAX), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("aproto");
	TCase *tc = tcase_create("aproto");

	tcase_add_test(tc, test_config);
	tcase_add_test(tc, test_want);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_pair_wants);
	tcase_add_test(tc, test_registration);
	tcase_add_test(tc, test_state);
	tcase_add_test(tc, test_log);
	tcase_add_test(tc, test_server);
	tcase_add_test(tc, test_marks);
	tcase_add_test(tc, test_verdict);
	tcase_add_test(tc, test_type_and_length);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
