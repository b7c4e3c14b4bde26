// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks a running ptp4l-nts for its reports, one datagram for each.
 * Must not trust the answer: magic, version, size, index and strings are checked.
 */
#include "status/report_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct asker {
	int fd;
	uint64_t deadline;
	char own[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* "" when unnamed on disk */
};

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * The answer needs an address to come back to. A file beside the server's socket can be reached
 * from any network namespace; where we may not write there, an abstract name has to do.
 */
static enum status bind_own(struct asker *a, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s.%ld", path, (long)getpid());

	if (n > 0 && (size_t)n < sizeof(addr.sun_path)) {
		unlink(addr.sun_path);
		if (!bind(a->fd, (struct sockaddr *)&addr, sizeof(addr))) {
			memcpy(a->own, addr.sun_path, sizeof(a->own));
			return ST_OK;
		}
	}
	return bind(a->fd, (struct sockaddr *)&addr, sizeof(sa_family_t)) < 0 ? ST_SYSTEM : ST_OK;
}

static enum status connect_to(struct asker *a, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (!len || len >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return ST_SYSTEM;
	}
	memcpy(addr.sun_path, path, len);
	if (!connect(a->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		return ST_OK;
	}
	return errno == ENOENT || errno == ECONNREFUSED ? ST_CONNECT : ST_SYSTEM;
}

static enum status wait_for(struct asker *a, short events)
{
	struct pollfd pfd = { .fd = a->fd, .events = events };
	uint64_t now = monotonic_ms();
	int cnt;

	if (now >= a->deadline) {
		return ST_TIMEOUT;
	}
	cnt = poll(&pfd, 1, (int)(a->deadline - now));
	if (cnt < 0) {
		return errno == EINTR ? ST_AGAIN : ST_SYSTEM;
	}
	return cnt ? ST_OK : ST_TIMEOUT;
}

static enum status send_request(struct asker *a, uint32_t index)
{
	const struct report_request req = {
		.magic = REPORT_MAGIC, .version = REPORT_VERSION,
		.size = sizeof(struct report_port), .index = index,
	};
	enum status st;

	for (;;) {
		if (send(a->fd, &req, sizeof(req), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
			return ST_OK;
		}
		if (errno == ECONNREFUSED || errno == ECONNRESET || errno == ENOTCONN) {
			return ST_CONNECT;
		}
		if (errno != EAGAIN && errno != EINTR) {
			return ST_SYSTEM;
		}
		st = wait_for(a, POLLOUT);
		if (st != ST_OK && st != ST_AGAIN) {
			return st;
		}
	}
}

/* ST_AGAIN: not the answer that we wait for. */
static enum status check_answer(struct report_answer *ans, size_t len, uint32_t index)
{
	if (len < REPORT_ANSWER_HEAD || ans->magic != REPORT_MAGIC) {
		return ST_AGAIN;
	}
	if (ans->version != REPORT_VERSION || ans->size != sizeof(ans->port)) {
		return ST_BAD_VERSION;
	}
	if (ans->index != index || (ans->index < ans->n) != (len == sizeof(*ans))) {
		return ST_AGAIN;
	}
	ans->port.interface[sizeof(ans->port.interface) - 1] = '\0';
	ans->port.server[sizeof(ans->port.server) - 1] = '\0';
	ans->port.why[sizeof(ans->port.why) - 1] = '\0';
	if (ans->port.n_servers > REPORT_SERVERS_MAX) {
		ans->port.n_servers = REPORT_SERVERS_MAX;
	}
	for (uint32_t i = 0; i < REPORT_SERVERS_MAX; i++) {
		struct report_server_health *h = &ans->port.servers[i];

		h->name[sizeof(h->name) - 1] = '\0';
		h->why[sizeof(h->why) - 1] = '\0';
	}
	return ST_OK;
}

static enum status take_answer(struct asker *a, uint32_t index, struct report_answer *ans)
{
	enum status st;
	ssize_t got;

	do {
		st = wait_for(a, POLLIN);
		if (st != ST_OK) {
			continue;
		}
		got = recv(a->fd, ans, sizeof(*ans), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0) {
			/* The server has gone between question and answer. */
			st = errno == EAGAIN || errno == EINTR ? ST_AGAIN : ST_CONNECT;
			continue;
		}
		st = check_answer(ans, (size_t)got, index);
	} while (st == ST_AGAIN);
	return st;
}

static enum status ask_all(struct asker *a, struct report_port *out, uint32_t max, uint32_t *n)
{
	struct report_answer ans;
	enum status st;
	uint32_t i;

	for (i = 0; i < max; i++) {
		st = send_request(a, i);
		if (st == ST_OK) {
			st = take_answer(a, i, &ans);
		}
		if (st != ST_OK) {
			return st;
		}
		if (i >= ans.n) {
			break;
		}
		out[i] = ans.port;
	}
	*n = i;
	return ST_OK;
}

enum status report_query(const char *path, int timeout_ms, struct report_port *out, uint32_t max,
			 uint32_t *n)
{
	struct asker a = { .deadline = monotonic_ms() + (uint64_t)timeout_ms };
	enum status st;
	int saved;

	a.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (a.fd < 0) {
		return ST_SYSTEM;
	}
	st = connect_to(&a, path);
	if (st == ST_OK) {
		st = bind_own(&a, path);
	}
	if (st == ST_OK) {
		st = ask_all(&a, out, max, n);
	}
	saved = errno;
	close(a.fd);
	if (a.own[0]) {
		unlink(a.own);
	}
	errno = saved;
	return st;
}
