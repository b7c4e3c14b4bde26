// SPDX-License-Identifier: GPL-2.0-or-later
/* What went wrong, on whose side, and what to do: fault.h. One table. */
#include "nts/fault.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define X(name, json, words) [name] = json,
static const char *const stage_names[] = { FAULT_STAGE_TABLE(X) };
#undef X
#define X(name, json, words) [name] = words,
static const char *const stage_words[] = { FAULT_STAGE_TABLE(X) };
#undef X

const char *fault_stage_name(enum fault_stage stage)
{
	return stage_names[stage < FAULT_STAGES ? stage : FAULT_DONE];
}

const char *fault_stage_str(enum fault_stage stage)
{
	return stage_words[stage < FAULT_STAGES ? stage : FAULT_DONE];
}

/* ---- where ---- */

/* Ranges of enum status that tell it, whatever the step. */
static const struct {
	enum status first, last;
	enum fault_stage stage;
} by_status[] = {
	{ ST_FILE_OPEN, ST_FILE_CRL, FAULT_FILES },
	{ ST_CERT_MISSING, ST_CERT_BAD, FAULT_SERVER_CERT },
	{ ST_TLS_ALPN, ST_TLS_ALPN, FAULT_ALPN },
	{ ST_NOT_AUTHORIZED, ST_NOT_REGISTERED, FAULT_AUTHORIZATION },
	{ ST_REFUSED, ST_REFUSED, FAULT_AUTHORIZATION },
	{ ST_UNSECURED_POLICY, ST_OTHER_KEYS, FAULT_KEYS },
};

static const enum fault_stage by_step[] = {
	[EXCHANGE_NAME] = FAULT_NAME,
	[EXCHANGE_TCP] = FAULT_TCP,
	[EXCHANGE_TLS] = FAULT_TLS,
	[EXCHANGE_REQUEST] = FAULT_ANSWER,
	[EXCHANGE_RESPONSE] = FAULT_ANSWER,
	[EXCHANGE_DECODE] = FAULT_RECORDS,
	[EXCHANGE_DONE] = FAULT_KEYS,
};

enum fault_stage fault_stage(enum exchange_step step, enum status st)
{
	if (st == ST_OK || step >= COUNT(by_step)) {
		return FAULT_DONE;
	}
	if (st == ST_NO_COMMON_ALG && step == EXCHANGE_DECODE) {
		return FAULT_AUTHORIZATION;
	}
	/* The client's handshake ends before the server looks at the client's certificate. */
	if (st == ST_TLS_ALERT && step > EXCHANGE_TLS) {
		return FAULT_OUR_CERT;
	}
	for (size_t i = 0; i < COUNT(by_status); i++) {
		if (st >= by_status[i].first && st <= by_status[i].last) {
			return by_status[i].stage;
		}
	}
	return by_step[step];
}

/* ---- what ---- */

int fault_alert(const char *why)
{
	int number = 0;

	return sscanf(why, "alert %d", &number) == 1 ? number : 0;
}

/* The first row that fits. */
static const struct row {
	enum fault_stage stage;
	enum status st;		/* ST_OK: any */
	int alert;		/* 0: any */
	const char *hint;
	const char *advice;
} rows[] = {
	{ FAULT_FILES, ST_FILE_OPEN, 0,
	  "FILE here: missing, or not the key agent's to read",
	  "Fault here: the file is missing, or not ours to read." },
	{ FAULT_FILES, ST_FILE_MODE, 0,
	  "KEY FILE here: chmod 600, and the key agent's user as its owner",
	  "Fault here: others may read or change the KEY FILE, or it belongs to another user. "
	  "chmod 600 it; if it was readable for others for long, issue a new key." },
	{ FAULT_FILES, ST_FILE_CRL, 0,
	  "REVOCATION LIST here (nts_crl_file): too old, not complete, or not of a CA in "
	  "nts_ca_file",
	  "Fault here: nts_crl_file is out of date, not complete (a delta list, an indirect one) "
	  "or not of a CA in nts_ca_file. Get the CA's new REVOCATION LIST (nts4ptp pki crl makes "
	  "one); without a valid one nobody is trusted." },
	{ FAULT_FILES, ST_OK, 0,
	  "FILE here: no PEM, or key and certificate do not belong together",
	  "Fault here: not PEM, or key and certificate do not belong together." },
	{ FAULT_NAME, ST_OK, 0,
	  "nts_server here, or DNS",
	  "Fault here, or in DNS: the name is misspelt or not known to the resolver of "
	  "/etc/resolv.conf. Try an address." },
	{ FAULT_TCP, ST_TIMEOUT, 0,
	  "PORT BLOCKED between here and the server, or its machine is down",
	  "PORT BLOCKED, or the machine is not there: nothing came back. Look for a firewall "
	  "that drops TCP 4460 between here and the server, and whether the server is on the "
	  "network." },
	{ FAULT_TCP, ST_UNREACHABLE, 0,
	  "NO WAY to the server: link, address or route here, or its machine is off",
	  "NO WAY to the server: the link here is down, there is no address or no route, its "
	  "machine is off, or a firewall rejects TCP 4460. Look at ip link, ip route get." },
	{ FAULT_TCP, ST_OK, 0,
	  "NTS-KE is NOT RUNNING there on this port, or nts_server has the wrong one",
	  "The machine can be reached, but NTS-KE is NOT RUNNING there on this "
	  "port, or a firewall rejects it. On the server: systemctl status nts-ked, and nts4ptp "
	  "check on its configuration: it does not start where it cannot write its store. Else: "
	  "port right? route there?" },
	{ FAULT_TLS, ST_TLS_VERSION, 0,
	  "the server: no TLS 1.3, so no NTS-KE; is the port right?",
	  "Fault on the server's side: no TLS 1.3, so it is no NTS-KE server." },
	{ FAULT_TLS, ST_TIMEOUT, 0,
	  "the server is overloaded, or something between takes connections",
	  "The connection stands, but the other side does not speak: overloaded, or something "
	  "between that takes connections." },
	{ FAULT_TLS, ST_TLS_ALERT, 40,
	  "the server demands of TLS what we do not offer",
	  "The server demands something of TLS that we do not offer." },
	{ FAULT_TLS, ST_OK, 0,
	  "what answers there speaks no TLS as NTS-KE wants it; is the port right?",
	  "What answers there speaks no TLS as NTS-KE wants it: is it the right port? Is the "
	  "server at its limit of connections?" },
	{ FAULT_SERVER_CERT, ST_CERT_UNTRUSTED, 0,
	  "WRONG CA: the server's certificate is not of a CA in our nts_ca_file",
	  "WRONG CA: the server's certificate does not come from a CA in our nts_ca_file. Most "
	  "often the fault is here: get the CA certificate of this server. Else another server "
	  "answers at this address." },
	{ FAULT_SERVER_CERT, ST_CERT_EXPIRED, 0,
	  "the SERVER'S CERTIFICATE has EXPIRED, or the CLOCK of this machine is wrong",
	  "The server's certificate has ended, or the clock of this machine is wrong." },
	{ FAULT_SERVER_CERT, ST_CERT_NOT_YET, 0,
	  "the CLOCK of this machine is wrong, or the SERVER'S CERTIFICATE is not valid yet",
	  "The clock of this machine is wrong, or the server's certificate is not valid yet." },
	{ FAULT_SERVER_CERT, ST_CERT_NAME, 0,
	  "WRONG NAME: nts_server here is not what the server's certificate is for",
	  "WRONG NAME: the server's certificate is not for the name or address that nts_server "
	  "has. Write a name there that it is for, or have the server's certificate issued with "
	  "this one (nts4ptp pki server --dns NAME --ip ADDRESS)." },
	{ FAULT_SERVER_CERT, ST_CERT_PURPOSE, 0,
	  "the server's certificate is not for TLS servers",
	  "Fault on the server's side: its certificate is not for TLS servers." },
	{ FAULT_SERVER_CERT, ST_CERT_REVOKED, 0,
	  "REVOKED: the server's certificate, by nts_crl_file here or by OCSP",
	  "REVOKED: the server's certificate stands on our nts_crl_file, or its OCSP answer says "
	  "so. It needs a new one; if nobody revoked it, mistrust what answers there." },
	{ FAULT_SERVER_CERT, ST_OK, 0,
	  "the server's certificate is not acceptable",
	  "Fault on the server's side: its certificate is not acceptable." },
	{ FAULT_ALPN, ST_OK, 0,
	  "what answers there is no NTS-KE server; is the port right?",
	  "Fault on the server's side: it speaks TLS, but not NTS-KE. Is it the right port?" },
	{ FAULT_OUR_CERT, ST_OK, 42,
	  "OUR CERTIFICATE is a bad one to the server: see its log",
	  "The server takes OUR CERTIFICATE for a bad one: look at its log." },
	{ FAULT_OUR_CERT, ST_OK, 43,
	  "OUR CERTIFICATE is not for TLS clients",
	  "The server does not take OUR CERTIFICATE for a client's: it lacks the purpose TLS "
	  "client, or has names that cannot be. Issue another (nts4ptp pki node)." },
	{ FAULT_OUR_CERT, ST_OK, 44,
	  "REVOKED: OUR CERTIFICATE, by client_crl of the server",
	  "REVOKED: OUR CERTIFICATE stands on the server's client_crl. Issue a new one, with a "
	  "new key, if this node may have one." },
	{ FAULT_OUR_CERT, ST_OK, 45,
	  "OUR CERTIFICATE has EXPIRED, or one of the two clocks is wrong",
	  "OUR CERTIFICATE has expired, or one of the two clocks is wrong." },
	{ FAULT_OUR_CERT, ST_OK, 46,
	  "OUR CERTIFICATE is not taken: see the server's log",
	  "The server does not take OUR CERTIFICATE: look at its log." },
	{ FAULT_OUR_CERT, ST_OK, 48,
	  "WRONG CA: OUR CERTIFICATE is not of a CA in client_ca of the server",
	  "WRONG CA: the CA of OUR CERTIFICATE is not in the server's client_ca. Use a "
	  "certificate of the server's CA here, or add our CA there." },
	{ FAULT_OUR_CERT, ST_OK, 116,
	  "the server has got no certificate from us",
	  "The server has got no certificate from us." },
	{ FAULT_OUR_CERT, ST_OK, 0,
	  "OUR CERTIFICATE is refused: see the server's log",
	  "The server refuses OUR CERTIFICATE: look at its log." },
	{ FAULT_ANSWER, ST_TIMEOUT, 0,
	  "the server is overloaded, or stuck",
	  "TLS is up, but no answer came in time: the server is overloaded, or stuck." },
	{ FAULT_ANSWER, ST_CLOSED, 0,
	  "the server hung up: it refuses OUR CERTIFICATE, most often; see its log",
	  "The server hung up right after the handshake without a reason that arrived. Most "
	  "often it refuses OUR CERTIFICATE: REVOKED (its client_crl), of the WRONG CA (its "
	  "client_ca), or expired. Its log tells which." },
	{ FAULT_ANSWER, ST_OK, 0,
	  "the server hung up: overloaded, just stopping, or no NTS-KE server for PTP",
	  "The server hung up instead of answering: overloaded, just stopping, or no NTS-KE "
	  "server for PTP. Look at its log." },
	{ FAULT_AUTHORIZATION, ST_NOT_AUTHORIZED, 0,
	  "NOT A MEMBER there by our certificate's names (members, grantors, requesters), or the "
	  "WRONG DOMAIN, sdoId or sub-group here",
	  "NOT A MEMBER: the server has accepted our certificate, but gives it no keys." },
	{ FAULT_AUTHORIZATION, ST_NOT_REGISTERED, 0,
	  "the grantor is not registered there: does it run, and use this server?",
	  "The grantor that was asked for is not registered at this server: is the grantor "
	  "(nts_mode ticket) running, and does it use this server?" },
	{ FAULT_AUTHORIZATION, ST_NO_COMMON_ALG, 0,
	  "NO COMMON MAC: nts_mac_algorithms here, macs of [unicast] there",
	  "NO COMMON MAC: none of the algorithms asked for (nts_mac_algorithms) is allowed by "
	  "macs of the server's [unicast]. Add one on either side." },
	{ FAULT_AUTHORIZATION, ST_OK, 0,
	  "the server has trouble of its own: see its log",
	  "The server refuses with an error of its own. \"Internal\" means its store or its "
	  "keys: look at its log, and run nts4ptp check on its configuration." },
	{ FAULT_RECORDS, ST_NO_PROTOCOL, 0,
	  "the server is for another protocol than PTP",
	  "Fault on the server's side: an NTS-KE server, but not for PTP (NTP's, perhaps)." },
	{ FAULT_RECORDS, ST_UNKNOWN_ALG, 0,
	  "NO COMMON MAC: the group's algorithm is none of ours; see mac there",
	  "NO COMMON MAC: the group uses an algorithm that we do not have. Choose another mac "
	  "on the server." },
	{ FAULT_RECORDS, ST_OK, 0,
	  "the server: another version of the draft, or broken",
	  "The answer breaks the rules of NTS for PTP: another version of the draft, or a "
	  "broken server." },
	{ FAULT_KEYS, ST_UNSECURED_POLICY, 0,
	  "policies of the server, or nts_allow_unsecured here",
	  "The server's policies leave messages unsecured that this port needs: change them "
	  "there, or allow it here (nts_allow_unsecured)." },
	{ FAULT_KEYS, ST_OTHER_KEYS, 0,
	  "the servers do not share one store",
	  "This server hands out other keys than the one in use: they must share one store." },
};

static const struct row *find(enum fault_stage stage, enum status st, const char *why)
{
	int alert = fault_alert(why);

	for (size_t i = 0; st != ST_OK && i < COUNT(rows); i++) {
		if (rows[i].stage == stage && (rows[i].st == ST_OK || rows[i].st == st) &&
		    (!rows[i].alert || rows[i].alert == alert)) {
			return &rows[i];
		}
	}
	return NULL;
}

const char *fault_hint(enum fault_stage stage, enum status st, const char *why)
{
	const struct row *row = find(stage, st, why);

	return row ? row->hint : "";
}

const char *fault_advice(enum fault_stage stage, enum status st, const char *why)
{
	const struct row *row = find(stage, st, why);

	return row ? row->advice : "";
}
