// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a secured message costs beside the bare primitive, in the same run: rounds of all
 * candidates take turns, so that a busy machine hits all alike, and medians are compared. Prints
 * ratios first; nanoseconds are this machine's.
 *
 * bare: nettle, two MACs over the octets that the ICV of the same message covers.
 * auth: append the TLV, then find and verify it: the same two MACs (at most 1.15 of bare).
 * gate: guard_sign on one port, guard_receive on another: policies, freshness and all.
 */
#include <nettle/cmac.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tlv/auth.h"
#include "tlv/guard.h"
#include "tlv/ptp.h"

#define ROUNDS 301
#define PER_ROUND 2000
#define MSG_LEN 64	/* an Announce */
#define LIMIT 1.15

enum candidate { BARE, AUTH, GATE, CANDIDATES };

struct bench {
	struct hmac_sha256_ctx hmac;
	struct cmac_aes128_ctx cmac;
	struct crypto_mac *mac;
	struct sa_table *sa;
	struct guard *sender, *receiver;
	uint16_t alg;
	uint16_t sequence_id;
	uint32_t timestamp;
	uint8_t msg[256];
	uint64_t sink;		/* keeps the compiler from leaving work out */
};

static void die(const char *what)
{
	fprintf(stderr, "bench_mac: %s failed\n", what);
	exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void make_message(struct bench *b)
{
	memset(b->msg, 0, sizeof(b->msg));
	b->msg[0] = PTP_ANNOUNCE;
	b->msg[1] = 2;
	ptp_set_length(b->msg, MSG_LEN);
	memset(b->msg + 20, 0xCC, 8);
}

/* A sequenceId and a time that nobody took yet. */
static void next_message(struct bench *b)
{
	b->sequence_id++;
	b->timestamp++;
	b->msg[30] = (uint8_t)(b->sequence_id >> 8);
	b->msg[31] = (uint8_t)b->sequence_id;
	b->msg[36] = (uint8_t)(b->timestamp >> 24);
	b->msg[37] = (uint8_t)(b->timestamp >> 16);
	b->msg[38] = (uint8_t)(b->timestamp >> 8);
	b->msg[39] = (uint8_t)b->timestamp;
}

static void run_bare(struct bench *b)
{
	uint8_t icv[16];

	for (int i = 0; i < 2; i++) {
		if (b->alg == ALG_AES_128_CMAC) {
			cmac_aes128_update(&b->cmac, MSG_LEN + AUTH_TLV_HEAD, b->msg);
			cmac_aes128_digest(&b->cmac, sizeof(icv), icv);
		} else {
			hmac_sha256_update(&b->hmac, MSG_LEN + AUTH_TLV_HEAD, b->msg);
			hmac_sha256_digest(&b->hmac, sizeof(icv), icv);
		}
		b->sink += icv[0];
	}
}

static void run_auth(struct bench *b)
{
	struct auth_tlv tlv;
	size_t len = auth_append(b->mac, 1, 1, b->msg, MSG_LEN);

	if (auth_find(b->msg, MSG_LEN, len, &tlv) != AUTH_FOUND ||
	    auth_verify(b->mac, b->msg, &tlv) != ST_OK) {
		die("verification");
	}
	b->sink += tlv.at;
}

static void run_gate(struct bench *b)
{
	struct guard_undo undo;
	size_t len;

	ptp_set_length(b->msg, MSG_LEN);
	if (guard_sign(b->sender, b->msg, MSG_LEN, sizeof(b->msg), NULL, &undo,
		       &len) != GUARD_SIGNED ||
	    guard_receive(b->receiver, b->msg, len, 1, &len) != GUARD_OK) {
		die("the gate");
	}
	guard_restore(b->msg, &undo);
	b->sink += len;
}

static void set_up(struct bench *b, uint16_t alg)
{
	struct nts_assoc group = nts_assoc_group(0, 0, 0);
	struct nts_params p = { .n_sa = 1, .lifetime = 1000 };
	struct guard_config config = { .port_number = 1 };

	p.policy.named = 0xFFFF;
	p.sa[0] = (struct nts_sa) {
		.mac = alg, .key_id = 1, .key_len = alg_mac(alg)->key_len, .key = { 1, 2, 3 },
	};
	b->alg = alg;
	hmac_sha256_set_key(&b->hmac, 32, p.sa[0].key);
	cmac_aes128_set_key(&b->cmac, p.sa[0].key);
	memset(config.clock_identity, 0xCC, 8);
	if (crypto_mac_new(alg, p.sa[0].key, p.sa[0].key_len, &b->mac) != ST_OK ||
	    sa_new(&group, &b->sa) != ST_OK || sa_install(b->sa, &p, NULL, 1, 1) != ST_OK ||
	    guard_new(&config, b->sa, &b->sender) != ST_OK) {
		die("set-up");
	}
	memset(config.clock_identity, 0xDD, 8);
	if (guard_new(&config, b->sa, &b->receiver) != ST_OK) {
		die("set-up");
	}
	make_message(b);
}

static void tear_down(struct bench *b)
{
	guard_free(b->sender);
	guard_free(b->receiver);
	sa_free(b->sa);
	crypto_mac_free(b->mac);
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

/* Returns whether auth keeps within LIMIT. */
static int measure(uint16_t alg)
{
	static void (*const run[CANDIDATES])(struct bench *) = { run_bare, run_auth, run_gate };
	static double ns[CANDIDATES][ROUNDS];
	struct bench b = { .alg = alg };
	double m[CANDIDATES];

	set_up(&b, alg);
	for (int round = 0; round < ROUNDS; round++) {
		for (int turn = 0; turn < CANDIDATES; turn++) {
			int c = (round + turn) % CANDIDATES;
			uint64_t start = now_ns();

			for (int i = 0; i < PER_ROUND; i++) {
				next_message(&b);
				run[c](&b);
			}
			ns[c][round] = (double)(now_ns() - start) / PER_ROUND;
		}
	}
	for (int c = 0; c < CANDIDATES; c++) {
		m[c] = median(ns[c]);
	}
	printf("%-16s auth/bare %.3f (at most %.2f)  gate/bare %.3f   "
	       "ns for sign+verify: bare %.0f auth %.0f gate %.0f\n", alg_mac(alg)->name,
	       m[AUTH] / m[BARE], LIMIT, m[GATE] / m[BARE], m[BARE], m[AUTH], m[GATE]);
	tear_down(&b);
	return m[AUTH] / m[BARE] <= LIMIT;
}

int main(void)
{
	int good = measure(ALG_HMAC_SHA256_128);

	good &= measure(ALG_AES_128_CMAC);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
