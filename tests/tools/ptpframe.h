/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PTP messages inside Ethernet frames, for the tools of the network tests. Shares no code with
 * what it tests. Not part of the product.
 */
#ifndef NTS_TESTS_TOOLS_PTPFRAME_H
#define NTS_TESTS_TOOLS_PTPFRAME_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MAX 1600
#define TLV_AUTHENTICATION 0x8009
#define TLV_PAD 0x8008
#define TLV_TICKET 0xFFF0

struct frame {
	uint32_t len;		/* octets of the whole frame */
	uint32_t ptp;		/* where the PTP message starts */
	uint8_t octets[FRAME_MAX];
};

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static const struct {
	const char *name;
	uint8_t body;		/* octets before the first TLV; 0: no such type */
} ptp_types[16] = {
	[0x0] = { "Sync", 44 }, [0x1] = { "Delay_Req", 44 },
	[0x2] = { "Pdelay_Req", 54 }, [0x3] = { "Pdelay_Resp", 54 },
	[0x8] = { "Follow_Up", 44 }, [0x9] = { "Delay_Resp", 54 },
	[0xa] = { "Pdelay_Resp_Follow_Up", 54 }, [0xb] = { "Announce", 64 },
	[0xc] = { "Signaling", 44 }, [0xd] = { "Management", 48 },
};

static inline uint8_t *msg_of(struct frame *f)
{
	return f->octets + f->ptp;
}

static inline uint8_t type_of(struct frame *f)
{
	return msg_of(f)[0] & 0xf;
}

/* Where the AUTHENTICATION TLV stands in the message, 0 when there is none. */
static inline uint32_t find_tlv(const uint8_t *msg, uint32_t len, uint16_t type)
{
	uint32_t at = ptp_types[msg[0] & 0xf].body;

	while (at && at + 4 <= len) {
		if (get16(msg + at) == type) {
			return at;
		}
		at += 4u + get16(msg + at + 2);
	}
	return 0;
}

static inline uint32_t find_auth(const uint8_t *msg, uint32_t len)
{
	return find_tlv(msg, len, TLV_AUTHENTICATION);
}

static inline bool ip_payload_is_ptp(const struct frame *f, uint32_t udp)
{
	return f->len >= udp + 8 && (get16(f->octets + udp + 2) == 319 ||
				     get16(f->octets + udp + 2) == 320);
}

/* Finds the PTP message; false when it is none that we can read. */
static inline bool locate(struct frame *f)
{
	uint16_t ether;

	if (f->len < ETH_HLEN) {
		return false;
	}
	ether = get16(f->octets + 12);
	f->ptp = 0;
	if (ether == ETH_P_1588) {
		f->ptp = ETH_HLEN;
	} else if (ether == ETH_P_IP && f->len >= 34 && f->octets[23] == IPPROTO_UDP &&
		   ip_payload_is_ptp(f, 34)) {
		f->ptp = 42;
	} else if (ether == ETH_P_IPV6 && f->len >= 54 && f->octets[20] == IPPROTO_UDP &&
		   ip_payload_is_ptp(f, 54)) {
		f->ptp = 62;
	}
	return f->ptp && f->len >= f->ptp + 34 && ptp_types[type_of(f)].name &&
	       get16(msg_of(f) + 2) >= 34 && get16(msg_of(f) + 2) <= f->len - f->ptp;
}

/* The next one of a file that ptpwatch has captured. */
static inline bool read_frame(FILE *file, struct frame *f)
{
	return fread(&f->len, sizeof(f->len), 1, file) == 1 && f->len <= sizeof(f->octets) &&
	       fread(f->octets, f->len, 1, file) == 1 && locate(f);
}

static inline uint32_t add_octets(uint32_t sum, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	}
	return sum;
}

static inline uint16_t fold(uint32_t sum)
{
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* Makes lengths and checksums of IP and UDP right again, for a message of len octets. */
static inline void seal(struct frame *f, uint32_t len)
{
	uint8_t *o = f->octets;
	uint32_t udp = f->ptp - 8;
	uint32_t udp_len = len + 8;

	f->len = f->ptp + len;
	if (f->ptp == ETH_HLEN) {
		return;
	}
	put16(o + udp + 4, udp_len);
	put16(o + udp + 6, 0);
	if (get16(o + 12) == ETH_P_IP) {
		put16(o + 16, 20 + udp_len);
		put16(o + 24, 0);
		put16(o + 24, fold(add_octets(0, o + 14, 20)));
	} else {
		put16(o + 18, udp_len);
		put16(o + udp + 6, fold(add_octets(add_octets(udp_len + IPPROTO_UDP, o + 22, 32),
						   o + udp, udp_len)));
	}
}

static inline int open_interface(const char *name, bool receive)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(receive ? ETH_P_ALL : 0),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	struct packet_mreq all = { .mr_ifindex = addr.sll_ifindex, .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !addr.sll_ifindex || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0) {
		fprintf(stderr, "ptp tools: %s: %s\n", name, strerror(errno));
		return -1;
	}
	return fd;
}

#endif
