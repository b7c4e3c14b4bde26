// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections to a KE server that get nowhere: silent, or an octet each second. Those that the
 * server puts out come again. Ends after SECONDS.
 *
 * ke_idle PORT CONNECTIONS SECONDS silent|octets
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/dial.h"

/* The start of a ClientHello, and then more of it than ever comes: 16,384 octets. */
static const uint8_t hello[] = { 22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3 };

struct idler {
	int fd;
	size_t sent;
};

static bool closed(const struct idler *l)
{
	uint8_t octet;
	ssize_t n = recv(l->fd, &octet, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void dribble(struct idler *l)
{
	uint8_t octet = l->sent < sizeof(hello) ? hello[l->sent] : 0;

	if (send(l->fd, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
		l->sent++;
	}
}

static void visit(struct idler *l, uint16_t port, bool octets)
{
	if (closed(l)) {
		close(l->fd);
		*l = (struct idler){ .fd = dial(port) };
	} else if (octets) {
		dribble(l);
	}
}

/* All of them once per second, evenly. */
static void idle(struct idler *all, unsigned int n, uint16_t port, bool octets, uint64_t end_ns)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int i = 0;

	while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
		for (unsigned int k = 0; k < (n + 999) / 1000; k++, i++) {
			visit(&all[i % n], port, octets);
		}
		nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC);
	unsigned int n = argc == 5 ? (unsigned int)atoi(argv[2]) : 0;
	struct idler *all = calloc(n, sizeof(*all));
	uint16_t port;

	if (!n || !all) {
		fputs("ke_idle PORT CONNECTIONS SECONDS silent|octets\n", stderr);
		return EXIT_FAILURE;
	}
	port = (uint16_t)atoi(argv[1]);
	end_ns += (uint64_t)atoi(argv[3]) * 1000000000;
	for (unsigned int i = 0; i < n; i++) {
		all[i].fd = dial(port);
	}
	idle(all, n, port, strcmp(argv[4], "octets") == 0, end_ns);
	return EXIT_SUCCESS;
}
