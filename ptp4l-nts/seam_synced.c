// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts_cert_time_check until_sync: when the agent can trust its clock (RFC 8915, 8.5). Must not say
 * so while the wall clock is still wrong: keys would be dropped that nothing is wrong with. A port
 * is SLAVE with a wrong one where the servo may not step it, or where PTP leads a hardware clock
 * and another program has not yet set the wall clock after that.
 */
#include "ptp4l-nts/seam.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define WALL_SLACK_S 120	/* TAI and UTC */

void seam_synced_note(struct seam *s, tmv_t origin)
{
	struct timespec wall;

	if (!s->until_sync) {
		return;
	}
	clock_gettime(CLOCK_REALTIME, &wall);
	s->away_s = llabs(wall.tv_sec - tmv_to_nanoseconds(origin) / NS_PER_S);
}

static bool wall_clock_is_set(struct seam *s)
{
	if (s->away_s > WALL_SLACK_S && !s->said_away) {
		s->said_away = true;
		log_notice("nts_cert_time_check until_sync: synchronized, but the wall clock is %"
			   PRId64 " s away: waiting until it is set, too (by phc2sys, or by a step "
			   "that first_step_threshold allows?)", s->away_s);
	}
	return s->away_s <= WALL_SLACK_S;
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
