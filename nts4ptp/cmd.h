/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of nts4ptp, and the exit codes that they share. */
#ifndef NTS_NTS4PTP_CMD_H
#define NTS_NTS4PTP_CMD_H

enum {
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

int cmd_status(int argc, char *argv[]);
int cmd_check(int argc, char *argv[]);
int cmd_decode(int argc, char *argv[]);
int cmd_drill(int argc, char *argv[]);
int cmd_ke_status(int argc, char *argv[]);
int cmd_metrics(int argc, char *argv[]);
int cmd_pki(int argc, char *argv[]);
int cmd_probe(int argc, char *argv[]);

#endif
