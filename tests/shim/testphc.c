// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD for tests: PTP hardware clocks and a system clock that are a program's own. They are
 * files in TESTPHC_DIR (zeros: the machine's time), shared by all who name it: ptp0, ptp1, ... for
 * the interfaces of TESTPHC_INTERFACES in their order, and "system" where TESTPHC_SYSTEM is set.
 * The kernel's software timestamps are told as that system clock would have taken them, and as
 * those of the hardware; each whole second of the machine is an external event. Nothing here ever
 * sets a clock of the machine: a call that would is answered for our own clocks and refused for all
 * others.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL
#define PHCS 4
#define SYSTEM PHCS
#define FDS 1024
#define DEVICE "/dev/ptp"
#define MAX_PPB 500000

#define REAL(type, name, ...) type (*real)(__VA_ARGS__) = \
	(type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* Its time: the machine's, plus offset, plus what ppb and its own error have made of it since. */
struct clock {
	uint32_t changes;	/* odd while it is being written */
	int64_t offset, since;
	double ppb, error_ppb;
};

static struct clock *clocks[PHCS + 1];
static int8_t phc_of_fd[FDS];	/* plus one */

static int64_t ns_of(const struct timespec *ts)
{
	return ts->tv_sec * NS_PER_S + ts->tv_nsec;
}

static void to_timespec(int64_t ns, struct timespec *out)
{
	out->tv_sec = ns / NS_PER_S;
	out->tv_nsec = ns % NS_PER_S;
}

static int64_t machine_ns(void)
{
	REAL(int, "clock_gettime", clockid_t, struct timespec *);
	struct timespec ts = { 0, 0 };

	real(CLOCK_REALTIME, &ts);
	return ns_of(&ts);
}

static struct clock *clock_file(int i)
{
	REAL(int, "open", const char *, int, ...);
	const char *dir = getenv("TESTPHC_DIR");
	char path[PATH_MAX];
	void *p;
	int fd;

	if (clocks[i] || !dir || (i == SYSTEM && !getenv("TESTPHC_SYSTEM"))) {
		return clocks[i];
	}
	if (i == SYSTEM) {
		snprintf(path, sizeof(path), "%s/system", dir);
	} else {
		snprintf(path, sizeof(path), "%s/ptp%d", dir, i);
	}
	fd = real(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		return NULL;
	}
	p = mmap(NULL, sizeof(struct clock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	clocks[i] = p == MAP_FAILED ? NULL : p;
	return clocks[i];
}

static struct clock *clock_of_fd(int fd)
{
	return fd >= 0 && fd < FDS && phc_of_fd[fd] ? clock_file(phc_of_fd[fd] - 1) : NULL;
}

static struct clock *clock_of_id(clockid_t id)
{
	return id < 0 ? clock_of_fd(~(id >> 3)) : id == CLOCK_REALTIME ? clock_file(SYSTEM) : NULL;
}

/* What the clock shows when the machine's shows this. */
static int64_t clock_at(const struct clock *c, int64_t machine)
{
	uint32_t before;
	double ppb;
	int64_t at;

	do {
		before = __atomic_load_n(&c->changes, __ATOMIC_ACQUIRE);
		ppb = c->ppb + c->error_ppb;
		at = machine + c->offset + (int64_t)((double)(machine - c->since) * ppb / 1e9);
	} while (before % 2 || before != __atomic_load_n(&c->changes, __ATOMIC_ACQUIRE));
	return at;
}

static void clock_change(struct clock *c, int64_t step, double ppb)
{
	int64_t now = machine_ns();
	int64_t offset = clock_at(c, now) - now + step;

	__atomic_add_fetch(&c->changes, 1, __ATOMIC_ACQ_REL);
	c->offset = offset;
	c->since = now;
	c->ppb = ppb;
	__atomic_add_fetch(&c->changes, 1, __ATOMIC_ACQ_REL);
}

/* The index of the interface's clock, -1 when it has none. */
static int phc_of_interface(const char *name)
{
	const char *list = getenv("TESTPHC_INTERFACES");
	size_t n = strlen(name), len;
	int i;

	for (i = 0; list && *list && i < PHCS; i++, list += len + strspn(list + len, " ")) {
		len = strcspn(list, " ");
		if (len == n && !strncmp(list, name, n)) {
			return i;
		}
	}
	return -1;
}

/* ---- the clocks ---------------------------------------------------------------------------- */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	REAL(int, "clock_gettime", clockid_t, struct timespec *);
	const struct clock *c = clock_of_id(id);

	if (!c) {
		return real(id, ts);
	}
	to_timespec(clock_at(c, machine_ns()), ts);
	return 0;
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

int clock_adjtime(clockid_t id, struct timex *tx)
{
	REAL(int, "clock_adjtime", clockid_t, struct timex *);
	struct clock *c = clock_of_id(id);
	const long tick = 10000;	/* microseconds, at 100 Hz */
	int64_t step, now;
	double ppb;

	if (!c && tx->modes == 0) {
		return real(id, tx);
	}
	if (!c) {
		errno = EPERM;
		return -1;
	}
	ppb = c->ppb;
	if (tx->modes & ADJ_FREQUENCY) {
		ppb = (double)tx->freq / 65.536;
		ppb += tx->modes & ADJ_TICK ? (double)(tx->tick - tick) * 1e5 : 0;
	}
	step = tx->modes & ADJ_SETOFFSET ? tx->time.tv_sec * NS_PER_S + tx->time.tv_usec : 0;
	if (tx->modes & (ADJ_FREQUENCY | ADJ_SETOFFSET)) {
		clock_change(c, step, ppb);
	}
	now = clock_at(c, machine_ns());
	tx->time.tv_sec = now / NS_PER_S;
	tx->time.tv_usec = now % NS_PER_S;
	tx->freq = (long)(ppb * 65.536);
	tx->tolerance = MAX_PPB * 65536L / 1000;
	tx->tick = id == CLOCK_REALTIME ? tick : 0;
	return TIME_OK;
}

int adjtimex(struct timex *tx)
{
	return clock_adjtime(CLOCK_REALTIME, tx);
}

int ntp_adjtime(struct timex *tx)
{
	return clock_adjtime(CLOCK_REALTIME, tx);
}

static int refuse(void)
{
	errno = EPERM;
	return -1;
}

int clock_settime(clockid_t id, const struct timespec *ts)
{
	(void)id;
	(void)ts;
	return refuse();
}

int settimeofday(const struct timeval *tv, const struct timezone *tz)
{
	(void)tv;
	(void)tz;
	return refuse();
}

int adjtime(const struct timeval *delta, struct timeval *old)
{
	(void)delta;
	(void)old;
	return refuse();
}

/* ---- the devices --------------------------------------------------------------------------- */

/* A timer at each whole second: it can be polled as a device with external events can. */
static int open_phc(int i)
{
	struct itimerspec at = { .it_interval = { .tv_sec = 1 } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);

	if (fd < 0 || fd >= FDS || i < 0 || i >= PHCS || !clock_file(i)) {
		close(fd);
		errno = ENODEV;
		return -1;
	}
	to_timespec(machine_ns() / NS_PER_S * NS_PER_S + NS_PER_S, &at.it_value);
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
	phc_of_fd[fd] = (int8_t)(i + 1);
	return fd;
}

int open(const char *path, int flags, ...)
{
	REAL(int, "open", const char *, int, ...);
	va_list ap;
	mode_t mode;

	if (!strncmp(path, DEVICE, sizeof(DEVICE) - 1)) {
		return open_phc(atoi(path + sizeof(DEVICE) - 1));
	}
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return real(path, flags, mode);
}

int close(int fd)
{
	REAL(int, "close", int);

	if (fd >= 0 && fd < FDS) {
		phc_of_fd[fd] = 0;
	}
	return real(fd);
}

static char *resolve(const char *path, char *out)
{
	REAL(char *, "realpath", const char *, char *);

	if (!out || strncmp(path, DEVICE, sizeof(DEVICE) - 1)) {
		return real(path, out);
	}
	snprintf(out, PATH_MAX, "%s", path);
	return out;
}

char *realpath(const char *restrict path, char *restrict out)
{
	return resolve(path, out);
}

char *__realpath_chk(const char *path, char *out, size_t size);
char *__realpath_chk(const char *path, char *out, size_t size)
{
	(void)size;
	return resolve(path, out);
}

ssize_t read(int fd, void *out, size_t size)
{
	REAL(ssize_t, "read", int, void *, size_t);
	const struct clock *c = clock_of_fd(fd);
	struct ptp_extts_event event = { .index = 0 };
	uint64_t times;
	int64_t ns;

	if (!c || size != sizeof(event)) {
		return real(fd, out, size);
	}
	if (real(fd, &times, sizeof(times)) != sizeof(times)) {
		return -1;
	}
	ns = clock_at(c, machine_ns() / NS_PER_S * NS_PER_S);
	event.t.sec = ns / NS_PER_S;
	event.t.nsec = (uint32_t)(ns % NS_PER_S);
	memcpy(out, &event, sizeof(event));
	return sizeof(event);
}

static int ethtool(const struct ifreq *ifr)
{
	struct ethtool_ts_info *info = (struct ethtool_ts_info *)ifr->ifr_data;

	memset(info, 0, sizeof(*info));
	info->cmd = ETHTOOL_GET_TS_INFO;
	info->so_timestamping = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
				SOF_TIMESTAMPING_RAW_HARDWARE;
	info->phc_index = phc_of_interface(ifr->ifr_name);
	info->tx_types = 1 << HWTSTAMP_TX_OFF | 1 << HWTSTAMP_TX_ON;
	info->rx_filters = 1 << HWTSTAMP_FILTER_ALL | 1 << HWTSTAMP_FILTER_PTP_V2_EVENT;
	return 0;
}

static int socket_ioctl(int fd, unsigned long request, const struct ifreq *ifr)
{
	if (request == SIOCETHTOOL) {
		return ethtool(ifr);
	}
	if (fd < FDS) {
		phc_of_fd[fd] = (int8_t)(phc_of_interface(ifr->ifr_name) + 1);
	}
	return 0;
}

static int phc_ioctl(unsigned long request, void *arg)
{
	const struct ptp_clock_caps caps = { .max_adj = MAX_PPB, .n_ext_ts = 1 };

	if (request == PTP_CLOCK_GETCAPS) {
		memcpy(arg, &caps, sizeof(caps));
		return 0;
	}
	if (request == PTP_EXTTS_REQUEST || request == PTP_EXTTS_REQUEST2) {
		return 0;
	}
	errno = EOPNOTSUPP;
	return -1;
}

static int is_ours(unsigned long request, const struct ifreq *ifr)
{
	if (request == SIOCETHTOOL) {
		return *(const uint32_t *)ifr->ifr_data == ETHTOOL_GET_TS_INFO &&
		       phc_of_interface(ifr->ifr_name) >= 0;
	}
	return (request == SIOCSHWTSTAMP || request == SIOCGHWTSTAMP) &&
	       phc_of_interface(ifr->ifr_name) >= 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	REAL(int, "ioctl", int, unsigned long, ...);
	void *arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(request) == PTP_CLK_MAGIC && clock_of_fd(fd)) {
		return phc_ioctl(request, arg);
	}
	return is_ours(request, arg) ? socket_ioctl(fd, request, arg) : real(fd, request, arg);
}

/* ---- timestamps of messages ---------------------------------------------------------------- */

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	REAL(int, "setsockopt", int, int, int, const void *, socklen_t);
	const int software = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
			     SOF_TIMESTAMPING_SOFTWARE;

	if (level == SOL_SOCKET && name == SO_TIMESTAMPING && clock_of_fd(fd)) {
		return real(fd, level, name, &software, sizeof(software));
	}
	return real(fd, level, name, value, len);
}

/* What the clock shows at this software timestamp; none stays none. */
static void retell(const struct clock *c, const struct scm_timestamping *stamps, int i,
		   struct scm_timestamping *out)
{
	const struct timespec software = { stamps->ts[0].tv_sec, stamps->ts[0].tv_nsec };
	struct timespec told;

	if (!c || ns_of(&software) == 0) {
		return;
	}
	to_timespec(clock_at(c, ns_of(&software)), &told);
	out->ts[i].tv_sec = told.tv_sec;
	out->ts[i].tv_nsec = told.tv_nsec;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	REAL(ssize_t, "recvmsg", int, struct msghdr *, int);
	ssize_t got = real(fd, msg, flags);
	struct scm_timestamping stamps, told;
	struct cmsghdr *cm;

	for (cm = got < 0 ? NULL : CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SO_TIMESTAMPING) {
			continue;
		}
		memcpy(&stamps, CMSG_DATA(cm), sizeof(stamps));
		told = stamps;
		retell(clock_file(SYSTEM), &stamps, 0, &told);
		retell(clock_of_fd(fd), &stamps, 2, &told);
		memcpy(CMSG_DATA(cm), &told, sizeof(told));
	}
	return got;
}
