// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts_cert_time_check until_sync: when the agent can trust its clock (RFC 8915, 8.5). Must not say
 * so while the wall clock is still wrong: keys would be dropped that nothing is wrong with.
 */
#include "ptp4l-nts/seam.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define WALL_SLACK_S 120	/* TAI and UTC, and the time since the last Sync */

/*
 * Dates of certificates are looked at by the wall clock. Where PTP leads a hardware clock, another
 * program sets that one after it, and not before a port is SLAVE.
 */
static bool wall_clock_is_set(struct seam *s)
{
	int64_t ns = tmv_to_nanoseconds(clock_ingress_time(s->clock));
	struct timespec wall;
	int64_t away;

	if (ns == 0) {
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &wall);
	away = llabs(wall.tv_sec - ns / NS_PER_S);
	if (away > WALL_SLACK_S && !s->said_away) {
		s->said_away = true;
		log_notice("nts_cert_time_check until_sync: synchronized, but the wall clock is %"
			   PRId64 " s away: waiting until it is set, too (by phc2sys?)", away);
	}
	return away <= WALL_SLACK_S;
}

static bool is_slave(const struct seam *s)
{
	const struct seam_port *sp;

	LIST_FOREACH(sp, &s->ports, list) {
		if (port_state(sp->port) == PS_SLAVE) {
			return true;
		}
	}
	return false;
}

void seam_synced_tick(struct seam *s)
{
	if (s->until_sync && is_slave(s) && wall_clock_is_set(s)) {
		s->until_sync = false;
		alink_synced(s->link);
	}
}
