// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports as Prometheus text: metrics_text.h. */
#include "nts4ptp/metrics_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "util/log.h"

#define LABELS 160		/* octets, with their zero */

struct reports {
	uint32_t n;
	const struct report_port *ports;
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

static double monitor(const struct report_port *p)
{
	return p->monitor;
}

static double sent_unsigned(const struct report_port *p)
{
	return (double)p->sent_unsigned;
}

static double requesters(const struct report_port *p)
{
	return p->requesters;
}

struct row {
	const char *name;
	const char *type;
	const char *help;
	value_fn value;
};

/* Of ports whose keys come from a KE server. */
static const struct row key_rows[] = {
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
	{ "monitor", "gauge", "1: nts_policy is monitor, nothing is enforced.", monitor },
	{ "sent_unsigned_total", "counter",
	  "Messages sent unsigned for want of a key, under monitor.", sent_unsigned },
	{ "requesters", "gauge", "Ticket mode: requesters with a live key.", requesters },
};

/* Of ports that sign and verify: with static keys, too. */
static const struct row message_rows[] = {
	{ "signed_total", "counter", "Messages sent with an AUTHENTICATION TLV.", signed_messages },
	{ "verified_total", "counter", "Messages received and verified.", verified },
	{ "received_unsecured_total", "counter",
	  "Messages received unsecured, as the policies say.", unsecured_in },
	{ "sent_unsecured_total", "counter", "Messages sent unsecured, as the policies say.",
	  unsecured_out },
	{ "steps_back_total", "counter", "Streams taken after a master's clock stepped back.",
	  steps_back },
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

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP ptp4l_nts_%s %s\n# TYPE ptp4l_nts_%s %s\n", name, help, name, type);
}

static bool has_nts(const struct report_port *p)
{
	return p->mode == REPORT_GROUP || p->mode == REPORT_TICKET;
}

static bool is_secured(const struct report_port *p)
{
	return p->mode != REPORT_OFF;
}

static void print_rows(FILE *out, const struct reports *r, const struct row *rows, size_t n,
		       bool (*has)(const struct report_port *p))
{
	char text[LABELS];

	for (size_t i = 0; i < n; i++) {
		head(out, rows[i].name, rows[i].type, rows[i].help);
		for (uint32_t k = 0; k < r->n; k++) {
			if (has(&r->ports[k])) {
				fprintf(out, "ptp4l_nts_%s{%s} %.15g\n", rows[i].name,
					labels(&r->ports[k], text), rows[i].value(&r->ports[k]));
			}
		}
	}
}

static void print_secured(FILE *out, const struct reports *r)
{
	char text[LABELS];

	head(out, "secured", "gauge", "1: the port signs and verifies.");
	for (uint32_t k = 0; k < r->n; k++) {
		fprintf(out, "ptp4l_nts_secured{%s} %d\n", labels(&r->ports[k], text),
			is_secured(&r->ports[k]));
	}
}

/* counts: by verdict. */
static void print_by_reason(FILE *out, const struct reports *r, const char *name,
			    const char *help,
			    const uint64_t *(*counts)(const struct report_port *p))
{
	char text[LABELS];

	head(out, name, "counter", help);
	for (uint32_t k = 0; k < r->n; k++) {
		for (int v = 0; is_secured(&r->ports[k]) && v < GUARD_VERDICTS; v++) {
			if (!guard_accepted((enum guard_verdict)v)) {
				fprintf(out, "ptp4l_nts_%s{%s,reason=\"%s\"} %" PRIu64 "\n", name,
					labels(&r->ports[k], text),
					guard_counter_name((enum guard_verdict)v),
					counts(&r->ports[k])[v]);
			}
		}
	}
}

static const uint64_t *refused(const struct report_port *p)
{
	return p->counters.verdicts;
}

static const uint64_t *taken(const struct report_port *p)
{
	return p->taken;
}

static void print_suppressed(FILE *out, const struct reports *r)
{
	char text[LABELS];

	head(out, "suppressed_total", "counter", "Messages that were not sent, by reason.");
	for (uint32_t k = 0; k < r->n; k++) {
		for (int v = 0; is_secured(&r->ports[k]) && v < GUARD_SENDS; v++) {
			if (!guard_sent((enum guard_send)v)) {
				fprintf(out, "ptp4l_nts_suppressed_total{%s,reason=\"%s\"} %" PRIu64
					"\n", labels(&r->ports[k], text),
					guard_send_counter_name((enum guard_send)v),
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

static void print_exchange(FILE *out, const struct reports *r)
{
	char text[LABELS], why[LABELS];

	head(out, "last_exchange", "gauge", "Always 1; result says how the last exchange ended.");
	for (uint32_t k = 0; k < r->n; k++) {
		if (has_nts(&r->ports[k])) {
			fprintf(out, "ptp4l_nts_last_exchange{%s,result=\"%s\"} 1\n",
			       labels(&r->ports[k], text), reason(r->ports[k].last_st, why));
		}
	}
}

static void print_grantors(FILE *out, const struct reports *r)
{
	char text[LABELS], address[NTS_ASSOC_STR];

	head(out, "grantor_usable", "gauge", "Ticket mode: 1: there is a key with this grantor.");
	for (uint32_t k = 0; k < r->n; k++) {
		const struct report_port *p = &r->ports[k];

		for (uint32_t i = 0; i < p->n_grantors && i < REPORT_GRANTORS_MAX; i++) {
			fprintf(out, "ptp4l_nts_grantor_usable{%s,grantor=\"%s\"} %d\n",
				labels(p, text), nts_assoc_str(&p->grantors[i].address, address),
				p->grantors[i].usable);
		}
	}
}

/* Of the whole clock: every port of NTS reports the same. */
static uint32_t find_servers(const struct reports *r, const struct report_server_health **out)
{
	for (uint32_t k = 0; k < r->n; k++) {
		if (has_nts(&r->ports[k])) {
			*out = r->ports[k].servers;
			return r->ports[k].n_servers < REPORT_SERVERS_MAX ?
			       r->ports[k].n_servers : REPORT_SERVERS_MAX;
		}
	}
	return 0;
}

static void print_servers(FILE *out, const struct reports *r)
{
	char name[2 * sizeof(((struct report_server_health *)0)->name)], why[LABELS];
	const struct report_server_health *h = NULL;
	uint32_t i, n = find_servers(r, &h);

	head(out, "server_failures", "gauge", "Failed exchanges with this KE server in a row.");
	for (i = 0; i < n; i++) {
		fprintf(out, "ptp4l_nts_server_failures{server=\"%s\"} %" PRIu32 "\n",
			escape(h[i].name, name, sizeof(name)), h[i].failures);
	}
	head(out, "server_grants_total", "counter", "Keys granted by this KE server.");
	for (i = 0; i < n; i++) {
		fprintf(out, "ptp4l_nts_server_grants_total{server=\"%s\"} %" PRIu32 "\n",
			escape(h[i].name, name, sizeof(name)), h[i].grants);
	}
	head(out, "server_other_keys", "gauge", "1: has other keys than the server in use.");
	for (i = 0; i < n; i++) {
		fprintf(out, "ptp4l_nts_server_other_keys{server=\"%s\"} %d\n",
			escape(h[i].name, name, sizeof(name)), h[i].differs != 0);
	}
	head(out, "server_last_exchange", "gauge",
	     "Always 1; result says how the last exchange with this KE server ended.");
	for (i = 0; i < n; i++) {
		if (h[i].at_ms) {
			fprintf(out,
				"ptp4l_nts_server_last_exchange{server=\"%s\",result=\"%s\"} 1\n",
				escape(h[i].name, name, sizeof(name)), reason(h[i].st, why));
		}
	}
}

void metrics_print(FILE *out, const struct report_port *ports, uint32_t n)
{
	const struct reports reports = { n, ports };
	const struct reports *r = &reports;

	head(out, "build_info", "gauge", "Always 1; version is that of nts4ptp.");
	fprintf(out, "ptp4l_nts_build_info{version=\"%s\"} 1\n", NTS_VERSION);
	print_secured(out, r);
	print_rows(out, r, key_rows, sizeof(key_rows) / sizeof(key_rows[0]), has_nts);
	print_rows(out, r, message_rows, sizeof(message_rows) / sizeof(message_rows[0]),
		   is_secured);
	print_by_reason(out, r, "refused_total", "Messages received and refused, by reason.",
			refused);
	print_by_reason(out, r, "taken_total",
			"Messages taken under monitor though not verified, by reason.", taken);
	print_suppressed(out, r);
	print_exchange(out, r);
	print_grantors(out, r);
	print_servers(out, r);
}
