// SPDX-License-Identifier: GPL-2.0-or-later
/* nts/alg and nts/params: the tables of WIRE.md 3 and 4. */
#include <check.h>

#include "nts/params.h"
#include "tests/unit/run.h"

static const struct alg_mac mac_rows[] = {
	{ 0, "HMAC-SHA256-128", 32, 16 },
	{ 1, "HMAC-SHA256", 32, 32 },
	{ 2, "AES-128-CMAC", 16, 16 },
	{ 32768, "AES-256-CMAC", 32, 16 },
};

START_TEST(macs)
{
	const struct alg_mac *want = &mac_rows[_i];
	const struct alg_mac *row = alg_mac(want->number);

	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_eq(row, alg_mac_at((size_t)_i));
	ck_assert_ptr_eq(row, alg_mac_by_name(want->name));
	ck_assert_uint_eq(row->number, want->number);
	ck_assert_str_eq(row->name, want->name);
	ck_assert_uint_eq(row->key_len, want->key_len);
	ck_assert_uint_eq(row->icv_len, want->icv_len);
}
END_TEST

START_TEST(aeads)
{
	ck_assert_uint_eq(alg_aead(15)->key_len, 32);
	ck_assert_uint_eq(alg_aead(17)->key_len, 64);
	ck_assert_ptr_eq(alg_aead_at(0), alg_aead(15));
	ck_assert_ptr_eq(alg_aead_at(1), alg_aead(17));
}
END_TEST

START_TEST(unknown)
{
	ck_assert_ptr_null(alg_mac(3));
	ck_assert_str_eq(alg_mac_name(3), "unknown");
	ck_assert_ptr_null(alg_mac(65535));
	ck_assert_ptr_null(alg_mac_at(4));
	ck_assert_ptr_null(alg_mac_by_name("HMAC-SHA256-12"));
	ck_assert_ptr_null(alg_aead(16));
	ck_assert_ptr_null(alg_aead_at(2));
}
END_TEST

static const struct {
	struct nts_assoc assoc;
	size_t len;
	const char *text;
} assocs[] = {
	{ { 0, { 5, 0x01, 0x00, 0x02, 0x01 } }, 5, "group domain 5 sdoId 0x100 subGroup 513" },
	{ { 1, { 192, 0, 2, 1 } }, 4, "192.0.2.1" },
	{ { 2, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, 16, "2001:db8::1" },
	{ { 3, { 0, 0x1b, 0x19, 0, 0, 0xff } }, 6, "00:1b:19:00:00:ff" },
	{ { 4, { 1, 2, 3, 0xff, 0xfe, 4, 5, 6, 1, 0 } }, 10, "010203.fffe.040506-256" },
};

START_TEST(assoc_kinds)
{
	struct nts_assoc a = assocs[_i].assoc;
	char text[NTS_ASSOC_STR];

	ck_assert_uint_eq(nts_assoc_value_len(a.type), assocs[_i].len);
	ck_assert_int_eq(nts_assoc_check(&a), ST_OK);
	ck_assert_str_eq(nts_assoc_str(&a, text), assocs[_i].text);
	if (assocs[_i].len < NTS_ASSOC_VALUE_MAX) {
		a.value[assocs[_i].len] = 1;
		ck_assert_int_eq(nts_assoc_check(&a), ST_BAD_VALUE);
		ck_assert(!nts_assoc_equal(&a, &assocs[_i].assoc));
	}
	a = assocs[_i].assoc;
	a.type++;		/* the same octets mean another */
	ck_assert(!nts_assoc_equal(&a, &assocs[_i].assoc));
}
END_TEST

START_TEST(assoc_group)
{
	struct nts_assoc a = nts_assoc_group(5, 0x100, 513);
	char text[NTS_ASSOC_STR];

	ck_assert(nts_assoc_equal(&a, &assocs[0].assoc));
	ck_assert_uint_eq(nts_assoc_domain(&a), 5);
	ck_assert_uint_eq(nts_assoc_sdo_id(&a), 0x100);
	ck_assert_uint_eq(nts_assoc_sub_group(&a), 513);
	a = nts_assoc_group(0, 0xfff, 0);
	ck_assert_int_eq(nts_assoc_check(&a), ST_OK);
	a = nts_assoc_group(0, 0x1000, 0);
	ck_assert_int_eq(nts_assoc_check(&a), ST_BAD_VALUE);
	a = (struct nts_assoc){ .type = 5 };
	ck_assert_int_eq(nts_assoc_check(&a), ST_BAD_VALUE);
	ck_assert_uint_eq(nts_assoc_value_len(5), 0);
	ck_assert_uint_eq(nts_assoc_value_len(65535), 0);
	ck_assert_str_eq(nts_assoc_str(&a, text), "association of unknown type 5");
}
END_TEST

START_TEST(sa_by_spp)
{
	struct nts_params p = { .n_sa = 2, .sa = { { .spp = 9 }, { .spp = 4 }, { .spp = 7 } } };

	ck_assert_ptr_eq(nts_params_sa(&p, 4), &p.sa[1]);
	ck_assert_ptr_null(nts_params_sa(&p, 7));
	ck_assert_ptr_null(nts_params_sa(&p, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("alg");
	TCase *tc = tcase_create("alg");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, macs, 0, 4);
	tcase_add_test(tc, aeads);
	tcase_add_test(tc, unknown);
	tcase_add_loop_test(tc, assoc_kinds, 0, 5);
	tcase_add_test(tc, assoc_group);
	tcase_add_test(tc, sa_by_spp);
	return unit_run(s);
}
