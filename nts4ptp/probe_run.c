// SPDX-License-Identifier: GPL-2.0-or-later
/* One exchange with a KE server, waited for: probe_run.h. Must not keep a key. */
#include "nts4ptp/probe_run.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "nts/names.h"
#include "util/secret.h"

#define TRIES 5
#define PAUSE_NS 300000000	/* the server bounds handshakes of one address */

struct run {
	struct event_base *base;
	struct probe_result *result;
};

static void copy_params(struct nts_params *to, const struct nts_params *from)
{
	*to = *from;
	for (size_t i = 0; i < NTS_SA_MAX; i++) {
		secret_wipe(to->sa[i].key, sizeof(to->sa[i].key));
	}
	secret_wipe(to->ticket_key, sizeof(to->ticket_key));
	memset(to->ticket.octets, 0, sizeof(to->ticket.octets));
}

static void on_done(void *ctx, const struct exchange_result *r)
{
	struct run *run = ctx;
	struct probe_result *out = run->result;

	out->st = r->st;
	out->stage = fault_stage(r->step, r->st);
	snprintf(out->why, sizeof(out->why), "%s", r->why);
	snprintf(out->peer, sizeof(out->peer), "%s", r->peer);
	if (r->st == ST_OK) {
		out->valid_from_ms = r->valid_from_ms;
		out->valid_to_ms = r->valid_to_ms;
		out->has_next = r->answer->has_next;
		copy_params(&out->current, &r->answer->current);
		copy_params(&out->next, &r->answer->next);
	}
	event_base_loopbreak(run->base);
}

static enum status wait_for(struct run *run, struct evdns_base *dns, struct tls_creds *creds,
			    const struct probe_args *args, const struct servers_entry *server)
{
	const struct exchange_args exchange = {
		.base = run->base,
		.dns = dns,
		.creds = creds,
		.host = server->host,
		.port = server->port,
		.timeout_ms = args->timeout_ms,
		.request = &args->request,
	};
	struct exchange *x;
	enum status st = exchange_start(&exchange, on_done, run, &x);

	if (st == ST_OK) {
		event_base_dispatch(run->base);
	}
	return st;
}

static enum status exchange_with(struct run *run, struct tls_creds *creds,
				 const struct probe_args *args, const struct servers_entry *server)
{
	struct evdns_base *dns = names_open(run->base);
	enum status st;

	if (!dns) {
		return ST_NO_MEMORY;
	}
	st = wait_for(run, dns, creds, args, server);
	evdns_base_free(dns, 0);
	return st;
}

static void run_once(const struct probe_args *args, const struct servers_entry *server,
		     struct probe_result *out)
{
	struct run run = { .result = out };
	struct tls_why why = { "" };
	struct tls_creds *creds;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = tls_creds_load(&args->files, &creds, &why);
	if (st != ST_OK) {
		out->st = st;
		snprintf(out->why, sizeof(out->why), "%s", why.text);
		return;
	}
	run.base = event_base_new();
	st = run.base ? exchange_with(&run, creds, args, server) : ST_NO_MEMORY;
	if (st != ST_OK) {
		out->st = st;
	}
	if (run.base) {
		event_base_free(run.base);
	}
	tls_creds_unref(creds);
}

/*
 * The alert that says why may be lost: it comes at the same time as a reset, for we have written
 * what a server that hangs up does not read. So the question is put again.
 */
void probe_run(const struct probe_args *args, const struct servers_entry *server,
	       struct probe_result *out)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (int i = 0; i < TRIES; i++) {
		if (i) {
			nanosleep(&pause, NULL);
		}
		run_once(args, server, out);
		if (out->stage != FAULT_ANSWER || out->st != ST_CLOSED) {
			return;
		}
	}
}
