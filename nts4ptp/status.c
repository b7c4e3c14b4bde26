// SPDX-License-Identifier: GPL-2.0-or-later
/* nts4ptp status: asks a running ptp4l-nts, prints its reports. Changes nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nts4ptp/cmd.h"
#include "nts4ptp/report_out.h"

#define PORTS_MAX 256
#define TIMEOUT_MS 2000

struct status_args {
	const char *address;
	bool json;
	bool watch;
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: nts4ptp status [--address PATH] [--json] [--watch]\n\n"
		"  -a, --address PATH  status socket of ptp4l-nts, its nts_status_address\n"
		"                      (default %s)\n"
		"  -j, --json          one JSON object on one line\n"
		"  -w, --watch         again every second, until interrupted\n"
		"  -h, --help\n\n"
		"exit status: 0 every secured port is up, 1 some port is not, 2 nobody answers\n",
		REPORT_DEFAULT_ADDRESS);
}

/* Returns -1 to go on, or the exit code. */
static int parse(int argc, char *argv[], struct status_args *args)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "watch", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "a:jwh", options, NULL)) != -1) {
		if (c == 'a') {
			args->address = optarg;
		} else if (c == 'j') {
			args->json = true;
		} else if (c == 'w') {
			args->watch = true;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? CMD_OK : CMD_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "nts4ptp: unexpected '%s'\n", argv[optind]);
		return CMD_USAGE;
	}
	return -1;
}

static bool all_fine(const struct report_port *ports, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (!report_is_fine(&ports[i])) {
			return false;
		}
	}
	return true;
}

static void print_json(const struct status_args *args, const struct report_port *ports, uint32_t n)
{
	struct json j;
	uint32_t i;

	json_init(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "address", args->address);
	json_bool(&j, "up", all_fine(ports, n));
	json_array(&j, "ports");
	for (i = 0; i < n; i++) {
		report_json(&j, &ports[i]);
	}
	json_array_end(&j);
	json_object_end(&j);
	putchar('\n');
}

static void print_words(const struct report_port *ports, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (i) {
			putchar('\n');
		}
		report_print(stdout, &ports[i]);
	}
}

static void complain(const char *address, enum status st)
{
	fprintf(stderr, "nts4ptp: %s: %s\n", address,
		st == ST_SYSTEM ? strerror(errno) :
		st == ST_CONNECT ? "no ptp4l-nts answers there" :
		st == ST_BAD_VERSION ? "ptp4l-nts and nts4ptp are of different versions" :
		status_str(st));
}

static int show_once(const struct status_args *args, struct report_port *ports)
{
	uint32_t n = 0;
	enum status st = report_query(args->address, TIMEOUT_MS, ports, PORTS_MAX, &n);

	if (args->watch && isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
		fflush(stdout);
	}
	if (st != ST_OK) {
		complain(args->address, st);
		return CMD_NO_ANSWER;
	}
	if (args->json) {
		print_json(args, ports, n);
	} else {
		print_words(ports, n);
	}
	return all_fine(ports, n) ? CMD_OK : CMD_NOT_UP;
}

int cmd_status(int argc, char *argv[])
{
	const struct timespec second = { .tv_sec = 1 };
	struct status_args args = { .address = REPORT_DEFAULT_ADDRESS };
	struct report_port *ports;
	int code = parse(argc, argv, &args);

	if (code >= 0) {
		return code;
	}
	ports = calloc(PORTS_MAX, sizeof(*ports));
	if (!ports) {
		fprintf(stderr, "nts4ptp: %s\n", status_str(ST_NO_MEMORY));
		return CMD_NO_ANSWER;
	}
	code = show_once(&args, ports);
	while (args.watch && !fflush(stdout)) {
		nanosleep(&second, NULL);
		code = show_once(&args, ports);
	}
	free(ports);
	return code;
}
