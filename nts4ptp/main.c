// SPDX-License-Identifier: GPL-2.0-or-later
/* nts4ptp: one tool, a table of subcommands. Each of them lives in a file of its own. */
#include "nts4ptp/cmd.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct cmd commands[] = {
	{ "status", "what a running ptp4l-nts knows of its keys and messages", cmd_status },
	{ "ke-status", "what a running nts-ked has counted, and how its keys are", cmd_ke_status },
	{ "probe", "asks a KE server as a client would: what fails, on whose side, and why",
	  cmd_probe },
	{ "pki", "a small CA: issue, revoke, list certificates", cmd_pki },
	{ "check", "errors in a ptp4l.conf or nts-ked.conf, by line", cmd_check },
	{ "decode", "an NTS-KE or PTP message, or a capture, in words", cmd_decode },
	{ "metrics", "counters of a running ptp4l-nts as Prometheus text", cmd_metrics },
	{ "drill", "demo topologies in network namespaces, by name: what happens, what held",
	  cmd_drill },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	size_t i;

	fprintf(out, "usage: nts4ptp COMMAND [OPTIONS]\n\n");
	for (i = 0; i < N_COMMANDS; i++) {
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	}
	fprintf(out, "\nnts4ptp COMMAND --help tells the options of a command.\n"
		"nts4ptp --version tells the version.\n");
}

int main(int argc, char *argv[])
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return CMD_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("nts4ptp " NTS_VERSION);
		return CMD_OK;
	}
	for (i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name)) {
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	fprintf(stderr, "nts4ptp: no command '%s'\n", argv[1]);
	usage(stderr);
	return CMD_USAGE;
}
