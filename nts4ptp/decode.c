// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp decode: an NTS-KE message, a PTP message or a capture, in words. Keys of an NTS-KE
 * message are told by their length alone.
 */
#include "nts4ptp/decode.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "tlv/ptp.h"
#include "util/secret.h"

#define INPUT_MAX (64 * 1024 * 1024)	/* octets */
#define HEX_SHOWN 32			/* octets */

struct octets {
	uint8_t *data;
	size_t len;
	size_t cap;
};

static void usage(FILE *out)
{
	fputs("usage: nts4ptp decode [--json] [--octets] FILE|-\n"
	      "       nts4ptp decode [--json] [--octets] --hex DIGITS\n\n"
	      "FILE (- is standard input) has an NTS-KE message or a PTP message, as octets or as\n"
	      "hexadecimal digits, or is a pcap file (tcpdump -w) with PTP messages.\n\n"
	      "  -x, --hex DIGITS    the octets themselves\n"
	      "  -o, --octets        of PTP messages every octet, beside the field that it is of\n"
	      "  -j, --json          one JSON object on one line\n"
	      "  -h, --help\n\n"
	      "exit status: 0 all good, 1 something is malformed, 2 cannot be read, 64 usage\n",
	      out);
}

void decode_say(struct decode_out *out, unsigned int depth, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (out->json) {
		json_object(&out->j, NULL);
		json_uint(&out->j, "depth", depth);
		json_string(&out->j, "text", text);
		json_object_end(&out->j);
	} else {
		printf("%*s%s\n", (int)depth * 2, "", text);
	}
}

void decode_hex(struct decode_out *out, unsigned int depth, const char *name, const uint8_t *data,
		size_t len)
{
	char text[2 * HEX_SHOWN + 1] = "";

	for (size_t i = 0; i < len && i < HEX_SHOWN; i++) {
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	}
	decode_say(out, depth, "%s %s%s (%zu octets)", name, text, len > HEX_SHOWN ? "..." : "",
		   len);
}

/* ---- input ---- */

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

static bool read_file(const char *path, struct octets *o)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	bool good = in && read_all(in, o);

	if (!good) {
		fprintf(stderr, "nts4ptp: %s: %s\n", path, strerror(errno));
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

/* Digits with white space, ':' or '-' between, in place; false: anything else. */
static bool take_hex(struct octets *o)
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

/* ---- ---- */

/* Octet 1 is versionPTP there; here it is the first record's type, which has no such number. */
static bool is_ptp(const struct octets *o)
{
	return o->len >= PTP_HEADER_LEN && (o->data[1] & 15) == 2 && !(o->data[0] & 0x80);
}

static bool decode(struct decode_out *out, const struct octets *o)
{
	if (decode_is_pcap(o->data, o->len)) {
		return decode_pcap(out, o->data, o->len);
	}
	return is_ptp(o) ? decode_ptp(out, o->data, o->len) : decode_ke(out, o->data, o->len);
}

static int show(struct decode_out *out, const struct octets *o)
{
	bool good;

	if (out->json) {
		json_init(&out->j, stdout);
		json_object(&out->j, NULL);
		json_array(&out->j, "lines");
	}
	good = decode(out, o);
	if (out->json) {
		json_array_end(&out->j);
		json_bool(&out->j, "good", good);
		json_object_end(&out->j);
		putchar('\n');
	}
	return good ? CMD_OK : CMD_NOT_UP;
}

static bool copy_hex(const char *digits, struct octets *o)
{
	size_t len = strlen(digits);

	while (o->cap < len && grow(o)) {
	}
	if (o->cap < len) {
		return false;
	}
	memcpy(o->data, digits, len);
	o->len = len;
	if (!take_hex(o)) {
		fputs("nts4ptp: --hex wants pairs of hexadecimal digits\n", stderr);
		return false;
	}
	return true;
}

static int run(struct decode_out *out, const char *hex, const char *path)
{
	struct octets o = { NULL, 0, 0 };
	int code;

	if (hex) {
		code = copy_hex(hex, &o) ? CMD_OK : CMD_USAGE;
	} else {
		code = read_file(path, &o) ? CMD_OK : CMD_NO_ANSWER;
		if (code == CMD_OK) {
			take_hex(&o);
		}
	}
	if (code == CMD_OK) {
		code = show(out, &o);
	}
	secret_free(o.data, o.cap);
	return code;
}

int cmd_decode(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "hex", required_argument, NULL, 'x' },
		{ "octets", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct decode_out out = { .json = false };
	const char *hex = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "x:ojh", options, NULL)) != -1) {
		if (c == 'x') {
			hex = optarg;
		} else if (c == 'o') {
			out.octets = true;
		} else if (c == 'j') {
			out.json = true;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? CMD_OK : CMD_USAGE;
		}
	}
	if (argc - optind != (hex ? 0 : 1)) {
		usage(stderr);
		return CMD_USAGE;
	}
	return run(&out, hex, hex ? NULL : argv[optind]);
}
