// SPDX-License-Identifier: GPL-2.0-or-later
/* Freshness: tlv/fresh.h, tlv/senders.h. WIRE.md 7. */
#include <check.h>
#include <string.h>

#include "tests/unit/run.h"
#include "tlv/senders.h"

#define S 1000000000ULL
#define START_NS (1700000000 * S)

static const struct fresh_limits limits = { .announce_timeout_ms = 6000 };
static const struct fresh_limits refusing = { 6000, true };

/* One sender's stream and the wire's clock. */
static struct fresh_mark m;
static uint64_t now;

static enum fresh_result timed(uint16_t seq, uint64_t ts)
{
	return fresh_check(&m, PTP_RULE_TIMED, seq, ts, now, &limits);
}

static enum fresh_result request(uint16_t seq)
{
	return fresh_check(&m, PTP_RULE_REQUEST, seq, 0, now, &limits);
}

static enum fresh_result sporadic(uint16_t seq)
{
	return fresh_check(&m, PTP_RULE_SPORADIC, seq, 0, now, &limits);
}

static void setup(void)
{
	memset(&m, 0, sizeof(m));
	now = 1000000;
}

/* n messages at 128 a second, with timestamps from ts on; all must be taken. */
static void run_line(uint16_t seq, uint64_t ts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_int_eq(timed((uint16_t)(seq + i), ts ? ts + i * (S / 128) : 0), FRESH_OK);
		now += 8;
	}
}

/* The receiver dies, and is back so much later. */
static void recall_after(uint64_t ms, enum ptp_rule rule)
{
	now += ms;
	fresh_recall(&m, rule, now);
}

START_TEST(recalled_time_line)
{
	uint64_t ts = START_NS;

	run_line(1000, ts, 256);		/* two seconds */
	m.newest_ns -= S;			/* the mark was written a second before the end */
	m.newest_ms -= 1000;
	m.top = 1128;
	recall_after(50, PTP_RULE_TIMED);
	for (uint16_t i = 0; i < 256; i++) {
		ck_assert_int_eq(timed((uint16_t)(1000 + i), ts + i * (S / 128)), FRESH_STALE);
	}
	ck_assert_int_eq(timed(1256, ts + 2 * S), FRESH_STALE);
	now += 200;
	ck_assert_int_eq(timed(1290, ts + 2 * S + 250000000), FRESH_OK);
	now += 8;
	ck_assert_int_eq(timed(1290, ts + 2 * S + 250000000), FRESH_STALE);
	ck_assert_int_eq(timed(1291, ts + 2 * S + 258000000), FRESH_OK);
}
END_TEST

START_TEST(recalled_after_long)
{
	/* Away for an hour: the sender's time went on, and so did ours; sequenceId has wrapped. */
	run_line(1000, START_NS, 128);
	recall_after(3600000, PTP_RULE_TIMED);
	ck_assert_int_eq(timed(1001, START_NS + S), FRESH_STALE);
	now += 1000;
	ck_assert_int_eq(timed(40000, START_NS + 3602 * S), FRESH_OK);
}
END_TEST

START_TEST(recalled_then_stepped_back)
{
	run_line(1000, START_NS, 128);
	recall_after(1000, PTP_RULE_TIMED);
	ck_assert_int_eq(timed(1130, START_NS - 100 * S), FRESH_STALE);
	now += 6000;
	ck_assert_int_eq(timed(1131, START_NS - 94 * S), FRESH_STEPPED_BACK);
	now += 8;
	ck_assert_int_eq(timed(1132, START_NS - 94 * S + 8000000), FRESH_OK);
}
END_TEST

START_TEST(recalled_responses)
{
	ck_assert_int_eq(fresh_check(&m, PTP_RULE_RESPONSE, 5, START_NS, now, &limits), FRESH_OK);
	recall_after(1000, PTP_RULE_RESPONSE);
	ck_assert_int_eq(fresh_check(&m, PTP_RULE_RESPONSE, 900, START_NS, now, &limits),
			 FRESH_STALE);
	now += 200;
	ck_assert_int_eq(fresh_check(&m, PTP_RULE_RESPONSE, 900, START_NS + S + 200000000, now,
				     &limits), FRESH_OK);
}
END_TEST

START_TEST(recalled_sporadic)
{
	ck_assert_int_eq(sporadic(7), FRESH_OK);
	recall_after(1000, PTP_RULE_SPORADIC);
	ck_assert_int_eq(sporadic(7), FRESH_STALE);
	ck_assert_int_eq(sporadic(8), FRESH_OK);
}
END_TEST

/* Signaling of a sender that restarts: nothing of an earlier numbering is taken again. */
START_TEST(numberings)
{
	static const uint16_t starts[] = { 65500, 1000, 30000, 5000, 40000 };

	ck_assert_int_eq(sporadic(starts[0]), FRESH_OK);
	for (unsigned int i = 0; i < 5; i++) {
		for (uint16_t n = 1; n < 200; n++) {
			ck_assert_int_eq(sporadic((uint16_t)(starts[i] + n)), FRESH_OK);
		}
		for (unsigned int k = 0; k <= i; k++) {
			for (uint16_t n = 0; n < 200; n++) {
				uint16_t old = (uint16_t)(starts[k] + n);

				ck_assert_int_eq(sporadic(old), FRESH_STALE);
				ck_assert(!fresh_renumbered(&m, old, now));
			}
		}
		if (i < 4) {
			ck_assert_int_eq(sporadic(starts[i + 1]), FRESH_STALE);
			ck_assert(fresh_renumbered(&m, starts[i + 1], now));
		}
	}
}
END_TEST

/* None of these numberings of 100 each is taken again. */
static void all_stale(const uint16_t *starts, uint32_t n)
{
	for (uint32_t k = 0; k < n * 100; k++) {
		uint16_t old = (uint16_t)(starts[k / 100] + k % 100);

		if ((uint16_t)(old - m.top - 1) >= FRESH_WINDOW) {
			ck_assert_int_eq(sporadic(old), FRESH_STALE);
		}
		ck_assert(!fresh_renumbered(&m, old, now));
	}
}

/* A sender that restarts time and again: most numberings are taken at once, no old one is. */
START_TEST(numberings_without_end)
{
	uint16_t starts[100];
	uint32_t seed = 1, n = 0, tries, early = 0;

	for (tries = 0; tries < 100; tries++) {
		uint16_t at = (uint16_t)(seed >> 12);

		seed = seed * 1103515245 + 12345;
		if (n && !fresh_renumbered(&m, at, now)) {
			continue;
		}
		for (uint16_t k = n ? 1 : 0; k < 100; k++) {
			ck_assert_int_eq(sporadic((uint16_t)(at + k)), FRESH_OK);
		}
		starts[n++] = at;
		early += tries < 10;
		all_stale(starts, n);
	}
	ck_assert_uint_ge(early, 8);
	ck_assert_uint_le(n, 60);
}
END_TEST

/* What was held back from just before a numbering would let in again what is in it. */
START_TEST(below_a_numbering)
{
	for (uint16_t n = 101; n < 200; n++) {
		ck_assert_int_eq(sporadic(n), FRESH_OK);
	}
	for (int i = 0; i < 2; i++) {
		ck_assert(fresh_passed(&m, 100));
		ck_assert(fresh_passed(&m, 37));
		ck_assert(!fresh_passed(&m, 36));
		ck_assert(!fresh_renumbered(&m, 100, now));
		ck_assert(!fresh_renumbered(&m, 37, now));
		ck_assert(i || fresh_renumbered(&m, 30000, now));
	}
	ck_assert(fresh_renumbered(&m, 36, now));
}
END_TEST

/* Where it is only thought to have been, a sender is taken after a silence. */
START_TEST(between_numberings)
{
	ck_assert_int_eq(sporadic(100), FRESH_OK);
	for (uint16_t at = 10100; at <= 50100; at = (uint16_t)(at + 10000)) {
		ck_assert(fresh_renumbered(&m, at, now));
	}
	ck_assert_uint_eq(m.n_former, FRESH_FORMER);
	ck_assert_uint_eq(m.rough, 1);
	ck_assert(!fresh_renumbered(&m, 5000, now));
	ck_assert(!fresh_passed(&m, 5000));
	ck_assert(fresh_passed(&m, 20100));
	now += FRESH_SILENCE_MS;
	ck_assert_int_eq(sporadic(5000), FRESH_OK);
	ck_assert(fresh_passed(&m, 50100));
}
END_TEST

/* A numbering that wraps remembers half of the numbers: others must stay free. */
START_TEST(numbering_wraps)
{
	for (uint32_t n = 0; n < 70000; n++) {
		ck_assert_int_eq(sporadic((uint16_t)n), FRESH_OK);
	}
	ck_assert(!fresh_renumbered(&m, (uint16_t)(69999 - 32767), now));
	ck_assert(fresh_renumbered(&m, (uint16_t)(69999 + 20000), now));
}
END_TEST

START_TEST(replay_in_every_order)
{
	/* 0 to 9 arrive in an order, then all once more. */
	static const uint8_t orders[][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		{ 0, 9, 8, 7, 6, 5, 4, 3, 2, 1 },
		{ 0, 5, 1, 6, 2, 7, 3, 8, 4, 9 },
		{ 0, 2, 1, 4, 3, 6, 5, 8, 7, 9 },
	};
	uint16_t base = (uint16_t)(0xFFFB + 0x4000 * (_i / 4));	/* across the wrap, too */
	uint64_t ts = _i % 2 ? START_NS : 0;
	const uint8_t *order = orders[_i % 4];

	run_line((uint16_t)(base - 10), ts ? ts - S : 0, 10);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(timed((uint16_t)(base + order[i]), ts), FRESH_OK);
		ck_assert_int_eq(timed((uint16_t)(base + order[i]), ts), FRESH_STALE);
	}
	for (int i = -10; i < 10; i++) {
		ck_assert_int_eq(timed((uint16_t)(base + i), ts), FRESH_STALE);
	}
}
END_TEST

START_TEST(window_is_64)
{
	run_line(1000, START_NS, 1);
	ck_assert_int_eq(timed(1064, START_NS), FRESH_OK);
	ck_assert_int_eq(timed(1001, START_NS), FRESH_OK);
	ck_assert_int_eq(timed(1000, START_NS), FRESH_STALE);	/* 64 behind: a jump */
	ck_assert_int_eq(timed(1129, START_NS), FRESH_STALE);	/* 65 ahead: a jump */
	ck_assert_int_eq(timed(1128, START_NS), FRESH_OK);
}
END_TEST

START_TEST(nothing_behind_the_first)
{
	run_line(1000, START_NS, 1);
	ck_assert_int_eq(timed(999, START_NS), FRESH_STALE);
	ck_assert_int_eq(timed(937, START_NS), FRESH_STALE);
}
END_TEST

START_TEST(replay_after_the_wrap)
{
	run_line(0, START_NS, 65536 + 100);
	/* all that was ever sent, once more: 512 s old where its sequenceId fits again */
	for (uint32_t i = 0; i < 65536 + 100; i++) {
		ck_assert_int_eq(timed((uint16_t)i, START_NS + i * (S / 128)), FRESH_STALE);
	}
	run_line(100, START_NS + 65636 * (S / 128), 1);
}
END_TEST

START_TEST(restarted_master)
{
	uint64_t later = START_NS + 60 * S;

	run_line(1000, START_NS, 500);
	run_line(40000, later, 500);
	run_line(39000, later + 60 * S, 500);	/* again, to behind */
	/* once more, into the window and onto a sequenceId that was used */
	run_line(39490, later + 120 * S, 500);
	ck_assert_int_eq(timed(1400, START_NS + 3 * S), FRESH_STALE);
	ck_assert_int_eq(timed(40100, later + S), FRESH_STALE);
}
END_TEST

START_TEST(loss_of_any_length)
{
	uint32_t lost = 1u << _i;

	run_line(7, START_NS, 10);
	run_line((uint16_t)(17 + lost), START_NS + (10 + lost) * (S / 128), 10);
}
END_TEST

START_TEST(within_a_second)
{
	run_line(1, START_NS, 1);
	ck_assert_int_eq(timed(2, START_NS - S), FRESH_OK);
	ck_assert_int_eq(timed(3, START_NS - S - 1), FRESH_STALE);
	ck_assert_int_eq(timed(3, START_NS + S), FRESH_OK);
	/* a jump: newer, not equal */
	ck_assert_int_eq(timed(2000, START_NS + S), FRESH_STALE);
	ck_assert_int_eq(timed(2000, START_NS + S + 1), FRESH_OK);
}
END_TEST

/* A master whose clock stepped back an hour: its first six seconds are refused. */
static void step_back(uint16_t seq, uint64_t ts)
{
	uint64_t end = now - 8 + limits.announce_timeout_ms;	/* run_line is 8 ms ahead */

	for (; now < end; now += 8) {
		ck_assert_int_eq(timed(seq++, ts), FRESH_STALE);
		ts += S / 128;
	}
	ck_assert_int_eq(timed(seq, ts), FRESH_STEPPED_BACK);
	run_line((uint16_t)(seq + 1), ts + S / 128, 1000);
}

START_TEST(stepped_back)
{
	run_line(65000, START_NS, 500);
	step_back(65500, START_NS - 3600 * S);
}
END_TEST

START_TEST(stepped_back_refused)
{
	run_line(1, START_NS, 1);
	now += 3600 * 1000;
	ck_assert_int_eq(fresh_check(&m, PTP_RULE_TIMED, 2, START_NS - 3600 * S, now, &refusing),
			 FRESH_STALE);
}
END_TEST

START_TEST(no_step_while_the_newer_line_goes_on)
{
	run_line(100, START_NS, 1);
	for (uint16_t i = 0; i < 10000; i++) {
		/* a replay of an old line just ahead of the honest one */
		ck_assert_int_eq(timed((uint16_t)(102 + i), START_NS - 512 * S), FRESH_STALE);
		now += 8;
		ck_assert_int_eq(timed((uint16_t)(101 + i), START_NS + i * (S / 128)), FRESH_OK);
	}
}
END_TEST

START_TEST(a_step_must_go_on)
{
	run_line(30000, START_NS, 1000);
	now += 6000;
	/* behind, and further ahead than any sender comes in six seconds */
	ck_assert_int_eq(timed(30999, START_NS - 3600 * S), FRESH_STALE);
	ck_assert_int_eq(timed(30900, START_NS - 3600 * S), FRESH_STALE);
	ck_assert_int_eq(timed(29000, START_NS - 3600 * S), FRESH_STALE);
	ck_assert_int_eq(timed(33000, START_NS - 3600 * S), FRESH_STALE);
	ck_assert_int_eq(timed(31700, START_NS - 3600 * S), FRESH_STEPPED_BACK);
}
END_TEST

START_TEST(abandoned_line_is_not_taken)
{
	uint64_t back = START_NS - 3600 * S;

	run_line(30000, START_NS, 1000);
	step_back(31000, back);
	back = m.newest_ns;
	/* of the line before the step: as a jump, and as if sequenceId had wrapped */
	ck_assert_int_eq(timed(30500, START_NS + 4 * S), FRESH_STALE);
	ck_assert_int_eq(timed((uint16_t)(m.top + 5), START_NS), FRESH_STALE);
	ck_assert_int_eq(timed((uint16_t)(m.top + 500), START_NS), FRESH_STALE);
	/* honest: goes on; and back where it was */
	run_line((uint16_t)(m.top + 1), back + S / 128, 1);
	run_line((uint16_t)(m.top + 1), START_NS + 3600 * S, 10);
}
END_TEST

START_TEST(loss_after_a_step_locks_nobody_out)
{
	run_line(30000, START_NS, 1000);
	step_back(31000, START_NS - 3600 * S);
	now += 3000;
	ck_assert_int_eq(timed((uint16_t)(m.top + 400), m.newest_ns + 3 * S), FRESH_STALE);
	now += 3000;
	ck_assert_int_eq(timed((uint16_t)(m.top + 800), m.newest_ns + 6 * S), FRESH_OK);
}
END_TEST

START_TEST(without_timestamps)
{
	run_line(1, 0, 1000);
	ck_assert_int_eq(timed(5000, 0), FRESH_STALE);
	now += 5990;
	ck_assert_int_eq(timed(5000, 0), FRESH_STALE);
	now += 20;
	ck_assert_int_eq(timed(5000, 0), FRESH_OK);
	ck_assert_int_eq(timed(4999, 0), FRESH_STALE);
	run_line(5001, 0, 1000);
	/* from now on it has some, and is not believed without any more */
	run_line(6001, START_NS, 2);
	ck_assert_int_eq(timed(6003, 0), FRESH_STALE);
	ck_assert_int_eq(timed(3, 0), FRESH_STALE);
	now += 6000;
	ck_assert_int_eq(timed(3, 0), FRESH_STALE);
}
END_TEST

START_TEST(a_refused_message_changes_nothing)
{
	struct fresh_mark before;

	run_line(1000, START_NS, 100);
	before = m;
	now += 1000;
	ck_assert_int_eq(timed(1099, START_NS), FRESH_STALE);
	ck_assert_int_eq(timed(1100, START_NS - 3600 * S), FRESH_STALE);
	ck_assert_int_eq(timed(9000, START_NS), FRESH_STALE);
	ck_assert_mem_eq(&before, &m, sizeof(m));
}
END_TEST

START_TEST(huge_timestamps)
{
	run_line(1, START_NS, 1);
	ck_assert_int_eq(timed(2, UINT64_MAX), FRESH_OK);
	ck_assert_int_eq(timed(3, UINT64_MAX), FRESH_OK);
	ck_assert_int_eq(timed(4, START_NS), FRESH_STALE);
	now += 6000;
	ck_assert_int_eq(timed(5, START_NS + 6 * S), FRESH_STEPPED_BACK);
}
END_TEST

START_TEST(requests)
{
	ck_assert_int_eq(request(65530), FRESH_OK);
	for (uint16_t i = 0; i < 100; i++) {
		ck_assert_int_eq(request((uint16_t)(65531 + i)), FRESH_OK);
		ck_assert_int_eq(request((uint16_t)(65531 + i)), FRESH_STALE);
	}
	ck_assert_int_eq(request(30000), FRESH_OK);	/* a restart */
	ck_assert_int_eq(request(29999), FRESH_OK);
	ck_assert_int_eq(request(30000), FRESH_STALE);
	ck_assert_int_eq(request(30063), FRESH_OK);	/* a replay from ahead ... */
	ck_assert_int_eq(request(30001), FRESH_OK);	/* ... shuts nobody out */
}
END_TEST

START_TEST(silence)
{
	ck_assert_int_eq(sporadic(10), FRESH_OK);
	ck_assert_int_eq(sporadic(11), FRESH_OK);
	ck_assert_int_eq(sporadic(11), FRESH_STALE);
	ck_assert_int_eq(sporadic(10), FRESH_STALE);
	ck_assert_int_eq(sporadic(9), FRESH_STALE);
	now += 59999;
	ck_assert_int_eq(sporadic(200), FRESH_STALE);
	ck_assert_int_eq(sporadic(11), FRESH_STALE);
	now += 1;
	ck_assert_int_eq(sporadic(11), FRESH_STALE);	/* no silence makes it new */
	ck_assert_int_eq(sporadic(200), FRESH_OK);
	ck_assert_int_eq(sporadic(199), FRESH_STALE);
	ck_assert_int_eq(sporadic(201), FRESH_OK);
	now -= 100000;					/* a clock that goes back: no silence */
	ck_assert_int_eq(sporadic(10), FRESH_STALE);
}
END_TEST

START_TEST(sent_requests)
{
	struct fresh_sent s = { .bits = 0 };

	ck_assert(!fresh_sent_has(&s, 0));
	fresh_sent_note(&s, 65535);
	ck_assert(fresh_sent_has(&s, 65535));
	ck_assert(!fresh_sent_has(&s, 0) && !fresh_sent_has(&s, 65534));
	fresh_sent_note(&s, 1);
	ck_assert(fresh_sent_has(&s, 65535) && fresh_sent_has(&s, 1) && !fresh_sent_has(&s, 0));
	fresh_sent_note(&s, 0);
	ck_assert(fresh_sent_has(&s, 0));
	fresh_sent_note(&s, 63);
	ck_assert(!fresh_sent_has(&s, 65535) && fresh_sent_has(&s, 0));
	fresh_sent_note(&s, 30000);
	ck_assert(fresh_sent_has(&s, 30000) && !fresh_sent_has(&s, 63));
}
END_TEST

static bool is_two(const void *ctx, uint64_t key_serial)
{
	(void)ctx;
	return key_serial == 2;
}

START_TEST(senders_are_bounded)
{
	struct senders *s;
	struct senders_id id = { .source = { 1 } };
	struct fresh_mark *a, *b;

	ck_assert_int_eq(senders_new(100, &s), ST_OK);
	for (uint64_t key = 1; key <= 2; key++) {
		for (uint8_t i = 0; i < 100; i++) {
			id.source[9] = i;
			ck_assert_int_eq(senders_mark(s, key, &id, 0, &a), ST_OK);
			ck_assert(!a->started);
			a->started = true;
			ck_assert_int_eq(senders_mark(s, key, &id, 9, &b), ST_OK);
			ck_assert(a != b && !b->started);
			ck_assert_int_eq(senders_mark(s, key, &id, 0, &b), ST_OK);
			ck_assert_ptr_eq(a, b);
		}
		id.source[9] = 100;
		ck_assert_int_eq(senders_mark(s, key, &id, 0, &a), ST_LIMIT);
		id.source[9] = 0;
		id.requester[0] = 1;
		ck_assert_int_eq(senders_mark(s, key, &id, 0, &a), ST_LIMIT);
		id.requester[0] = 0;
	}
	ck_assert_uint_eq(senders_count(s), 200);
	senders_keep(s, is_two, NULL);
	ck_assert_uint_eq(senders_count(s), 100);
	ck_assert_int_eq(senders_mark(s, 2, &id, 0, &a), ST_OK);
	ck_assert(a->started);
	senders_free(s);
	senders_free(NULL);
}
END_TEST

static TCase *timed_cases(void)
{
	TCase *tc = tcase_create("timed");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, replay_in_every_order, 0, 16);
	tcase_add_test(tc, recalled_time_line);
	tcase_add_test(tc, recalled_after_long);
	tcase_add_test(tc, recalled_then_stepped_back);
	tcase_add_test(tc, recalled_responses);
	tcase_add_test(tc, recalled_sporadic);
	tcase_add_test(tc, numberings);
	tcase_add_test(tc, numberings_without_end);
	tcase_add_test(tc, below_a_numbering);
	tcase_add_test(tc, between_numberings);
	tcase_add_test(tc, numbering_wraps);
	tcase_add_test(tc, window_is_64);
	tcase_add_test(tc, nothing_behind_the_first);
	tcase_add_test(tc, replay_after_the_wrap);
	tcase_add_test(tc, restarted_master);
	tcase_add_loop_test(tc, loss_of_any_length, 0, 17);
	tcase_add_test(tc, within_a_second);
	tcase_add_test(tc, stepped_back);
	tcase_add_test(tc, stepped_back_refused);
	tcase_add_test(tc, no_step_while_the_newer_line_goes_on);
	tcase_add_test(tc, a_step_must_go_on);
	tcase_add_test(tc, abandoned_line_is_not_taken);
	tcase_add_test(tc, loss_after_a_step_locks_nobody_out);
	tcase_add_test(tc, without_timestamps);
	tcase_add_test(tc, a_refused_message_changes_nothing);
	tcase_add_test(tc, huge_timestamps);
	return tc;
}

static TCase *other_cases(void)
{
	TCase *tc = tcase_create("others");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, requests);
	tcase_add_test(tc, silence);
	tcase_add_test(tc, sent_requests);
	tcase_add_test(tc, senders_are_bounded);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("fresh");

	suite_add_tcase(s, timed_cases());
	suite_add_tcase(s, other_cases());
	return unit_run(s);
}
