// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports in words and as JSON: report_out.h. Must not ask anybody for anything. */
#include "nts4ptp/report_out.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "nts/fault.h"
#include "nts4ptp/report_unicast.h"
#include "util/log.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

/* By portState of IEEE 1588-2019, table 20; 10 is linuxptp's own name for a grandmaster. */
static const char *const states[] = {
	"UNKNOWN", "INITIALIZING", "FAULTY", "DISABLED", "LISTENING", "PRE_MASTER",
	"MASTER", "PASSIVE", "UNCALIBRATED", "SLAVE", "GRAND_MASTER",
};

static const char *const modes[] = {
	[REPORT_OFF] = "off", [REPORT_GROUP] = "group", [REPORT_TICKET] = "ticket",
	[REPORT_STATIC] = "static",
};

static const char *state_name(uint8_t state)
{
	return states[state < sizeof(states) / sizeof(states[0]) ? state : 0];
}

static const char *mode_name(uint8_t mode)
{
	return mode < sizeof(modes) / sizeof(modes[0]) ? modes[mode] : "unknown";
}

static const char *mac_name(uint16_t number)
{
	const struct alg_mac *mac = alg_mac(number);

	return mac ? mac->name : "unknown";
}

/* Where the last exchange of this port failed. */
static enum fault_stage stage_of(const struct report_port *p)
{
	return fault_stage(p->last_step <= EXCHANGE_DONE ? (enum exchange_step)p->last_step :
			   EXCHANGE_DONE, (enum status)p->last_st);
}

static uint64_t ms_until(uint64_t at, uint64_t now)
{
	return at > now ? at - now : 0;
}

static int64_t cert_days(const struct report_port *p)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (p->cert_not_after_ms - (int64_t)ts.tv_sec * 1000 - ts.tv_nsec / 1000000) / DAY_MS;
}

static uint64_t refused_total(const struct guard_counters *c)
{
	uint64_t sum = 0;
	int v;

	for (v = 0; v < GUARD_VERDICTS; v++) {
		if (!guard_accepted((enum guard_verdict)v)) {
			sum += c->verdicts[v];
		}
	}
	return sum;
}

static uint64_t taken_total(const struct report_port *p)
{
	uint64_t sum = 0;

	for (int v = 0; v < GUARD_VERDICTS; v++) {
		sum += p->taken[v];
	}
	return sum;
}

static void identity_str(const uint8_t id[8], char out[32])
{
	snprintf(out, 32, "%02x%02x%02x.%02x%02x.%02x%02x%02x", id[0], id[1], id[2], id[3], id[4],
		 id[5], id[6], id[7]);
}

bool report_is_fine(const struct report_port *p)
{
	return p->mode == REPORT_OFF || (p->up && (!p->monitor || p->sa.have[SA_CURRENT]));
}

/* ---- for people ---- */

static void print_line(FILE *out, const char *name)
{
	fprintf(out, "  %-15s ", name);
}

/* Text that came from elsewhere. */
static void print_text(FILE *out, const char *text)
{
	char clean[256];

	fputs(log_clean(clean, sizeof(clean), text, strlen(text)), out);
}

static void print_keys(FILE *out, const struct report_port *p)
{
	const struct sa_status *sa = &p->sa;

	print_line(out, "key");
	if (sa->have[SA_CURRENT]) {
		fprintf(out, "0x%08" PRIx32 ", SPP %u, %s\n", sa->key_id[SA_CURRENT], sa->spp,
			mac_name(sa->mac));
		print_line(out, "update in");
		fprintf(out, "%" PRIu64 " s\n", ms_until(sa->update_at, p->now_ms) / 1000);
		print_line(out, "expires in");
		fprintf(out, "%" PRIu64 " s\n", ms_until(sa->expires_at, p->now_ms) / 1000);
	} else {
		fprintf(out, "none\n");
	}
	print_line(out, "next key");
	if (sa->have[SA_NEXT]) {
		fprintf(out, "0x%08" PRIx32 "\n", sa->key_id[SA_NEXT]);
	} else {
		fprintf(out, "not known yet\n");
	}
	print_line(out, "rotations");
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

	print_line(out, "signed");
	fprintf(out, "%" PRIu64 "\n", c->sends[GUARD_SIGNED]);
	print_line(out, "verified");
	fprintf(out, "%" PRIu64 "\n", c->verdicts[GUARD_OK]);
	print_line(out, "refused");
	fprintf(out, "%" PRIu64 "\n", refused_total(c));
	for (i = 0; i < GUARD_VERDICTS; i++) {
		if (c->verdicts[i] && !guard_accepted((enum guard_verdict)i)) {
			print_refusal(out, c->verdicts[i], (enum guard_verdict)i);
		}
	}
	for (i = 0; i < GUARD_SENDS; i++) {
		if (c->sends[i] && !guard_sent((enum guard_send)i)) {
			print_line(out, "not sent");
			fprintf(out, "%" PRIu64 " %s\n", c->sends[i],
				guard_send_str((enum guard_send)i));
		}
	}
	if (c->verdicts[GUARD_UNSECURED_OK] || c->sends[GUARD_PLAIN]) {
		print_line(out, "unsecured");
		fprintf(out, "%" PRIu64 " in, %" PRIu64 " out, as the policies say\n",
			c->verdicts[GUARD_UNSECURED_OK], c->sends[GUARD_PLAIN]);
	}
	if (c->steps_back) {
		print_line(out, "steps back");
		fprintf(out, "%" PRIu64 "\n", c->steps_back);
	}
}

static void print_monitor(FILE *out, const struct report_port *p)
{
	if (!p->monitor) {
		return;
	}
	print_line(out, "taken though");
	fprintf(out, "%" PRIu64 " not verified\n", taken_total(p));
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		if (p->taken[v]) {
			print_refusal(out, p->taken[v], (enum guard_verdict)v);
		}
	}
	print_line(out, "sent unsigned");
	fprintf(out, "%" PRIu64 " for want of a key\n", p->sent_unsigned);
}

static void print_servers(FILE *out, const struct report_port *p)
{
	for (uint32_t i = 0; i < p->n_servers; i++) {
		const struct report_server_health *h = &p->servers[i];

		print_line(out, "  server");
		print_text(out, h->name);
		if (!h->at_ms) {
			fputs(": not asked yet\n", out);
			continue;
		}
		fprintf(out, ": %s, %" PRIu64 " s ago, %" PRIu32 " grants",
			status_str((enum status)h->st), ms_until(p->now_ms, h->at_ms) / 1000,
			h->grants);
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
	const char *hint = fault_hint(stage_of(p), (enum status)p->last_st, p->why);

	fprintf(out, "FAILED, %s: %s", fault_stage_str(stage_of(p)),
		status_str((enum status)p->last_st));
	if (p->why[0]) {
		fputs(" (", out);
		print_text(out, p->why);
		fputc(')', out);
	}
	fprintf(out, ", %" PRIu32 " in a row\n", p->failures);
	if (hint[0]) {
		print_line(out, "look at");
		fprintf(out, "%s\n", hint);
	}
}

static void print_exchange(FILE *out, const struct report_port *p)
{
	print_line(out, "KE server");
	print_text(out, p->server[0] ? p->server : "none yet");
	fputc('\n', out);
	if (p->n_servers > 1) {
		print_servers(out, p);
	}
	print_line(out, "last exchange");
	if (p->last_st != ST_OK) {
		print_failure(out, p);
	} else if (p->seen_grant_ms) {
		fprintf(out, "ok, %" PRIu64 " s ago\n",
			ms_until(p->now_ms, p->seen_grant_ms) / 1000);
	} else {
		fprintf(out, "none yet\n");
	}
	if (p->next_ask_ms) {
		print_line(out, "asks again in");
		fprintf(out, "%" PRIu64 " s\n", ms_until(p->next_ask_ms, p->now_ms) / 1000);
	}
	print_line(out, "certificate");
	if (p->cert_not_after_ms) {
		fprintf(out, "%" PRId64 " days left\n", cert_days(p));
	} else {
		fprintf(out, "unknown\n");
	}
	print_line(out, "key agent");
	if (p->agent_pid) {
		fprintf(out, "pid %" PRIu32 ", started %" PRIu32 " times\n", p->agent_pid,
			p->agent_starts);
	} else {
		fprintf(out, "not running\n");
	}
}

static void print_static(FILE *out, const struct report_port *p)
{
	print_line(out, "key");
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
	char id[32];

	identity_str(p->clock_identity, id);
	fprintf(out, "port %u  ", p->number);
	print_text(out, p->interface);
	fprintf(out, "  %s  %s-%u\n", state_name(p->ptp_state), id, p->number);
	print_line(out, "mode");
	fprintf(out, "%s\n", mode_name(p->mode));
	if (p->mode == REPORT_OFF) {
		return;
	}
	if (p->mode == REPORT_STATIC) {
		print_static(out, p);
		return;
	}
	print_line(out, "secured");
	fprintf(out, "%s\n", p->up ? "up" : "DOWN: no usable key");
	if (p->monitor) {
		print_line(out, "policy");
		fputs("monitor: NOT ENFORCED, messages that fail are taken\n", out);
	}
	print_line(out, "association");
	fprintf(out, "%s\n", nts_assoc_str(&p->assoc, words));
	print_exchange(out, p);
	print_keys(out, p);
	report_unicast_print(out, p);
	print_messages(out, &p->counters);
	print_monitor(out, p);
	print_line(out, "brought up");
	fprintf(out, "%" PRIu32 " times, taken down %" PRIu32 " times\n", p->port_ups,
		p->port_downs);
}

/* ---- JSON ---- */

static void json_key_id(struct json *j, const char *name, const struct sa_status *sa,
			enum sa_slot slot)
{
	char hex[16];

	if (!sa->have[slot]) {
		json_null(j, name);
		return;
	}
	snprintf(hex, sizeof(hex), "0x%08" PRIx32, sa->key_id[slot]);
	json_string(j, name, hex);
}

static void json_keys(struct json *j, const struct report_port *p)
{
	const struct sa_status *sa = &p->sa;

	json_key_id(j, "key_id", sa, SA_CURRENT);
	json_key_id(j, "next_key_id", sa, SA_NEXT);
	json_key_id(j, "previous_key_id", sa, SA_PREVIOUS);
	json_bool(j, "next_known", sa->have[SA_NEXT]);
	if (sa->have[SA_CURRENT]) {
		json_uint(j, "spp", sa->spp);
	} else {
		json_null(j, "spp");
	}
	if (sa->have[SA_CURRENT] && p->mode != REPORT_STATIC) {
		json_string(j, "mac", mac_name(sa->mac));
		json_seconds(j, "update_in_s", ms_until(sa->update_at, p->now_ms));
		json_seconds(j, "expires_in_s", ms_until(sa->expires_at, p->now_ms));
	} else {
		json_null(j, "mac");
		json_null(j, "update_in_s");
		json_null(j, "expires_in_s");
	}
	json_uint(j, "rotations", sa->rotations);
	json_uint(j, "expiries", sa->expiries);
}

static void json_messages(struct json *j, const struct guard_counters *c)
{
	int i;

	json_uint(j, "signed", c->sends[GUARD_SIGNED]);
	json_uint(j, "sent_unsecured_by_policy", c->sends[GUARD_PLAIN]);
	json_object(j, "suppressed");
	for (i = 0; i < GUARD_SENDS; i++) {
		if (!guard_sent((enum guard_send)i)) {
			json_uint(j, guard_send_counter_name((enum guard_send)i), c->sends[i]);
		}
	}
	json_object_end(j);
	json_uint(j, "verified", c->verdicts[GUARD_OK]);
	json_uint(j, "received_unsecured_by_policy", c->verdicts[GUARD_UNSECURED_OK]);
	json_uint(j, "refused_total", refused_total(c));
	json_object(j, "refused");
	for (i = 0; i < GUARD_VERDICTS; i++) {
		if (!guard_accepted((enum guard_verdict)i)) {
			json_uint(j, guard_counter_name((enum guard_verdict)i), c->verdicts[i]);
		}
	}
	json_object_end(j);
	json_uint(j, "steps_back", c->steps_back);
}

static void json_monitor(struct json *j, const struct report_port *p)
{
	json_string(j, "policy", p->monitor ? "monitor" : "enforce");
	json_uint(j, "sent_unsigned", p->sent_unsigned);
	json_uint(j, "taken_total", taken_total(p));
	json_object(j, "taken");
	for (int v = 0; v < GUARD_VERDICTS; v++) {
		if (!guard_accepted((enum guard_verdict)v)) {
			json_uint(j, guard_counter_name((enum guard_verdict)v), p->taken[v]);
		}
	}
	json_object_end(j);
}

static void json_servers(struct json *j, const struct report_port *p)
{
	json_array(j, "servers");
	for (uint32_t i = 0; i < p->n_servers; i++) {
		const struct report_server_health *h = &p->servers[i];

		json_object(j, NULL);
		json_string(j, "name", h->name);
		json_string(j, "status", status_name((enum status)h->st));
		json_string(j, "why", h->why);
		json_uint(j, "grants", h->grants);
		json_uint(j, "resumed", h->resumed);
		json_uint(j, "failures", h->failures);
		json_bool(j, "other_keys", h->differs);
		if (h->at_ms) {
			json_seconds(j, "asked_ago_s", ms_until(p->now_ms, h->at_ms));
		} else {
			json_null(j, "asked_ago_s");
		}
		json_object_end(j);
	}
	json_array_end(j);
}

static void json_exchange(struct json *j, const struct report_port *p)
{
	json_object(j, "last_exchange");
	json_string(j, "status", status_name((enum status)p->last_st));
	json_string(j, "text", status_str((enum status)p->last_st));
	json_string(j, "step", fault_stage_name(stage_of(p)));
	json_string(j, "why", p->why);
	json_string(j, "hint", fault_hint(stage_of(p), (enum status)p->last_st, p->why));
	json_uint(j, "failures", p->failures);
	json_object_end(j);
	if (p->seen_grant_ms) {
		json_seconds(j, "granted_ago_s", ms_until(p->now_ms, p->seen_grant_ms));
	} else {
		json_null(j, "granted_ago_s");
	}
	if (p->next_ask_ms) {
		json_seconds(j, "asks_in_s", ms_until(p->next_ask_ms, p->now_ms));
	} else {
		json_null(j, "asks_in_s");
	}
	if (p->cert_not_after_ms) {
		json_int(j, "certificate_days_left", cert_days(p));
	} else {
		json_null(j, "certificate_days_left");
	}
	json_servers(j, p);
	json_object(j, "agent");
	json_uint(j, "pid", p->agent_pid);
	json_uint(j, "starts", p->agent_starts);
	json_uint(j, "hangs", p->agent_hangs);
	json_object_end(j);
}

void report_json(struct json *j, const struct report_port *p)
{
	char words[NTS_ASSOC_STR];
	char id[32];

	identity_str(p->clock_identity, id);
	json_object(j, NULL);
	json_uint(j, "port", p->number);
	json_string(j, "interface", p->interface);
	json_string(j, "clock_identity", id);
	json_string(j, "port_state", state_name(p->ptp_state));
	json_string(j, "mode", mode_name(p->mode));
	json_bool(j, "up", p->up);
	if (p->mode == REPORT_OFF || p->mode == REPORT_STATIC) {
		json_null(j, "association");
	} else {
		json_string(j, "association", nts_assoc_str(&p->assoc, words));
	}
	json_string(j, "server", p->server);
	json_keys(j, p);
	report_unicast_json(j, p);
	json_messages(j, &p->counters);
	json_monitor(j, p);
	json_exchange(j, p);
	json_uint(j, "port_ups", p->port_ups);
	json_uint(j, "port_downs", p->port_downs);
	json_object_end(j);
}
