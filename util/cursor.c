// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds-checked cursors over octets. Must not read or write outside of what they were given. */
#include "util/cursor.h"

#include <string.h>

struct rcur rcur_init(const uint8_t *data, size_t len)
{
	return (struct rcur){ .at = data, .left = len, .st = ST_OK };
}

/* The next len octets, which are then behind c, or NULL. */
static const uint8_t *take(struct rcur *c, size_t len)
{
	const uint8_t *at = c->at;

	if (c->st != ST_OK) {
		return NULL;
	}
	if (len > c->left) {
		c->st = ST_TRUNCATED;
		return NULL;
	}
	if (len > 0) {
		c->at += len;
		c->left -= len;
	}
	return at;
}

/* An integer of len octets, len 1 to 8; meaningless when the cursor has failed. */
static uint64_t take_uint(struct rcur *c, size_t len)
{
	const uint8_t *at = take(c, len);
	uint64_t v = 0;

	for (size_t i = 0; at && i < len; i++) {
		v = v << 8 | at[i];
	}
	return v;
}

enum status rcur_u8(struct rcur *c, uint8_t *out)
{
	uint64_t v = take_uint(c, 1);

	if (c->st == ST_OK) {
		*out = (uint8_t)v;
	}
	return c->st;
}

enum status rcur_u16(struct rcur *c, uint16_t *out)
{
	uint64_t v = take_uint(c, 2);

	if (c->st == ST_OK) {
		*out = (uint16_t)v;
	}
	return c->st;
}

enum status rcur_u32(struct rcur *c, uint32_t *out)
{
	uint64_t v = take_uint(c, 4);

	if (c->st == ST_OK) {
		*out = (uint32_t)v;
	}
	return c->st;
}

enum status rcur_u64(struct rcur *c, uint64_t *out)
{
	uint64_t v = take_uint(c, 8);

	if (c->st == ST_OK) {
		*out = v;
	}
	return c->st;
}

enum status rcur_octets(struct rcur *c, uint8_t *out, size_t len)
{
	const uint8_t *at = take(c, len);

	if (at && len > 0) {
		memcpy(out, at, len);
	}
	return c->st;
}

enum status rcur_skip(struct rcur *c, size_t len)
{
	take(c, len);
	return c->st;
}

enum status rcur_sub(struct rcur *c, size_t len, struct rcur *out)
{
	const uint8_t *at = take(c, len);

	if (c->st == ST_OK) {
		*out = rcur_init(at, len);
	}
	return c->st;
}

struct wcur wcur_init(uint8_t *data, size_t cap)
{
	return (struct wcur){ .base = data, .used = 0, .cap = cap, .st = ST_OK };
}

/* Room for len octets, counted as written, or NULL. */
static uint8_t *room(struct wcur *c, size_t len)
{
	uint8_t *at;

	if (c->st != ST_OK) {
		return NULL;
	}
	if (len > c->cap - c->used) {
		c->st = ST_NO_SPACE;
		return NULL;
	}
	if (len == 0) {
		return NULL;
	}
	at = c->base + c->used;
	c->used += len;
	return at;
}

/* An integer of len octets. */
static enum status put_uint(struct wcur *c, uint64_t v, size_t len)
{
	uint8_t *at = room(c, len);

	for (size_t i = 0; at && i < len; i++) {
		at[i] = (uint8_t)(v >> 8 * (len - 1 - i));
	}
	return c->st;
}

enum status wcur_u8(struct wcur *c, uint8_t v)
{
	return put_uint(c, v, 1);
}

enum status wcur_u16(struct wcur *c, uint16_t v)
{
	return put_uint(c, v, 2);
}

enum status wcur_u32(struct wcur *c, uint32_t v)
{
	return put_uint(c, v, 4);
}

enum status wcur_u64(struct wcur *c, uint64_t v)
{
	return put_uint(c, v, 8);
}

enum status wcur_octets(struct wcur *c, const uint8_t *data, size_t len)
{
	uint8_t *at = room(c, len);

	if (at) {
		memcpy(at, data, len);
	}
	return c->st;
}

enum status wcur_patch_u16(struct wcur *c, size_t at, uint16_t v)
{
	if (c->st != ST_OK) {
		return c->st;
	}
	if (c->used < 2 || at > c->used - 2) {
		c->st = ST_BAD_LENGTH;
		return c->st;
	}
	c->base[at] = (uint8_t)(v >> 8);
	c->base[at + 1] = (uint8_t)v;
	return c->st;
}
