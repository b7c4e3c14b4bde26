// SPDX-License-Identifier: GPL-2.0-or-later
/* What a report says by numbers: report_values.h. */
#include "nts4ptp/report_values.h"

#include <stdio.h>
#include <time.h>

#define DAY_MS (24 * 3600 * INT64_C(1000))

/* By portState of IEEE 1588-2019, table 20; 10 is linuxptp's own name for a grandmaster. */
static const char *const states[] = {
	"UNKNOWN", "INITIALIZING", "FAULTY", "DISABLED", "LISTENING", "PRE_MASTER",
	"MASTER", "PASSIVE", "UNCALIBRATED", "SLAVE", "GRAND_MASTER",
};

static const char *const modes[] = {
	[REPORT_OFF] = "off", [REPORT_GROUP] = "group", [REPORT_TICKET] = "ticket",
	[REPORT_STATIC] = "static",
};

const char *report_state_name(uint8_t state)
{
	return states[state < sizeof(states) / sizeof(states[0]) ? state : 0];
}

const char *report_mode_name(uint8_t mode)
{
	return mode < sizeof(modes) / sizeof(modes[0]) ? modes[mode] : "unknown";
}

enum fault_stage report_stage(const struct report_port *p)
{
	return fault_stage(p->last_step <= EXCHANGE_DONE ? (enum exchange_step)p->last_step :
			   EXCHANGE_DONE, (enum status)p->last_st);
}

uint64_t report_ms_until(uint64_t at, uint64_t now)
{
	return at > now ? at - now : 0;
}

int64_t report_cert_days(const struct report_port *p)
{
	struct timespec ts;
	int64_t left;

	clock_gettime(CLOCK_REALTIME, &ts);
	left = p->cert_not_after_ms - (int64_t)ts.tv_sec * 1000 - ts.tv_nsec / 1000000;
	return left / DAY_MS - (left < 0);
}

uint64_t report_refused(const struct guard_counters *c)
{
	uint64_t sum = 0;
	int v;

	for (v = 0; v < GUARD_VERDICTS; v++) {
		if (!guard_accepted((enum guard_verdict)v)) {
			sum += c->verdicts[v];
		}
	}
	return sum;
}

uint64_t report_taken(const struct report_port *p)
{
	uint64_t sum = 0;

	for (int v = 0; v < GUARD_VERDICTS; v++) {
		sum += p->taken[v];
	}
	return sum;
}

void report_identity(const uint8_t id[8], char out[REPORT_IDENTITY])
{
	snprintf(out, REPORT_IDENTITY, "%02x%02x%02x.%02x%02x.%02x%02x%02x", id[0], id[1], id[2],
		 id[3], id[4], id[5], id[6], id[7]);
}

bool report_is_fine(const struct report_port *p)
{
	return p->mode == REPORT_OFF || (p->up && (!p->monitor || p->sa.have[SA_CURRENT]));
}
