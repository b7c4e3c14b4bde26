/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the service manager how a daemon is: sd_notify(3)'s protocol, datagrams of NAME=VALUE
 * lines to the socket that the environment's NOTIFY_SOCKET names. Never waits, and never fails
 * where nobody listens.
 */
#ifndef NTS_UTIL_NOTIFY_H
#define NTS_UTIL_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util/status.h"

struct notify {
	int fd;				/* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_len;
	uint32_t watchdog_ms;		/* how often a sign of life is due; 0: never */
};

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. No NOTIFY_SOCKET is ST_OK too: everything
 * below then does nothing. watchdog_ms is half of what the manager waits, at least 1.
 * ST_CONFIG (neither an absolute path nor an abstract name, or too long), ST_SYSTEM.
 */
enum status notify_open(struct notify *n) MUST_CHECK;
void notify_close(struct notify *n);

/* Up, or up again after a reload; status is one line for `systemctl status`. */
void notify_ready(const struct notify *n, const char *status);

/* A reload begins; notify_ready ends it, however it went. */
void notify_reloading(const struct notify *n);

void notify_stopping(const struct notify *n);
void notify_watchdog(const struct notify *n);

#endif
