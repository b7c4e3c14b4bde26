// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints captured PTP frames, octet for octet, without what differs from run to run: sequence
 * numbers, corrections, timestamps that are not zero, ICVs, pmc's process, what IP and UDP compute.
 * So two programs can be compared that speak one after the other on the same interface.
 */

#include "tests/tools/ptpframe.h"

#define CORRECTION_AT 8
#define SEQUENCE_AT 30
#define CONTROL_AT 32
#define TIMESTAMP_AT 34
#define TIMESTAMP_LEN 10
#define ICV_AT 10		/* in its TLV */
#define TARGET_PORT_AT 42	/* of Management: pmc's is its process */
#define MANAGEMENT 0xd

static void blank(uint8_t *p, uint32_t len)
{
	static const uint8_t none[TIMESTAMP_LEN];

	if (len > sizeof(none) || memcmp(p, none, len)) {
		memset(p, 0xff, len);
	}
}

static bool has_timestamp(uint8_t type)
{
	return type != 0xc && type != MANAGEMENT;
}

static void shape_icv(struct frame *f)
{
	uint8_t *msg = msg_of(f);
	uint32_t at = find_auth(msg, get16(msg + 2));
	uint32_t end = at + 4u + get16(msg + at + 2);

	if (at && at + ICV_AT < end && f->ptp + end <= f->len) {
		memset(msg + at + ICV_AT, 0xff, end - at - ICV_AT);
	}
}

static void shape(struct frame *f)
{
	uint8_t *o = f->octets, *msg = msg_of(f);

	if (get16(o + 12) == ETH_P_IP) {
		memset(o + 18, 0xff, 2);	/* identification */
		memset(o + 24, 0xff, 2);	/* header checksum */
	}
	if (get16(o + 12) == ETH_P_IPV6) {
		memset(o + 14, 0xff, 4);	/* flow label */
	}
	if (f->ptp != ETH_HLEN) {
		memset(msg - 2, 0xff, 2);	/* UDP checksum */
	}
	memset(msg + CORRECTION_AT, 0xff, 8);
	memset(msg + SEQUENCE_AT, 0xff, 2);
	if (has_timestamp(type_of(f))) {
		blank(msg + TIMESTAMP_AT, TIMESTAMP_LEN);
	}
	if (type_of(f) == MANAGEMENT) {
		memset(msg + TARGET_PORT_AT, 0xff, 2);
	}
	shape_icv(f);
}

int main(int argc, char *argv[])
{
	bool old = argc == 3 && !strcmp(argv[1], "-o");
	FILE *file = argc == 2 || old ? fopen(argv[argc - 1], "rb") : NULL;
	struct frame f;
	uint32_t i;

	if (!file) {
		fprintf(stderr, "usage: ptpshape [-o] FILE\n"
				"-o: without minorVersionPTP and controlField\n");
		return 64;
	}
	while (read_frame(file, &f)) {
		shape(&f);
		if (old) {
			msg_of(&f)[1] |= 0xf0;
			msg_of(&f)[CONTROL_AT] = 0xff;
		}
		printf("%s ", ptp_types[type_of(&f)].name);
		for (i = 0; i < f.len; i++) {
			printf("%02x", f.octets[i]);
		}
		putchar('\n');
	}
	fclose(file);
	return 0;
}
