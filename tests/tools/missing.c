// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that one ptp4l-nts has signed and another never verified, first port of each:
 *	missing FROM.status TO.status
 * The two counters are not read at one instant. Read around each other, within a millisecond,
 * they give two bounds, which meet between two messages. Fails when they do not meet in 5 s.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "status/report.h"

#define PORTS 8
#define WAIT_S 5

static struct guard_counters counters_of(const char *path)
{
	static struct report_port ports[PORTS];
	uint32_t n;
	enum status st = report_query(path, 2000, ports, PORTS, &n);

	if (st != ST_OK || n == 0) {
		fprintf(stderr, "missing: %s: %s\n", path, status_str(st));
		exit(2);
	}
	return ports[0].counters;
}

int main(int argc, char **argv)
{
	int64_t before, verified, after, low = INT64_MIN, high = INT64_MAX;
	time_t end = time(NULL) + WAIT_S;

	if (argc != 3) {
		fprintf(stderr, "usage: missing FROM.status TO.status\n");
		return 64;
	}
	while (low < high && time(NULL) <= end) {
		before = (int64_t)counters_of(argv[1]).sends[GUARD_SIGNED];
		verified = (int64_t)counters_of(argv[2]).verdicts[GUARD_OK];
		after = (int64_t)counters_of(argv[1]).sends[GUARD_SIGNED];
		low = before - verified > low ? before - verified : low;
		high = after - verified < high ? after - verified : high;
	}
	if (low < high) {
		fprintf(stderr, "missing: between %" PRId64 " and %" PRId64 "\n", low, high);
		return 1;
	}
	printf("%" PRId64 "\n", high);
	return 0;
}
