// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp drill: starts a demo topology by name. What it does is a script, drill/run.sh beside this
 * program or where it was installed; this finds it, and says what is missing.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nts4ptp/cmd.h"
#include "nts4ptp/json.h"

#define PATH_SIZE 4096
#define SCRIPT "/drill/run.sh"

struct entry {
	const char *name;
	const char *summary;
};

struct drill_args {
	const char *name;
	const char *fault;	/* or "" */
	bool keep;
	bool json;
	bool list;
};

static const struct entry drills[] = {
	{ "multicast", "a group; keys change under traffic, a rogue master is refused" },
	{ "unicast", "tickets; each pair has a key of its own, an outsider is refused" },
	{ "boundary", "a boundary clock between two groups and an unsecured port" },
	{ "transparent", "a transparent clock with the key, then one without" },
	{ "outage", "the KE server is away for longer than keys live" },
};

static const struct entry faults[] = {
	{ "wrong-ca", "the slave trusts another CA" },
	{ "not-member", "the KE server does not know the slave" },
	{ "no-server", "there is no KE server" },
	{ "unsecured", "the slave has no nts_server" },
};

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static void print_table(FILE *out, const struct entry *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "  %-12s %s\n", table[i].name, table[i].summary);
	}
}

static bool is_in(const struct entry *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(table[i].name, name)) {
			return true;
		}
	}
	return false;
}

static void usage(FILE *out)
{
	fputs("usage: nts4ptp drill NAME [--fault KIND] [--keep] [--json]\n"
	      "       nts4ptp drill --list [--json]\n\n"
	      "Starts a KE server and clocks in network namespaces of its own, as root, "
	      "tells what\n"
	      "happens and what held, and removes everything. Touches neither this machine's "
	      "clock\n"
	      "nor its network.\n\n", out);
	print_table(out, drills, N_OF(drills));
	fputs("\n  -f, --fault KIND  with something wrong, which it must then name:\n", out);
	print_table(out, faults, N_OF(faults));
	fputs("  -k, --keep        leaves it running until Ctrl-C, to be looked at\n"
	      "  -l, --list        the drills that there are\n"
	      "  -j, --json        one JSON object on one line; the steps go to standard error\n"
	      "  -h, --help\n\n"
	      "exit status: 0 all held, 1 something did not, 2 it cannot be run, 64 usage,\n"
	      "130 interrupted\n", out);
}

static int list(bool json)
{
	struct json j;

	if (!json) {
		print_table(stdout, drills, N_OF(drills));
		return CMD_OK;
	}
	json_init(&j, stdout);
	json_array(&j, NULL);
	for (size_t i = 0; i < N_OF(drills); i++) {
		json_object(&j, NULL);
		json_string(&j, "name", drills[i].name);
		json_string(&j, "summary", drills[i].summary);
		json_object_end(&j);
	}
	json_array_end(&j);
	putchar('\n');
	return CMD_OK;
}

/* Beside self, or where it was installed. */
static bool find_script(const char *self, char out[PATH_SIZE])
{
	const char *slash = strrchr(self, '/');
	int n = snprintf(out, PATH_SIZE, "%.*s" SCRIPT, slash ? (int)(slash - self) : 0, self);

	if (slash && n < PATH_SIZE && !access(out, R_OK)) {
		return true;
	}
	snprintf(out, PATH_SIZE, "%s", LIBEXECDIR SCRIPT);
	return !access(out, R_OK);
}

static int run(const struct drill_args *args)
{
	char self[PATH_SIZE - sizeof(SCRIPT)], script[PATH_SIZE];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (geteuid() != 0) {
		fprintf(stderr, "nts4ptp drill: network namespaces need root, nothing outside of "
			"them is touched: sudo nts4ptp drill %s\n", args->name);
		return CMD_NO_ANSWER;
	}
	self[n > 0 ? n : 0] = '\0';
	if (!find_script(self, script)) {
		fputs("nts4ptp drill: its script is neither beside nts4ptp nor in " LIBEXECDIR
		      ": install it again\n", stderr);
		return CMD_NO_ANSWER;
	}
	if (!setenv("NTS4PTP", self, 1)) {
		execl("/bin/bash", "bash", script, args->name, args->fault,
		      args->keep ? "keep" : "", args->json ? "json" : "", (char *)NULL);
	}
	perror("nts4ptp drill: /bin/bash");
	return CMD_NO_ANSWER;
}

static int parse(int argc, char *argv[], struct drill_args *args)
{
	static const struct option options[] = {
		{ "fault", required_argument, NULL, 'f' },
		{ "keep", no_argument, NULL, 'k' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:kljh", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			args->fault = optarg;
			break;
		case 'k':
			args->keep = true;
			break;
		case 'l':
			args->list = true;
			break;
		case 'j':
			args->json = true;
			break;
		default:
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? CMD_OK : CMD_USAGE;
		}
	}
	if (argc - optind != (args->list ? 0 : 1)) {
		usage(stderr);
		return CMD_USAGE;
	}
	args->name = argv[optind];
	return -1;
}

int cmd_drill(int argc, char *argv[])
{
	struct drill_args args = { .fault = "" };
	int code = parse(argc, argv, &args);

	if (code >= 0) {
		return code;
	}
	if (args.list) {
		return list(args.json);
	}
	if (!is_in(drills, N_OF(drills), args.name)) {
		fprintf(stderr, "nts4ptp: no drill '%s'; there are:\n", args.name);
		print_table(stderr, drills, N_OF(drills));
		return CMD_USAGE;
	}
	if (*args.fault && !is_in(faults, N_OF(faults), args.fault)) {
		fprintf(stderr, "nts4ptp: no fault '%s'; there are:\n", args.fault);
		print_table(stderr, faults, N_OF(faults));
		return CMD_USAGE;
	}
	return run(&args);
}
