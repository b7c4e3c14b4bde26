// SPDX-License-Identifier: GPL-2.0-or-later
/* util/cursor: network byte order, bounds, and that a failure stays. */
#include <check.h>

#include "tests/unit/run.h"
#include "util/cursor.h"

static const uint8_t octets[] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
};

START_TEST(reads_network_order)
{
	struct rcur c = rcur_init(octets, sizeof(octets));
	uint8_t a = 0;
	uint16_t b = 0;
	uint32_t d = 0;
	uint64_t e = 0;

	ck_assert_int_eq(rcur_u8(&c, &a), ST_OK);
	ck_assert_int_eq(rcur_u16(&c, &b), ST_OK);
	ck_assert_int_eq(rcur_u32(&c, &d), ST_OK);
	ck_assert_int_eq(rcur_u64(&c, &e), ST_OK);
	ck_assert_uint_eq(a, 0x01);
	ck_assert_uint_eq(b, 0x0203);
	ck_assert_uint_eq(d, 0x04050607);
	ck_assert_uint_eq(e, 0x08090a0b0c0d0e0f);
	ck_assert_uint_eq(c.left, 0);
}
END_TEST

/* Loop: how many octets are there, 0 to 7. Too few for each of the reads. */
START_TEST(read_too_much_fails_and_stays)
{
	struct rcur c = rcur_init(octets, (size_t)_i);
	uint64_t v = 42;
	uint8_t buf[8] = { 0 };
	uint8_t a = 43;
	struct rcur sub = { .left = 99 };

	ck_assert_int_eq(rcur_u64(&c, &v), ST_TRUNCATED);
	ck_assert_uint_eq(v, 42);
	ck_assert_uint_eq(c.left, (size_t)_i);
	ck_assert_int_eq(rcur_u8(&c, &a), ST_TRUNCATED);
	ck_assert_uint_eq(a, 43);
	ck_assert_int_eq(rcur_octets(&c, buf, 0), ST_TRUNCATED);
	ck_assert_int_eq(rcur_skip(&c, 0), ST_TRUNCATED);
	ck_assert_int_eq(rcur_sub(&c, 0, &sub), ST_TRUNCATED);
	ck_assert_uint_eq(sub.left, 99);
}
END_TEST

START_TEST(each_read_is_bounded)
{
	uint16_t b;
	uint32_t d;
	uint8_t a;
	uint8_t buf[16];
	struct rcur c = rcur_init(octets, 0);

	ck_assert_int_eq(rcur_u8(&c, &a), ST_TRUNCATED);
	c = rcur_init(octets, 1);
	ck_assert_int_eq(rcur_u16(&c, &b), ST_TRUNCATED);
	c = rcur_init(octets, 3);
	ck_assert_int_eq(rcur_u32(&c, &d), ST_TRUNCATED);
	c = rcur_init(octets, 15);
	ck_assert_int_eq(rcur_octets(&c, buf, 16), ST_TRUNCATED);
	c = rcur_init(octets, 15);
	ck_assert_int_eq(rcur_skip(&c, SIZE_MAX), ST_TRUNCATED);
	c = rcur_init(octets, 15);
	ck_assert_int_eq(rcur_sub(&c, 16, &c), ST_TRUNCATED);
}
END_TEST

START_TEST(sub_is_a_window)
{
	struct rcur c = rcur_init(octets, sizeof(octets));
	struct rcur sub;
	uint8_t a = 0;

	ck_assert_int_eq(rcur_skip(&c, 2), ST_OK);
	ck_assert_int_eq(rcur_sub(&c, 1, &sub), ST_OK);
	ck_assert_int_eq(rcur_u8(&sub, &a), ST_OK);
	ck_assert_uint_eq(a, 3);
	ck_assert_int_eq(rcur_u8(&sub, &a), ST_TRUNCATED);
	ck_assert_int_eq(rcur_u8(&c, &a), ST_OK);
	ck_assert_uint_eq(a, 4);
}
END_TEST

START_TEST(nothing_of_nothing)
{
	struct rcur c = rcur_init(NULL, 0);
	struct wcur w = wcur_init(NULL, 0);

	ck_assert_int_eq(rcur_octets(&c, NULL, 0), ST_OK);
	ck_assert_int_eq(rcur_skip(&c, 0), ST_OK);
	ck_assert_int_eq(wcur_octets(&w, NULL, 0), ST_OK);
	ck_assert_int_eq(wcur_u8(&w, 1), ST_NO_SPACE);
}
END_TEST

START_TEST(writes_network_order)
{
	uint8_t buf[sizeof(octets)] = { 0 };
	struct wcur w = wcur_init(buf, sizeof(buf));

	wcur_u8(&w, 0x01);
	wcur_u16(&w, 0x0203);
	wcur_u32(&w, 0x04050607);
	wcur_u64(&w, 0x08090a0b0c0d0e0f);
	ck_assert_int_eq(w.st, ST_OK);
	ck_assert_uint_eq(w.used, sizeof(octets));
	ck_assert_mem_eq(buf, octets, sizeof(octets));
}
END_TEST

START_TEST(write_too_much_writes_nothing_and_stays)
{
	uint8_t buf[4] = { 9, 9, 9, 9 };
	static const uint8_t nines[4] = { 9, 9, 9, 9 };
	struct wcur w = wcur_init(buf, 3);

	ck_assert_int_eq(wcur_u32(&w, 0), ST_NO_SPACE);
	ck_assert_int_eq(wcur_u8(&w, 0), ST_NO_SPACE);
	ck_assert_int_eq(wcur_octets(&w, octets, 1), ST_NO_SPACE);
	ck_assert_int_eq(wcur_patch_u16(&w, 0, 0), ST_NO_SPACE);
	ck_assert_uint_eq(w.used, 0);
	ck_assert_mem_eq(buf, nines, 4);
}
END_TEST

START_TEST(patch_only_what_was_written)
{
	uint8_t buf[8] = { 0 };
	struct wcur w = wcur_init(buf, sizeof(buf));

	wcur_u32(&w, 0x01020304);
	ck_assert_int_eq(wcur_patch_u16(&w, 2, 0xaabb), ST_OK);
	ck_assert_mem_eq(buf, "\x01\x02\xaa\xbb", 4);
	ck_assert_int_eq(wcur_patch_u16(&w, 3, 0), ST_BAD_LENGTH);
	w = wcur_init(buf, sizeof(buf));
	ck_assert_int_eq(wcur_patch_u16(&w, 0, 0), ST_BAD_LENGTH);
	w = wcur_init(buf, sizeof(buf));
	wcur_u8(&w, 0);
	ck_assert_int_eq(wcur_patch_u16(&w, SIZE_MAX, 0), ST_BAD_LENGTH);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cursor");
	TCase *tc = tcase_create("cursor");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, reads_network_order);
	tcase_add_loop_test(tc, read_too_much_fails_and_stays, 0, 8);
	tcase_add_test(tc, each_read_is_bounded);
	tcase_add_test(tc, sub_is_a_window);
	tcase_add_test(tc, nothing_of_nothing);
	tcase_add_test(tc, writes_network_order);
	tcase_add_test(tc, write_too_much_writes_nothing_and_stays);
	tcase_add_test(tc, patch_only_what_was_written);
	return unit_run(s);
}
