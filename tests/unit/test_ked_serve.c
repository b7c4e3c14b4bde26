// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests as octets in, answers as octets out: each bad one gets its Error. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ked/serve.h"
#include "tests/unit/certs.h"
#include "tests/unit/clocks.h"
#include "tests/unit/run.h"
#include "util/log.h"

static char dir[] = "/tmp/test_ked_serve.XXXXXX";
static char file[64];
static struct kedconf_group group;
static struct kedconf conf = { .n_groups = 1, .groups = &group };
static struct store *store;
static struct groups *groups;
static struct grantors *grantors;
static struct serve *serve;
static char last_line[2048];

static const struct tls_peer member = {
	.issuer = "CN=ca", .subject = "CN=gm.test", .common_name = "gm.test",
};
static const struct tls_peer stranger = {
	.issuer = "CN=ca", .subject = "CN=other", .common_name = "other",
};

static const struct tls_creds *creds;
static int64_t wall_ms;

static void keep_line(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void set_up(void)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	char why[STORE_WHY];

	boot = 5000000;
	wall = 1700000000000;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/keys.db", dir);
	snprintf(group.name, sizeof(group.name), "demo");
	snprintf(group.members, sizeof(group.members), "*.test");
	group.assoc = nts_assoc_group(0, 0, 0);
	group.lifetime = 100;
	group.update_period = 40;
	group.policy = (struct nts_policy){ .named = 1, .spp = { 1 } };
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_int_eq(groups_new(&conf, store, &groups), ST_OK);
	ck_assert_int_eq(grantors_new(store, &grantors), ST_OK);
	ck_assert_int_eq(serve_new(groups, grantors, 0, &serve), ST_OK);
	log_set_sink(keep_line, NULL);
}

static void tear_down(void)
{
	log_set_sink(NULL, NULL);
	serve_free(serve);
	grantors_free(grantors);
	groups_free(groups);
	store_close(store);
	unlink(file);
	rmdir(dir);
}

/* What a disk costs that is slow: the time goes on between two looks at it. */
static int64_t takes_ms;

static uint64_t later_boot(void *ctx)
{
	(void)ctx;
	return (uint64_t)(boot + takes_ms);
}

static const struct timebase later = { .boot_ms = later_boot };

static enum serve_result answer(const struct tls_peer *peer, const uint8_t *data, size_t len,
				struct ke_message *out)
{
	struct serve_request r = {
		.peer = peer, .from = "192.0.2.1:5", .data = data, .len = len,
		.now_ms = (uint64_t)boot, .creds = creds, .wall_ms = wall_ms,
		.time = &later,
	};
	uint8_t octets[SERVE_RESPONSE_MAX];
	enum serve_result result;
	size_t n = 0;

	result = serve_answer(serve, &r, octets, &n);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(ke_decode(octets, n, KE_CLIENT, out), ST_OK);
	return result;
}

static enum serve_result ask(const struct tls_peer *peer, const struct ke_message *q,
			     struct ke_message *out)
{
	uint8_t octets[2048];
	size_t len;

	ck_assert_int_eq(ke_encode(q, octets, sizeof(octets), &len), ST_OK);
	return answer(peer, octets, len, out);
}

static void ck_refused(const struct tls_peer *peer, const struct ke_message *q, uint16_t error,
		       enum serve_result result)
{
	struct ke_message a;

	ck_assert_int_eq(ask(peer, q, &a), result);
	ck_assert_int_eq(a.type, KE_REFUSAL);
	ck_assert_uint_eq(a.error, error);
	ck_assert_uint_eq(serve_counters(serve)->answers[q->type][result], 1);
}

static struct ke_message key_request(uint8_t domain)
{
	return (struct ke_message){
		.type = KE_KEY_REQUEST, .assoc = nts_assoc_group(domain, 0, 0),
	};
}

static const struct {
	int64_t took, after;	/* ms; since the period began */
	uint32_t lifetime, update_in;
} waits[] = {
	{ 0, 0, 100, 60 }, { 999, 0, 100, 60 }, { 6000, 0, 94, 54 }, { 59999, 0, 41, 1 },
	{ 60000, 0, 40, 1 }, { 99999, 0, 1, 1 }, { 7000, 70000, 23, 0 }, { 29999, 70000, 1, 0 },
};

START_TEST(a_slow_answer_says_what_is_left)
{
	struct ke_message q = key_request(0), a;
	uint32_t next;

	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	boot += waits[_i].after;
	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	next = a.next.lifetime;
	takes_ms = waits[_i].took;
	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	ck_assert_uint_eq(a.current.lifetime, waits[_i].lifetime);
	ck_assert_uint_eq(a.current.update_in, waits[_i].update_in);
	ck_assert_uint_eq(a.next.lifetime, next);
}
END_TEST

START_TEST(a_key_that_ended_meanwhile_is_not_handed_out)
{
	struct ke_message q = key_request(0);

	takes_ms = 100000;
	ck_refused(&member, &q, KE_ERR_INTERNAL, SERVE_INTERNAL);
	ck_assert_ptr_nonnull(strstr(last_line, "has ended before it was stored"));
}
END_TEST

START_TEST(member_gets_the_keys)
{
	struct ke_message q = key_request(0), a;
	uint32_t id;

	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	ck_assert_int_eq(a.type, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, 100);
	ck_assert_uint_eq(a.current.n_sa, 1);
	ck_assert(!a.has_next);
	id = a.current.sa[0].key_id;
	boot += 60000;
	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	ck_assert_uint_eq(a.current.sa[0].key_id, id);
	ck_assert_uint_eq(a.current.update_in, 0);
	ck_assert(a.has_next);
	ck_assert_uint_eq(serve_counters(serve)->answers[KE_KEY_REQUEST][SERVE_GRANTED], 2);
	ck_assert_ptr_nonnull(strstr(last_line, "PTP Key Request from 192.0.2.1:5, CN=gm.test, "
						"issuer CN=ca: granted: group demo, key ID 0x"));
}
END_TEST

START_TEST(not_a_member)
{
	struct ke_message q = key_request(0);

	ck_refused(&stranger, &q, KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "not authorized: not a member of group demo"));
}
END_TEST

/* Read in time, it ends while the server runs, and nobody brings another. */
START_TEST(a_revocation_list_that_ends)
{
	const struct certs_spec spec = { .common_name = "x" };
	struct ke_message q = key_request(0), a;
	struct tls_creds *loaded;
	struct certs certs;

	certs_open(&certs);
	certs_issue(&certs, "x", &spec);
	certs_revoke(&certs, "ca", "x", "crl");
	creds = loaded = certs_load(&certs, "x", "crl");
	wall_ms = tls_creds_crl_next_ms(creds) - 1;
	ck_assert_int_eq(ask(&member, &q, &a), SERVE_GRANTED);
	wall_ms++;
	ck_refused(&member, &q, KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "client_crl is out of date"));
	creds = NULL;
	tls_creds_unref(loaded);
	certs_close(&certs);
}
END_TEST

START_TEST(unknown_group)
{
	struct ke_message q = key_request(9);

	ck_refused(&member, &q, KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(last_line, "no such group: group domain 9"));
}
END_TEST

START_TEST(nobody_has_registered)
{
	struct ke_message q = {
		.type = KE_KEY_REQUEST,
		.assoc = { .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, 9 } },
		.n_identities = 1,
		.identities = { { .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, 1 } } },
	};

	ck_refused(&member, &q, KE_ERR_NOT_REGISTERED, SERVE_NOT_REGISTERED);
	ck_assert_ptr_nonnull(strstr(last_line, "no grantor 192.0.2.9 has registered"));
}
END_TEST

START_TEST(nobody_may_register)
{
	struct ke_message q = {
		.type = KE_REGISTRATION_REQUEST,
		.n_identities = 1,
		.identities = { { .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, 1 } } },
		.n_aeads = 1,
		.aeads = { ALG_AEAD_AES_SIV_CMAC_256 },
	};

	ck_refused(&member, &q, KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED);
}
END_TEST

START_TEST(nothing_to_revoke)
{
	struct ke_message q = { .type = KE_REGISTRATION_REVOKE };

	ck_refused(&member, &q, KE_ERR_NOT_AUTHORIZED, SERVE_NOT_AUTHORIZED);
}
END_TEST

#define PROTOCOL "\x80\x01\x00\x02\x00\x01"
#define VERSION "\x84\x07\x00\x02\x01\x00"
#define TYPE(n) "\x84\x06\x00\x02\x00" n
#define GROUP "\x84\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"
#define END "\x80\x00\x00\x00"
#define OCTETS(s) s, sizeof(s) - 1

static const struct {
	const char *octets;
	size_t len;
	uint16_t error;
} bad[] = {
	{ OCTETS(""), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") GROUP), KE_ERR_BAD_REQUEST },	/* no end */
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") GROUP END "x"), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") GROUP "\xFF\xFF\x00\x00" END),
	  KE_ERR_UNRECOGNIZED_CRITICAL },
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") GROUP GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL PROTOCOL VERSION TYPE("\x00") GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL TYPE("\x00") GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(VERSION TYPE("\x00") GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL "\x84\x07\x00\x02\x02\x00" TYPE("\x00") GROUP END),
	  KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x01") GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x02") "\x80\x02\x00\x02\x00\x01" END),
	  KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x06") GROUP END), KE_ERR_BAD_REQUEST },
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") "\x84\x00\x00\x07\x00\x00\x00\x10\x00\x00\x00" END),
	  KE_ERR_BAD_REQUEST },							/* sdoId */
	{ OCTETS(PROTOCOL VERSION TYPE("\x00") GROUP "\x04\x04\x00\x02\x00\x00" END),
	  KE_ERR_BAD_REQUEST },							/* MACs */
	{ OCTETS(PROTOCOL VERSION TYPE("\x05") GROUP END), KE_ERR_BAD_REQUEST },
};
#define N_BAD ((int)(sizeof(bad) / sizeof(bad[0])))

START_TEST(bad_octets)
{
	struct ke_message a;

	ck_assert_int_ne(answer(&member, (const uint8_t *)bad[_i].octets, bad[_i].len, &a),
			 SERVE_GRANTED);
	ck_assert_int_eq(a.type, KE_REFUSAL);
	ck_assert_uint_eq(a.error, bad[_i].error);
}
END_TEST

START_TEST(too_long)
{
	static uint8_t octets[KE_REQUEST_MAX + 1];
	struct ke_message a;

	/* one unknown record that is not critical, as long as it gets */
	memcpy(octets, "\x7F\xFF\x3F\xFD", 4);
	ck_assert_int_eq(answer(&member, octets, sizeof(octets), &a), SERVE_BAD_REQUEST);
	ck_assert_uint_eq(a.error, KE_ERR_BAD_REQUEST);
	ck_assert_ptr_nonnull(strstr(last_line, "bad request: message too long"));
	ck_assert_uint_eq(serve_counters(serve)->answers[SERVE_UNREADABLE][SERVE_BAD_REQUEST], 1);
}
END_TEST

START_TEST(framing_failed)
{
	struct serve_request r = {
		.peer = &member, .from = "192.0.2.1:5", .data = (const uint8_t *)"\x7F\xFF\x3F\xFD",
		.len = 4, .framed = ST_TOO_LONG, .now_ms = (uint64_t)boot,
	};
	uint8_t octets[SERVE_RESPONSE_MAX];
	size_t n;

	ck_assert_int_eq(serve_answer(serve, &r, octets, &n), SERVE_BAD_REQUEST);
	ck_assert_ptr_nonnull(strstr(last_line, "bad request: message too long"));
}
END_TEST

START_TEST(another_protocol)
{
	static const uint8_t octets[] = "\x80\x01\x00\x02\x00\x00" "\x80\x04\x00\x02\x00\x0F" END;
	struct ke_message a;

	ck_assert_int_eq(answer(&member, octets, sizeof(octets) - 1, &a), SERVE_NO_PROTOCOL);
	ck_assert_int_eq(a.type, KE_NO_PROTOCOL);
}
END_TEST

START_TEST(cut_off_anywhere)
{
	static const uint8_t octets[] = PROTOCOL VERSION TYPE("\x00") GROUP END;
	struct ke_message a;
	size_t len;

	for (len = 0; len < sizeof(octets) - 1; len++) {
		ck_assert_int_eq(answer(&member, octets, len, &a), SERVE_BAD_REQUEST);
		ck_assert_uint_eq(a.error, KE_ERR_BAD_REQUEST);
	}
	ck_assert_int_eq(answer(&member, octets, len, &a), SERVE_GRANTED);
}
END_TEST

START_TEST(store_fails)
{
	struct ke_message q = key_request(0);
	struct store_period p = {
		.assoc = group.assoc, .start_ms = boot, .update_ms = boot + 1, .end_ms = boot + 2,
		.policy = { .named = 1, .spp = { 1 } }, .n_sa = 1,
		.sa = { { .spp = 1, .key_len = 32, .key_id = 99 } },
	};

	ck_assert_int_eq(store_add_period(store, &p), ST_OK);	/* in the way of ours */
	ck_refused(&member, &q, KE_ERR_INTERNAL, SERVE_INTERNAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_serve");
	TCase *tc = tcase_create("ked_serve");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, member_gets_the_keys);
	tcase_add_loop_test(tc, a_slow_answer_says_what_is_left, 0,
			    (int)(sizeof(waits) / sizeof(waits[0])));
	tcase_add_test(tc, a_key_that_ended_meanwhile_is_not_handed_out);
	tcase_add_test(tc, not_a_member);
	tcase_add_test(tc, a_revocation_list_that_ends);
	tcase_add_test(tc, unknown_group);
	tcase_add_test(tc, nobody_has_registered);
	tcase_add_test(tc, nobody_may_register);
	tcase_add_test(tc, nothing_to_revoke);
	tcase_add_loop_test(tc, bad_octets, 0, N_BAD);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, framing_failed);
	tcase_add_test(tc, another_protocol);
	tcase_add_test(tc, cut_off_anywhere);
	tcase_add_test(tc, store_fails);
	return unit_run(s);
}
