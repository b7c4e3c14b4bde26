// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that one ptp4l-nts has signed and another never verified, first port of each:
 *	missing FROM.status TO.status
 * What is on its way looks as if it were lost, and what is lost stays so: the smallest difference
 * of the two counters tells, once none smaller has come for a while.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "status/report.h"

#define PORTS 8
#define SETTLED_MS 500
#define PAUSE_NS 5000000L

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

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t verified, difference, least = INT64_MAX, found_ms = now_ms();

	if (argc != 3) {
		fprintf(stderr, "usage: missing FROM.status TO.status\n");
		return 64;
	}
	while (now_ms() - found_ms < SETTLED_MS) {
		verified = (int64_t)counters_of(argv[2]).verdicts[GUARD_OK];
		difference = (int64_t)counters_of(argv[1]).sends[GUARD_SIGNED] - verified;
		if (difference < least) {
			least = difference;
			found_ms = now_ms();
		}
		nanosleep(&pause, NULL);
	}
	printf("%" PRId64 "\n", least);
	return 0;
}
