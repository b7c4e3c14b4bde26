// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp metrics: the reports of a running ptp4l-nts as Prometheus text, for node_exporter's
 * textfile collector or a timer. The names are an interface: keep them.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "status/report.h"
#include "util/log.h"

#define PORTS_MAX 256
#define TIMEOUT_MS 2000
#define LABELS 160		/* octets, with their zero */

struct reports {
	uint32_t n;
	struct report_port *ports;
};

typedef double (*value_fn)(const struct report_port *p);

/* ---- values ---- */

static double up(const struct report_port *p)
{
	return p->up;
}

static double seconds_until(uint64_t at, uint64_t now)
{
	return at > now ? (double)(at - now) / 1000 : 0;
}

static double key_ends(const struct report_port *p)
{
	return p->sa.have[SA_CURRENT] ? seconds_until(p->sa.expires_at, p->now_ms) : 0;
}

static double key_update(const struct report_port *p)
{
	return p->sa.have[SA_CURRENT] ? seconds_until(p->sa.update_at, p->now_ms) : 0;
}

static double has_next(const struct report_port *p)
{
	return p->sa.have[SA_NEXT] ? 1 : 0;
}

static double rotations(const struct report_port *p)
{
	return p->sa.rotations;
}

static double expiries(const struct report_port *p)
{
	return p->sa.expiries;
}

static double failures(const struct report_port *p)
{
	return p->failures;
}

static double certificate_ends(const struct report_port *p)
{
	return (double)p->cert_not_after_ms / 1000;
}

static double agent_running(const struct report_port *p)
{
	return p->agent_pid != 0;
}

static double agent_starts(const struct report_port *p)
{
	return p->agent_starts;
}

static double agent_hangs(const struct report_port *p)
{
	return p->agent_hangs;
}

static double port_ups(const struct report_port *p)
{
	return p->port_ups;
}

static double port_downs(const struct report_port *p)
{
	return p->port_downs;
}

static double signed_messages(const struct report_port *p)
{
	return (double)p->counters.sends[GUARD_SIGNED];
}

static double verified(const struct report_port *p)
{
	return (double)p->counters.verdicts[GUARD_OK];
}

static double unsecured_in(const struct report_port *p)
{
	return (double)p->counters.verdicts[GUARD_UNSECURED_OK];
}

static double unsecured_out(const struct report_port *p)
{
	return (double)p->counters.sends[GUARD_PLAIN];
}

static double steps_back(const struct report_port *p)
{
	return (double)p->counters.steps_back;
}

static double requesters(const struct report_port *p)
{
	return p->requesters;
}

static const struct {
	const char *name;
	const char *type;
	const char *help;
	value_fn value;
} per_port[] = {
	{ "up", "gauge", "1: keys are good and the port may run.", up },
	{ "key_ends_in_seconds", "gauge", "Until the current key ends; 0: there is none.",
	  key_ends },
	{ "key_update_in_seconds", "gauge", "Until the next key is due.", key_update },
	{ "next_key_known", "gauge", "1: the key after the current one is here.", has_next },
	{ "rotations_total", "counter", "Changes of the key.", rotations },
	{ "expiries_total", "counter", "Keys that ended without a successor.", expiries },
	{ "exchange_failures", "gauge", "Failed exchanges with KE servers in a row.", failures },
	{ "certificate_not_after_seconds", "gauge",
	  "End of our certificate, since 1970; 0: unknown.", certificate_ends },
	{ "agent_running", "gauge", "1: the key agent runs.", agent_running },
	{ "agent_starts_total", "counter", "Starts of the key agent.", agent_starts },
	{ "agent_hangs_total", "counter", "Key agents that did not answer.", agent_hangs },
	{ "port_ups_total", "counter", "Times that keys brought the port up.", port_ups },
	{ "port_downs_total", "counter", "Times that missing keys took the port down.",
	  port_downs },
	{ "signed_total", "counter", "Messages sent with an AUTHENTICATION TLV.", signed_messages },
	{ "verified_total", "counter", "Messages received and verified.", verified },
	{ "received_unsecured_total", "counter",
	  "Messages received unsecured, as the policies say.", unsecured_in },
	{ "sent_unsecured_total", "counter", "Messages sent unsecured, as the policies say.",
	  unsecured_out },
	{ "steps_back_total", "counter", "Streams taken after a master's clock stepped back.",
	  steps_back },
	{ "requesters", "gauge", "Ticket mode: requesters with a live key.", requesters },
};

static const char *const suppressed[GUARD_SENDS] = {
	[GUARD_SUPPRESS_NO_KEY] = "no_key",
	[GUARD_SUPPRESS_TOO_LONG] = "too_long",
	[GUARD_SUPPRESS_GROUP] = "wrong_group",
	[GUARD_SUPPRESS_MULTICAST] = "multicast",
};

/* ---- text ---- */

/* Printable, with what needs it escaped. */
static const char *escape(const char *text, char *out, size_t size)
{
	char clean[LABELS];
	size_t n = 0;

	log_clean(clean, sizeof(clean), text, strlen(text));
	for (const char *at = clean; *at && n + 2 < size; at++) {
		if (*at == '\\' || *at == '"') {
			out[n++] = '\\';
		}
		out[n++] = *at;
	}
	out[n] = '\0';
	return out;
}

static const char *labels(const struct report_port *p, char out[LABELS])
{
	char interface[2 * sizeof(p->interface)];

	snprintf(out, LABELS, "port=\"%u\",interface=\"%s\"", p->number,
		 escape(p->interface, interface, sizeof(interface)));
	return out;
}

static void head(const char *name, const char *type, const char *help)
{
	printf("# HELP ptp4l_nts_%s %s\n# TYPE ptp4l_nts_%s %s\n", name, help, name, type);
}

static bool is_secured(const struct report_port *p)
{
	return p->mode != REPORT_OFF;
}

static void print_per_port(const struct reports *r)
{
	char text[LABELS];

	for (size_t i = 0; i < sizeof(per_port) / sizeof(per_port[0]); i++) {
		head(per_port[i].name, per_port[i].type, per_port[i].help);
		for (uint32_t k = 0; k < r->n; k++) {
			if (is_secured(&r->ports[k])) {
				printf("ptp4l_nts_%s{%s} %.15g\n", per_port[i].name,
				       labels(&r->ports[k], text), per_port[i].value(&r->ports[k]));
			}
		}
	}
}

static void print_secured(const struct reports *r)
{
	char text[LABELS];

	head("secured", "gauge", "1: NTS is configured for the port.");
	for (uint32_t k = 0; k < r->n; k++) {
		printf("ptp4l_nts_secured{%s} %d\n", labels(&r->ports[k], text),
		       is_secured(&r->ports[k]));
	}
}

static void print_refused(const struct reports *r)
{
	char text[LABELS];

	head("refused_total", "counter", "Messages received and refused, by reason.");
	for (uint32_t k = 0; k < r->n; k++) {
		for (int v = 0; is_secured(&r->ports[k]) && v < GUARD_VERDICTS; v++) {
			if (!guard_accepted((enum guard_verdict)v)) {
				printf("ptp4l_nts_refused_total{%s,reason=\"%s\"} %" PRIu64 "\n",
				       labels(&r->ports[k], text),
				       guard_counter_name((enum guard_verdict)v),
				       r->ports[k].counters.verdicts[v]);
			}
		}
	}
}

static void print_suppressed(const struct reports *r)
{
	char text[LABELS];

	head("suppressed_total", "counter", "Messages that were not sent, by reason.");
	for (uint32_t k = 0; k < r->n; k++) {
		for (int v = 0; is_secured(&r->ports[k]) && v < GUARD_SENDS; v++) {
			if (suppressed[v]) {
				printf("ptp4l_nts_suppressed_total{%s,reason=\"%s\"} %" PRIu64
				       "\n", labels(&r->ports[k], text), suppressed[v],
				       r->ports[k].counters.sends[v]);
			}
		}
	}
}

/* ST_CERT_EXPIRED becomes cert_expired. */
static const char *reason(uint32_t st, char out[LABELS])
{
	const char *name = status_name((enum status)st) + strlen("ST_");
	size_t n = 0;

	for (; name[n] && n < LABELS - 1; n++) {
		out[n] = (char)tolower((unsigned char)name[n]);
	}
	out[n] = '\0';
	return out;
}

static void print_exchange(const struct reports *r)
{
	char text[LABELS], why[LABELS];

	head("last_exchange", "gauge", "Always 1; result says how the last exchange ended.");
	for (uint32_t k = 0; k < r->n; k++) {
		if (is_secured(&r->ports[k])) {
			printf("ptp4l_nts_last_exchange{%s,result=\"%s\"} 1\n",
			       labels(&r->ports[k], text), reason(r->ports[k].last_st, why));
		}
	}
}

/* Of the whole clock: every port reports the same. */
static void print_servers(const struct reports *r)
{
	const struct report_port *p = r->ports;
	char name[2 * sizeof(p->servers[0].name)], why[LABELS];
	uint32_t i, n = 0;

	while (r->n && !is_secured(p) && p + 1 < r->ports + r->n) {
		p++;
	}
	if (r->n) {
		n = p->n_servers < REPORT_SERVERS_MAX ? p->n_servers : REPORT_SERVERS_MAX;
	}
	head("server_failures", "gauge", "Failed exchanges with this KE server in a row.");
	for (i = 0; i < n; i++) {
		printf("ptp4l_nts_server_failures{server=\"%s\",last=\"%s\"} %" PRIu32 "\n",
		       escape(p->servers[i].name, name, sizeof(name)),
		       reason(p->servers[i].st, why), p->servers[i].failures);
	}
	head("server_grants_total", "counter", "Keys granted by this KE server.");
	for (i = 0; i < n; i++) {
		printf("ptp4l_nts_server_grants_total{server=\"%s\"} %" PRIu32 "\n",
		       escape(p->servers[i].name, name, sizeof(name)), p->servers[i].grants);
	}
}

static void print_all(const struct reports *r)
{
	head("build_info", "gauge", "Always 1; version is that of nts4ptp.");
	printf("ptp4l_nts_build_info{version=\"%s\"} 1\n", NTS_VERSION);
	print_secured(r);
	print_per_port(r);
	print_refused(r);
	print_suppressed(r);
	print_exchange(r);
	print_servers(r);
}

/* ---- ---- */

static void usage(FILE *out)
{
	fprintf(out,
		"usage: nts4ptp metrics [--address PATH]\n\n"
		"  -a, --address PATH  status socket of ptp4l-nts, its nts_status_address\n"
		"                      (default %s)\n"
		"  -h, --help\n\n"
		"Prometheus text on standard output: let a timer write it where node_exporter's\n"
		"textfile collector looks. exit status: 0, 2 nobody answers\n",
		REPORT_DEFAULT_ADDRESS);
}

static int show(const char *address)
{
	struct reports r = { .ports = calloc(PORTS_MAX, sizeof(*r.ports)) };
	enum status st = r.ports ? report_query(address, TIMEOUT_MS, r.ports, PORTS_MAX, &r.n)
				 : ST_NO_MEMORY;

	if (st == ST_OK) {
		print_all(&r);
	} else {
		fprintf(stderr, "nts4ptp: %s: %s\n", address,
			st == ST_SYSTEM ? strerror(errno) : status_str(st));
	}
	free(r.ports);
	return st == ST_OK && !fflush(stdout) ? CMD_OK : CMD_NO_ANSWER;
}

int cmd_metrics(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *address = REPORT_DEFAULT_ADDRESS;
	int c;

	while ((c = getopt_long(argc, argv, "a:h", options, NULL)) != -1) {
		if (c != 'a') {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? CMD_OK : CMD_USAGE;
		}
		address = optarg;
	}
	if (optind < argc) {
		fprintf(stderr, "nts4ptp: unexpected '%s'\n", argv[optind]);
		return CMD_USAGE;
	}
	return show(address);
}
