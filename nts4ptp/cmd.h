/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of nts4ptp, the exit codes that they share, and their command lines: a table of
 * options is what is taken, what is checked and what --help tells.
 */
#ifndef NTS_NTS4PTP_CMD_H
#define NTS_NTS4PTP_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/status.h"

enum {
	CMD_GO = -1,		/* of cmd_parse() alone: nothing to complain of */
	CMD_OK = 0,
	CMD_NOT_UP = 1,		/* answered, but something is wrong */
	CMD_NO_ANSWER = 2,	/* nobody to ask, or no answer in time */
	CMD_USAGE = 64,
};

struct cmd {
	const char *name;
	const char *summary;	/* one line for --help */
	int (*run)(int argc, char *argv[]);	/* argv[0] is the subcommand; returns exit code */
};

/* Where the value of an option goes: what it is follows from the type of the member. */
enum cmd_kind {
	CMD_TAKEN,	/* no member: to take() */
	CMD_FLAG,	/* bool: given or not */
	CMD_TEXT,	/* const char *: as it stands in argv, not copied */
	CMD_NUMBER,	/* long, from min to max; decimal, 0x hexadecimal or 0 octal */
};

#define CMD_TO(args, member) \
	.to = offsetof(args, member), \
	.kind = _Generic(((args *)0)->member, \
			 bool: CMD_FLAG, const char *: CMD_TEXT, long: CMD_NUMBER)

struct cmd_option {
	const char *name;	/* of --name; NULL: an operand, the next word that is no option */
	char letter;		/* of -l; 0: none */
	const char *argument;	/* what --help calls the value; NULL: there is none */
	const char *help;	/* lines, '\n' between them; an operand needs none */
	enum cmd_kind kind;	/* these two by CMD_TO */
	size_t to;
	long min, max;		/* of a number */
	/* False: not acceptable, and why has been said on standard error. */
	bool (*take)(void *args, const char *text);
};

#define CMD_JSON(args) CMD_JSON_TO(args, json)
#define CMD_JSON_TO(args, member) \
	{ "json", 'j', NULL, "one JSON object on one line", CMD_TO(args, member) }

/* What a subcommand takes. --help, -h is every one's, and in no table. */
struct cmd_syntax {
	const char *usage;	/* whole lines, before the options */
	const char *notes;	/* whole lines, behind them: the exit codes at least */
	void (*lists)(FILE *out);	/* more between usage and options, or NULL */
	size_t n;
	const struct cmd_option *options;
};

#define CMD_OPTIONS(table) .n = sizeof(table) / sizeof((table)[0]), .options = (table)

/*
 * Takes argv[1] and on into args, a struct that the table's rows point into; what is not given
 * stays as it is. Returns CMD_GO, or the exit code: after --help, or when what is wrong has been
 * said on standard error.
 */
int cmd_parse(const struct cmd_syntax *s, int argc, char *argv[], void *args);

/* Says on standard error how the command is used. Returns CMD_USAGE. */
int cmd_usage(const struct cmd_syntax *s);

/* Of ST_SYSTEM and ST_FILE_OPEN what errno says, else what the status does. Never NULL. */
const char *cmd_why(enum status st);

/* Says on standard error what failed and why. Returns CMD_NO_ANSWER. */
int cmd_complain(const char *what, const char *why);

/* Before keys are read: no core dumps, no new privileges. False: has said so. */
bool cmd_harden(void);

int cmd_status(int argc, char *argv[]);
int cmd_check(int argc, char *argv[]);
int cmd_decode(int argc, char *argv[]);
int cmd_drill(int argc, char *argv[]);
int cmd_ke_status(int argc, char *argv[]);
int cmd_metrics(int argc, char *argv[]);
int cmd_pki(int argc, char *argv[]);
int cmd_probe(int argc, char *argv[]);

#endif
