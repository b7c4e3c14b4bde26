// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrations, tickets and revocations by octets, over restarts and periods (WIRE.md 4 to 6). */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ked/serve.h"
#include "util/log.h"

#define START 5000000
#define LIFETIME 1000
#define UPDATE 200
#define LEAD 100

static char dir[] = "/tmp/test_ked_unicast.XXXXXX";
static char file[64];
static int64_t boot = START;
static int64_t wall_offset = 1700000000000;
static const char *boot_id = "A";
static char key_file[64];	/* "": none */
static struct kedconf_unicast section;
static struct kedconf conf = { .n_unicast = 1, .unicast = &section };
static struct store *store;
static struct groups *groups;
static struct grantors *grantors;
static struct serve *serve;
static char last_line[2048];
static char why[STORE_WHY];
static struct ke_message a;	/* the last answer */

static const struct tls_peer gm = {
	.issuer = "CN=ca", .subject = "CN=gm.test", .common_name = "gm.test",
	.fingerprint = { 1 }, .n_names = 1, .names = { { 'i', "192.0.2.1" } },
};
static const struct tls_peer gm2 = {
	.issuer = "CN=ca", .subject = "CN=gm2.test", .common_name = "gm2.test",
	.fingerprint = { 2 },
};
static const struct tls_peer slave = {
	.issuer = "CN=ca", .subject = "CN=slave.test", .common_name = "slave.test",
	.fingerprint = { 3 }, .n_names = 1, .names = { { 'i', "192.0.2.11" } },
};
static const struct tls_peer slave2 = {
	.issuer = "CN=ca", .subject = "CN=slave2.test", .common_name = "slave2.test",
	.fingerprint = { 4 },
};
static const struct tls_peer tc = {
	.issuer = "CN=ca", .subject = "CN=tc.test", .common_name = "tc.test", .fingerprint = { 5 },
};
static const struct tls_peer stranger = {
	.issuer = "CN=ca", .subject = "CN=other", .common_name = "other", .fingerprint = { 6 },
};

#define IP(n) { .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, n } }
#define PORT(n) { .type = NTS_ASSOC_PORT_IDENTITY, .value = { 2, 0, 0, 255, 254, 0, 0, n, 0, 1 } }

static uint64_t fake_boot(void *ctx)
{
	(void)ctx;
	return (uint64_t)boot;
}

static int64_t fake_wall(void *ctx)
{
	(void)ctx;
	return wall_offset + boot;
}

static const struct timebase fake = { fake_boot, fake_wall, NULL };

static void keep_line(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void start(void)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = boot_id,
				   .key_file = key_file };

	ck_assert_msg(store_open(&args, &store, why) == ST_OK, "%s", why);
	ck_assert_int_eq(groups_new(&conf, store, &groups), ST_OK);
	ck_assert_int_eq(grantors_new(store, &grantors), ST_OK);
	ck_assert_int_eq(serve_new(groups, grantors, 0, &serve), ST_OK);
}

static void stop(void)
{
	serve_free(serve);
	grantors_free(grantors);
	groups_free(groups);
	store_close(store);
}

static void restart(void)
{
	stop();
	start();
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/keys.db", dir);
	umask(0077);
	section = (struct kedconf_unicast){
		.name = "main",
		.macs = { 3, { ALG_HMAC_SHA256_128, ALG_HMAC_SHA256, ALG_AES_128_CMAC } },
		.lifetime = LIFETIME, .update_period = UPDATE, .lead = LEAD, .grace_period = 5,
		.policy = { .named = 3, .spp = { 1, 2 } },
		.grantors = "gm*.test", .requesters = "slave*.test, gm*.test",
		.transparent_clocks = "tc.test",
		.identities = "gm2.test=*, slave2.test=192.0.2.12, *.test=020000.*",
	};
	start();
	log_set_sink(keep_line, NULL);
}

static void tear_down(void)
{
	log_set_sink(NULL, NULL);
	stop();
	unlink(file);
	if (*key_file) {
		unlink(key_file);
	}
	rmdir(dir);
}

/* The octets of an answer, or none. */
static enum serve_result ask(const struct tls_peer *peer, const struct ke_message *q, size_t *len)
{
	uint8_t request[2048], octets[SERVE_RESPONSE_MAX];
	struct serve_request r = { .peer = peer, .from = "192.0.2.1:5", .data = request,
				   .now_ms = (uint64_t)boot };
	enum serve_result result;

	ck_assert_int_eq(ke_encode(q, request, sizeof(request), &r.len), ST_OK);
	result = serve_answer(serve, &r, octets, len);
	memset(&a, 0, sizeof(a));
	if (*len) {
		ck_assert_int_eq(ke_decode(octets, *len, KE_CLIENT, &a), ST_OK);
	}
	return result;
}

static void ck_granted(const struct tls_peer *peer, const struct ke_message *q, enum ke_type type)
{
	size_t len;

	ck_assert_msg(ask(peer, q, &len) == SERVE_GRANTED, "%s", last_line);
	ck_assert_int_eq(a.type, type);
}

static void ck_refused(const struct tls_peer *peer, const struct ke_message *q, uint16_t error)
{
	size_t len;

	ck_assert_int_ne(ask(peer, q, &len), SERVE_GRANTED);
	ck_assert_int_eq(a.type, KE_REFUSAL);
	ck_assert_msg(a.error == error, "Error %u: %s", a.error, last_line);
}

static struct ke_message registration(struct nts_assoc id)
{
	return (struct ke_message){
		.type = KE_REGISTRATION_REQUEST, .n_identities = 1, .identities = { id },
		.n_aeads = 1, .aeads = { ALG_AEAD_AES_SIV_CMAC_256 },
	};
}

static struct ke_message request(struct nts_assoc grantor, struct nts_assoc requester)
{
	return (struct ke_message){
		.type = KE_KEY_REQUEST, .assoc = grantor,
		.n_identities = 1, .identities = { requester },
	};
}

static const struct nts_assoc gm_ip = IP(1), slave_ip = IP(11), slave2_ip = IP(12),
			      gm_port = PORT(1), slave_port = PORT(11);
static const struct ke_message taking_back = { .type = KE_REGISTRATION_REVOKE };

/* Registers gm, returns what it got. */
static struct nts_params register_gm(void)
{
	struct ke_message q = registration(gm_ip);

	ck_granted(&gm, &q, KE_REGISTRATION_SUCCESS);
	return a.current;
}

static void ck_opens(const struct nts_params *grantor, const struct nts_params *requester,
		     struct ke_ticket_container *out)
{
	struct ticket_key key = { .id = grantor->ticket_key_id, .aead = grantor->aead,
				  .len = grantor->ticket_key_len };
	struct ticket_tlv tlv = {
		.nonce = requester->ticket.nonce, .ciphertext = requester->ticket.octets,
		.key_id = requester->ticket_key_id, .aead = requester->ticket.aead,
		.len = requester->ticket.len,
	};

	memcpy(key.key, grantor->ticket_key, sizeof(key.key));
	ck_assert_uint_eq(grantor->ticket_key_id, requester->ticket_key_id);
	ck_assert_int_eq(ticket_open(&key, &tlv, out), ST_OK);
	ck_assert_uint_eq(out->n_sa, requester->n_sa);
	ck_assert_mem_eq(out->sa, requester->sa, requester->n_sa * sizeof(out->sa[0]));
	ck_assert_uint_eq(out->policy.named, requester->policy.named);
}

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
}
END_TEST

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
	q.identities[q.n_identities++] = slave2_ip;	/* not of that pair */
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
	q = request(gm_ip, slave2_ip);
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
	q = registration(slave_ip);
	ck_refused(&tc, &q, KE_ERR_NOT_AUTHORIZED);
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
	ck_assert_ptr_nonnull(strstr(last_line, "no section [unicast main] any more"));
	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
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

/* ---- other boots, other clocks ---- */

/* The next boot: its clock begins anew, so many ms after the last by the true time. */
static void reboot(int64_t after_ms)
{
	stop();
	boot_id = *boot_id == 'A' ? "B" : "A";
	wall_offset += boot + after_ms - 7000;
	boot = 7000;
	start();
}

START_TEST(over_a_reboot_by_the_wall_clock)
{
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct nts_params first = register_gm(), key;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	reboot(100000);
	ck_assert(!store_clock_was_back(store));
	ck_assert(!store_clock_leapt(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 100);
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert_uint_eq(a.current.update_in, LIFETIME - UPDATE - LEAD - 100);
	reboot((LIFETIME - 100) * 1000);
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
}
END_TEST

START_TEST(no_lifetime_grows_by_a_clock_set_back)
{
	struct ke_message q = request(gm_ip, slave_ip);

	register_gm();
	boot += 50000;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_int_eq(store_tick(store), ST_OK);	/* nothing to keep: no step, not long ago */
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 50);
	reboot(-3600000);
	ck_assert(store_clock_was_back(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 50);
}
END_TEST

/* The wall clock was an hour ahead when keys were made, and was put right before the reboot. */
START_TEST(a_step_is_known_to_the_next_boot)
{
	struct ke_message q = request(gm_ip, slave_ip);

	wall_offset += 3600000;
	register_gm();
	boot += 1000;
	wall_offset -= 3600000;
	ck_assert_int_eq(store_tick(store), ST_OK);
	ck_granted(&slave, &q, KE_KEY_GRANT);		/* moves no lifetime */
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 1);
	reboot(9000);
	ck_assert(!store_clock_was_back(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 10);
}
END_TEST

START_TEST(a_clock_that_leaps)
{
	register_gm();
	reboot(366LL * 24 * 3600 * 1000);
	ck_assert(store_clock_leapt(store));
	restart();
	ck_assert(!store_clock_leapt(store));
}
END_TEST

/* ---- a store that somebody has changed ---- */

static void run_sql(const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &error) == SQLITE_OK, "%s", error);
	sqlite3_close(db);
}

static const char *const damages[] = {
	"UPDATE registration SET client = x'00'",
	"UPDATE registration SET fingerprint = x'00'",
	"UPDATE registration SET macs = x''",
	"UPDATE registration SET macs = x'00'",
	"UPDATE registration SET section = hex(zeroblob(100))",
	"UPDATE identity SET type = 0",
	"UPDATE identity SET type = 9",
	"UPDATE identity SET value = x'00'",
	"UPDATE ticket_key SET key = x'00'",
	"UPDATE ticket_key SET key_id = 0",
	"UPDATE ticket_key SET aead = 16",
	"UPDATE ticket_key SET update_at = end_at",
	"UPDATE ticket_key SET renew_at = start_at",
	"UPDATE ticket_key SET renew_at = update_at + 1",
	"UPDATE ticket_key SET grace = -1",
	"UPDATE ticket_key SET policy_named = 0",
	"UPDATE ticket_key SET policy_spp = x'01'",
	"UPDATE pair SET client = x'00'",
	"UPDATE pair SET identities = x''",
	"UPDATE pair SET identities = x'0001'",
	"UPDATE pair SET identities = x'00000000000000'",
	"DELETE FROM pair_sa",
	"UPDATE pair_sa SET key = x'00'",
	"UPDATE pair_sa SET mac = 3",
};

START_TEST(damaged)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	struct grantors *g = NULL;

	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	stop();
	run_sql(damages[_i]);
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_msg(grantors_new(store, &g) == ST_STORE, "%s", damages[_i]);
	ck_assert_ptr_nonnull(strstr(store_why(store), "damaged"));
	store_close(store);
	unlink(file);
	start();
}
END_TEST

/* ---- encrypted keys ---- */

static void write_key(const char *text)
{
	FILE *f;

	snprintf(key_file, sizeof(key_file), "%s/key", dir);
	f = fopen(key_file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void ck_opens_not(enum status expected, const char *reason)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A",
				   .key_file = key_file };
	struct store *s = NULL;
	enum status st = store_open(&args, &s, why);

	ck_assert_msg(st == expected, "%s: %s", status_name(st), why);
	ck_assert_msg(strstr(why, reason), "%s", why);
}

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define KEY_B "10112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

START_TEST(a_key_file)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct nts_params first, key;

	stop();
	unlink(file);
	write_key(KEY_A "\n");
	start();
	first = register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	restart();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert_uint_eq(register_gm().ticket_key_id, first.ticket_key_id);
	stop();
	write_key(KEY_B);
	ck_opens_not(ST_AUTH_FAILED, "encrypted with another key than store_key_file's");
	write_key(KEY_A "0");
	ck_opens_not(ST_FILE_FORMAT, "is not 64 hexadecimal digits");
	write_key("g" KEY_A);
	ck_opens_not(ST_FILE_FORMAT, "is not 64 hexadecimal digits");
	write_key(KEY_A);
	ck_assert_int_eq(chmod(key_file, 0644), 0);
	ck_opens_not(ST_FILE_MODE, "can be read by others");
	unlink(key_file);
	ck_opens_not(ST_FILE_OPEN, "No such file");
	*key_file = '\0';
	ck_opens_not(ST_AUTH_FAILED, "keys are encrypted, and no store_key_file is given");
	unlink(file);
	start();
	register_gm();
	stop();
	write_key(KEY_A);
	ck_opens_not(ST_AUTH_FAILED, "holds keys that are not encrypted");
	unlink(file);
	start();
}
END_TEST

/* Keys in one row do not fit another. */
static const char *const swaps[] = {
	"UPDATE pair_sa SET key = (SELECT key FROM pair_sa WHERE spp = 1)",
	"UPDATE pair_sa SET key_id = key_id + 1 WHERE spp = 1",
	"UPDATE ticket_key SET key_id = key_id + 1",
	"INSERT INTO registration SELECT 99, client, fingerprint, section, macs, 0, forget_at FROM "
	"registration; UPDATE identity SET registration_id = 99;"
	"UPDATE ticket_key SET registration_id = 99",
};

START_TEST(keys_cannot_be_moved)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	struct grantors *g = NULL;

	stop();
	unlink(file);
	write_key(KEY_A);
	start();
	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	stop();
	run_sql(swaps[_i]);
	args.key_file = key_file;
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_msg(grantors_new(store, &g) == ST_STORE, "%s", swaps[_i]);
	store_close(store);
	unlink(file);
	start();
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof(t[0]))

int main(void)
{
	Suite *s = suite_create("ked_unicast");
	TCase *tc_all = tcase_create("ked_unicast");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 30);
	tcase_add_checked_fixture(tc_all, set_up, tear_down);
	tcase_add_test(tc_all, registers_and_gets_the_same_again);
	tcase_add_test(tc_all, a_ticket_that_the_grantor_opens);
	tcase_add_test(tc_all, periods);
	tcase_add_test(tc_all, a_grantor_that_does_not_come_again);
	tcase_add_test(tc_all, revoking);
	tcase_add_test(tc_all, revoking_what_is_not_there);
	tcase_add_test(tc_all, a_registration_replaces_those_that_share_an_identity);
	tcase_add_test(tc_all, identities_belong_to_one);
	tcase_add_test(tc_all, whose_is_what);
	tcase_add_test(tc_all, algorithms);
	tcase_add_test(tc_all, transparent_clocks);
	tcase_add_test(tc_all, a_renewed_certificate_is_the_same_client);
	tcase_add_test(tc_all, denied);
	tcase_add_test(tc_all, a_section_that_is_gone);
	tcase_add_test(tc_all, memory_is_bounded);
	tcase_add_test(tc_all, over_a_reboot_by_the_wall_clock);
	tcase_add_test(tc_all, no_lifetime_grows_by_a_clock_set_back);
	tcase_add_test(tc_all, a_step_is_known_to_the_next_boot);
	tcase_add_test(tc_all, a_clock_that_leaps);
	tcase_add_loop_test(tc_all, damaged, 0, ROWS(damages));
	tcase_add_test(tc_all, a_key_file);
	tcase_add_loop_test(tc_all, keys_cannot_be_moved, 0, ROWS(swaps));
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
