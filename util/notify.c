// SPDX-License-Identifier: GPL-2.0-or-later
/* sd_notify's protocol. */
#include "util/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 512	/* octets of a datagram */

/* "/path", or "@name" for Linux's abstract names. */
static enum status take_address(struct notify *n, const char *text)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || !text[1] || len >= sizeof(n->to.sun_path)) {
		return ST_CONFIG;
	}
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, text, len);
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@') {
		n->to.sun_path[0] = '\0';
	} else {
		n->to_len++;
	}
	return ST_OK;
}

static uint64_t number(const char *text)
{
	return text ? strtoull(text, NULL, 10) : 0;
}

/* Both are of the manager's making; what makes no sense means no watchdog. */
static uint32_t watchdog_ms(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t half_ms = number(getenv("WATCHDOG_USEC")) / 2000;

	if (!getenv("WATCHDOG_USEC") || (pid && number(pid) != (uint64_t)getpid())) {
		return 0;
	}
	if (half_ms > UINT32_MAX) {
		return UINT32_MAX;
	}
	return half_ms ? (uint32_t)half_ms : 1;
}

enum status notify_open(struct notify *n)
{
	const char *address = getenv("NOTIFY_SOCKET");
	struct notify new = { .fd = -1 };
	enum status st;

	if (address && *address) {
		st = take_address(&new, address);
		if (st != ST_OK) {
			return st;
		}
		new.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (new.fd < 0) {
			return ST_SYSTEM;
		}
		new.watchdog_ms = watchdog_ms();
	}
	*n = new;
	return ST_OK;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0) {
		close(n->fd);
	}
	n->fd = -1;
}

/* A lost datagram costs a restart by the watchdog at worst: that is what it is for. */
static void tell(const struct notify *n, const char *text)
{
	if (n->fd >= 0) {
		(void)sendto(n->fd, text, strlen(text), MSG_NOSIGNAL,
			     (const struct sockaddr *)&n->to, n->to_len);
	}
}

void notify_ready(const struct notify *n, const char *status)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	tell(n, text);
}

void notify_reloading(const struct notify *n)
{
	struct timespec ts = { 0 };
	char text[TEXT_MAX];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
	tell(n, text);
}

void notify_stopping(const struct notify *n)
{
	tell(n, "STOPPING=1");
}

void notify_watchdog(const struct notify *n)
{
	tell(n, "WATCHDOG=1");
}
