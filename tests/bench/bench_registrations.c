// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a request costs a KE server that holds many registrations, against one that holds ten: from
 * the request's octets to the answer's, without TLS. Rounds of both are interleaved. And the
 * memory of a registration. MANY=100000 by default. With FILE=PATH only makes a store with that
 * many, for a server to start on.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ked/serve.h"
#include "util/log.h"

#define FEW 10
#define PAIRS 200
#define ROUNDS 15

struct bench {
	unsigned int n;		/* registrations */
	char file[96];
	struct kedconf_unicast section;
	struct kedconf_group group;
	struct kedconf conf;
	struct store *store;
	struct groups *groups;
	struct grantors *grantors;
	struct serve *serve;
	double us[ROUNDS];
};

static char dir[64];

static void need(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "bench_registrations: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void no_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static struct nts_assoc address(unsigned int n)
{
	struct nts_assoc a = { .type = NTS_ASSOC_IPV4, .value = { 10 } };

	a.value[1] = (uint8_t)(n >> 16);
	a.value[2] = (uint8_t)(n >> 8);
	a.value[3] = (uint8_t)n;
	return a;
}

static struct tls_peer client(unsigned int n)
{
	struct tls_peer p = { .issuer = "CN=ca" };

	snprintf(p.common_name, sizeof(p.common_name), "n%u.bench", n);
	snprintf(p.subject, sizeof(p.subject), "CN=n%u.bench", n);
	memcpy(p.fingerprint, &n, sizeof(n));
	return p;
}

/* The CPU time of a request from peer, which must be granted. */
static double ask(struct bench *b, const struct tls_peer *peer, const struct ke_message *q)
{
	uint8_t octets[2048], answer[SERVE_RESPONSE_MAX];
	struct serve_request r = { .peer = peer, .from = "192.0.2.1:5", .data = octets };
	enum serve_result result;
	size_t len;
	double t;

	need(!ke_encode(q, octets, sizeof(octets), &r.len), "ke_encode");
	r.now_ms = timebase_boot(&timebase_system);
	t = cpu_us();
	result = serve_answer(b->serve, &r, answer, &len);
	t = cpu_us() - t;
	need(result == SERVE_GRANTED, serve_result_str(result));
	return t;
}

static double enroll(struct bench *b, unsigned int n)
{
	struct ke_message q = {
		.type = KE_REGISTRATION_REQUEST, .n_identities = 1, .identities = { address(n) },
		.n_aeads = 1, .aeads = { ALG_AEAD_AES_SIV_CMAC_256 },
	};
	struct tls_peer peer = client(n);

	return ask(b, &peer, &q);
}

/* The i-th pair: its grantor is one of all, far from that of the pair before. */
static double grant(struct bench *b, unsigned int i)
{
	unsigned int grantor = (unsigned int)((uint64_t)i * 2654435761U % b->n);
	struct ke_message q = {
		.type = KE_KEY_REQUEST, .assoc = address(grantor), .n_identities = 1,
		.identities = { address(0x800000 + i) },
	};
	struct tls_peer peer = client(0x800000 + i);

	return ask(b, &peer, &q);
}

static void begin(struct bench *b, unsigned int n, const char *file)
{
	struct store_args args = { .path = b->file, .time = &timebase_system };
	char why[STORE_WHY] = "";

	b->n = n;
	if (file) {
		snprintf(b->file, sizeof(b->file), "%s", file);
	} else {
		snprintf(b->file, sizeof(b->file), "%s/%u.db", dir, n);
	}
	b->section = (struct kedconf_unicast){
		.name = "bench", .macs = { 1, { ALG_HMAC_SHA256_128 } },
		.lifetime = 36000, .update_period = 900, .lead = 300, .grace_period = 5,
		.policy = { .named = 1, .spp = { 1 } },
		.grantors = "*.bench", .requesters = "*.bench", .identities = "any",
	};
	b->conf = (struct kedconf){ .n_unicast = 1, .unicast = &b->section };
	need(!store_open(&args, &b->store, why), why);
	need(!groups_new(&b->conf, b->store, &b->groups), "groups_new");
	need(!grantors_new(b->store, &b->grantors), "grantors_new");
	need(!serve_new(b->groups, b->grantors, 0, &b->serve), "serve_new");
}

static void finish(struct bench *b)
{
	serve_free(b->serve);
	grantors_free(b->grantors);
	groups_free(b->groups);
	store_close(b->store);
}

static void end(struct bench *b)
{
	char wal[128];

	finish(b);
	snprintf(wal, sizeof(wal), "%s-wal", b->file);
	unlink(wal);
	unlink(b->file);
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void fill(struct bench *b)
{
	size_t before = in_use();
	double us = 0;
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		us += enroll(b, i);
	}
	printf("%8u registrations: %7.1f us each to make, %6zu octets of memory each\n", b->n,
	       us / b->n, (in_use() - before) / b->n);
	for (i = 0; i < PAIRS; i++) {
		grant(b, i);
	}
}

static void round_of(struct bench *b, unsigned int r)
{
	unsigned int i;

	for (i = 0, b->us[r] = 0; i < PAIRS; i++) {
		b->us[r] += grant(b, i) / PAIRS;
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct bench *b)
{
	qsort(b->us, ROUNDS, sizeof(b->us[0]), by_size);
	return b->us[ROUNDS / 2];
}

int main(void)
{
	static struct bench few, many;
	const char *file = getenv("FILE");
	unsigned int n = getenv("MANY") ? (unsigned int)atoi(getenv("MANY")) : 100000;
	unsigned int r;

	log_set_sink(no_log, NULL);
	if (file) {
		begin(&many, n, file);
		fill(&many);
		finish(&many);
		return EXIT_SUCCESS;
	}
	/* in memory: how fast a disk is, is not the question */
	snprintf(dir, sizeof(dir), "%s/nts-bench-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	need(mkdtemp(dir) != NULL, "mkdtemp");
	begin(&few, FEW, NULL);
	begin(&many, n, NULL);
	fill(&few);
	fill(&many);
	for (r = 0; r < ROUNDS; r++) {
		round_of(&few, r);
		round_of(&many, r);
	}
	printf("a requester's key and ticket, without TLS: %.1f us with %u, %.1f us with %u "
	       "registrations: %.2f\n", median(&few), few.n, median(&many), many.n,
	       median(&many) / median(&few));
	end(&few);
	end(&many);
	rmdir(dir);
	return EXIT_SUCCESS;
}
