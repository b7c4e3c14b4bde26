// SPDX-License-Identifier: GPL-2.0-or-later
/* nts4ptp ke-status: asks a running nts-ked for its counters, prints them. Changes nothing. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "config/kedconf.h"
#include "nts4ptp/cmd.h"
#include "nts4ptp/ke_out.h"

#define DEFAULT_ADDRESS "127.0.0.1:9461"
#define TIMEOUT_SECONDS 5
#define ANSWER_MAX (16 * 1024 * 1024)	/* octets */

struct ke_status_args {
	const char *address;
	char host[64];
	uint16_t port;
	bool json;
};

struct fetch {
	struct event_base *base;
	bool answered;
	int code;		/* of HTTP */
	char *text;
};

static const struct cmd_option options[] = {
	{ "address", 'a', "HOST:PORT", "option metrics of nts-ked (default " DEFAULT_ADDRESS ")",
	  CMD_TO(struct ke_status_args, address) },
	CMD_JSON(struct ke_status_args),
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp ke-status [--address HOST:PORT] [--json]\n",
	.notes = "exit status: 0 all is well, 1 a group has no key, a certificate ends within two\n"
		 "weeks, the last configuration was refused, or the store cannot be written or is\n"
		 "not in its place, 2 nobody answers\n",
	CMD_OPTIONS(options),
};

/* Numbers only: what is on loopback needs no names. */
static bool take_address(struct ke_status_args *args)
{
	struct sockaddr_storage sa;
	char port[8];
	socklen_t len;

	if (kedconf_address(args->address, &sa, &len) ||
	    getnameinfo((struct sockaddr *)&sa, len, args->host, sizeof(args->host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV)) {
		fprintf(stderr, "nts4ptp: '%s' is not an address with a port\n", args->address);
		return false;
	}
	args->port = (uint16_t)atoi(port);
	return true;
}

static void on_answer(struct evhttp_request *request, void *ctx)
{
	struct fetch *f = ctx;
	struct evbuffer *in;
	size_t len;

	event_base_loopbreak(f->base);
	if (!request || !evhttp_request_get_response_code(request)) {
		return;
	}
	in = evhttp_request_get_input_buffer(request);
	len = evbuffer_get_length(in);
	f->answered = true;
	f->code = evhttp_request_get_response_code(request);
	f->text = calloc(1, len + 1);
	if (f->text) {
		evbuffer_copyout(in, f->text, len);
	}
}

static enum status run(struct fetch *f, struct evhttp_connection *conn)
{
	struct evhttp_request *request = evhttp_request_new(on_answer, f);

	if (!request) {
		return ST_NO_MEMORY;
	}
	evhttp_connection_set_timeout(conn, TIMEOUT_SECONDS);
	evhttp_connection_set_max_body_size(conn, ANSWER_MAX);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
	if (evhttp_make_request(conn, request, EVHTTP_REQ_GET, "/metrics")) {
		return ST_CONNECT;
	}
	event_base_dispatch(f->base);
	if (!f->answered) {
		return ST_CONNECT;
	}
	return f->code != HTTP_OK ? ST_FILE_FORMAT : f->text ? ST_OK : ST_NO_MEMORY;
}

/* *text is the caller's to free. */
static enum status fetch(const struct ke_status_args *args, char **text)
{
	struct fetch f = { .base = event_base_new() };
	struct evhttp_connection *conn = NULL;
	enum status st = ST_NO_MEMORY;

	if (f.base) {
		conn = evhttp_connection_base_new(f.base, NULL, args->host, args->port);
	}
	if (conn) {
		st = run(&f, conn);
		evhttp_connection_free(conn);
	}
	if (f.base) {
		event_base_free(f.base);
	}
	if (st) {
		free(f.text);
		return st;
	}
	*text = f.text;
	return ST_OK;
}

static void print(const struct ke_status_args *args, const struct ke_samples *samples)
{
	struct json j;

	if (args->json) {
		json_init(&j, stdout);
		ke_json(&j, args->address, samples);
		putchar('\n');
	} else {
		ke_print(stdout, samples);
	}
}

static int complain(const char *address, enum status st)
{
	return cmd_complain(address,
			    st == ST_CONNECT ? "no nts-ked answers there (see its option metrics)" :
			    st == ST_FILE_FORMAT ? "what answers there is not an nts-ked" :
			    cmd_why(st));
}

int cmd_ke_status(int argc, char *argv[])
{
	struct ke_status_args args = { .address = DEFAULT_ADDRESS };
	struct ke_samples samples = { .n = 0 };
	int code = cmd_parse(&syntax, argc, argv, &args);
	char *text = NULL;
	enum status st;

	if (code != CMD_GO) {
		return code;
	}
	if (!take_address(&args)) {
		return CMD_USAGE;
	}
	st = fetch(&args, &text);
	if (!st) {
		st = ke_samples_parse(text, &samples);
	}
	free(text);
	if (st) {
		return complain(args.address, st);
	}
	print(&args, &samples);
	code = ke_is_well(&samples) ? CMD_OK : CMD_NOT_UP;
	ke_samples_free(&samples);
	return code;
}
