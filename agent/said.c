// SPDX-License-Identifier: GPL-2.0-or-later
/* Which failures are news. Pure. */
#include "agent/said.h"

#include <stdio.h>

#define FIRST_MS 60000
#define MAX_MS 3600000

bool said_again(struct said *s, bool same, uint64_t now, char more[SAID_STR])
{
	if (same && now < s->again_at) {
		s->left_out++;
		return false;
	}
	s->interval_ms = same ? s->interval_ms * 2 : FIRST_MS;
	if (s->interval_ms > MAX_MS) {
		s->interval_ms = MAX_MS;
	}
	s->again_at = now + s->interval_ms;
	more[0] = '\0';
	if (s->left_out) {
		snprintf(more, SAID_STR, ", %u more times since it was said last", s->left_out);
	}
	s->left_out = 0;
	return true;
}

bool said_news(struct said *s, enum status st, enum exchange_step step, uint64_t now,
	       char more[SAID_STR])
{
	bool same = s->st == st && s->step == step;

	s->st = st;
	s->step = step;
	return said_again(s, same, now, more);
}
