// SPDX-License-Identifier: GPL-2.0-or-later
/* A report for people: report_words.h. Must not ask anybody for anything. */
#include "nts4ptp/report_words.h"

#include <inttypes.h>

#include "nts4ptp/report_unicast.h"
#include "nts4ptp/report_values.h"
#include "nts4ptp/text.h"

static void print_keys(FILE *out, const struct report_port *p)
{
	const struct sa_status *sa = &p->sa;

	text_name(out, "key");
	if (sa->have[SA_CURRENT]) {
		fprintf(out, "0x%08" PRIx32 ", SPP %u, %s\n", sa->key_id[SA_CURRENT], sa->spp,
			alg_mac_name(sa->mac));
		text_name(out, "update in");
		fprintf(out, "%" PRIu64 " s\n", report_ms_until(sa->update_at, p->now_ms) / 1000);
		text_name(out, "expires in");
		fprintf(out, "%" PRIu64 " s\n", report_ms_until(sa->expires_at, p->now_ms) / 1000);
	} else {
		fprintf(out, "none\n");
	}
	text_name(out, "next key");
	if (sa->have[SA_NEXT]) {
		fprintf(out, "0x%08" PRIx32 "\n", sa->key_id[SA_NEXT]);
	} else {
		fprintf(out, "not known yet\n");
	}
	text_name(out, "rotations");
	fprintf(out, "%" PRIu32 ", ends without a successor %" PRIu32 "\n", sa->rotations,
		sa->expiries);
}

static void print_refusal(FILE *out, uint64_t count, enum guard_verdict v)
{
	fprintf(out, "  %16s%" PRIu64 " %s: %s\n", "", count, guard_verdict_str(v),
		guard_verdict_hint(v));
}

static void print_messages(FILE *out, const struct guard_counters *c)
{
	int i;

	text_name(out, "signed");
	fprintf(out, "%" PRIu64 "\n", c->sends[GUARD_SIGNED]);
	text_name(out, "verified");
	fprintf(out, "%" PRIu64 "\n", c->verdicts[GUARD_OK]);
	text_name(out, "refused");
	fprintf(out, "%" PRIu64 "\n", report_refused(c));
	for (i = 0; i < GUARD_VERDICTS; i++) {
		if (c->verdicts[i] && !guard_accepted((enum guard_verdict)i)) {
			print_refusal(out, c->verdicts[i], (enum guard_verdict)i);
		}
	}
	for (i = 0; i < GUARD_SENDS; i++) {
		if (c->sends[i] && !guard_sent((enum guard_send)i)) {
			text_name(out, "not sent");
			fprintf(out, "%" PRIu64 " %s\n", c->sends[i],
				guard_send_str((enum guard_send)i));
		}
	}
	if (c->verdicts[GUARD_UNSECURED_OK] || c->sends[GUARD_PLAIN]) {
		text_name(out, "unsecured");
		fprintf(out, "%" PRIu64 " in, %" PRIu64 " out, as the policies say\n",
			c->verdicts[GUARD_UNSECURED_OK], c->sends[GUARD_PLAIN]);
	}
	if (c->steps_back) {
		text_name(out, "steps back");
		fprintf(out, "%" PRIu64 "\n", c->steps_back);
	}
}

static void print_monitor(FILE *out, const struct report_port *p)
{
	if (!p->monitor) {
		return;
	}
	text_name(out, "taken though");
	fprintf(out, "%" PRIu64 " not verified\n", report_taken(p));
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		if (p->taken[v]) {
			print_refusal(out, p->taken[v], (enum guard_verdict)v);
		}
	}
	text_name(out, "sent unsigned");
	fprintf(out, "%" PRIu64 " for want of a key\n", p->sent_unsigned);
}

/* What was wrong, and more words on it where there are. */
static void print_status(FILE *out, uint32_t st, const char *why)
{
	fputs(status_str((enum status)st), out);
	if (why[0]) {
		fputs(" (", out);
		text_print(out, why);
		fputc(')', out);
	}
}

static void print_servers(FILE *out, const struct report_port *p)
{
	for (uint32_t i = 0; i < p->n_servers; i++) {
		const struct report_server_health *h = &p->servers[i];

		text_name(out, "  server");
		text_print(out, h->name);
		if (!h->at_ms) {
			fputs(": not asked yet\n", out);
			continue;
		}
		fputs(": ", out);
		print_status(out, h->st, h->why);
		fprintf(out, ", %" PRIu64 " s ago, %" PRIu32 " grants",
			report_ms_until(p->now_ms, h->at_ms) / 1000, h->grants);
		if (h->resumed) {
			fprintf(out, ", %" PRIu32 " of them on a resumed session", h->resumed);
		}
		if (h->failures) {
			fprintf(out, ", %" PRIu32 " failures in a row", h->failures);
		}
		fputs(h->differs ? ", HAS OTHER KEYS\n" : "\n", out);
	}
}

static void print_failure(FILE *out, const struct report_port *p)
{
	const char *hint = fault_hint(report_stage(p), (enum status)p->last_st, p->why);

	fprintf(out, "FAILED, %s: ", fault_stage_str(report_stage(p)));
	print_status(out, p->last_st, p->why);
	fprintf(out, ", %" PRIu32 " in a row\n", p->failures);
	if (hint[0]) {
		text_name(out, "look at");
		fprintf(out, "%s\n", hint);
	}
}

static void print_certificate(FILE *out, const struct report_port *p)
{
	int64_t days = report_cert_days(p);

	text_name(out, "certificate");
	if (!p->cert_not_after_ms) {
		fprintf(out, "unknown\n");
	} else if (days < 0) {
		fprintf(out, "ENDED %" PRId64 " days ago\n", -days);
	} else {
		fprintf(out, "%" PRId64 " days left\n", days);
	}
}

static void print_agent(FILE *out, const struct report_port *p)
{
	text_name(out, "key agent");
	if (p->agent_pid) {
		fprintf(out, "pid %" PRIu32, p->agent_pid);
	} else {
		fputs("NOT RUNNING", out);
	}
	fprintf(out, ", started %" PRIu32 " times\n", p->agent_starts);
	if (p->agent_ended[0]) {
		text_name(out, "last one ended");
		text_print(out, p->agent_ended);
		fputc('\n', out);
	}
}

static void print_exchange(FILE *out, const struct report_port *p)
{
	text_name(out, "KE server");
	text_print(out, p->server[0] ? p->server : "none yet");
	fputc('\n', out);
	if (p->n_servers > 1) {
		print_servers(out, p);
	}
	text_name(out, "last exchange");
	if (p->last_st != ST_OK) {
		print_failure(out, p);
	} else if (p->seen_grant_ms) {
		fprintf(out, "ok, %" PRIu64 " s ago\n",
			report_ms_until(p->now_ms, p->seen_grant_ms) / 1000);
	} else {
		fprintf(out, "none yet\n");
	}
	if (p->next_ask_ms && p->agent_pid) {
		text_name(out, "asks again in");
		fprintf(out, "%" PRIu64 " s\n", report_ms_until(p->next_ask_ms, p->now_ms) / 1000);
	}
	print_certificate(out, p);
	print_agent(out, p);
}

static void print_static(FILE *out, const struct report_port *p)
{
	text_name(out, "key");
	if (!p->sa.have[SA_CURRENT]) {
		fputs("linuxptp's own, which counts nothing\n", out);
		return;
	}
	fprintf(out, "%" PRIu32 ", SPP %u\n", p->sa.key_id[SA_CURRENT], p->sa.spp);
	print_messages(out, &p->counters);
}

void report_print(FILE *out, const struct report_port *p)
{
	char words[NTS_ASSOC_STR];
	char id[REPORT_IDENTITY];

	report_identity(p->clock_identity, id);
	fprintf(out, "port %u  ", p->number);
	text_print(out, p->interface);
	fprintf(out, "  %s  %s-%u\n", report_state_name(p->ptp_state), id, p->number);
	text_name(out, "mode");
	fprintf(out, "%s\n", report_mode_name(p->mode));
	if (p->mode == REPORT_OFF) {
		return;
	}
	if (p->mode == REPORT_STATIC) {
		print_static(out, p);
		return;
	}
	text_name(out, "secured");
	fprintf(out, "%s\n", p->up ? "up" : p->sa.have[SA_CURRENT] ?
		"DOWN, though there is a key: is the link up, has it an address?" :
		"DOWN: no usable key");
	if (p->monitor) {
		text_name(out, "policy");
		fputs("monitor: NOT ENFORCED, messages that fail are taken\n", out);
	}
	text_name(out, "association");
	fprintf(out, "%s\n", nts_assoc_str(&p->assoc, words));
	print_exchange(out, p);
	print_keys(out, p);
	report_unicast_print(out, p);
	print_messages(out, &p->counters);
	print_monitor(out, p);
	text_name(out, "brought up");
	fprintf(out, "%" PRIu32 " times, taken down %" PRIu32 " times\n", p->port_ups,
		p->port_downs);
}
