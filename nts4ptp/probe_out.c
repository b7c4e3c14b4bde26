// SPDX-License-Identifier: GPL-2.0-or-later
/* What a probe has found: probe_out.h. Must not ask anybody for anything. */
#include "nts4ptp/probe_out.h"

#include <inttypes.h>

#include "nts4ptp/text.h"
#include "tlv/ptp.h"

/* ---- for people ---- */

static void print_policy(FILE *out, const struct nts_policy *policy)
{
	const char *before = "";

	fprintf(out, "    %-15s ", "secured");
	for (uint8_t type = 0; type < NTS_PTP_TYPES; type++) {
		const char *name = ptp_type_info(type)->name;

		if (policy->named & (1u << type)) {
			fprintf(out, "%s%s (SPP %u)", before, name ? name : "reserved type",
				policy->spp[type]);
			before = ", ";
		}
	}
	fputc('\n', out);
}

static void print_params(FILE *out, const char *name, const struct nts_params *p)
{
	fprintf(out, "  %s\n", name);
	for (uint8_t i = 0; i < p->n_sa && i < NTS_SA_MAX; i++) {
		fprintf(out, "    %-15s 0x%08" PRIx32 ", SPP %u, %s\n", "key", p->sa[i].key_id,
			p->sa[i].spp, alg_mac_name(p->sa[i].mac));
	}
	fprintf(out, "    %-15s %" PRIu32 " s\n", "lifetime", p->lifetime);
	fprintf(out, "    %-15s %" PRIu32 " s\n", "update in", p->update_in);
	fprintf(out, "    %-15s %" PRIu32 " s\n", "grace period", p->grace);
	if (p->has_ticket) {
		fprintf(out, "    %-15s of ticket key 0x%08" PRIx32 ", %u octets\n", "ticket",
			p->ticket_key_id, p->ticket.len);
	}
	print_policy(out, &p->policy);
}

/* What a step that went well was about. */
static void print_detail(FILE *out, enum fault_stage stage, const struct probe_args *args,
			 const struct servers_entry *server, const struct probe_result *r)
{
	if (stage == FAULT_FILES) {
		fprintf(out, ": %s, %s, %s", args->files.ca_file, args->files.cert_file,
			args->files.key_file);
	} else if (stage == FAULT_NAME) {
		fprintf(out, ": %s", server->host);
	} else if (stage == FAULT_TCP) {
		fprintf(out, ": %s", r->peer);
	}
}

static void print_failure(FILE *out, const struct probe_result *r, const char *advice)
{
	fprintf(out, "  FAILED  %s: %s", fault_stage_str(r->stage), status_str(r->st));
	if (r->why[0]) {
		fputs(" (", out);
		text_print(out, r->why);
		fputc(')', out);
	}
	fputs("\n\n  ", out);
	text_print(out, advice);
	fputc('\n', out);
}

void probe_print(FILE *out, const struct probe_args *args, const struct servers_entry *server,
		 const struct probe_result *r, const char *advice)
{
	char name[APROTO_HOST], assoc[NTS_ASSOC_STR];

	fprintf(out, "%s, %s\n", servers_str(server, name),
		nts_assoc_str(&args->request.assoc, assoc));
	for (enum fault_stage stage = FAULT_FILES; stage < r->stage; stage++) {
		fprintf(out, "  ok      %s", fault_stage_str(stage));
		print_detail(out, stage, args, server, r);
		fputc('\n', out);
	}
	if (r->st != ST_OK) {
		print_failure(out, r, advice);
		return;
	}
	print_params(out, "would be granted now", &r->current);
	if (r->has_next) {
		print_params(out, "and after it", &r->next);
	}
}

/* ---- JSON ---- */

static void json_policy(struct json *j, const struct nts_policy *policy)
{
	json_object(j, "policies");
	for (uint8_t type = 0; type < NTS_PTP_TYPES; type++) {
		const char *name = ptp_type_info(type)->name;

		if ((policy->named & (1u << type)) && name) {
			json_uint(j, name, policy->spp[type]);
		}
	}
	json_object_end(j);
}

static void json_params(struct json *j, const char *name, const struct nts_params *p)
{
	char id[16];

	json_object(j, name);
	json_array(j, "security_associations");
	for (uint8_t i = 0; i < p->n_sa && i < NTS_SA_MAX; i++) {
		snprintf(id, sizeof(id), "0x%08" PRIx32, p->sa[i].key_id);
		json_object(j, NULL);
		json_string(j, "key_id", id);
		json_uint(j, "spp", p->sa[i].spp);
		json_string(j, "mac", alg_mac_name(p->sa[i].mac));
		json_object_end(j);
	}
	json_array_end(j);
	json_uint(j, "lifetime_s", p->lifetime);
	json_uint(j, "update_in_s", p->update_in);
	json_uint(j, "grace_s", p->grace);
	json_bool(j, "ticket", p->has_ticket);
	json_policy(j, &p->policy);
	json_object_end(j);
}

static void json_steps(struct json *j, const struct probe_result *r)
{
	json_array(j, "steps");
	for (enum fault_stage stage = FAULT_FILES; stage <= r->stage && stage < FAULT_DONE;
	     stage++) {
		json_object(j, NULL);
		json_string(j, "step", fault_stage_name(stage));
		json_bool(j, "ok", stage < r->stage);
		json_object_end(j);
	}
	json_array_end(j);
}

void probe_json(struct json *j, const struct probe_args *args, const struct servers_entry *server,
		const struct probe_result *r, const char *advice)
{
	char name[APROTO_HOST], assoc[NTS_ASSOC_STR];

	json_object(j, NULL);
	json_string(j, "server", servers_str(server, name));
	json_string(j, "address", r->peer);
	json_string(j, "association", nts_assoc_str(&args->request.assoc, assoc));
	json_bool(j, "ok", r->st == ST_OK);
	json_steps(j, r);
	json_string(j, "failed_step", r->st == ST_OK ? "" : fault_stage_name(r->stage));
	json_string(j, "status", status_name(r->st));
	json_string(j, "text", status_str(r->st));
	json_string(j, "why", r->why);
	json_string(j, "advice", advice);
	if (r->st == ST_OK) {
		json_params(j, "current", &r->current);
	} else {
		json_null(j, "current");
	}
	if (r->st == ST_OK && r->has_next) {
		json_params(j, "next", &r->next);
	} else {
		json_null(j, "next");
	}
	json_object_end(j);
}
