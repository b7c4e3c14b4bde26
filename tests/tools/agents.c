// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * agents AGENT N SERVER CA CERT KEY SECONDS [JITTER]: N key agents, as N clocks would have them,
 * that ask one server, for the first time within JITTER seconds. Counts how often they come in
 * each second, until each has keys or the time is over:
 *	agents N granted N attempts A busiest B busiest_grants G first_grant_s F last_grant_s L
 * Seconds count from the start.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/link.h"
#include "util/log.h"
#include "util/timebase.h"

#define SECONDS_MAX 3600
#define STEP_MS 50

struct run {
	uint32_t n, granted, attempts;
	uint64_t start_ms;
	uint64_t first_ms, last_ms;		/* grants, since the start */
	uint32_t tried[SECONDS_MAX + 1];
	uint32_t grants[SECONDS_MAX + 1];
};

struct one {
	struct run *run;
	struct alink *link;
	bool granted;
};

static uint64_t since(const struct run *r)
{
	return timebase_boot(&timebase_system) - r->start_ms;
}

static void on_state(void *ctx, const struct aproto_state *m)
{
	struct one *o = ctx;
	struct run *r = o->run;
	uint64_t at = since(r);

	r->attempts++;
	r->tried[at / 1000]++;
	if (m->st != ST_OK || o->granted) {
		return;
	}
	o->granted = true;
	r->grants[at / 1000]++;
	r->first_ms = r->granted ? r->first_ms : at;
	r->last_ms = at;
	r->granted++;
}

static void quiet(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static struct alink *make(const char *path, const struct aproto_config *config, struct one *o)
{
	const struct alink_events events = { .state = on_state, .ctx = o };
	struct nts_assoc group = nts_assoc_group(0, 0, 0);
	struct alink *l;
	uint32_t index;

	if (alink_new(path, config, &events, &l) != ST_OK ||
	    alink_want(l, &group, &index) != ST_OK) {
		exit(EXIT_FAILURE);
	}
	return l;
}

static void run_until(struct run *r, struct one *all, struct pollfd *fds, uint64_t end_ms)
{
	while (r->granted < r->n && since(r) < end_ms) {
		for (uint32_t i = 0; i < r->n; i++) {
			fds[i] = (struct pollfd){ alink_fd(all[i].link), POLLIN, 0 };
		}
		poll(fds, r->n, STEP_MS);
		for (uint32_t i = 0; i < r->n; i++) {
			alink_poll(all[i].link, timebase_boot(&timebase_system));
		}
	}
}

static uint32_t most(const uint32_t *list)
{
	uint32_t m = 0;

	for (int i = 0; i <= SECONDS_MAX; i++) {
		m = list[i] > m ? list[i] : m;
	}
	return m;
}

int main(int argc, char **argv)
{
	struct aproto_config config = { .timeout_ms = 10000, .log_level = LOG_ERR };
	static struct run r;
	struct pollfd *fds;
	struct one *all;
	uint64_t end_ms;

	if (argc < 8 || argc > 9 || (r.n = (uint32_t)atol(argv[2])) == 0) {
		fprintf(stderr, "usage: agents AGENT N SERVER CA CERT KEY SECONDS [JITTER]\n");
		return EXIT_FAILURE;
	}
	end_ms = (uint64_t)atol(argv[7]) * 1000;
	if (end_ms > SECONDS_MAX * 1000) {
		end_ms = SECONDS_MAX * 1000;
	}
	config.jitter_ms = argc > 8 ? (uint32_t)atol(argv[8]) * 1000 : 0;
	log_set_sink(quiet, NULL);
	snprintf(config.servers, sizeof(config.servers), "%s", argv[3]);
	snprintf(config.ca_file, sizeof(config.ca_file), "%s", argv[4]);
	snprintf(config.cert_file, sizeof(config.cert_file), "%s", argv[5]);
	snprintf(config.key_file, sizeof(config.key_file), "%s", argv[6]);
	all = calloc(r.n, sizeof(*all));
	fds = calloc(r.n, sizeof(*fds));
	if (!all || !fds) {
		return EXIT_FAILURE;
	}
	r.start_ms = timebase_boot(&timebase_system);
	for (uint32_t i = 0; i < r.n; i++) {
		all[i].run = &r;
		all[i].link = make(argv[1], &config, &all[i]);
	}
	run_until(&r, all, fds, end_ms);
	printf("agents %u granted %u attempts %u busiest %u busiest_grants %u first_grant_s %.1f "
	       "last_grant_s %.1f\n", r.n, r.granted, r.attempts, most(r.tried), most(r.grants),
	       (double)r.first_ms / 1000, (double)r.last_ms / 1000);
	for (uint32_t i = 0; i < r.n; i++) {
		alink_free(all[i].link);
	}
	free(all);
	free(fds);
	return r.granted == r.n ? EXIT_SUCCESS : EXIT_FAILURE;
}
