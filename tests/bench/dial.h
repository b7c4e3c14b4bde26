/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the load generators of the bench share: clocks, and sockets on their way to a server. */
#ifndef NTS_TESTS_BENCH_DIAL_H
#define NTS_TESTS_BENCH_DIAL_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define ADDRESSES 60000		/* of ours, so that ports never run out */

static inline void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A socket on its way to that port of loopback, from one of our many addresses there. */
static inline int dial(uint16_t port)
{
	static unsigned int address;
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0) {
		die("socket");
	}
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + address++ % ADDRESSES);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		die("bind");
	}
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS) {
		die("connect");
	}
	return fd;
}

#endif
