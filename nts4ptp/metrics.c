// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp metrics: the counters of a running ptp4l-nts as Prometheus text, once on standard
 * output, or to whoever asks over HTTP. The clock's process listens nowhere, and is asked once a
 * second at most.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "config/kedconf.h"
#include "nts4ptp/ask.h"
#include "nts4ptp/metrics_text.h"
#include "util/metrics_http.h"
#include "util/timebase.h"

#define KEEP_MS 1000		/* an answer of the clock does for so long */

struct metrics_args {
	const char *address;
	const char *listen;	/* NULL: once, on standard output */
};

/* The last answer of the clock. */
struct source {
	const char *address;
	uint64_t at_ms;		/* 0: never asked */
	enum status st;
	char *text;
	size_t len;
};

static const struct cmd_option options[] = {
	ASK_ADDRESS(struct metrics_args),
	{ "listen", 'l', "HOST:PORT", "answers GET /metrics there until it is ended; loopback,\n"
	  "127.0.0.1:9462, is the place for it", CMD_TO(struct metrics_args, listen) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp metrics [--address PATH] [--listen HOST:PORT]\n",
	.notes = "Without --listen: Prometheus text on standard output, for node_exporter's "
		 "textfile\n"
		 "collector.\n"
		 "exit status: 0, 2 nobody answers, or no listening there\n",
	CMD_OPTIONS(options),
};

static enum status write_text(const char *address, FILE *out)
{
	struct report_port *ports = NULL;
	uint32_t n = 0;
	enum status st = ask_reports(address, &ports, &n);

	if (st == ST_OK) {
		metrics_print(out, ports, n);
		free(ports);
	}
	return st;
}

/* ---- listening ---- */

static void refresh(struct source *s)
{
	FILE *out;

	free(s->text);
	s->text = NULL;
	out = open_memstream(&s->text, &s->len);
	if (!out) {
		s->st = ST_NO_MEMORY;
		return;
	}
	s->st = write_text(s->address, out);
	if (fclose(out) && s->st == ST_OK) {
		s->st = ST_NO_MEMORY;
	}
}

static enum status fill(void *ctx, struct evbuffer *out)
{
	struct source *s = ctx;
	uint64_t now = timebase_boot(&timebase_system);

	if (!s->at_ms || now - s->at_ms >= KEEP_MS) {
		refresh(s);
		s->at_ms = timebase_boot(&timebase_system);
	}
	if (s->st != ST_OK) {
		return s->st;
	}
	return evbuffer_add(out, s->text, s->len) ? ST_NO_MEMORY : ST_OK;
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	(void)number;
	(void)what;
	event_base_loopbreak(ctx);
}

static int serve(int fd, struct source *source)
{
	struct event_base *base = event_base_new();
	struct event *end = base ? evsignal_new(base, SIGTERM, on_signal, base) : NULL;
	struct metrics_http *http = NULL;
	int code = CMD_NO_ANSWER;

	if (end && !event_add(end, NULL) &&
	    metrics_http_new(base, fd, fill, source, &http) == ST_OK) {
		event_base_dispatch(base);
		code = CMD_OK;
	}
	metrics_http_free(http);
	if (end) {
		event_free(end);
	}
	if (base) {
		event_base_free(base);
	}
	return code;
}

static int listen_and_serve(const struct metrics_args *args)
{
	struct source source = { .address = args->address };
	struct sockaddr_storage sa;
	socklen_t len;
	enum status st;
	int fd, code;

	if (kedconf_address(args->listen, &sa, &len) != ST_OK) {
		fprintf(stderr, "nts4ptp: '%s' is not an address with a port\n", args->listen);
		return CMD_USAGE;
	}
	st = metrics_http_listen((struct sockaddr *)&sa, len, &fd);
	if (st != ST_OK) {
		return cmd_complain(args->listen, cmd_why(st));
	}
	signal(SIGPIPE, SIG_IGN);
	code = serve(fd, &source);
	free(source.text);
	return code;
}

int cmd_metrics(int argc, char *argv[])
{
	struct metrics_args args = { .address = REPORT_DEFAULT_ADDRESS };
	int code = cmd_parse(&syntax, argc, argv, &args);
	enum status st;

	if (code != CMD_GO) {
		return code;
	}
	if (args.listen) {
		return listen_and_serve(&args);
	}
	st = write_text(args.address, stdout);
	if (st != ST_OK) {
		return ask_complain(args.address, st);
	}
	return fflush(stdout) ? CMD_NO_ANSWER : CMD_OK;
}
