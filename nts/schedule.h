/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a client asks the KE server again: at a random instant in the first three quarters of
 * the update period (WIRE.md 6), after a failure with growing, jittered intervals. Pure: times
 * come in, times go out. Milliseconds of boot time.
 */
#ifndef NTS_NTS_SCHEDULE_H
#define NTS_NTS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t ask_at;	/* when to ask next */
	uint64_t expires_at;	/* end of the current parameters; 0 none */
	uint32_t failures;	/* in a row */
	uint32_t doublings;	/* of the first interval between them */
	uint64_t again_at;	/* schedule_again has nobody ask earlier than this */
	uint64_t again_ms;	/* between its last time and again_at; 0 never */
};

/* Draws uniformly from [0, below); below > 0. */
typedef uint32_t (*schedule_random)(void *ctx, uint32_t below);

/* First request: at a random instant within jitter_ms of now. */
void schedule_start(struct schedule *s, uint64_t now, uint32_t jitter_ms,
		    schedule_random rnd, void *ctx);

/*
 * An answer arrived at now: lifetime_s and update_in_s of Current; when it carried Next, its
 * lifetime_s and update_in_s count from Current's end, and asking goes on in Next's update
 * period. Without Next: a random instant in the first three quarters of [update_in, lifetime),
 * and at least 1 s from now.
 */
void schedule_success(struct schedule *s, uint64_t now, uint32_t lifetime_s, uint32_t update_in_s,
		      bool has_next, uint32_t next_lifetime_s, uint32_t next_update_in_s,
		      schedule_random rnd, void *ctx);

/*
 * A failure at now: asks again after a random instant in the upper half of 1, 2, 4 ... s. Without
 * good keys at most 16 s, for a port waits. While keys are good at most 64 s and an eighth of the
 * time left until expires_at, yet never below half a second. Intervals that are shortened so do
 * not make the next ones longer.
 */
void schedule_failure(struct schedule *s, uint64_t now, schedule_random rnd, void *ctx);

/*
 * The keys in hand are held to be no good: asks ahead of the schedule's time, within 4 s, so that
 * clocks that lost one grantor do not come all at once. From one such time to the next it takes at
 * least 4, 8 ... 128 s, whoever calls however often; after ten quiet minutes it starts anew.
 */
void schedule_again(struct schedule *s, uint64_t now, schedule_random rnd, void *ctx);

#endif
