// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD for tests: sequenceIds that wrap while one looks on. Those of ptp4l-nts start at
 * SEQNUM_START, and as soon as there is a file SEQNUM_ROUND each goes on by a stride for every
 * message, until it is back at that start; then by one again. To a receiver that is a sender of
 * whose messages most were lost. It is said on stderr when a counter is round.
 *
 * Where a port keeps its counters is known from who asks for random start values: struct port's
 * seqnum, which is announce, delayreq, signaling, sync.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNTERS 4

/* Behind which message a counter goes on: Sync's behind Follow_Up, which carries the same one. */
static const struct {
	const char *name;
	uint16_t stride;	/* Sync's stays within the receiver's window */
	uint8_t counter;
} steps[16] = {
	[0x1] = { "Delay_Req", 256, 1 },
	[0x8] = { "Sync", 64, 3 },
	[0xb] = { "Announce", 8192, 0 },
};

static uint16_t *counters;
static int round_done[COUNTERS];

static uint16_t start_value(void)
{
	return (uint16_t)atoi(getenv("SEQNUM_START"));
}

int gnutls_rnd(gnutls_rnd_level_t level, void *data, size_t len)
{
	int (*real)(gnutls_rnd_level_t, void *, size_t);
	int i;

	if (len != COUNTERS * sizeof(*counters) || !getenv("SEQNUM_START") ||
	    strcmp(program_invocation_short_name, "ptp4l-nts")) {
		*(void **)&real = dlsym(RTLD_NEXT, "gnutls_rnd");
		return real(level, data, len);
	}
	counters = data;
	for (i = 0; i < COUNTERS; i++) {
		counters[i] = start_value();
	}
	return 0;
}

static void go_on(uint8_t type)
{
	const char *file = getenv("SEQNUM_ROUND");
	uint8_t n = steps[type].counter;
	uint16_t left;

	if (!counters || !steps[type].name || round_done[n] || !file || access(file, F_OK)) {
		return;
	}
	left = (uint16_t)(start_value() - counters[n]);
	if (left >= steps[type].stride) {
		counters[n] = (uint16_t)(counters[n] + steps[type].stride - 1);
		return;
	}
	counters[n] = start_value();
	round_done[n] = 1;
	fprintf(stderr, "seqnum: %s is round\n", steps[type].name);
}

ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	ssize_t sent;

	*(void **)&real = dlsym(RTLD_NEXT, "sendto");
	sent = real(fd, data, len, flags, to, to_len);
	if (sent > 0 && to && to->sa_family == AF_INET) {
		go_on(*(const uint8_t *)data & 0xf);
	}
	return sent;
}
