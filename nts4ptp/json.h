/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON on one line. A name is NULL inside an array and for the outermost value.
 * Keeps no errors: ferror(out) has them.
 */
#ifndef NTS_NTS4PTP_JSON_H
#define NTS_NTS4PTP_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma;		/* the next member needs one before it */
};

void json_init(struct json *j, FILE *out);

void json_object(struct json *j, const char *name);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *name);
void json_array_end(struct json *j);

/* Octets beyond ASCII are written as the code point of the same number. */
void json_string(struct json *j, const char *name, const char *value);
void json_uint(struct json *j, const char *name, uint64_t value);
void json_int(struct json *j, const char *name, int64_t value);
/* Finite. Whole numbers are written as such. */
void json_number(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);
void json_null(struct json *j, const char *name);

/* Milliseconds as seconds with three decimals. */
void json_seconds(struct json *j, const char *name, uint64_t ms);

#endif
