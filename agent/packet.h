/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending a packet of agent/proto.h, from either side. */
#ifndef NTS_AGENT_PACKET_H
#define NTS_AGENT_PACKET_H

#include <stddef.h>

#include "util/status.h"

/* One packet of len octets. ST_AGAIN: the socket is full; ST_SYSTEM: broken. */
enum status packet_send(int fd, const void *packet, size_t len) MUST_CHECK;

#endif
