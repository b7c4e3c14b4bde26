// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines by table: cmd.h. getopt_long takes them apart. */
#include "nts4ptp/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

#define NO_LETTER 256		/* and on: what getopt_long returns for rows without one */

static const struct cmd_option help_option = { .name = "help", .letter = 'h',
					      .help = "this text" };

/* ---- help ---- */

static int width_of(const struct cmd_option *o)
{
	return (int)(strlen(o->name) + (o->argument ? strlen(o->argument) + 1 : 0));
}

static void print_option(FILE *out, const struct cmd_option *o, int width)
{
	const char *line = o->help, *end;
	const char letter[] = { '-', o->letter, ',', '\0' };

	fprintf(out, "  %3s --%s%s%s%*s", o->letter ? letter : "", o->name,
		o->argument ? " " : "", o->argument ? o->argument : "", width - width_of(o), "");
	for (; (end = strchr(line, '\n')); line = end + 1) {
		fprintf(out, "  %.*s\n%*s", (int)(end - line), line, width + 8, "");
	}
	fprintf(out, "  %s\n", line);
}

static void print_help(FILE *out, const struct cmd_syntax *s)
{
	int width = width_of(&help_option);

	fprintf(out, "%s\n", s->usage);
	if (s->lists) {
		s->lists(out);
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->options[i].name && width_of(&s->options[i]) > width) {
			width = width_of(&s->options[i]);
		}
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->options[i].name) {
			print_option(out, &s->options[i], width);
		}
	}
	print_option(out, &help_option, width);
	fprintf(out, "\n%s", s->notes);
}

int cmd_usage(const struct cmd_syntax *s)
{
	print_help(stderr, s);
	return CMD_USAGE;
}

/* ---- values ---- */

static bool take_number(const struct cmd_option *o, const char *text, long *to)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (!*text || *end || value < o->min || value > o->max) {
		fprintf(stderr, "nts4ptp: --%s wants a number from %ld to %ld, not '%s'\n",
			o->name, o->min, o->max, text);
		return false;
	}
	*to = value;
	return true;
}

static bool take_value(const struct cmd_option *o, const char *text, void *args)
{
	void *to = (char *)args + o->to;

	switch (o->kind) {
	case CMD_FLAG:
		*(bool *)to = true;
		return true;
	case CMD_TEXT:
		*(const char **)to = text;
		return true;
	case CMD_NUMBER:
		return take_number(o, text, to);
	default:
		return o->take(args, text);
	}
}

/* ---- getopt_long ---- */

struct tables {
	char *letters;		/* and a ':' where there is a value: two octets a row at most */
	struct option *longs;
};

static int code_of_row(const struct cmd_syntax *s, size_t i)
{
	return s->options[i].letter ? s->options[i].letter : NO_LETTER + (int)i;
}

static const struct cmd_option *row_of_code(const struct cmd_syntax *s, int code)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->options[i].name && code_of_row(s, i) == code) {
			return &s->options[i];
		}
	}
	return NULL;
}

static void add_option(struct tables *t, const struct cmd_option *o, int code)
{
	char *letter = t->letters + strlen(t->letters);

	*t->longs++ = (struct option){ o->name, o->argument ? required_argument : no_argument,
				       NULL, code };
	if (o->letter) {
		*letter++ = o->letter;
		*letter = o->argument ? ':' : '\0';
	}
}

static void fill_tables(const struct cmd_syntax *s, struct tables t)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->options[i].name) {
			add_option(&t, &s->options[i], code_of_row(s, i));
		}
	}
	add_option(&t, &help_option, help_option.letter);
}

static int take_options(const struct cmd_syntax *s, const struct tables *t, int argc, char *argv[],
			void *args)
{
	const struct cmd_option *o;
	int c;

	while ((c = getopt_long(argc, argv, t->letters, t->longs, NULL)) != -1) {
		if (c == help_option.letter) {
			print_help(stdout, s);
			return CMD_OK;
		}
		o = row_of_code(s, c);
		if (!o) {
			return cmd_usage(s);
		}
		if (!take_value(o, optarg, args)) {
			return CMD_USAGE;
		}
	}
	return CMD_GO;
}

static int take_operands(const struct cmd_syntax *s, char *const *word, void *args)
{
	for (size_t i = 0; i < s->n && *word; i++) {
		if (!s->options[i].name && !take_value(&s->options[i], *word++, args)) {
			return CMD_USAGE;
		}
	}
	if (*word) {
		fprintf(stderr, "nts4ptp: unexpected '%s'\n", *word);
		return CMD_USAGE;
	}
	return CMD_GO;
}

int cmd_parse(const struct cmd_syntax *s, int argc, char *argv[], void *args)
{
	struct tables t = { .letters = calloc(s->n + 2, 2),
			    .longs = calloc(s->n + 2, sizeof(*t.longs)) };
	int code = CMD_NO_ANSWER;

	if (t.letters && t.longs) {
		fill_tables(s, t);
		code = take_options(s, &t, argc, argv, args);
	} else {
		cmd_complain("command line", cmd_why(ST_NO_MEMORY));
	}
	free(t.letters);
	free(t.longs);
	return code == CMD_GO ? take_operands(s, argv + optind, args) : code;
}

const char *cmd_why(enum status st)
{
	return st == ST_SYSTEM || st == ST_FILE_OPEN ? strerror(errno) : status_str(st);
}

int cmd_complain(const char *what, const char *why)
{
	fprintf(stderr, "nts4ptp: %s: %s\n", what, why);
	return CMD_NO_ANSWER;
}

bool cmd_harden(void)
{
	if (secret_harden_process() == ST_OK) {
		return true;
	}
	fputs("nts4ptp: core dumps could not be forbidden\n", stderr);
	return false;
}
