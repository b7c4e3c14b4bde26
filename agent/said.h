/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was logged of failures: one that stays the same is said once, then ever more seldom. */
#ifndef NTS_AGENT_SAID_H
#define NTS_AGENT_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "nts/exchange.h"

#define SAID_STR 48

/* All zero: nothing was said. */
struct said {
	enum status st;
	enum exchange_step step;
	uint32_t left_out;
	uint64_t interval_ms;
	uint64_t again_at;
};

/*
 * Is this failure, at now, to be logged? Then more holds words on how often it was left out
 * before, or "".
 */
bool said_news(struct said *s, enum status st, enum exchange_step step, uint64_t now,
	       char more[SAID_STR]);

/* The same for what is no exchange: is it what was said last? */
bool said_again(struct said *s, bool same, uint64_t now, char more[SAID_STR]);

#endif
