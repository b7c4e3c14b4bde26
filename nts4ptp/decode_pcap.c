// SPDX-License-Identifier: GPL-2.0-or-later
/* PTP messages of a pcap file, over Ethernet, UDP/IPv4 and UDP/IPv6. */
#include <inttypes.h>

#include "nts4ptp/decode_kinds.h"
#include "util/cursor.h"

#define PCAP_HEADER 24
#define PACKET_HEADER 16
#define LINK_ETHERNET 1
#define TYPE_PTP 0x88F7
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88A8
#define PROTOCOL_UDP 17

static uint32_t u32_at(const uint8_t *at, bool little)
{
	return little ?
	       (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0] :
	       (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_magic(uint32_t v)
{
	return v == 0xa1b2c3d4 || v == 0xa1b23c4d;	/* micro- and nanoseconds */
}

bool decode_is_pcap(const uint8_t *data, size_t len)
{
	return len >= PCAP_HEADER &&
	       (is_magic(u32_at(data, true)) || is_magic(u32_at(data, false)));
}

static bool find_in_udp(struct rcur c, struct rcur *out)
{
	uint16_t port = 0, len = 0;

	rcur_skip(&c, 2);
	rcur_u16(&c, &port);
	rcur_u16(&c, &len);
	rcur_skip(&c, 2);
	if (c.st != ST_OK || (port != 319 && port != 320)) {
		return false;
	}
	*out = c;
	return true;
}

static bool find_in_ipv4(struct rcur c, struct rcur *out)
{
	uint8_t first = 0, protocol = 0;

	rcur_u8(&c, &first);
	rcur_skip(&c, 8);
	rcur_u8(&c, &protocol);
	rcur_skip(&c, (first & 15) * 4 < 20 ? 10 : (size_t)(first & 15) * 4 - 10);
	return c.st == ST_OK && protocol == PROTOCOL_UDP && find_in_udp(c, out);
}

static bool find_in_ipv6(struct rcur c, struct rcur *out)
{
	uint8_t next = 0;

	rcur_skip(&c, 6);
	rcur_u8(&c, &next);
	rcur_skip(&c, 33);
	return c.st == ST_OK && next == PROTOCOL_UDP && find_in_udp(c, out);
}

/* The PTP message of an Ethernet frame. */
static bool find_ptp(struct rcur c, struct rcur *out)
{
	uint16_t type = 0;

	rcur_skip(&c, 12);
	rcur_u16(&c, &type);
	while (c.st == ST_OK && (type == TYPE_VLAN || type == TYPE_QINQ)) {
		rcur_skip(&c, 2);
		rcur_u16(&c, &type);
	}
	if (c.st != ST_OK) {
		return false;
	}
	if (type == TYPE_PTP) {
		*out = c;
		return true;
	}
	return type == TYPE_IPV4 ? find_in_ipv4(c, out) :
	       type == TYPE_IPV6 ? find_in_ipv6(c, out) : false;
}

bool decode_pcap(struct decode_out *out, const uint8_t *data, size_t len)
{
	bool little = is_magic(u32_at(data, true));
	struct rcur c = rcur_init(data + PCAP_HEADER, len - PCAP_HEADER);
	unsigned int number = 0, messages = 0;
	struct rcur packet, ptp;
	bool good = true;

	if (u32_at(data + 20, little) != LINK_ETHERNET) {
		decode_say(out, 0, "BAD: a capture of something else than Ethernet");
		return false;
	}
	while (c.left >= PACKET_HEADER) {
		const uint8_t *head = c.at;

		number++;
		rcur_skip(&c, PACKET_HEADER);
		if (rcur_sub(&c, u32_at(head + 8, little), &packet) != ST_OK) {
			decode_say(out, 0, "BAD: the file ends inside packet %u", number);
			return false;
		}
		if (find_ptp(packet, &ptp)) {
			decode_say(out, 0, "packet %u", number);
			good = decode_ptp(out, ptp.at, ptp.left) && good;
			messages++;
		}
	}
	decode_say(out, 0, "%u packets, %u PTP messages", number, messages);
	return good;
}
