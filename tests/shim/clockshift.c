// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD for tests: another idea of the time in one program, the machine's clocks untouched.
 * CLOCKSHIFT_PROGRAM names the programs (others see no change), CLOCKSHIFT_BOOT_MS is added to
 * CLOCK_BOOTTIME, as are those in CLOCKSHIFT_BOOT_FILE; CLOCKSHIFT_REAL_FILE holds the seconds to
 * add to the wall clock, and to the kernel's software timestamps of messages, which follow it.
 * Files are read anew at each look, so that a test can step at any time.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000L

static int is_meant(void)
{
	const char *program = getenv("CLOCKSHIFT_PROGRAM");

	return program && strstr(program, program_invocation_short_name);
}

/* The number in the file that this variable names. */
static long read_number(const char *variable)
{
	const char *path = getenv(variable);
	char text[32] = "";
	int fd;

	if (!path || !is_meant() || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		return 0;
	}
	if (read(fd, text, sizeof(text) - 1) < 0) {
		text[0] = '\0';
	}
	close(fd);
	return atol(text);
}

static long boot_ms(void)
{
	const char *ms = getenv("CLOCKSHIFT_BOOT_MS");

	return (ms && is_meant() ? atol(ms) : 0) + read_number("CLOCKSHIFT_BOOT_FILE");
}

static long wall_s(void)
{
	return read_number("CLOCKSHIFT_REAL_FILE");
}

static void shift(struct timespec *ts, long ms)
{
	ts->tv_sec += ms / 1000;
	ts->tv_nsec += ms % 1000 * 1000000;
	if (ts->tv_nsec >= NS_PER_S) {
		ts->tv_nsec -= NS_PER_S;
		ts->tv_sec++;
	}
	if (ts->tv_nsec < 0) {
		ts->tv_nsec += NS_PER_S;
		ts->tv_sec--;
	}
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int (*real)(clockid_t, struct timespec *);
	int err;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	err = real(id, ts);
	if (err == 0 && id == CLOCK_BOOTTIME) {
		shift(ts, boot_ms());
	}
	if (err == 0 && id == CLOCK_REALTIME) {
		ts->tv_sec += wall_s();
	}
	return err;
}

time_t time(time_t *out)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out) {
		*out = ts.tv_sec;
	}
	return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts = { 0, 0 };

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int);
	struct scm_timestamping stamps;
	struct cmsghdr *cm;
	ssize_t got;

	*(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
	got = real(fd, msg, flags);
	for (cm = got < 0 ? NULL : CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SO_TIMESTAMPING) {
			memcpy(&stamps, CMSG_DATA(cm), sizeof(stamps));
			stamps.ts[0].tv_sec += wall_s();
			memcpy(CMSG_DATA(cm), &stamps, sizeof(stamps));
		}
	}
	return got;
}
