// SPDX-License-Identifier: GPL-2.0-or-later
/* The TICKET TLV and the ticket in it: unicast/ticket.h. WIRE.md 4 and 7. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pair.h"
#include "tests/unit/run.h"
#include "unicast/identity.h"

#define FROM 44		/* a Signaling message's TLVs begin here */

static struct nts_params grant;

static void setup(void)
{
	pair_setup();
	grant = pair_own_grant(0xA0, 0, 1000);
	pair_make(PTP_SIGNALING, R_CLOCK, 1);
	pair.len = ticket_append(pair.msg, FROM, TICKET_TLV_TYPE, grant.ticket_key_id,
				 &grant.ticket);
}

static enum ticket_found find(struct ticket_tlv *out)
{
	uint8_t *exact = malloc(pair.len);
	enum ticket_found f;

	memcpy(exact, pair.msg, pair.len);
	f = ticket_find(exact, FROM, pair.len, TICKET_TLV_TYPE, out);
	if (f == TICKET_FOUND) {
		ptrdiff_t nonce = out->nonce - exact, text = out->ciphertext - exact;

		out->nonce = pair.msg + nonce;
		out->ciphertext = pair.msg + text;
	}
	free(exact);
	return f;
}

START_TEST(layout)
{
	struct ticket_tlv t;
	size_t body = 6 + 16 + (size_t)grant.ticket.len;

	ck_assert_uint_eq(pair.msg[FROM] << 8 | pair.msg[FROM + 1], 0xFFF0);
	ck_assert_uint_eq(pair.msg[FROM + 2] << 8 | pair.msg[FROM + 3], 4 + body + body % 2);
	ck_assert_uint_eq(pair.msg[FROM + 7], 100);
	ck_assert_uint_eq(pair.msg[FROM + 9], 15);
	ck_assert_uint_eq(pair.msg[FROM + 11], 16);
	ck_assert_uint_eq(pair.len % 2, 0);
	ck_assert_uint_eq(ticket_append_len(&grant.ticket), pair.len - FROM);
	ck_assert_int_eq(find(&t), TICKET_FOUND);
	ck_assert_uint_eq(t.at, FROM);
	ck_assert_uint_eq(t.end, pair.len);
	ck_assert_uint_eq(t.key_id, 100);
	ck_assert_uint_eq(t.aead, 15);
	ck_assert_uint_eq(t.len, grant.ticket.len);
	ck_assert_mem_eq(t.nonce, grant.ticket.nonce, 16);
	ck_assert_mem_eq(t.ciphertext, grant.ticket.octets, t.len);
}
END_TEST

START_TEST(absent_and_twice)
{
	struct ticket_tlv t;

	pair.msg[FROM + 1] = 0xF1;
	ck_assert_int_eq(find(&t), TICKET_ABSENT);
	pair.msg[FROM + 1] = 0xF0;
	pair.len = ticket_append(pair.msg, pair.len, TICKET_TLV_TYPE, 1, &grant.ticket);
	ck_assert_int_eq(find(&t), TICKET_TWICE);
	pair.len = FROM;
	ck_assert_int_eq(find(&t), TICKET_ABSENT);
}
END_TEST

/* Every length but the right one, inside a TLV that ends where the message does. */
START_TEST(cut_and_padded)
{
	size_t right = pair.len;
	struct ticket_tlv t;

	for (size_t len = FROM + 4; len < right + 8; len++) {
		if (len == right) {
			continue;
		}
		pair.len = len;
		ptpmsg_set_u16(pair.msg + FROM + 2, (uint16_t)(len - FROM - 4));
		ck_assert_int_eq(find(&t), TICKET_MALFORMED);
	}
}
END_TEST

START_TEST(fields)
{
	struct ticket_tlv t;
	uint8_t *tlv = pair.msg + FROM;

	tlv[7] = 0;
	ck_assert_int_eq(find(&t), TICKET_MALFORMED);	/* Ticket Key ID 0 */
	tlv[7] = 100;
	tlv[11] = 15;
	ck_assert_int_eq(find(&t), TICKET_MALFORMED);	/* nonce length */
	tlv[11] = 16;
	tlv[29] += 2;
	ck_assert_int_eq(find(&t), TICKET_MALFORMED);	/* ciphertext length */
	tlv[29] -= 4;
	ck_assert_int_eq(find(&t), TICKET_MALFORMED);
	tlv[29] += 2;
	ck_assert_int_eq(find(&t), TICKET_FOUND);
	if ((6 + 16 + grant.ticket.len) % 2) {
		pair.msg[pair.len - 1] = 1;
		ck_assert_int_eq(find(&t), TICKET_MALFORMED);	/* padding not 0 */
	}
}
END_TEST

START_TEST(opens)
{
	struct ke_ticket_container c;
	struct ticket_tlv t;

	ck_assert_int_eq(find(&t), TICKET_FOUND);
	ck_assert_int_eq(ticket_open(&pair.tk[0], &t, &c), ST_OK);
	ck_assert_uint_eq(c.n_sa, 1);
	ck_assert_uint_eq(c.sa[0].key_id, 0xA0);
	ck_assert_mem_eq(c.sa[0].key, grant.sa[0].key, 32);
	ck_assert_uint_eq(c.n_identities, 2);
	ck_assert(nts_assoc_equal(&c.identities[0], &pair.r_address));
}
END_TEST

static void is_forged(const struct ticket_key *key)
{
	struct ke_ticket_container c;
	struct ticket_tlv t;

	ck_assert_int_eq(find(&t), TICKET_FOUND);
	ck_assert_int_eq(ticket_open(key, &t, &c), ST_AUTH_FAILED);
}

/* Every bit of nonce and ciphertext, and what is associated with them. */
START_TEST(spoiled)
{
	struct ticket_key other = pair.tk[0];
	size_t end = FROM + 30 + (size_t)grant.ticket.len;

	for (size_t i = FROM + 12; i < end; i++) {
		if (i == FROM + 28 || i == FROM + 29) {
			continue;
		}
		pair.msg[i] ^= 1;
		is_forged(&pair.tk[0]);
		pair.msg[i] ^= 1;
	}
	is_forged(&pair.tk[1]);
	other.id++;
	is_forged(&other);
}
END_TEST

START_TEST(both_algorithms)
{
	struct ke_ticket_container c;
	struct ticket_tlv t;

	pair.tk[0].aead = ALG_AEAD_AES_SIV_CMAC_512;
	pair.tk[0].len = 64;
	grant = pair_own_grant(0xA0, 0, 1000);
	pair.len = ticket_append(pair.msg, FROM, TICKET_TLV_TYPE, 100, &grant.ticket);
	ck_assert_int_eq(find(&t), TICKET_FOUND);
	ck_assert_int_eq(ticket_open(&pair.tk[0], &t, &c), ST_OK);
}
END_TEST

START_TEST(words)
{
	static const char *const good[] = {
		"192.0.2.1", "fd00::1", "02:00:5e:00:53:01", "001122.fffe.334455-1",
	};
	static const char *const bad[] = {
		"", "192.0.2", "192.0.2.1.", "fd00::g", "02:00:5e:00:53", "02:00:5e:00:53:01:02",
		"001122.fffe.334455", "001122.fffe.334455-65536", "group",
	};
	char str[NTS_ASSOC_STR];
	struct nts_assoc a, list[4];
	uint8_t n;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(identity_parse(good[i], &a), ST_OK);
		ck_assert_str_eq(nts_assoc_str(&a, str), good[i]);
		ck_assert_int_eq(nts_assoc_check(&a), ST_OK);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(identity_parse(bad[i], &a), ST_BAD_VALUE);
	}
	ck_assert_int_eq(identity_parse_list(" 192.0.2.1,fd00::1, 02:00:5e:00:53:01", list, 4, &n),
			 ST_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(identity_parse_list("", list, 4, &n), ST_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(identity_parse_list("192.0.2.1 x", list, 4, &n), ST_BAD_VALUE);
	ck_assert_int_eq(identity_parse_list("192.0.2.1 192.0.2.2", list, 1, &n), ST_LIMIT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ticket");
	TCase *t = tcase_create("ticket");

	tcase_add_checked_fixture(t, setup, pair_teardown);
	tcase_add_test(t, layout);
	tcase_add_test(t, absent_and_twice);
	tcase_add_test(t, cut_and_padded);
	tcase_add_test(t, fields);
	tcase_add_test(t, opens);
	tcase_add_test(t, spoiled);
	tcase_add_test(t, both_algorithms);
	tcase_add_test(t, words);
	suite_add_tcase(s, t);
	return unit_run(s);
}
