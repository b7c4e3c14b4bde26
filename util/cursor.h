/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds-checked cursors over octets, for all of NTS-KE, tickets and what is stored. Integers are
 * in network byte order. (PTP messages, whose fields lie at fixed places: tlv/ptp.h.)
 *
 * A cursor that has failed stays failed: each further call does nothing and
 * returns the first error, so a sequence needs one check at its end.
 */
#ifndef NTS_UTIL_CURSOR_H
#define NTS_UTIL_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct rcur {
	const uint8_t *at;
	size_t left;		/* octets not read yet */
	enum status st;		/* ST_OK or the first error */
};

struct wcur {
	uint8_t *base;
	size_t used;		/* octets written */
	size_t cap;		/* octets there are */
	enum status st;		/* ST_OK or the first error */
};

/* Reads from len octets at data, which stay the caller's and must outlive the cursor. */
struct rcur rcur_init(const uint8_t *data, size_t len);

/* Each returns ST_TRUNCATED, and leaves *out alone, when too few octets are left. */
enum status rcur_u8(struct rcur *c, uint8_t *out);
enum status rcur_u16(struct rcur *c, uint16_t *out);
enum status rcur_u32(struct rcur *c, uint32_t *out);
enum status rcur_u64(struct rcur *c, uint64_t *out);
enum status rcur_octets(struct rcur *c, uint8_t *out, size_t len);
enum status rcur_skip(struct rcur *c, size_t len);

/* A cursor over the next len octets, which are then behind c. ST_TRUNCATED: *out is left alone. */
enum status rcur_sub(struct rcur *c, size_t len, struct rcur *out);

/* Writes to at most cap octets at data. */
struct wcur wcur_init(uint8_t *data, size_t cap);

/* Each returns ST_NO_SPACE, and writes nothing, when it does not fit. */
enum status wcur_u8(struct wcur *c, uint8_t v);
enum status wcur_u16(struct wcur *c, uint16_t v);
enum status wcur_u32(struct wcur *c, uint32_t v);
enum status wcur_u64(struct wcur *c, uint64_t v);
enum status wcur_octets(struct wcur *c, const uint8_t *data, size_t len);

/* Overwrites the u16 at offset at, already written; ST_BAD_LENGTH when it was not. */
enum status wcur_patch_u16(struct wcur *c, size_t at, uint16_t v);

#endif
