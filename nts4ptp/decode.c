// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp decode: an NTS-KE message, a PTP message or a capture, in words. Keys of an NTS-KE
 * message are told by their length alone.
 */
#include "nts4ptp/cmd.h"
#include "nts4ptp/decode_kinds.h"
#include "nts4ptp/octets.h"

struct decode_args {
	const char *path;
	const char *hex;		/* digits instead of a file, or NULL */
	struct decode_out out;
};

static const struct cmd_option options[] = {
	{ "hex", 'x', "DIGITS", "the octets themselves", CMD_TO(struct decode_args, hex) },
	{ "octets", 'o', NULL, "of PTP messages every octet, beside the field that it is of",
	  CMD_TO(struct decode_args, out.octets) },
	CMD_JSON_TO(struct decode_args, out.json),
	{ .argument = "FILE", CMD_TO(struct decode_args, path) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp decode [--json] [--octets] FILE|-\n"
		 "       nts4ptp decode [--json] [--octets] --hex DIGITS\n\n"
		 "FILE (- is standard input) has an NTS-KE message or a PTP message, as octets or "
		 "as\n"
		 "hexadecimal digits, or is a pcap file (tcpdump -w) with PTP messages.\n",
	.notes = "exit status: 0 all good, 1 something is malformed, 2 cannot be read, 64 usage\n",
	CMD_OPTIONS(options),
};

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

static int run(struct decode_args *args, struct octets *o)
{
	if (args->hex) {
		return octets_copy_hex(args->hex, o) ? show(&args->out, o) : CMD_USAGE;
	}
	if (!octets_read(args->path, o)) {
		return CMD_NO_ANSWER;
	}
	octets_unhex(o);
	return show(&args->out, o);
}

int cmd_decode(int argc, char *argv[])
{
	struct decode_args args = { .path = NULL };
	struct octets o = { NULL, 0, 0 };
	int code = cmd_parse(&syntax, argc, argv, &args);

	if (code != CMD_GO) {
		return code;
	}
	if ((args.hex != NULL) == (args.path != NULL)) {
		return cmd_usage(&syntax);
	}
	code = run(&args, &o);
	octets_free(&o);
	return code;
}
