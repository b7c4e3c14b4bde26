// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why an exchange failed, on whose side, and what to do: probe_words.h. Where one answer has
 * several causes it asks the server again to tell them apart; such requests change nothing there.
 */
#include "nts4ptp/probe_words.h"

#include <stdio.h>
#include <time.h>

#include "nts4ptp/cert.h"

#define ALERT_CERTIFICATE_EXPIRED 45	/* RFC 8446, 6 */

struct context {
	const struct probe_args *args;
	const struct servers_entry *server;
	const struct probe_result *result;
	char *out;		/* PROBE_ADVICE octets */
};

typedef void (*explain_fn)(const struct context *c);

/* ---- dates ---- */

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

/* Is one of our own certificates of another time, too? Then our clock is the suspect. */
static bool own_are_of_another_time(const struct probe_args *args)
{
	const char *const paths[] = { args->files.cert_file, args->files.ca_file };
	struct cert_info info;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (cert_read(paths[i], &info) == ST_OK && !cert_valid_at(&info, now_s())) {
			return true;
		}
	}
	return false;
}

static void explain_dates(const struct context *c)
{
	struct probe_args again = *c->args;
	char now[CERT_DATE], from[CERT_DATE], to[CERT_DATE];
	struct probe_result r;
	size_t n;

	again.files.any_time = true;
	probe_run(&again, c->server, &r);
	n = (size_t)snprintf(c->out, PROBE_ADVICE, "The clock of this machine says %s",
			     cert_date(now_s(), now));
	if (r.st == ST_OK) {
		n += (size_t)snprintf(c->out + n, PROBE_ADVICE - n, ", the server's certificate is "
				      "valid from %s to %s; all else is right",
				      cert_date(r.valid_from_ms / 1000, from),
				      cert_date(r.valid_to_ms / 1000, to));
	}
	snprintf(c->out + n, PROBE_ADVICE - n, own_are_of_another_time(c->args) ?
		 ". Our own certificate or CA is of another time, too: THE CLOCK OF THIS MACHINE "
		 "IS WRONG, or all of them have ended. Set the clock (or see nts_cert_time_check "
		 "until_sync)." :
		 ". Our own certificates are valid now, so the fault is on the server's side: its "
		 "certificate must be renewed there.");
}

/* ---- other groups ---- */

static bool grants(const struct context *c, struct nts_assoc group)
{
	struct probe_args again = *c->args;
	struct probe_result r;

	if (nts_assoc_equal(&group, &c->args->request.assoc)) {
		return false;
	}
	again.request.assoc = group;
	probe_run(&again, c->server, &r);
	return r.st == ST_OK;
}

/* Groups that come to mind beside the one that was asked for. */
static bool find_other_group(const struct context *c, struct nts_assoc *out)
{
	const struct nts_assoc *asked = &c->args->request.assoc;
	const struct nts_assoc others[] = {
		nts_assoc_group(0, nts_assoc_sdo_id(asked), nts_assoc_sub_group(asked)),
		nts_assoc_group(nts_assoc_domain(asked), 0, 0),
		nts_assoc_group(0, 0, 0),
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (grants(c, others[i])) {
			*out = others[i];
			return true;
		}
	}
	return false;
}

static void explain_membership(const struct context *c)
{
	const struct nts_assoc *asked = &c->args->request.assoc;
	char group[NTS_ASSOC_STR], other[NTS_ASSOC_STR];
	struct cert_info info = { .subject = "?" };
	struct nts_assoc found;

	nts_assoc_str(asked, group);
	if (asked->type == NTS_ASSOC_GROUP && find_other_group(c, &found)) {
		snprintf(c->out, PROBE_ADVICE, "The server knows us and would grant %s, but not "
			 "%s: WRONG DOMAIN, sdoId or sub-group here (domainNumber, "
			 "transportSpecific, nts_subgroup), or a [group] is missing there.",
			 nts_assoc_str(&found, other), group);
		return;
	}
	if (cert_read(c->args->files.cert_file, &info) != ST_OK) {
		snprintf(info.subject, sizeof(info.subject), "?");
	}
	snprintf(c->out, PROBE_ADVICE, asked->type == NTS_ASSOC_GROUP ?
		 "NOT A MEMBER: the server has accepted our certificate (%s), and there is no "
		 "[group] for %s, or none of its members is one of the certificate's names. Its "
		 "log tells which of both; correct it there, or use another certificate here." :
		 "Our certificate (%s) is not among the requesters of a [unicast] section that has "
		 "%s as grantor, or the identities named are not its own. The server's log tells.",
		 info.subject, group);
}

/* ---- our certificate ---- */

static void explain_own_dates(const struct context *c)
{
	char now[CERT_DATE], from[CERT_DATE], to[CERT_DATE];
	struct cert_info info;

	if (cert_read(c->args->files.cert_file, &info) != ST_OK) {
		return;
	}
	snprintf(c->out, PROBE_ADVICE, "The server says that OUR CERTIFICATE is of another time. "
		 "It is valid from %s to %s, and the clock here says %s. %s",
		 cert_date(info.from_s, from), cert_date(info.to_s, to), cert_date(now_s(), now),
		 cert_valid_at(&info, now_s()) ? "One of the two clocks is wrong." :
		 "EXPIRED, or not valid yet: renew it here.");
}

/* The server hung up, and its alert, if it sent one, was lost on the way. */
static void explain_silence(const struct context *c)
{
	struct cert_info info;

	if (cert_read(c->args->files.cert_file, &info) == ST_OK && !cert_valid_at(&info, now_s())) {
		explain_own_dates(c);
	}
}

static void explain_alert(const struct context *c)
{
	if (fault_alert(c->result->why) == ALERT_CERTIFICATE_EXPIRED) {
		explain_own_dates(c);
	}
}

/* ---- ---- */

/* Where more can be said than fault_advice does. */
static const struct {
	enum fault_stage stage;
	enum status st;
	explain_fn explain;
} rows[] = {
	{ FAULT_SERVER_CERT, ST_CERT_EXPIRED, explain_dates },
	{ FAULT_SERVER_CERT, ST_CERT_NOT_YET, explain_dates },
	{ FAULT_OUR_CERT, ST_TLS_ALERT, explain_alert },
	{ FAULT_ANSWER, ST_CLOSED, explain_silence },
	{ FAULT_AUTHORIZATION, ST_NOT_AUTHORIZED, explain_membership },
};

void probe_explain(const struct probe_args *args, const struct servers_entry *server,
		   const struct probe_result *result, char out[PROBE_ADVICE])
{
	const struct context c = { args, server, result, out };

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].stage == result->stage && rows[i].st == result->st) {
			rows[i].explain(&c);
		}
	}
	if (!out[0]) {
		snprintf(out, PROBE_ADVICE, "%s",
			 fault_advice(result->stage, result->st, result->why));
	}
}
