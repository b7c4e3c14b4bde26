// SPDX-License-Identifier: GPL-2.0-or-later
/* sa_files, right and wrong, and a gate under static keys. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/run.h"
#include "tlv/ptp.h"
#include "tlv/static_keys.h"

#define SA "[security_association]\nspp 3\n"
#define KEY "10 AES128 HEX:000102030405060708090a0b0c0d0e0f\n"
#define SYNC_LEN 44

static enum status read_text(const char *text, struct static_keys **out, unsigned int *line)
{
	char path[] = "/tmp/nts-static-XXXXXX";
	int fd = mkstemp(path);
	enum status st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	st = static_keys_read(path, out, line);
	unlink(path);
	return st;
}

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100

static const struct {
	const char *text;
	unsigned int line;
} wrong[] = {
	{ KEY, 1 },
	{ "spp 256\n", 1 },
	{ "spp -1\n", 1 },
	{ "spp 3x\n", 1 },
	{ "spp 3\nspp 3\n", 2 },
	{ SA KEY KEY, 4 },
	{ SA "seqid_window 32768\n", 3 },
	{ SA "allow_mutable 2\n", 3 },
	{ SA "seqnum_length 2\n", 3 },
	{ SA "res_length 1\n", 3 },
	{ SA "mystery 1\n", 3 },
	{ SA "lonely\n", 3 },
	{ SA "0 SHA256 secret\n", 3 },
	{ SA "4294967296 SHA256 secret\n", 3 },
	{ SA "1 SHA512 secret\n", 3 },
	{ SA "1 SHA256 7 secret\n", 3 },
	{ SA "1 SHA256 6 secret more\n", 3 },
	{ SA "1 SHA256 HEX:012\n", 3 },
	{ SA "1 SHA256 HEX:0g\n", 3 },
	{ SA "1 SHA256 HEX:\n", 3 },
	{ SA "1 SHA256 B64:!!!!\n", 3 },
	{ SA "1 AES128 HEX:00\n", 3 },
	{ SA "1 AES256 HEX:000102030405060708090a0b0c0d0e0f\n", 3 },
	/* 1,023 octets and more: the rest is no line of its own */
	{ SA "#" X1000 X10 X10 "xx4 SHA256 secret\n", 3 },
};

START_TEST(wrong_files)
{
	struct static_keys *k = NULL;
	unsigned int line = 0;

	ck_assert_int_eq(read_text(wrong[_i].text, &k, &line), ST_CONFIG);
	ck_assert_uint_eq(line, wrong[_i].line);
	ck_assert_ptr_null(k);
}
END_TEST

START_TEST(no_file)
{
	struct static_keys *k = NULL;
	unsigned int line;

	ck_assert_int_eq(static_keys_read("/nowhere/sa", &k, &line), ST_FILE_OPEN);
}
END_TEST

static struct static_gate *gate(const char *text, uint8_t spp, uint32_t id,
				struct static_keys **k)
{
	struct static_gate *g = NULL;
	unsigned int line;

	ck_assert_int_eq(read_text(text, k, &line), ST_OK);
	ck_assert_int_eq(static_gate_new(*k, spp, id, &g), ST_OK);
	return g;
}

START_TEST(no_such_key)
{
	struct static_keys *k;
	struct static_gate *g = gate(SA KEY, 3, 10, &k), *other = NULL;

	ck_assert_int_eq(static_gate_new(k, 4, 10, &other), ST_BAD_VALUE);
	ck_assert_int_eq(static_gate_new(k, 3, 11, &other), ST_BAD_VALUE);
	ck_assert_ptr_null(other);
	static_gate_free(g);
	static_keys_free(k);
}
END_TEST

static void sync_message(uint8_t *m, uint16_t sequence)
{
	memset(m, 0, SYNC_LEN);
	m[1] = 2;
	m[3] = SYNC_LEN;
	m[9] = 0x11;		/* correctionField */
	m[20] = 1;
	m[30] = (uint8_t)(sequence >> 8);
	m[31] = (uint8_t)sequence;
}

static enum guard_verdict pass(struct static_gate *g, uint16_t sequence, int flip)
{
	uint8_t m[128], plain[SYNC_LEN];
	struct guard_undo undo;
	enum guard_verdict v;
	size_t len, got = 0;

	sync_message(m, sequence);
	memcpy(plain, m, SYNC_LEN);
	ck_assert_int_eq(static_gate_sign(g, m, SYNC_LEN, sizeof(m), &undo, &len), GUARD_SIGNED);
	ck_assert_uint_eq(m[1], 0x12);
	ck_assert_uint_eq(m[9], 0x11);
	if (flip >= 0) {
		m[flip] ^= 1;
	}
	v = static_gate_receive(g, m, len, &got);
	if (v == GUARD_OK) {
		ck_assert_uint_eq(got, SYNC_LEN);
	}
	if (flip < 0) {
		guard_restore(m, &undo);
		ck_assert_mem_eq(m, plain, SYNC_LEN);
	}
	return v;
}

START_TEST(signs_and_verifies)
{
	struct static_keys *k;
	struct static_gate *g = gate(SA KEY, 3, 10, &k);

	ck_assert_int_eq(pass(g, 1, -1), GUARD_OK);
	ck_assert_int_eq(pass(g, 1, 9), GUARD_BAD_ICV);
	ck_assert_int_eq(pass(g, 1, SYNC_LEN + 4), GUARD_UNKNOWN_SPP);
	ck_assert_int_eq(pass(g, 1, SYNC_LEN + 9), GUARD_UNKNOWN_KEY_ID);
	ck_assert_int_eq(pass(g, 1, SYNC_LEN + 25), GUARD_BAD_ICV);
	ck_assert_uint_eq(static_gate_counters(g)->verdicts[GUARD_BAD_ICV], 2);
	static_gate_free(g);
	static_keys_free(k);
}
END_TEST

START_TEST(mutable_correction)
{
	struct static_keys *k;
	struct static_gate *g = gate(SA "allow_mutable 1\n" KEY, 3, 10, &k);

	ck_assert_int_eq(pass(g, 1, -1), GUARD_OK);
	ck_assert_int_eq(pass(g, 1, 9), GUARD_OK);
	ck_assert_int_eq(pass(g, 1, 34), GUARD_BAD_ICV);
	static_gate_free(g);
	static_keys_free(k);
}
END_TEST

START_TEST(window)
{
	static const uint8_t parent[10] = { 1 };
	struct static_keys *k;
	struct static_gate *g = gate(SA KEY, 3, 10, &k);

	ck_assert_int_eq(pass(g, 7, -1), GUARD_OK);
	ck_assert_int_eq(pass(g, 7, -1), GUARD_OK);	/* nobody's, as yet */
	static_gate_follow(g, parent, 1);
	ck_assert_int_eq(pass(g, 65535, -1), GUARD_OK);
	ck_assert_int_eq(pass(g, 65535, -1), GUARD_STALE);
	ck_assert_int_eq(pass(g, 65534, -1), GUARD_STALE);
	ck_assert_int_eq(pass(g, 3, -1), GUARD_STALE);
	ck_assert_int_eq(pass(g, 2, -1), GUARD_OK);
	static_gate_follow(g, parent, 1);
	ck_assert_int_eq(pass(g, 2, -1), GUARD_STALE);
	static_gate_follow(g, parent, 2);
	ck_assert_int_eq(pass(g, 900, -1), GUARD_OK);
	static_gate_free(g);
	static_keys_free(k);
}
END_TEST

START_TEST(no_tlv)
{
	struct static_keys *k;
	struct static_gate *g = gate(SA KEY, 3, 10, &k);
	uint8_t m[SYNC_LEN];
	size_t len = 0;

	sync_message(m, 1);
	ck_assert_int_eq(static_gate_receive(g, m, sizeof(m), &len), GUARD_NO_TLV);
	ck_assert_int_eq(static_gate_receive(g, m, 20, &len), GUARD_MALFORMED);
	static_gate_free(g);
	static_keys_free(k);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("static_keys");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, wrong_files, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, no_file);
	tcase_add_test(tc, no_such_key);
	tcase_add_test(tc, signs_and_verifies);
	tcase_add_test(tc, mutable_correction);
	tcase_add_test(tc, window);
	tcase_add_test(tc, no_tlv);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
