// SPDX-License-Identifier: GPL-2.0-or-later
/* Sending a packet between the clock and its agent. Must not wait, must not raise SIGPIPE. */
#include "agent/packet.h"

#include <errno.h>
#include <sys/socket.h>

enum status packet_send(int fd, const void *packet, size_t len)
{
	if (send(fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		return ST_OK;
	}
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? ST_AGAIN : ST_SYSTEM;
}
