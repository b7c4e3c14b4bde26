// SPDX-License-Identifier: GPL-2.0-or-later
/* NTS messages by hand. The encoder under test has no part in this file. */
#include "tests/unit/samples.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/hex.h"

#define HEAD(type) "80010002 0001", "84070002 0100", "84060002 000" type
#define END "80000000"
#define KEY_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_16 "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define NONCE "505152535455565758595a5b5c5d5e5f"
#define SIV_20 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3"

#define IDENTITY "84080006 0001c0000202"
#define POLICIES "840a0008 0001 0101 0b02 0c02"
#define SA_SPP_1 "84090029 01 0000 0a0b0c01 0020" KEY_32
#define SA_SPP_2 "84090019 02 0002 0a0b0c02 0010" KEY_16
#define NEXT_SA_1 "84090029 01 8000 0a0b0c11 0020" KEY_32
#define NEXT_SA_2 "84090029 02 0001 0a0b0c12 0020" KEY_32
#define LIFETIME "84030004 00000e10"
#define UPDATE_IN "840f0004 00000b40"
#define GRACE "04020004 0000000a"
#define TICKET "840b002a 000f 0010" NONCE "0014" SIV_20
#define TICKET_KEY_ID "840e0004 0000abcd"
#define NEXT_TICKET_KEY_ID "840e0004 0000abce"
#define TICKET_KEY "840d0020" KEY_32
#define AEAD "80040002 000f"

#define CURRENT_HERE "8401"
#define NEXT_HERE "0405"

/* In the order in which our encoder writes, so that it can be held against them. */
static const struct {
	const char *name;
	const char *list[LISTS][14];
	/* Types of WIRE.md 5 that may stand, R and O together, then those that are O. */
	uint16_t listed[LISTS][12];
	uint16_t optional[LISTS][4];
} hand[SAMPLES] = {
	[GROUP_REQUEST] = {
		.name = "group request",
		.list = { { HEAD("0"), "84000007 0000 05 0100 0201", END } },
		.listed = { { 1, 1031, 1030, 1024 } },
	},
	[TICKET_REQUEST] = {
		.name = "ticket request",
		.list = { { HEAD("0"), "84000006 0001 c0000201", IDENTITY, "04040002 0002", END } },
		.listed = { { 1, 1031, 1030, 1024, 1032, 1028 } },
		.optional = { { 1028 } },
	},
	[GROUP_GRANT] = {
		.name = "group grant",
		.list = {
			{ HEAD("1"), CURRENT_HERE, NEXT_HERE, END },
			{ POLICIES, SA_SPP_1, SA_SPP_2, LIFETIME, UPDATE_IN, GRACE },
			{ POLICIES, NEXT_SA_1, NEXT_SA_2, LIFETIME, UPDATE_IN, GRACE },
		},
		.listed = { { 1, 1031, 1030, 1025, 1029 }, { 1034, 1033, 1027, 1039, 1026 },
			    { 1034, 1033, 1027, 1039, 1026 } },
		.optional = { { 1029 }, { 1026 }, { 1026 } },
	},
	[TICKET_GRANT] = {
		.name = "ticket grant",
		.list = {
			{ HEAD("1"), CURRENT_HERE, NEXT_HERE, END },
			{ POLICIES, SA_SPP_1, SA_SPP_2, LIFETIME, UPDATE_IN, GRACE,
			  TICKET_KEY_ID, TICKET },
			{ POLICIES, NEXT_SA_1, NEXT_SA_2, LIFETIME, UPDATE_IN, GRACE,
			  NEXT_TICKET_KEY_ID, TICKET },
		},
		.listed = { { 1, 1031, 1030, 1025, 1029 },
			    { 1034, 1033, 1027, 1039, 1026, 1038, 1035 },
			    { 1034, 1033, 1027, 1039, 1026, 1038, 1035 } },
		.optional = { { 1029 }, { 1026 }, { 1026 } },
	},
	[REFUSAL] = {
		.name = "refusal",
		.list = { { HEAD("2"), "80020002 0003", END } },
		.listed = { { 1, 1031, 1030, 2 } },
	},
	[REGISTRATION_REQUEST] = {
		.name = "registration request",
		.list = { { HEAD("3"), IDENTITY, "80040002 0011", "04040002 0000", END } },
		.listed = { { 1, 1031, 1030, 1032, 4, 1028 } },
		.optional = { { 1028 } },
	},
	[REGISTRATION_SUCCESS] = {
		.name = "registration success",
		.list = {
			{ HEAD("4"), CURRENT_HERE, NEXT_HERE, END },
			{ LIFETIME, UPDATE_IN, GRACE, TICKET_KEY_ID, AEAD, TICKET_KEY },
			{ LIFETIME, UPDATE_IN, GRACE, NEXT_TICKET_KEY_ID, "80040002 0011",
			  "840d0040" KEY_32 KEY_32 },
		},
		.listed = { { 1, 1031, 1030, 1025, 1029 }, { 1027, 1039, 1026, 1038, 4, 1037 },
			    { 1027, 1039, 1026, 1038, 4, 1037 } },
		.optional = { { 1029 }, { 1026 }, { 1026 } },
	},
	[REVOKE] = {
		.name = "revoke",
		.list = { { HEAD("5"), END } },
		.listed = { { 1, 1031, 1030 } },
	},
	[BARE_ERROR] = {
		.name = "bare error",
		.list = { { "80020002 0001", END } },
		.listed = { { 1, 2 } },
	},
	[NO_PROTOCOL] = {
		.name = "no protocol",
		.list = { { "80010000", END } },
		.listed = { { 1 } },
	},
	[CONTAINER] = {
		.name = "ticket container",
		.list = { { "840c" }, { POLICIES, SA_SPP_1, SA_SPP_2, IDENTITY } },
		.listed = { { 1036 }, { 1034, 1033, 1032 } },
	},
};

const char *const every_record[] = {
	"80010002 0001", "80020002 0003", "80030002 0000", "80040002 000f",
	"84000007 0000 00 0000 0000", "84010000", GRACE, LIFETIME, "04040002 0000", "04050000",
	"84060002 0000", "84070002 0100", IDENTITY, "84090029 03 0000 0a0b0c03 0020" KEY_32,
	"840a0002 0201", TICKET, "840c0000", TICKET_KEY, TICKET_KEY_ID, UPDATE_IN,
};
const size_t every_record_n = sizeof(every_record) / sizeof(every_record[0]);

const char *sample_name(enum sample_kind kind)
{
	return hand[kind].name;
}

static bool has(const uint16_t *types, size_t n, uint16_t type)
{
	for (size_t i = 0; i < n && types[i] != 0; i++) {
		if (types[i] == type) {
			return true;
		}
	}
	return false;
}

bool sample_lists(enum sample_kind kind, enum list list, uint16_t type)
{
	return has(hand[kind].listed[list], 12, type);
}

bool sample_optional(enum sample_kind kind, enum list list, uint16_t type)
{
	return has(hand[kind].optional[list], 4, type);
}

uint16_t rec_type(const struct octets *r)
{
	return (uint16_t)((r->at[0] << 8 | r->at[1]) & 0x7fff);
}

struct octets rec_from_hex(const char *hex)
{
	struct octets o = { 0 };

	o.len = hex_octets(hex, o.at, sizeof(o.at));
	return o;
}

void sample_init(struct sample *s, enum sample_kind kind)
{
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	for (enum list list = TOP; list < LISTS; list++) {
		struct recs *l = &s->list[list];

		while (hand[kind].list[list][l->n]) {
			l->r[l->n] = rec_from_hex(hand[kind].list[list][l->n]);
			l->n++;
		}
	}
}

void recs_drop(struct recs *l, size_t i)
{
	ck_assert_uint_lt(i, l->n);
	memmove(&l->r[i], &l->r[i + 1], (l->n - i - 1) * sizeof(l->r[0]));
	l->n--;
}

void recs_insert(struct recs *l, size_t i, const struct octets *r)
{
	struct octets copy = *r;

	ck_assert_uint_lt(l->n, RECS_MAX);
	memmove(&l->r[i + 1], &l->r[i], (l->n - i) * sizeof(l->r[0]));
	l->r[i] = copy;
	l->n++;
}

static void append(struct octets *o, const uint8_t *data, size_t len)
{
	ck_assert_uint_le(o->len + len, sizeof(o->at));
	memcpy(o->at + o->len, data, len);
	o->len += len;
}

static void append_list(struct octets *o, const struct recs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		append(o, l->r[i].at, l->r[i].len);
	}
}

struct octets sample_octets(const struct sample *s)
{
	struct octets o = { 0 };

	for (size_t i = 0; i < s->list[TOP].n; i++) {
		const struct octets *r = &s->list[TOP].r[i];
		struct octets inner = { 0 };
		uint8_t len[2];

		append(&o, r->at, r->len);
		if (r->len != 2) {
			continue;
		}
		append_list(&inner, &s->list[rec_type(r) == 1029 ? NEXT : CURRENT]);
		len[0] = (uint8_t)(inner.len >> 8);
		len[1] = (uint8_t)inner.len;
		append(&o, len, 2);
		append(&o, inner.at, inner.len);
	}
	return o;
}

static enum status decode(enum sample_kind kind, const uint8_t *data, size_t len,
			  struct ke_message *m)
{
	struct ke_ticket_container t;
	bool request = kind == GROUP_REQUEST || kind == TICKET_REQUEST ||
		       kind == REGISTRATION_REQUEST || kind == REVOKE;

	if (kind == CONTAINER) {
		return ke_container_decode(data, len, &t);
	}
	return ke_decode(data, len, request ? KE_SERVER : KE_CLIENT, m);
}

/* From memory that ends where the message ends, for the sanitizer; a refusal must write nothing. */
enum status sample_decode(enum sample_kind kind, const struct octets *o, struct ke_message *m)
{
	struct ke_message out;
	struct ke_message before;
	uint8_t *exact = malloc(o->len ? o->len : 1);
	enum status st;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, o->at, o->len);
	memset(&out, 0xa5, sizeof(out));
	before = out;
	st = decode(kind, exact, o->len, &out);
	free(exact);
	if (st != ST_OK) {
		ck_assert_mem_eq(&out, &before, sizeof(out));
	} else if (m) {
		*m = out;
	}
	return st;
}
