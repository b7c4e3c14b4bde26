// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets into the message layer, as server, as client, as Ticket Container and as a
 * stream. What it takes it must be able to write, and what it wrote it must read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "nts/message.h"
#include "tests/fuzz/fuzz.h"

#define OCTETS_MAX 8192

static void must(int holds)
{
	if (!holds) {
		abort();
	}
}

/* Encoding what was decoded is canonical: done again, it gives the same octets. */
static void check_message(const uint8_t *data, size_t len, enum ke_side side)
{
	static uint8_t one[OCTETS_MAX];
	static uint8_t two[OCTETS_MAX];
	struct ke_message m;
	size_t n = 0;
	size_t n2 = 0;

	if (ke_decode(data, len, side, &m) != ST_OK) {
		return;
	}
	must(ke_encode(&m, one, sizeof(one), &n) == ST_OK);
	must(ke_decode(one, n, side, &m) == ST_OK);
	must(ke_encode(&m, two, sizeof(two), &n2) == ST_OK);
	must(n == n2 && memcmp(one, two, n) == 0);
}

static void check_container(const uint8_t *data, size_t len)
{
	static uint8_t one[OCTETS_MAX];
	static uint8_t two[OCTETS_MAX];
	struct ke_ticket_container t;
	size_t n = 0;
	size_t n2 = 0;

	if (ke_container_decode(data, len, &t) != ST_OK) {
		return;
	}
	must(ke_container_encode(&t, one, sizeof(one), &n) == ST_OK);
	must(ke_container_decode(one, n, &t) == ST_OK);
	must(ke_container_encode(&t, two, sizeof(two), &n2) == ST_OK);
	must(n == n2 && memcmp(one, two, n) == 0);
}

/* A message that is taken is one that a stream would have given. */
static void check_frame(const uint8_t *data, size_t len)
{
	struct ke_message m;
	size_t n = 0;
	enum status st = ke_frame(data, len, KE_RESPONSE_MAX, &n);

	must(st != ST_OK || n <= len);
	if (ke_decode(data, len, KE_CLIENT, &m) == ST_OK) {
		must(st == ST_OK && n == len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_message(data, len, KE_SERVER);
	check_message(data, len, KE_CLIENT);
	check_container(data, len);
	check_frame(data, len);
	return 0;
}

static struct nts_params some_params(uint32_t salt, bool ticket)
{
	struct nts_params p = {
		.policy = { .named = 0xffff, .spp = { 1, 2, 1, 2 } },
		.n_sa = 3,
		.sa = {
			{ .spp = 0, .mac = 0, .key_len = 32, .key_id = salt + 1 },
			{ .spp = 1, .mac = 2, .key_len = 16, .key_id = salt + 2 },
			{ .spp = 2, .mac = 32768, .key_len = 32, .key_id = salt + 3 },
		},
		.lifetime = 3600, .update_in = 60, .has_grace = true, .grace = 5,
	};

	if (ticket) {
		p.has_ticket = true;
		p.ticket_key_id = salt;
		p.ticket = (struct nts_ticket){ .aead = 15, .nonce_len = 16, .len = 40 };
	}
	return p;
}

static struct nts_params some_registration(uint32_t salt)
{
	return (struct nts_params){
		.lifetime = 3600, .update_in = 60, .ticket_key_id = salt,
		.aead = 15, .ticket_key_len = 32,
	};
}

static struct ke_message seed_message(size_t i)
{
	struct ke_message m = { 0 };

	m.type = i < 2 ? KE_KEY_REQUEST : i < 4 ? KE_KEY_GRANT : (enum ke_type)(i - 2);
	m.error = KE_ERR_NOT_AUTHORIZED;
	if (i == 1 || m.type == KE_REGISTRATION_REQUEST) {
		m.assoc.type = NTS_ASSOC_IPV4;
		m.n_identities = 2;
		m.identities[0].type = NTS_ASSOC_IPV6;
		m.identities[1].type = NTS_ASSOC_PORT_IDENTITY;
		m.n_macs = 3;
	}
	if (m.type == KE_REGISTRATION_REQUEST) {
		m.n_aeads = 2;
	}
	if (m.type == KE_KEY_GRANT) {
		m.has_next = true;
		m.current = some_params(100, i == 3);
		m.next = some_params(200, i == 3);
	}
	if (m.type == KE_REGISTRATION_SUCCESS) {
		m.has_next = true;
		m.current = some_registration(100);
		m.next = some_registration(200);
	}
	return m;
}

/* Ten messages, one of each kind, and a Ticket Container. */
size_t fuzz_seed(size_t i, uint8_t *data, size_t cap)
{
	size_t len = 0;

	if (i < 10) {
		struct ke_message m = seed_message(i);

		must(ke_encode(&m, data, cap, &len) == ST_OK);
	} else if (i == 10) {
		struct nts_params p = some_params(300, false);
		struct ke_ticket_container t = {
			.policy = p.policy, .n_sa = p.n_sa, .n_identities = 1,
			.identities = { { .type = NTS_ASSOC_MAC } },
		};

		memcpy(t.sa, p.sa, sizeof(t.sa));
		must(ke_container_encode(&t, data, cap, &len) == ST_OK);
	}
	return len;
}
