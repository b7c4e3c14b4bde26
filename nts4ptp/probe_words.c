// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why an exchange failed, on whose side, and what to do: probe.h. Where one answer has several
 * causes it asks the server again to tell them apart; such requests change nothing there.
 */
#include "nts4ptp/probe.h"

#include <string.h>
#include <time.h>

#include "nts4ptp/cert.h"

#define X(name, json, words) [name] = words,
static const char *const stage_words[] = { PROBE_STAGE_TABLE(X) };
#undef X
#define X(name, json, words) [name] = json,
static const char *const stage_names[] = { PROBE_STAGE_TABLE(X) };
#undef X

struct context {
	const struct probe_args *args;
	const struct servers_entry *server;
	const struct probe_result *result;
	char *out;		/* PROBE_ADVICE octets */
};

typedef void (*explain_fn)(const struct context *c);

const char *probe_stage_words(enum probe_stage stage)
{
	return stage_words[stage < PROBE_STAGES ? stage : PROBE_DONE];
}

const char *probe_stage_name(enum probe_stage stage)
{
	return stage_names[stage < PROBE_STAGES ? stage : PROBE_DONE];
}

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
		   "IS "
		 "WRONG, or all of them have ended. Set the clock (or see nts_cert_time_check "
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
		"%s: "
			 "WRONG DOMAIN, sdoId or sub-group here (domainNumber, transportSpecific, "
			 "nts_subgroup), or a [group] is missing there.",
			 nts_assoc_str(&found, other), group);
		return;
	}
	if (cert_read(c->args->files.cert_file, &info) != ST_OK) {
		snprintf(info.subject, sizeof(info.subject), "?");
	}
	snprintf(c->out, PROBE_ADVICE, asked->type == NTS_ASSOC_GROUP ?
		 "NOT A MEMBER: the server has accepted our certificate (%s), and no [group] "
		   "there for "
		 "%s has a pattern in members that fits one of its names. Its log tells which of "
		   "both; "
		 "correct members on the server, or use another certificate here." :
		 "Our certificate (%s) is not among the requesters of a [unicast] section that has "
		 "%s as grantor, or the identities named are not its own. The server's log tells.",
		 info.subject, group);
}

/* ---- what the server says of our certificate ---- */

static const struct {
	int number;		/* of the TLS alert */
	const char *text;
} alerts[] = {
	{ 40, "The server demands something of TLS that we do not offer." },
	{ 42, "The server takes our certificate for a bad one: look at its log." },
	{ 43, "The server does not take our certificate for a client's: it lacks the purpose TLS "
	  "client, "
	      "or has names that cannot be. Issue another (nts4ptp pki node)." },
	{ 44, "REVOKED: our certificate stands on the server's client_crl. Issue a new one, with "
	  "a new "
	      "key, if this node may have one." },
	{ 48, "WRONG CA: the CA of our certificate is not in the server's client_ca. Use a "
	  "certificate of "
	      "the server's CA here, or add our CA there." },
	{ 46, "The server does not take our certificate: look at its log." },
	{ 116, "The server has got no certificate from us." },
};

static void explain_own_dates(const struct context *c)
{
	char now[CERT_DATE], from[CERT_DATE], to[CERT_DATE];
	struct cert_info info;

	if (cert_read(c->args->files.cert_file, &info) != ST_OK) {
		return;
	}
	snprintf(c->out, PROBE_ADVICE, "The server says that OUR CERTIFICATE is of another time. "
	"It is "
		 "valid from %s to %s, and the clock here says %s. %s", cert_date(info.from_s, from),
		 cert_date(info.to_s, to), cert_date(now_s(), now),
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
	int number = 0;

	if (sscanf(c->result->why, "alert %d", &number) != 1) {
		return;
	}
	if (number == 45) {
		explain_own_dates(c);
		return;
	}
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (alerts[i].number == number) {
			snprintf(c->out, PROBE_ADVICE, "%s", alerts[i].text);
		}
	}
}

/* ---- the rest: one sentence each ---- */

static const struct row {
	enum probe_stage stage;
	enum status st;		/* ST_OK: any */
	explain_fn fn;		/* or: */
	const char *text;
} rows[] = {
	{ PROBE_FILES, ST_FILE_OPEN, NULL, "Fault here: the file is missing, or not ours to "
	  "read." },
	{ PROBE_FILES, ST_FILE_MODE, NULL, "Fault here: others may read or change the key file, "
	  "or it "
	  "belongs to another user. chmod 600 it; if it was readable for others for long, issue "
	  "a new "
	  "key." },
	{ PROBE_FILES, ST_FILE_FORMAT, NULL, "Fault here: not PEM, or key and certificate do not "
	  "belong "
	  "together." },
	{ PROBE_NAME, ST_OK, NULL, "Fault here, or in DNS: the name is misspelt or not known to "
	  "the "
	  "resolver of /etc/resolv.conf. Try an address." },
	{ PROBE_TCP, ST_TIMEOUT, NULL, "PORT BLOCKED, or the machine is not there: nothing came "
	  "back. Look "
	  "for a firewall that drops TCP 4460 between here and the server, and whether the "
	  "server is on "
	  "the network." },
	{ PROBE_TCP, ST_OK, NULL, "The machine can be reached or is next to us, but NTS-KE is "
	  "not running "
	  "there on this port, or a firewall rejects it. On the server: systemctl status nts-ked, "
	  "nts4ptp check /etc/nts-ked.conf. Else: port right? route there?" },
	{ PROBE_TLS, ST_TLS_VERSION, NULL, "Fault on the server's side: no TLS 1.3, so it is no "
	  "NTS-KE "
	  "server." },
	{ PROBE_TLS, ST_TIMEOUT, NULL, "The connection stands, but the other side does not speak: "
	  "overloaded, or something between that takes connections." },
	{ PROBE_TLS, ST_OK, explain_alert, "What answers there speaks no TLS as NTS-KE wants it: "
	  "is it the "
	  "right port? Is the server at its limit of connections?" },
	{ PROBE_SERVER_CERT, ST_CERT_UNTRUSTED, NULL, "WRONG CA: the server's certificate does "
	  "not come "
	  "from the CA in our nts_ca_file. Most often the fault is here: get the CA certificate "
	  "of this "
	  "server. Else another server answers at this address." },
	{ PROBE_SERVER_CERT, ST_CERT_EXPIRED, explain_dates, "" },
	{ PROBE_SERVER_CERT, ST_CERT_NOT_YET, explain_dates, "" },
	{ PROBE_SERVER_CERT, ST_CERT_NAME, NULL, "WRONG NAME: the server's certificate is not "
	  "for the name "
	  "or address that nts_server has. Write a name there that it is for, or have the server's "
	  "certificate issued with this one (nts4ptp pki server --dns NAME --ip ADDRESS)." },
	{ PROBE_SERVER_CERT, ST_CERT_PURPOSE, NULL, "Fault on the server's side: its certificate "
	  "is not for "
	  "TLS servers." },
	{ PROBE_SERVER_CERT, ST_CERT_REVOKED, NULL, "REVOKED: the server's certificate stands on "
	  "our "
	  "nts_crl_file, or its OCSP answer says so. It needs a new one; if nobody revoked it, "
	  "mistrust "
	  "what answers there." },
	{ PROBE_SERVER_CERT, ST_OK, NULL, "Fault on the server's side: its certificate is not "
	  "acceptable." },
	{ PROBE_ALPN, ST_OK, NULL, "Fault on the server's side: it speaks TLS, but not NTS-KE. "
	  "Is it the "
	  "right port?" },
	{ PROBE_OUR_CERT, ST_OK, explain_alert, "The server refuses our certificate: look at its "
	  "log." },
	{ PROBE_ANSWER, ST_TIMEOUT, NULL, "TLS is up, but no answer came in time: the server is "
	  "overloaded, "
	  "or stuck." },
	{ PROBE_ANSWER, ST_CLOSED, explain_silence, "The server hung up right after the handshake "
	  "without a reason that arrived. Most often it refuses OUR CERTIFICATE: REVOKED (its "
	  "client_crl), of the WRONG CA (its client_ca), or expired. Its log tells which." },
	{ PROBE_ANSWER, ST_OK, NULL, "The server hung up instead of answering: overloaded, just "
	  "stopping, "
	  "or no NTS-KE server for PTP. Look at its log." },
	{ PROBE_AUTHORIZATION, ST_NOT_AUTHORIZED, explain_membership, "" },
	{ PROBE_AUTHORIZATION, ST_NOT_REGISTERED, NULL, "The grantor that was asked for is not "
	  "registered at "
	  "this server: is the grantor (nts_mode ticket) running, and does it use this server?" },
	{ PROBE_AUTHORIZATION, ST_NO_COMMON_ALG, NULL, "NO COMMON MAC: none of the algorithms "
	  "asked for "
	  "(nts_mac_algorithms) is allowed by macs of the server's [unicast]. Add one on "
	  "either "
	  "side." },
	{ PROBE_AUTHORIZATION, ST_OK, NULL, "The server refuses with an error of its own. "
	  "\"Internal\" means "
	  "its store or its keys: look at its log, and run nts4ptp check on its configuration." },
	{ PROBE_RECORDS, ST_NO_PROTOCOL, NULL, "Fault on the server's side: an NTS-KE server, "
	  "but not for "
	  "PTP (NTP's, perhaps)." },
	{ PROBE_RECORDS, ST_UNKNOWN_ALG, NULL, "NO COMMON MAC: the group uses an algorithm that "
	  "we do not "
	  "have. Choose another mac on the server." },
	{ PROBE_RECORDS, ST_OK, NULL, "The answer breaks the rules of NTS for PTP: another "
	  "version of the "
	  "draft, or a broken server." },
};

static bool fits(const struct row *row, const struct probe_result *r)
{
	return row->stage == r->stage && (row->st == ST_OK || row->st == r->st);
}

void probe_explain(const struct probe_args *args, const struct servers_entry *server,
		   const struct probe_result *result, char out[PROBE_ADVICE])
{
	const struct context c = { args, server, result, out };
	const struct row *row = rows;

	out[0] = '\0';
	if (result->st == ST_OK) {
		return;
	}
	while (row < rows + sizeof(rows) / sizeof(rows[0]) && !fits(row, result)) {
		row++;
	}
	if (row == rows + sizeof(rows) / sizeof(rows[0])) {
		return;
	}
	if (row->fn) {
		row->fn(&c);
	}
	if (!out[0]) {
		snprintf(out, PROBE_ADVICE, "%s", row->text);
	}
}
