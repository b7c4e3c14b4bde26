/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A KE server without sockets, and clients of its [unicast] section: for test_ked_unicast*.c. */
#ifndef NTS_TESTS_UNIT_KED_UNICAST_H
#define NTS_TESTS_UNIT_KED_UNICAST_H

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

static inline uint64_t fake_boot(void *ctx)
{
	(void)ctx;
	return (uint64_t)boot;
}

static inline int64_t fake_wall(void *ctx)
{
	(void)ctx;
	return wall_offset + boot;
}

static const struct timebase fake = { fake_boot, fake_wall, NULL };

static inline void keep_line(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static inline void start(void)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = boot_id,
				   .key_file = key_file };

	ck_assert_msg(store_open(&args, &store, why) == ST_OK, "%s", why);
	ck_assert_int_eq(groups_new(&conf, store, &groups), ST_OK);
	ck_assert_int_eq(grantors_new(store, &grantors), ST_OK);
	ck_assert_int_eq(serve_new(groups, grantors, 0, &serve), ST_OK);
}

static inline void stop(void)
{
	serve_free(serve);
	grantors_free(grantors);
	groups_free(groups);
	store_close(store);
}

static inline void restart(void)
{
	stop();
	start();
}

static inline void set_up(void)
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

static inline void tear_down(void)
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
static inline enum serve_result ask(const struct tls_peer *peer, const struct ke_message *q,
				    size_t *len)
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

static inline void ck_granted(const struct tls_peer *peer, const struct ke_message *q,
			      enum ke_type type)
{
	size_t len;

	ck_assert_msg(ask(peer, q, &len) == SERVE_GRANTED, "%s", last_line);
	ck_assert_int_eq(a.type, type);
}

static inline void ck_refused(const struct tls_peer *peer, const struct ke_message *q,
			      uint16_t error)
{
	size_t len;

	ck_assert_int_ne(ask(peer, q, &len), SERVE_GRANTED);
	ck_assert_int_eq(a.type, KE_REFUSAL);
	ck_assert_msg(a.error == error, "Error %u: %s", a.error, last_line);
}

static inline struct ke_message registration(struct nts_assoc id)
{
	return (struct ke_message){
		.type = KE_REGISTRATION_REQUEST, .n_identities = 1, .identities = { id },
		.n_aeads = 1, .aeads = { ALG_AEAD_AES_SIV_CMAC_256 },
	};
}

static inline struct ke_message request(struct nts_assoc grantor, struct nts_assoc requester)
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
static inline struct nts_params register_gm(void)
{
	struct ke_message q = registration(gm_ip);

	ck_granted(&gm, &q, KE_REGISTRATION_SUCCESS);
	return a.current;
}

static inline void ck_opens(const struct nts_params *grantor, const struct nts_params *requester,
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

#endif
