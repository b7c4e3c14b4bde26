// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets into a port's gate. The first octet chooses what the gate is and whether the rest is
 * signed first, so that what lies behind the ICV is reached too; several messages follow each
 * other, each behind a u16 length.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tlv/auth.h"
#include "tlv/guard.h"
#include "tlv/ptp.h"
#include "util/log.h"

#define CAP 2048
#define TRANSPARENT 1
#define REFUSE 2
#define NO_NEXT 4
#define SIGN 8

static void quiet(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static struct nts_params params(uint32_t key_id, uint16_t mac)
{
	struct nts_params p = {
		.policy = { .named = 0x3F0D },
		.n_sa = 1,
		.lifetime = 10,
		.grace = 5,
	};

	p.sa[0] = (struct nts_sa) { .key_len = 32, .mac = mac, .key_id = key_id, .key = { 1 } };
	return p;
}

static size_t sign(uint8_t *msg, size_t len, const struct nts_params *p)
{
	struct crypto_mac *mac;

	if (len < 34 || crypto_mac_new(p->sa[0].mac, p->sa[0].key, 32, &mac) != ST_OK) {
		return len;
	}
	len = auth_append(mac, 0, p->sa[0].key_id, msg, len);
	crypto_mac_free(mac);
	return len;
}

static void check(enum guard_verdict v, const uint8_t *before, const uint8_t *after, size_t len,
		  size_t out)
{
	bool same = memcmp(before, after, len) == 0;

	if (guard_accepted(v) ? out > len || out < 44 : !same) {
		abort();
	}
}

/* One message in its own memory, received, then sent on where it was accepted. */
static void one(struct guard *g, const uint8_t *data, size_t len, uint64_t now,
		const struct nts_params *key)
{
	uint8_t buf[CAP] = { 0 }, before[CAP];
	struct guard_undo undo;
	uint8_t *exact;
	size_t out = 0;
	enum guard_verdict v;

	memcpy(buf, data, len);
	len = key ? sign(buf, len, key) : len;
	exact = malloc(len + 1);
	memcpy(exact, buf, len);
	v = guard_receive(g, exact, len, now, &out);
	check(v, buf, exact, len, out);
	if (guard_accepted(v)) {
		memcpy(buf, exact, out);
		memcpy(before, buf, out);
		(void)guard_sign(g, buf, out, CAP, buf, &undo, &len);
		guard_restore(buf, &undo);
		if (memcmp(before, buf, out) != 0) {
			abort();
		}
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nts_assoc group = nts_assoc_group(0, 0, 0);
	struct nts_params a = params(1, ALG_HMAC_SHA256_128), b = params(2, ALG_HMAC_SHA256);
	struct guard_config config = { .max_senders = 3 };
	struct sa_table *sa;
	struct guard *g;
	uint64_t now = 1000;
	uint8_t how = size ? data[0] : 0;

	log_set_sink(quiet, NULL);
	config.transparent = how & TRANSPARENT;
	config.step_back_refuse = how & REFUSE;
	memset(config.clock_identity, 0xDD, 8);
	if (sa_new(&group, &sa) != ST_OK || guard_new(&config, sa, &g) != ST_OK ||
	    sa_install(sa, &a, how & NO_NEXT ? NULL : &b, now, now) != ST_OK) {
		abort();
	}
	for (size_t at = 1; at + 2 <= size; now += 500) {
		size_t len = (size_t)(data[at] << 8 | data[at + 1]) % 1600;

		at += 2;
		len = len < size - at ? len : size - at;
		one(g, data + at, len, now, how & SIGN ? (at & 1 ? &a : &b) : NULL);
		at += len;
		(void)sa_tick(sa, now);
	}
	guard_free(g);
	sa_free(sa);
	return 0;
}

/* For each way of the gate: a message of every type, twice, the first with a TLV. */
size_t fuzz_seed(size_t i, uint8_t *data, size_t cap)
{
	size_t at = 1;

	if (i >= 16 || cap < 4096) {
		return 0;
	}
	data[0] = (uint8_t)i;
	for (uint8_t type = 0; type < 16; type++) {
		size_t len = ptp_type_info(type)->len;

		for (int twice = 0; len && twice < 2; twice++) {
			uint8_t *msg = data + at + 2;
			size_t total = twice ? len : len + 8;

			memset(msg, 0, total);
			msg[0] = type;
			msg[1] = 2;
			msg[27] = 1;
			msg[31] = (uint8_t)(twice + 1);
			if (!twice) {
				msg[len + 3] = 4;
			}
			ptp_set_length(msg, (uint16_t)total);
			data[at] = 0;
			data[at + 1] = (uint8_t)total;
			at += 2 + total;
		}
	}
	return at;
}
