// SPDX-License-Identifier: GPL-2.0-or-later
/* nts4ptp status: asks a running ptp4l-nts, prints its reports. Changes nothing. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nts4ptp/ask.h"
#include "nts4ptp/report_json.h"
#include "nts4ptp/report_values.h"
#include "nts4ptp/report_words.h"

struct status_args {
	const char *address;
	bool json;
	bool watch;
};

static const struct cmd_option options[] = {
	ASK_ADDRESS(struct status_args),
	CMD_JSON(struct status_args),
	{ "watch", 'w', NULL, "again every second, until interrupted",
	  CMD_TO(struct status_args, watch) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp status [--address PATH] [--json] [--watch]\n",
	.notes = "exit status: 0 every secured port is up, 1 some port is not, 2 nobody answers\n",
	CMD_OPTIONS(options),
};

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

static int show_once(const struct status_args *args)
{
	struct report_port *ports = NULL;
	uint32_t n = 0;
	enum status st = ask_reports(args->address, &ports, &n);
	int code;

	if (args->watch && isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
		fflush(stdout);
	}
	if (st != ST_OK) {
		return ask_complain(args->address, st);
	}
	if (args->json) {
		print_json(args, ports, n);
	} else {
		print_words(ports, n);
	}
	code = all_fine(ports, n) ? CMD_OK : CMD_NOT_UP;
	free(ports);
	return code;
}

int cmd_status(int argc, char *argv[])
{
	const struct timespec second = { .tv_sec = 1 };
	struct status_args args = { .address = REPORT_DEFAULT_ADDRESS };
	int code = cmd_parse(&syntax, argc, argv, &args);

	if (code != CMD_GO) {
		return code;
	}
	code = show_once(&args);
	while (args.watch && !fflush(stdout)) {
		nanosleep(&second, NULL);
		code = show_once(&args);
	}
	return code;
}
