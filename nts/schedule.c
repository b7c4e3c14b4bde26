// SPDX-License-Identifier: GPL-2.0-or-later
/* When to ask the KE server: draft 2.2.1, WIRE.md 6. Pure. */
#include "nts/schedule.h"

#define MS 1000
#define LEAST_WAIT_MS 1000	/* after an answer */
#define ROUNDING_MS 1000
#define RETRY_FIRST_MS 1000
#define RETRY_LEAST_MS 500
#define RETRY_MOST_MS 64000	/* while keys are good */
#define RETRY_SHARE 8		/* of the time that they have left */
#define RETRY_MOST_WITHOUT_MS 16000
#define AGAIN_FIRST_MS 4000
#define AGAIN_MAX_MS 128000
#define AGAIN_FORGET_MS 600000

/* Uniform from [0, span); spans beyond 32 bits (49 days) are drawn in coarser steps. */
static uint64_t draw(uint64_t span, schedule_random rnd, void *ctx)
{
	uint64_t step = 1;

	if (span == 0) {
		return 0;
	}
	while (span / step > UINT32_MAX) {
		step *= 2;
	}
	return (uint64_t)rnd(ctx, (uint32_t)(span / step)) * step;
}

void schedule_start(struct schedule *s, uint64_t now, uint32_t jitter_ms,
		    schedule_random rnd, void *ctx)
{
	s->ask_at = now + draw(jitter_ms, rnd, ctx);
	s->expires_at = 0;
	s->failures = 0;
	s->doublings = 0;
	s->again_at = 0;
	s->again_ms = 0;
}

/*
 * The first three quarters of the update period that lies in [from, to). Spans are whole
 * seconds, rounded up by some servers: the true end may be almost a second before to.
 */
static uint64_t draw_in_period(uint64_t from, uint64_t to, schedule_random rnd, void *ctx)
{
	if (to - from > 2 * ROUNDING_MS) {
		to -= ROUNDING_MS;
	}
	return from + draw((to - from) / 4 * 3, rnd, ctx);
}

void schedule_success(struct schedule *s, uint64_t now, uint32_t lifetime_s, uint32_t update_in_s,
		      bool has_next, uint32_t next_lifetime_s, uint32_t next_update_in_s,
		      schedule_random rnd, void *ctx)
{
	uint64_t from = now + (uint64_t)update_in_s * MS;
	uint64_t end = now + (uint64_t)lifetime_s * MS;

	if (has_next) {
		from = end + (uint64_t)next_update_in_s * MS;
		end += (uint64_t)next_lifetime_s * MS;
	}
	s->ask_at = draw_in_period(from, end, rnd, ctx);
	if (s->ask_at < now + LEAST_WAIT_MS) {
		s->ask_at = now + LEAST_WAIT_MS;
	}
	s->expires_at = end;
	s->failures = 0;
	s->doublings = 0;
}

static uint64_t retry_most(const struct schedule *s, uint64_t now)
{
	uint64_t share;

	if (s->expires_at <= now) {
		return RETRY_MOST_WITHOUT_MS;
	}
	share = (s->expires_at - now) / RETRY_SHARE;
	return share < RETRY_MOST_MS ? share : RETRY_MOST_MS;
}

static uint64_t retry_interval(struct schedule *s, uint64_t now)
{
	uint64_t interval = (uint64_t)RETRY_FIRST_MS << s->doublings;
	uint64_t most = retry_most(s, now);

	if (interval < most) {
		s->doublings++;
	} else {
		interval = most;
	}
	return interval < RETRY_LEAST_MS ? RETRY_LEAST_MS : interval;
}

void schedule_failure(struct schedule *s, uint64_t now, schedule_random rnd, void *ctx)
{
	uint64_t interval = retry_interval(s, now);

	s->ask_at = now + interval - draw(interval / 2, rnd, ctx);
	if (s->ask_at < now + RETRY_LEAST_MS) {
		s->ask_at = now + RETRY_LEAST_MS;
	}
	if (s->failures < UINT32_MAX) {
		s->failures++;
	}
}

void schedule_again(struct schedule *s, uint64_t now, schedule_random rnd, void *ctx)
{
	uint64_t at = s->again_at > now ? s->again_at : now;

	if (s->again_at > now && s->ask_at < s->again_at) {
		return;
	}
	at += draw(AGAIN_FIRST_MS, rnd, ctx);
	if (s->again_ms == 0 || now > s->again_at + AGAIN_FORGET_MS) {
		s->again_ms = AGAIN_FIRST_MS;
	} else if (s->again_ms < AGAIN_MAX_MS) {
		s->again_ms *= 2;
	}
	s->again_at = at + s->again_ms;
	if (at < s->ask_at) {
		s->ask_at = at;
	}
}
