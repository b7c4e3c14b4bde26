// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD for tests: how long the clock's loop is away from poll(). Each time that it was for a
 * millisecond or more is a line in LOOPTIME_FILE, in microseconds. Polls of one descriptor, as for
 * a transmit timestamp, are part of the loop's work.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEAST_US 1000

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void note(long us)
{
	const char *path = getenv("LOOPTIME_FILE");
	char line[32];
	int fd, len;

	if (!path || us < LEAST_US || strcmp(program_invocation_short_name, "ptp4l-nts") ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0) {
		return;
	}
	len = snprintf(line, sizeof(line), "%ld\n", us);
	(void)!write(fd, line, (size_t)len);
	close(fd);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	static int (*real)(struct pollfd *, nfds_t, int);
	static long left_us;
	int events, err;

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "poll");
	}
	if (n > 1 && left_us) {
		note(now_us() - left_us);
	}
	events = real(fds, n, timeout);
	err = errno;
	if (n > 1) {
		left_us = now_us();
	}
	errno = err;
	return events;
}
