// SPDX-License-Identifier: GPL-2.0-or-later
/* Ticket mode in words and as JSON. Must not take a count of the report for granted. */
#include "nts4ptp/report_unicast.h"

#include <inttypes.h>

#include "nts/fault.h"
#include "nts4ptp/text.h"

static uint32_t grantors(const struct report_port *p)
{
	return p->n_grantors < REPORT_GRANTORS_MAX ? p->n_grantors : REPORT_GRANTORS_MAX;
}

/* In which step it failed is not told; refusals need none. */
static void print_failure(FILE *out, enum status st)
{
	enum fault_stage stage = fault_stage(EXCHANGE_DECODE, st);

	fprintf(out, "NO KEY, %s", status_str(st));
	if (stage == FAULT_AUTHORIZATION) {
		fprintf(out, ": %s", fault_hint(stage, st, ""));
	}
}

static void print_grantor(FILE *out, const struct report_grantor *g, uint64_t now_ms)
{
	char words[NTS_ASSOC_STR];

	text_name(out, "grantor");
	fprintf(out, "%s: ", nts_assoc_str(&g->address, words));
	if (g->usable) {
		fprintf(out, "key 0x%08" PRIx32 "%s", g->key_id, g->next ? ", next one known" : "");
	} else {
		print_failure(out, (enum status)g->last_st);
	}
	if (g->failures) {
		fprintf(out, ", %" PRIu32 " failures in a row", g->failures);
	}
	if (g->heard_ms && now_ms >= g->heard_ms) {
		fprintf(out, ", heard %" PRIu64 " s ago", (now_ms - g->heard_ms) / 1000);
	}
	fputc('\n', out);
}

void report_unicast_print(FILE *out, const struct report_port *p)
{
	if (p->mode != REPORT_TICKET) {
		return;
	}
	for (uint32_t i = 0; i < grantors(p); i++) {
		print_grantor(out, &p->grantors[i], p->now_ms);
	}
	if (p->is_grantor) {
		text_name(out, "requesters");
		fprintf(out, "%" PRIu32 ", %" PRIu64 " tickets opened\n", p->requesters, p->opened);
	}
}

void report_unicast_json(struct json *j, const struct report_port *p)
{
	char words[NTS_ASSOC_STR];

	if (p->mode != REPORT_TICKET) {
		json_null(j, "unicast");
		return;
	}
	json_object(j, "unicast");
	json_bool(j, "is_grantor", p->is_grantor);
	json_uint(j, "requesters", p->requesters);
	json_uint(j, "tickets_opened", p->opened);
	json_array(j, "grantors");
	for (uint32_t i = 0; i < grantors(p); i++) {
		const struct report_grantor *g = &p->grantors[i];

		json_object(j, NULL);
		json_string(j, "address", nts_assoc_str(&g->address, words));
		json_bool(j, "usable", g->usable);
		json_bool(j, "next_known", g->next);
		json_uint(j, "key_id", g->key_id);
		json_string(j, "status", status_name((enum status)g->last_st));
		json_uint(j, "failures", g->failures);
		json_uint(j, "rotations", g->rotations);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}
