// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A one-step master of the network tests, which ptp4l without hardware cannot be: sends signed
 * one-step Sync messages over Ethernet, with a key from an sa_file as kefetch writes it. What a
 * transparent clock makes of them is two-step. Only ever inside namespaces that a test made.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nts/crypto.h"
#include "tests/tools/ptpframe.h"
#include "tlv/auth.h"

#define SYNC_LEN 44
#define GAP_US 62500

struct key {
	struct crypto_mac *mac;
	unsigned int spp, id;
};

/* The first key, which must be of the mandatory algorithm. */
static bool read_key(const char *path, struct key *k)
{
	FILE *f = fopen(path, "r");
	uint8_t octets[32];
	char hex[65];
	size_t i;

	if (!f || fscanf(f, "[security_association] spp %u %u SHA256-128 32 HEX:%64s", &k->spp,
			 &k->id, hex) != 3 || strlen(hex) != 64) {
		fprintf(stderr, "ptponestep: no SHA256-128 key in %s\n", path);
		return false;
	}
	fclose(f);
	for (i = 0; i < sizeof(octets); i++) {
		octets[i] = (uint8_t)strtoul((char[]){ hex[2 * i], hex[2 * i + 1], 0 }, NULL, 16);
	}
	return crypto_mac_new(ALG_HMAC_SHA256_128, octets, sizeof(octets), &k->mac) == ST_OK;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t sync_frame(uint8_t *o, const struct key *k, uint16_t sequence)
{
	static const uint8_t head[] = { 0x01, 0x1b, 0x19, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x88, 0xf7 };
	static const uint8_t identity[] = { 2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0, 1 };
	uint8_t *msg = o + ETH_HLEN;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	memset(msg, 0, SYNC_LEN);
	memcpy(o, head, sizeof(head));
	msg[1] = 0x12;
	memcpy(msg + 20, identity, sizeof(identity));
	put16(msg + 30, sequence);
	msg[33] = 0xfc;
	put16(msg + 34, (uint32_t)((uint64_t)now.tv_sec >> 32));
	put32(msg + 36, (uint32_t)now.tv_sec);
	put32(msg + 40, (uint32_t)now.tv_nsec);
	return ETH_HLEN + (uint32_t)auth_append(k->mac, (uint8_t)k->spp, k->id, msg, SYNC_LEN);
}

int main(int argc, char *argv[])
{
	struct key k = { .mac = NULL };
	uint8_t octets[FRAME_MAX];
	uint16_t i, n;
	uint32_t len;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: ptponestep IFACE SA_FILE COUNT\n");
		return 64;
	}
	fd = open_interface(argv[1], false);
	if (fd < 0 || !read_key(argv[2], &k)) {
		return 2;
	}
	n = (uint16_t)strtoul(argv[3], NULL, 0);
	for (i = 0; i < n; i++) {
		len = sync_frame(octets, &k, (uint16_t)(1000 + i));
		if (send(fd, octets, len, 0) != (ssize_t)len) {
			return 1;
		}
		usleep(GAP_US);
	}
	crypto_mac_free(k.mac);
	close(fd);
	return 0;
}
