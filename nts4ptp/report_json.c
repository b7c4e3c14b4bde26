// SPDX-License-Identifier: GPL-2.0-or-later
/* A report as JSON: report_json.h. Must not ask anybody for anything. */
#include "nts4ptp/report_json.h"

#include <inttypes.h>

#include "nts4ptp/report_unicast.h"
#include "nts4ptp/report_values.h"

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
		json_string(j, "mac", alg_mac_name(sa->mac));
		json_seconds(j, "update_in_s", report_ms_until(sa->update_at, p->now_ms));
		json_seconds(j, "expires_in_s", report_ms_until(sa->expires_at, p->now_ms));
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
	json_uint(j, "refused_total", report_refused(c));
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
	json_uint(j, "taken_total", report_taken(p));
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
			json_seconds(j, "asked_ago_s", report_ms_until(p->now_ms, h->at_ms));
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
	json_string(j, "step", fault_stage_name(report_stage(p)));
	json_string(j, "why", p->why);
	json_string(j, "hint", fault_hint(report_stage(p), (enum status)p->last_st, p->why));
	json_uint(j, "failures", p->failures);
	json_object_end(j);
	if (p->seen_grant_ms) {
		json_seconds(j, "granted_ago_s", report_ms_until(p->now_ms, p->seen_grant_ms));
	} else {
		json_null(j, "granted_ago_s");
	}
	if (p->next_ask_ms) {
		json_seconds(j, "asks_in_s", report_ms_until(p->next_ask_ms, p->now_ms));
	} else {
		json_null(j, "asks_in_s");
	}
	if (p->cert_not_after_ms) {
		json_int(j, "certificate_days_left", report_cert_days(p));
	} else {
		json_null(j, "certificate_days_left");
	}
	json_servers(j, p);
	json_object(j, "agent");
	json_uint(j, "pid", p->agent_pid);
	json_uint(j, "starts", p->agent_starts);
	json_uint(j, "hangs", p->agent_hangs);
	json_string(j, "last_ended", p->agent_ended);
	json_object_end(j);
}

void report_json(struct json *j, const struct report_port *p)
{
	char words[NTS_ASSOC_STR];
	char id[REPORT_IDENTITY];

	report_identity(p->clock_identity, id);
	json_object(j, NULL);
	json_uint(j, "port", p->number);
	json_string(j, "interface", p->interface);
	json_string(j, "clock_identity", id);
	json_string(j, "port_state", report_state_name(p->ptp_state));
	json_string(j, "mode", report_mode_name(p->mode));
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
