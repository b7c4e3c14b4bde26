// SPDX-License-Identifier: GPL-2.0-or-later
/* nts-ked, the KE server: options, configuration, run. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ked/server.h"
#include "util/log.h"

static const char usage[] =
	"usage: nts-ked -f FILE [-v LEVEL]\n"
	"       nts-ked --check FILE\n"
	"       nts-ked -f FILE --reseal OLD_KEY_FILE|none\n"
	"  -f, --file FILE     configuration file\n"
	"  -c, --check FILE    tell whether a configuration file, and the certificates and keys\n"
	"                      that it names, are right, and end\n"
	"  -r, --reseal FILE   encrypt the keys in the store with store_key_file's key, or\n"
	"                      decrypt them where there is none, and end; FILE is the key file\n"
	"                      that they are encrypted with, or none; no server may run on the\n"
	"                      store\n"
	"  -v, --level LEVEL   log level 0 to 7, instead of the file's log_level\n"
	"  -h, --help          this text\n"
	"      --version       version\n"
	"Logs to standard error. On SIGHUP, and when one of them changes, the configuration and\n"
	"the files that it names are read again.\n";

struct options {
	const char *file;
	bool check;
	const char *reseal;	/* NULL: not asked for */
	int level;	/* -1: the file's */
};

static const struct option long_options[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "check", required_argument, NULL, 'c' },
	{ "reseal", required_argument, NULL, 'r' },
	{ "level", required_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int parse_level(const char *text)
{
	return text[0] >= '0' && text[0] <= '7' && !text[1] ? text[0] - '0' : -1;
}

/* Returns 0 to go on, else the exit status plus 1. */
static int parse_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "f:c:r:v:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->check = true;
			/* fall through */
		case 'f':
			o->file = optarg;
			break;
		case 'r':
			o->reseal = optarg;
			break;
		case 'v':
			o->level = parse_level(optarg);
			if (o->level < 0) {
				fprintf(stderr, "nts-ked: -v wants a level from 0 to 7\n");
				return 1 + EXIT_FAILURE;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return 1 + EXIT_SUCCESS;
		case 'V':
			puts("nts-ked " NTS_VERSION);
			return 1 + EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return 1 + EXIT_FAILURE;
		}
	}
	if (!o->file || optind < argc) {
		fputs(usage, stderr);
		return 1 + EXIT_FAILURE;
	}
	return 0;
}

static void print_error(void *ctx, const char *error)
{
	(void)ctx;
	fprintf(stderr, "%s\n", error);
}

static enum status serve(struct kedconf *conf, const struct options *o)
{
	const struct server_args args = {
		.path = o->file,
		.conf = conf,
		.level = o->level,
		.time = &timebase_system,
	};
	struct server *server;
	enum status st;

	signal(SIGPIPE, SIG_IGN);
	st = server_new(&args, &server);
	if (!st) {
		server_run(server);
		server_free(server);
	}
	return st;
}

static enum status check(struct kedconf *conf, const struct options *o)
{
	enum status st = server_check(conf, &timebase_system);

	if (!st) {
		printf("%s: ok, %zu group%s\n", o->file, conf->n_groups,
		       conf->n_groups == 1 ? "" : "s");
	}
	kedconf_free(conf);
	return st;
}

static enum status reseal(struct kedconf *conf, const struct options *o)
{
	const char *old = strcmp(o->reseal, "none") ? o->reseal : "";
	size_t keys;
	enum status st = server_reseal(conf, &timebase_system, old, &keys);

	if (!st) {
		printf("%s: %zu keys %s\n", conf->server.store, keys,
		       *conf->server.store_key_file ? "encrypted" : "decrypted");
	}
	kedconf_free(conf);
	return st;
}

int main(int argc, char **argv)
{
	struct options o = { .level = -1 };
	struct kedconf *conf;
	enum status st;
	int done = parse_options(argc, argv, &o);

	if (done) {
		return done - 1;
	}
	st = kedconf_load(o.file, print_error, NULL, &conf);
	if (st == ST_NO_MEMORY) {
		fprintf(stderr, "nts-ked: %s\n", status_str(st));
	}
	if (st) {
		return EXIT_FAILURE;
	}
	if (o.check) {
		st = check(conf, &o);
	} else if (o.reseal) {
		st = reseal(conf, &o);
	} else {
		st = serve(conf, &o);
	}
	return st ? EXIT_FAILURE : EXIT_SUCCESS;
}
