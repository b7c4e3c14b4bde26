// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp drill: starts a demo topology by name. What it does is a script, drill/run.sh beside this
 * program or where it was installed; this finds it, and says what is missing.
 */
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

static bool is_known(const char *kind, const struct entry *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(table[i].name, name)) {
			return true;
		}
	}
	fprintf(stderr, "nts4ptp: no %s '%s'; there are:\n", kind, name);
	print_table(stderr, table, n);
	return false;
}

static const struct cmd_option options[] = {
	{ "fault", 'f', "KIND", "with something wrong, which it must then name",
	  CMD_TO(struct drill_args, fault) },
	{ "keep", 'k', NULL, "leaves it running until Ctrl-C, to be looked at",
	  CMD_TO(struct drill_args, keep) },
	{ "list", 'l', NULL, "the drills that there are", CMD_TO(struct drill_args, list) },
	CMD_JSON(struct drill_args),
	{ .argument = "NAME", CMD_TO(struct drill_args, name) },
};

static void print_lists(FILE *out)
{
	fputs("NAME is one of:\n", out);
	print_table(out, drills, N_OF(drills));
	fputs("\nKIND of fault is one of:\n", out);
	print_table(out, faults, N_OF(faults));
	fputc('\n', out);
}

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp drill NAME [--fault KIND] [--keep] [--json]\n"
		 "       nts4ptp drill --list [--json]\n\n"
		 "Starts a KE server and clocks in network namespaces of its own, as root, tells "
		 "what\n"
		 "happens and what held, and removes everything. Touches neither this machine's "
		 "clock\n"
		 "nor its network. With --json the steps go to standard error.\n",
	.lists = print_lists,
	.notes = "exit status: 0 all held, 1 something did not, 2 it cannot be run, 64 usage,\n"
		 "130 interrupted\n",
	CMD_OPTIONS(options),
};

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

int cmd_drill(int argc, char *argv[])
{
	struct drill_args args = { .fault = "" };
	int code = cmd_parse(&syntax, argc, argv, &args);

	if (code != CMD_GO) {
		return code;
	}
	if (args.list == (args.name != NULL)) {
		return cmd_usage(&syntax);
	}
	if (args.list) {
		return list(args.json);
	}
	if (!is_known("drill", drills, N_OF(drills), args.name) ||
	    (*args.fault && !is_known("fault", faults, N_OF(faults), args.fault))) {
		return CMD_USAGE;
	}
	return run(&args);
}
