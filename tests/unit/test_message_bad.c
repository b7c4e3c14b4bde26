// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts/message: every way to spoil a message, and the exact reason for which it is refused.
 * Each loop test goes over all samples.
 */
#include <check.h>

#include "nts/message.h"
#include "tests/unit/run.h"
#include "tests/unit/samples.h"

#define END_OF_MESSAGE 0

static void expect(const struct sample *s, enum status want, const char *what, size_t i)
{
	struct octets o = sample_octets(s);
	enum status st = sample_decode(s->kind, &o, NULL);

	ck_assert_msg(st == want, "%s, %s %zu: %s instead of %s", sample_name(s->kind), what, i,
		      status_name(st), status_name(want));
}

/* The list of the container sample's own header is not a list of records to play with. */
static bool skipped(enum sample_kind kind, enum list list)
{
	return kind == CONTAINER && list == TOP;
}

/* Containers in TOP stand as two octets until they are put together. */
static bool is_placeholder(const struct octets *r)
{
	return r->len == 2;
}

/* Cut off at every octet: between records there is no end, elsewhere a record is cut. */
START_TEST(cut_off_anywhere)
{
	struct sample s;
	struct octets o;
	size_t full;
	size_t border = 0;

	sample_init(&s, (enum sample_kind)_i);
	o = sample_octets(&s);
	full = o.len;
	for (o.len = 0; o.len < full; o.len++) {
		enum status want = ST_TRUNCATED;

		if (o.len == border && _i != CONTAINER) {
			want = ST_NO_END;
			border += 4u + (size_t)(o.at[border + 2] << 8 | o.at[border + 3]);
		}
		ck_assert_msg(sample_decode(s.kind, &o, NULL) == want, "%s at %zu",
			      sample_name(s.kind), o.len);
	}
}
END_TEST

/* What a record that ends too early may be refused for. */
static bool short_reason(const struct octets *r, enum status st)
{
	switch (rec_type(r)) {
	case 1: /* an empty list has a meaning of its own in a request */
		return st == ST_BAD_LENGTH || (r->at[3] == 0 && st == ST_NO_PROTOCOL);
	case 1034: /* fewer policies: the last only repeats an SPP, the one before is needed */
		return st == (r->at[3] % 2 ? ST_BAD_LENGTH : r->at[3] == 6 ? ST_OK : ST_BAD_VALUE);
	default:
		return st == ST_BAD_LENGTH;
	}
}

/* Every record, inside containers too, made shorter to every length, in an intact message. */
START_TEST(every_record_shortened)
{
	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < s.list[list].n; i++) {
			struct octets *r = &s.list[list].r[i];
			struct octets whole = *r;

			while (!is_placeholder(r) && r->len > 4) {
				struct octets o;
				enum status st;

				r->len--;
				r->at[3] = (uint8_t)(r->len - 4);
				o = sample_octets(&s);
				st = sample_decode(s.kind, &o, NULL);
				ck_assert_msg(short_reason(r, st), "%s, type %u at %zu: %s",
					      sample_name(s.kind), rec_type(r), r->len,
					      status_name(st));
			}
			*r = whole;
		}
	}
}
END_TEST

START_TEST(every_record_lengthened)
{
	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < s.list[list].n; i++) {
			struct octets *r = &s.list[list].r[i];

			if (is_placeholder(r)) {
				continue;
			}
			r->at[r->len++] = 0;
			r->at[3]++;
			expect(&s, ST_BAD_LENGTH, "longer record", i);
			r->len--;
			r->at[3]--;
		}
	}
}
END_TEST

/* A container that ends where this record began. */
static enum status when_cut_before(enum sample_kind kind, uint16_t type)
{
	if (kind == GROUP_GRANT && type == 1026) {
		return ST_OK; /* Grace Period is optional and stands last */
	}
	if (kind == TICKET_GRANT && (type == 1038 || type == 1026)) {
		return ST_BAD_VALUE; /* a group's parameters beside a ticket's */
	}
	return ST_MISSING_RECORD;
}

/* A container shortened to every length: a record in it is cut, or one or more are missing. */
START_TEST(containers_shortened)
{
	for (enum list list = CURRENT; list < LISTS; list++) {
		struct sample s;
		struct recs *l = &s.list[list];

		sample_init(&s, (enum sample_kind)_i);
		while (l->n > 0) {
			struct octets *last = &l->r[l->n - 1];
			enum status want = ST_TRUNCATED;

			last->len--;
			if (last->len == 0) {
				want = when_cut_before(s.kind, rec_type(last));
				l->n--;
			}
			expect(&s, want, "shortened container, records left", l->n);
		}
	}
}
END_TEST

START_TEST(every_record_twice)
{
	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < s.list[list].n && !skipped(s.kind, list); i++) {
			uint16_t type = rec_type(&s.list[list].r[i]);

			recs_insert(&s.list[list], i, &s.list[list].r[i]);
			expect(&s, type == END_OF_MESSAGE ? ST_TRAILING : ST_DUPLICATE_RECORD,
			       "twice", i);
			recs_drop(&s.list[list], i);
		}
	}
}
END_TEST

static enum status when_missing(enum sample_kind kind, enum list list, uint16_t type)
{
	if (list == TOP && type == END_OF_MESSAGE) {
		return ST_NO_END;
	}
	if (kind == REFUSAL && type == 1030) {
		return ST_FOREIGN_RECORD; /* it is a bare Error then, which has no version */
	}
	return sample_optional(kind, list, type) ? ST_OK : ST_MISSING_RECORD;
}

START_TEST(every_record_left_out)
{
	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < s.list[list].n && !skipped(s.kind, list); i++) {
			struct octets r = s.list[list].r[i];

			recs_drop(&s.list[list], i);
			expect(&s, when_missing(s.kind, list, rec_type(&r)), "left out", i);
			recs_insert(&s.list[list], i, &r);
		}
	}
}
END_TEST

/* Where a foreign record makes it another kind of message. */
static const struct {
	enum sample_kind kind;
	uint16_t type;
	enum status st;
} turned[] = {
	{ GROUP_GRANT, 1035, ST_MISSING_RECORD },	/* a ticket grant without key ID */
	{ GROUP_GRANT, 1038, ST_MISSING_RECORD },	/* a ticket grant without ticket */
	{ BARE_ERROR, 1030, ST_MISSING_RECORD },	/* a message without record 1 */
	{ NO_PROTOCOL, 1030, ST_BAD_LENGTH },		/* a message with an empty record 1 */
	{ NO_PROTOCOL, 2, ST_OK },			/* a bare Error */
};

static enum status when_foreign(enum sample_kind kind, enum list list, uint16_t type)
{
	for (size_t i = 0; i < sizeof(turned) / sizeof(turned[0]); i++) {
		if (turned[i].kind == kind && turned[i].type == type &&
		    (list != TOP || kind != GROUP_GRANT)) {
			return turned[i].st;
		}
	}
	return ST_FOREIGN_RECORD;
}

/* Containers in containers are among them. */
START_TEST(every_foreign_record)
{
	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i < every_record_n; i++) {
			struct octets r = rec_from_hex(every_record[i]);

			if (s.list[list].n == 0 || skipped(s.kind, list) ||
			    sample_lists(s.kind, list, rec_type(&r))) {
				continue;
			}
			recs_insert(&s.list[list], 0, &r);
			expect(&s, when_foreign(s.kind, list, rec_type(&r)), "foreign",
			       rec_type(&r));
			recs_drop(&s.list[list], 0);
		}
	}
}
END_TEST

/* At every place; behind End of Message it is one of too many octets. */
START_TEST(unknown_records)
{
	static const struct {
		const char *hex;
		enum status st;
	} unknown[] = {
		{ "a0000000", ST_UNKNOWN_CRITICAL }, { "ffff0003 010203", ST_UNKNOWN_CRITICAL },
		{ "84100000", ST_UNKNOWN_CRITICAL }, { "8005000100", ST_UNKNOWN_CRITICAL },
		{ "20000000", ST_OK }, { "7fff0003 010203", ST_OK }, { "04100000", ST_OK },
	};

	for (enum list list = TOP; list < LISTS; list++) {
		struct sample s;
		struct recs *l = &s.list[list];

		sample_init(&s, (enum sample_kind)_i);
		for (size_t i = 0; i <= l->n && l->n > 0 && !skipped(s.kind, list); i++) {
			for (size_t u = 0; u < sizeof(unknown) / sizeof(unknown[0]); u++) {
				struct octets r = rec_from_hex(unknown[u].hex);
				bool behind = list == TOP && i == l->n;

				recs_insert(l, i, &r);
				expect(&s, behind ? ST_TRAILING : unknown[u].st, "unknown", i);
				recs_drop(l, i);
			}
		}
	}
}
END_TEST

START_TEST(octets_behind_the_end)
{
	struct sample s;
	struct octets o;

	sample_init(&s, (enum sample_kind)_i);
	o = sample_octets(&s);
	for (size_t i = 0; i < 8; i++) {
		o.at[o.len++] = 0;
		ck_assert_int_eq(sample_decode(s.kind, &o, NULL), ST_TRAILING);
	}
}
END_TEST

START_TEST(wrong_reader)
{
	struct sample s;
	struct octets o;
	struct ke_message m;

	for (enum sample_kind kind = GROUP_REQUEST; kind <= REVOKE; kind++) {
		sample_init(&s, kind);
		o = sample_octets(&s);
		ck_assert_int_ne(ke_decode(o.at, o.len, KE_SERVER, &m),
				 ke_decode(o.at, o.len, KE_CLIENT, &m));
		ck_assert(ke_decode(o.at, o.len, KE_SERVER, &m) == ST_BAD_TYPE ||
			  ke_decode(o.at, o.len, KE_CLIENT, &m) == ST_BAD_TYPE);
	}
	sample_init(&s, BARE_ERROR);
	o = sample_octets(&s);
	ck_assert_int_eq(ke_decode(o.at, o.len, KE_SERVER, &m), ST_MISSING_RECORD);
	sample_init(&s, NO_PROTOCOL);
	o = sample_octets(&s);
	ck_assert_int_eq(ke_decode(o.at, o.len, KE_SERVER, &m), ST_NO_PROTOCOL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("message_bad");
	TCase *tc = tcase_create("message_bad");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, cut_off_anywhere, 0, SAMPLES);
	tcase_add_loop_test(tc, every_record_shortened, 0, SAMPLES);
	tcase_add_loop_test(tc, every_record_lengthened, 0, SAMPLES);
	tcase_add_loop_test(tc, containers_shortened, 0, SAMPLES);
	tcase_add_loop_test(tc, every_record_twice, 0, SAMPLES);
	tcase_add_loop_test(tc, every_record_left_out, 0, SAMPLES);
	tcase_add_loop_test(tc, every_foreign_record, 0, SAMPLES);
	tcase_add_loop_test(tc, unknown_records, 0, SAMPLES);
	tcase_add_loop_test(tc, octets_behind_the_end, 0, SAMPLES);
	tcase_add_test(tc, wrong_reader);
	return unit_run(s);
}
