// SPDX-License-Identifier: GPL-2.0-or-later
/* Octets from a file or the command line: octets.h. Must not leave a copy of them behind. */
#include "nts4ptp/octets.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "util/secret.h"

#define INPUT_MAX (64 * 1024 * 1024)	/* octets */

static bool grow(struct octets *o)
{
	size_t cap = o->cap ? 2 * o->cap : 65536;
	uint8_t *data = secret_alloc(cap);

	if (!data) {
		return false;
	}
	if (o->len) {
		memcpy(data, o->data, o->len);
	}
	secret_free(o->data, o->cap);
	o->data = data;
	o->cap = cap;
	return true;
}

static bool read_all(FILE *in, struct octets *o)
{
	setvbuf(in, NULL, _IONBF, 0);
	while (!feof(in) && !ferror(in)) {
		if (o->len == o->cap && (o->cap >= INPUT_MAX || !grow(o))) {
			errno = EFBIG;
			return false;
		}
		o->len += fread(o->data + o->len, 1, o->cap - o->len, in);
	}
	return !ferror(in);
}

bool octets_read(const char *path, struct octets *o)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	bool good = in && read_all(in, o);

	if (!good) {
		cmd_complain(path, strerror(errno));
	}
	if (in && in != stdin) {
		fclose(in);
	}
	return good;
}

static int digit(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

bool octets_unhex(struct octets *o)
{
	size_t digits = 0;

	for (size_t i = 0; i < o->len; i++) {
		if (digit(o->data[i]) < 0 && !isspace(o->data[i]) && !strchr(":-", o->data[i])) {
			return false;
		}
		digits += digit(o->data[i]) >= 0;
	}
	if (digits == 0 || digits % 2) {
		return false;
	}
	digits = 0;
	for (size_t i = 0; i < o->len; i++) {
		int v = digit(o->data[i]);

		if (v >= 0) {
			uint8_t high = digits % 2 ? o->data[digits / 2] : 0;

			o->data[digits / 2] = (uint8_t)(high << (digits % 2 ? 4 : 0) | v);
			digits++;
		}
	}
	o->len = digits / 2;
	return true;
}

bool octets_copy_hex(const char *digits, struct octets *o)
{
	size_t len = strlen(digits);

	while (o->cap < len && grow(o)) {
	}
	if (o->cap < len) {
		return false;
	}
	memcpy(o->data, digits, len);
	o->len = len;
	if (!octets_unhex(o)) {
		fputs("nts4ptp: --hex wants pairs of hexadecimal digits\n", stderr);
		return false;
	}
	return true;
}

void octets_free(struct octets *o)
{
	secret_free(o->data, o->cap);
}
