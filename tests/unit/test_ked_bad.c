// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bad requests of all six messages, as octets, to the server: each record missing, doubled, cut,
 * too long, foreign, and values that cannot be; each with the Error that WIRE.md says.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ked/serve.h"
#include "tests/unit/clocks.h"
#include "tests/unit/run.h"
#include "util/log.h"

#define GRANTED 0xFFFFFFFFU	/* as an expectation: no Error */
#define RECORDS_MAX 8

static char dir[] = "/tmp/test_ked_bad.XXXXXX";
static char file[64];
static struct kedconf_group group;
static struct kedconf_unicast section;
static struct kedconf conf = {
	.n_groups = 1, .groups = &group, .n_unicast = 1, .unicast = &section,
};
static struct store *store;
static struct groups *groups;
static struct grantors *grantors;
static struct serve *serve;

static const struct tls_peer node = {
	.issuer = "CN=ca", .subject = "CN=gm.test", .common_name = "gm.test", .n_names = 1,
	.names = { { 'i', "192.0.2.1" } },
};

static void no_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static void set_up(void)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	char why[STORE_WHY];

	boot = 5000000;
	wall = 1700000000000;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/keys.db", dir);
	group = (struct kedconf_group){
		.name = "demo", .members = "*.test", .assoc = nts_assoc_group(0, 0, 0),
		.lifetime = 100, .update_period = 40, .policy = { .named = 1, .spp = { 1 } },
	};
	section = (struct kedconf_unicast){
		.name = "main", .macs = { 1, { ALG_HMAC_SHA256_128 } }, .lifetime = 100,
		.update_period = 40, .lead = 10, .policy = { .named = 1, .spp = { 1 } },
		.grantors = "*", .requesters = "*", .identities = "any",
	};
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_int_eq(groups_new(&conf, store, &groups), ST_OK);
	ck_assert_int_eq(grantors_new(store, &grantors), ST_OK);
	ck_assert_int_eq(serve_new(groups, grantors, 0, &serve), ST_OK);
	log_set_sink(no_log, NULL);
}

static void tear_down(void)
{
	serve_free(serve);
	grantors_free(grantors);
	groups_free(groups);
	store_close(store);
	unlink(file);
	rmdir(dir);
}

/* ---- messages of records ---- */

struct octets {
	size_t len;
	uint8_t at[40000];
};

static void add_hex(struct octets *o, const char *hex)
{
	for (; *hex; hex += 2) {
		ck_assert_int_eq(sscanf(hex, "%2hhx", &o->at[o->len++]), 1);
	}
}

#define PROTOCOL "800100020001"
#define VERSION "840700020100"
#define TYPE(n) "84060002000" n
#define GROUP "8400000700000000000000"
#define GRANTOR "840000060001c0000201"
#define IDENTITY "840800060001c0000201"
#define AEADS "80040004000f0011"
#define MACS "040400020000"
#define END "80000000"

struct sample {
	const char *name;
	const char *record[RECORDS_MAX];
	uint32_t whole;			/* what it gets as it is */
	unsigned int optional;		/* bit i: record i may be missing */
};

static const struct sample samples[] = {
	{ "group request", { PROTOCOL, VERSION, TYPE("0"), GROUP }, GRANTED, 0 },
	{ "registration", { PROTOCOL, VERSION, TYPE("3"), IDENTITY, AEADS, MACS }, GRANTED,
	  1 << 5 },
	{ "unicast request", { PROTOCOL, VERSION, TYPE("0"), GRANTOR, IDENTITY, MACS }, GRANTED,
	  1 << 5 },
	{ "revocation", { PROTOCOL, VERSION, TYPE("5") }, GRANTED, 0 },
	{ "grant", { PROTOCOL, VERSION, TYPE("1"), "84010000" }, KE_ERR_BAD_REQUEST, 0 },
	{ "refusal", { PROTOCOL, VERSION, TYPE("2"), "800200020001" }, KE_ERR_BAD_REQUEST, 0 },
	{ "success", { PROTOCOL, VERSION, TYPE("4"), "84010000" }, KE_ERR_BAD_REQUEST, 0 },
};
#define N_SAMPLES ((int)(sizeof(samples) / sizeof(samples[0])))

static size_t n_records(const struct sample *s)
{
	size_t n = 0;

	while (n < RECORDS_MAX && s->record[n]) {
		n++;
	}
	return n;
}

/* The sample's records; the one at skip is left out, extra stands behind them. */
static void build(const struct sample *s, size_t skip, const char *extra, struct octets *o)
{
	size_t i;

	o->len = 0;
	for (i = 0; i < n_records(s); i++) {
		if (i != skip) {
			add_hex(o, s->record[i]);
		}
	}
	add_hex(o, extra);
	add_hex(o, END);
}

/* Error, or GRANTED. */
static uint32_t error_for(const struct octets *o)
{
	struct serve_request r = { .peer = &node, .from = "192.0.2.1:5", .data = o->at,
				   .len = o->len, .now_ms = 5000000 };
	uint8_t out[SERVE_RESPONSE_MAX];
	struct ke_message a;
	size_t len;

	if (serve_answer(serve, &r, out, &len) == SERVE_GRANTED) {
		return GRANTED;
	}
	ck_assert_int_eq(ke_decode(out, len, KE_CLIENT, &a), ST_OK);
	ck_assert_int_eq(a.type, KE_REFUSAL);
	return a.error;
}

/* There is a registration when it begins. */
static void ck_error(const struct sample *s, const struct octets *o, uint32_t expected,
		     const char *what, size_t i)
{
	struct octets *reg = malloc(sizeof(*reg));
	uint32_t error;

	build(&samples[1], SIZE_MAX, "", reg);
	ck_assert_uint_eq(error_for(reg), GRANTED);
	free(reg);
	error = error_for(o);
	ck_assert_msg(error == expected, "%s, %s %zu: Error %d, expected %d", s->name, what, i,
		      (int)error, (int)expected);
}

START_TEST(as_it_is)
{
	const struct sample *s = &samples[_i];
	struct octets o;

	build(s, SIZE_MAX, "", &o);
	ck_error(s, &o, s->whole, "whole", 0);
}
END_TEST

START_TEST(missing)
{
	const struct sample *s = &samples[_i];
	struct octets o;
	size_t i;

	for (i = 0; i < n_records(s); i++) {
		build(s, i, "", &o);
		ck_error(s, &o, s->optional & 1U << i ? s->whole : KE_ERR_BAD_REQUEST, "without",
			 i);
	}
}
END_TEST

START_TEST(doubled)
{
	const struct sample *s = &samples[_i];
	struct octets o;
	size_t i;

	for (i = 0; i < n_records(s); i++) {
		build(s, SIZE_MAX, s->record[i], &o);
		ck_error(s, &o, KE_ERR_BAD_REQUEST, "twice", i);
	}
}
END_TEST

/* The record with its body longer or shorter by an octet, its length right. */
static void resize(const char *hex, int by, char out[128])
{
	unsigned int len;

	ck_assert_int_eq(sscanf(hex + 4, "%4x", &len), 1);
	snprintf(out, 128, "%.4s%04x%s%s", hex, (unsigned int)((int)len + by), hex + 8,
		 by > 0 ? "00" : "");
	if (by < 0) {
		out[8 + 2 * ((int)len + by)] = '\0';
	}
}

START_TEST(too_long_or_short)
{
	const struct sample *s = &samples[_i];
	char record[128];
	struct octets o;
	size_t i;

	for (i = 0; i < n_records(s); i++) {
		if (strncmp(s->record[i] + 4, "0000", 4)) {
			resize(s->record[i], -1, record);
			build(s, i, record, &o);
			ck_error(s, &o, KE_ERR_BAD_REQUEST, "too short", i);
		}
		resize(s->record[i], 1, record);
		build(s, i, record, &o);
		ck_error(s, &o, KE_ERR_BAD_REQUEST, "too long", i);
	}
}
END_TEST

/* A length that goes behind the message's end, and the message cut at each octet. */
START_TEST(cut)
{
	const struct sample *s = &samples[_i];
	struct octets o;
	size_t i, len;

	for (i = 0; i < n_records(s); i++) {
		build(s, i, s->record[i], &o);
		o.at[o.len - strlen(END) / 2 - strlen(s->record[i]) / 2 + 2] = 0x7F;
		ck_error(s, &o, KE_ERR_BAD_REQUEST, "length behind the end", i);
	}
	build(s, SIZE_MAX, "", &o);
	len = o.len;
	for (o.len = 0; o.len < len; o.len++) {
		ck_error(s, &o, KE_ERR_BAD_REQUEST, "cut at", o.len);
	}
	o.len = len + 1;
	o.at[len] = 0;
	ck_error(s, &o, KE_ERR_BAD_REQUEST, "octet behind the end", len);
}
END_TEST

/* One of every type; what a message may have is doubled by it. */
static const char *const foreign[] = {
	PROTOCOL, "800200020001", "800300020001", AEADS, GROUP, GRANTOR, "84010000",
	"0402000400000005",
	"8403000400000064", MACS, "04050000", TYPE("0"), VERSION, IDENTITY,
	"84090029010000000000010020" "11111111111111111111111111111111"
	"11111111111111111111111111111111",
	"840a00020001", "840b0008000f000000000000", "840c0000", "840d0020" "11111111111111111111"
	"11111111"
	"111111111111111111111111111111111111", "840e000400000001", "840f000400000001",
	/* containers in containers */
	"840100048401" "0000", "8401000484050000", "840c0004840c0000",
};
#define N_FOREIGN (sizeof(foreign) / sizeof(foreign[0]))

START_TEST(foreign_records)
{
	const struct sample *s = &samples[_i];
	uint32_t expected;
	struct octets o;
	size_t i, k;

	for (i = 0; i < N_FOREIGN; i++) {
		for (k = 0; k < n_records(s); k++) {
			if (!strncmp(foreign[i], s->record[k], 4)) {
				break;
			}
		}
		expected = KE_ERR_BAD_REQUEST;
		build(s, SIZE_MAX, foreign[i], &o);
		ck_error(s, &o, expected, k < n_records(s) ? "doubled" : "foreign", i);
	}
}
END_TEST

START_TEST(unknown_records)
{
	const struct sample *s = &samples[_i];
	struct octets o;

	build(s, SIZE_MAX, "fffe0001ab", &o);
	ck_error(s, &o, KE_ERR_UNRECOGNIZED_CRITICAL, "unknown critical", 0);
	build(s, SIZE_MAX, "7ffe0001ab7ffe0000", &o);
	ck_error(s, &o, s->whole, "unknown", 0);
	build(s, SIZE_MAX, "85dc0000", &o);	/* numbers of another draft's records, critical */
	ck_error(s, &o, KE_ERR_UNRECOGNIZED_CRITICAL, "unknown critical", 1);
}
END_TEST

/* Whether a known record is critical does not matter. */
START_TEST(critical_bit)
{
	const struct sample *s = &samples[_i];
	struct octets o;
	size_t i, at;

	build(s, SIZE_MAX, "", &o);
	for (i = 0, at = 0; i < n_records(s); at += strlen(s->record[i++]) / 2) {
		o.at[at] ^= 0x80;
	}
	ck_error(s, &o, s->whole, "C bits turned", 0);
}
END_TEST

/* ---- values ---- */

static const struct {
	int sample;
	size_t skip;
	const char *instead;
	uint32_t error;
} values[] = {
	/* Association Mode */
	{ 0, 3, "8400000700000010000000", KE_ERR_BAD_REQUEST },		/* sdoId of 13 bits */
	{ 0, 3, "840000070000" "00f0000000", KE_ERR_BAD_REQUEST },
	{ 0, 3, "84000007000000" "0fff0000", KE_ERR_NOT_AUTHORIZED },	/* of 12, no such group */
	{ 0, 3, "84000007000000" "00000001", KE_ERR_NOT_AUTHORIZED },	/* a sub-group is another */
	{ 0, 3, "8400000600000000" "0000", KE_ERR_BAD_REQUEST },
	{ 0, 3, "840000070005" "0000000000", KE_ERR_BAD_REQUEST },	/* type 5 */
	{ 0, 3, "84000000", KE_ERR_BAD_REQUEST },
	{ 0, 3, GROUP MACS, KE_ERR_BAD_REQUEST },	/* in ticket mode only */
	{ 0, 3, GROUP IDENTITY, KE_ERR_BAD_REQUEST },
	{ 0, 3, GRANTOR, KE_ERR_BAD_REQUEST },				/* and no requester */
	{ 2, 3, "8400000e0001c0000201" "0001c0000202", KE_ERR_BAD_REQUEST },	/* two */
	{ 2, 3, "840000050001c00002", KE_ERR_BAD_REQUEST },
	{ 2, 3, "8400000600020a000001", KE_ERR_BAD_REQUEST },		/* IPv6 of 4 octets */
	{ 2, 3, "840000060001c0000209", KE_ERR_NOT_REGISTERED },
	{ 2, 3, "840000080003020000000001", KE_ERR_NOT_REGISTERED },
	{ 2, 3, "8400000c00040200000000000001" "0001", KE_ERR_NOT_REGISTERED },
	/* Requesting PTP Identity */
	{ 1, 3, "84080000", KE_ERR_BAD_REQUEST },
	{ 1, 3, "8408000700000000000000", KE_ERR_BAD_REQUEST },		/* a group is no identity */
	{ 1, 3, "840800050001c00002", KE_ERR_BAD_REQUEST },
	{ 1, 3, "840800070001c000020100", KE_ERR_BAD_REQUEST },
	{ 1, 3, "840800070003020000000000", KE_ERR_BAD_REQUEST },	/* MAC of 5 octets */
	{ 1, 3, "8408000b000402000000000000" "0100", KE_ERR_BAD_REQUEST },	/* port of 9 */
	{ 1, 3, "840800060009c0000201", KE_ERR_BAD_REQUEST },
	{ 1, 3, "8408000c0001c0000201" "0001c00002", KE_ERR_BAD_REQUEST },
	{ 1, 3, "8408000c0001c0000201" "0001c0000202", KE_ERR_NOT_AUTHORIZED },	/* not its own */
	{ 2, 4, "840800060001c0000207", KE_ERR_NOT_AUTHORIZED },
	{ 2, 4, "84080000", KE_ERR_BAD_REQUEST },
	{ 2, 4, IDENTITY AEADS, KE_ERR_BAD_REQUEST },
	/* AEAD Algorithm Negotiation */
	{ 1, 4, "80040000", KE_ERR_BAD_REQUEST },
	{ 1, 4, "8004000100", KE_ERR_BAD_REQUEST },
	{ 1, 4, "80040002001e", KE_ERR_NO_COMMON_ALG },
	{ 1, 4, "80040004001effff", KE_ERR_NO_COMMON_ALG },
	{ 1, 4, "80040004001e000f", GRANTED },
	/* MAC Algorithm Negotiation */
	{ 1, 5, "04040000", KE_ERR_BAD_REQUEST },
	{ 1, 5, "040400020063", KE_ERR_NO_COMMON_ALG },
	{ 2, 5, "04040000", KE_ERR_BAD_REQUEST },
	{ 2, 5, "0404000100", KE_ERR_BAD_REQUEST },
	{ 2, 5, "040400020063", KE_ERR_NO_COMMON_ALG },
	{ 2, 5, "040400020001", KE_ERR_NO_COMMON_ALG },		/* not the grantor's */
	{ 2, 5, "0404000400630000", GRANTED },
	/* the head */
	{ 0, 1, "840700020200", KE_ERR_BAD_REQUEST },
	{ 0, 1, "840700020101", KE_ERR_BAD_REQUEST },
	{ 0, 2, "840600020006", KE_ERR_BAD_REQUEST },
	{ 0, 2, "84060002ffff", KE_ERR_BAD_REQUEST },
	{ 0, 0, "80010004" "00000001", GRANTED },			/* NTPv4 too */
	{ 3, 2, TYPE("5") GROUP, KE_ERR_BAD_REQUEST },
	{ 3, 2, TYPE("5") IDENTITY, KE_ERR_BAD_REQUEST },
};

START_TEST(bad_values)
{
	const struct sample *s = &samples[values[_i].sample];
	struct octets o;

	build(s, values[_i].skip, values[_i].instead, &o);
	ck_error(s, &o, values[_i].error, values[_i].instead, (size_t)_i);
}
END_TEST

/* 16 identities and 16 algorithms are the most. */
START_TEST(long_lists)
{
	char record[1024] = "840800" "66";
	struct octets o;
	int i;

	for (i = 0; i < 17; i++) {
		strncat(record, "0001c0000201", sizeof(record) - strlen(record) - 1);
	}
	build(&samples[1], 3, record, &o);
	ck_error(&samples[1], &o, KE_ERR_BAD_REQUEST, "17 identities", 0);
	memcpy(record + 4, "0060", 4);
	record[8 + 2 * 96] = '\0';
	build(&samples[1], 3, record, &o);
	ck_error(&samples[1], &o, GRANTED, "16 identities", 0);
	snprintf(record, sizeof(record), "%s", "80040022000f");
	for (i = 0; i < 16; i++) {
		strncat(record, "0011", sizeof(record) - strlen(record) - 1);
	}
	build(&samples[1], 4, record, &o);
	ck_error(&samples[1], &o, KE_ERR_BAD_REQUEST, "17 AEADs", 0);
}
END_TEST

START_TEST(longest)
{
	const struct sample *s = &samples[0];
	struct octets o;
	size_t pad;

	for (pad = KE_REQUEST_MAX - 1; pad <= KE_REQUEST_MAX + 1; pad++) {
		size_t len;

		build(s, SIZE_MAX, "", &o);
		o.len -= strlen(END) / 2;
		len = pad - o.len - 8;	/* its header, and End of Message */
		o.at[o.len++] = 0x7F;
		o.at[o.len++] = 0xFE;
		o.at[o.len++] = (uint8_t)(len >> 8);
		o.at[o.len++] = (uint8_t)len;
		memset(o.at + o.len, 0, len);
		o.len += len;
		add_hex(&o, END);
		ck_assert_uint_eq(o.len, pad);
		ck_error(s, &o, pad <= KE_REQUEST_MAX ? GRANTED : KE_ERR_BAD_REQUEST, "octets",
			 pad);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_bad");
	TCase *tc = tcase_create("ked_bad");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, as_it_is, 0, N_SAMPLES);
	tcase_add_loop_test(tc, missing, 0, N_SAMPLES);
	tcase_add_loop_test(tc, doubled, 0, N_SAMPLES);
	tcase_add_loop_test(tc, too_long_or_short, 0, N_SAMPLES);
	tcase_add_loop_test(tc, cut, 0, N_SAMPLES);
	tcase_add_loop_test(tc, foreign_records, 0, N_SAMPLES);
	tcase_add_loop_test(tc, unknown_records, 0, N_SAMPLES);
	tcase_add_loop_test(tc, critical_bit, 0, N_SAMPLES);
	tcase_add_loop_test(tc, bad_values, 0, (int)(sizeof(values) / sizeof(values[0])));
	tcase_add_test(tc, long_lists);
	tcase_add_test(tc, longest);
	return unit_run(s);
}
