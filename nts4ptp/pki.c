// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp pki: a small CA for a PTP network, its certificates with the names and attributes that
 * docs/authorization.md defines, a revocation list, and what ends soon.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "nts4ptp/pki_ca.h"
#include "nts4ptp/pki_list.h"

#define DAYS_CA 3650
#define DAYS_LEAF 365
#define DAYS_CRL 365
#define DAYS_FEW 30

struct pki_args {
	struct pki_request request;
	const char *command;
	const char *operand;		/* NAME, or NULL */
	const char *roles;		/* of the attribute, or NULL */
	long days;			/* 0: not given */
	long domain, sdo, sub;
	bool json;
};

/* ---- command line ---- */

static bool add_name(const char *text, const char **names, size_t *n)
{
	if (*n == PKI_NAMES || !*text) {
		fprintf(stderr, "nts4ptp: '%s': empty, or more than %d names\n", text, PKI_NAMES);
		return false;
	}
	names[(*n)++] = text;
	return true;
}

static bool take_ip(void *args, const char *text)
{
	struct pki_args *a = args;
	unsigned char ip[16];

	if (inet_pton(AF_INET, text, ip) != 1 && inet_pton(AF_INET6, text, ip) != 1) {
		fprintf(stderr, "nts4ptp: '%s' is not an address\n", text);
		return false;
	}
	return add_name(text, a->request.ip, &a->request.n_ip);
}

static bool add_uri(const char *before, const char *text, struct pki_request *r)
{
	if (r->n_uri < PKI_NAMES && (size_t)snprintf(r->uri[r->n_uri], sizeof(r->uri[0]), "%s%s",
						     before, text) < sizeof(r->uri[0])) {
		r->n_uri++;
		return true;
	}
	fprintf(stderr, "nts4ptp: '%s': too long, or more than %d of them\n", text, PKI_NAMES);
	return false;
}

static bool take_dns(void *args, const char *text)
{
	struct pki_args *a = args;

	return add_name(text, a->request.dns, &a->request.n_dns);
}

static bool take_uri(void *args, const char *text)
{
	struct pki_args *a = args;

	return add_uri("", text, &a->request);
}

static bool take_port_identity(void *args, const char *text)
{
	struct pki_args *a = args;

	return add_uri("urn:nts4ptp:portIdentity=", text, &a->request);
}

static bool take_mac(void *args, const char *text)
{
	struct pki_args *a = args;

	return add_uri("urn:nts4ptp:mac=", text, &a->request);
}

static const struct cmd_option options[] = {
	{ "dir", 'd', "DIR", "the CA's folder (default .): ca.crt, ca.key, crl.pem, NAME.crt,\n"
	  "NAME.key. Keys have mode 0600; nothing is overwritten",
	  CMD_TO(struct pki_args, request.dir) },
	{ "name", 0, "CN", "init: the CA's common name", CMD_TO(struct pki_args, request.name) },
	{ "dns", 0, "NAME", "a DNS name in the certificate; several times", .take = take_dns },
	{ "ip", 0, "ADDRESS", "an address; several times", .take = take_ip },
	{ "uri", 0, "URI", "an URI; several times", .take = take_uri },
	{ "port-identity", 0, "ID", "a PortIdentity of the client; several times",
	  .take = take_port_identity },
	{ "mac", 0, "ADDRESS", "a MAC address of the client; several times", .take = take_mac },
	{ "domain", 0, "N", "of the attribute urn:nts4ptp:... (default 0)",
	  CMD_TO(struct pki_args, domain), .max = 255 },
	{ "sdo", 0, "N", "its sdoId (default 0)", CMD_TO(struct pki_args, sdo), .max = 0xfff },
	{ "sub", 0, "N", "its subGroup (default 0)", CMD_TO(struct pki_args, sub), .max = 0xffff },
	{ "days", 0, "N", "validity (CA 3650, certificates and crl.pem 365); list: what is few",
	  CMD_TO(struct pki_args, days), .min = 1, .max = 36500 },
	CMD_JSON(struct pki_args),
	{ .argument = "COMMAND", CMD_TO(struct pki_args, command) },
	{ .argument = "NAME", CMD_TO(struct pki_args, operand) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp pki init [--name CN] [--days N]\n"
		 "       nts4ptp pki server  NAME --dns NAME|--ip ADDRESS [OPTIONS]\n"
		 "       nts4ptp pki node    NAME [OPTIONS]    member of a group, requester\n"
		 "       nts4ptp pki grantor NAME [OPTIONS]    the same, and grantor of unicast\n"
		 "       nts4ptp pki tc      NAME [OPTIONS]    transparent clock\n"
		 "       nts4ptp pki revoke  NAME [--days N]   puts it on crl.pem\n"
		 "       nts4ptp pki crl     [--days N]        renews crl.pem as it is\n"
		 "       nts4ptp pki list    [--days N] [--json]   what ends within N days (30)\n",
	.notes = "exit status: 0, 1 list: something ends soon or has ended, 2 it failed, "
		 "64 usage\n",
	CMD_OPTIONS(options),
};

/* A file's name of one part. */
static bool is_file_name(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-";

	if (name && *name && *name != '.' && *name != '-' && strlen(name) <= 64 &&
	    !name[strspn(name, good)] && strcmp(name, "ca") && strcmp(name, "crl")) {
		return true;
	}
	fputs("nts4ptp: a NAME is needed: letters, digits, '.', '_' and '-', not ca or crl\n",
	      stderr);
	return false;
}

static int code_of(enum status st)
{
	return st == ST_OK ? CMD_OK : CMD_NO_ANSWER;
}

/* ---- commands ---- */

static int run_init(struct pki_args *a)
{
	const char *name = a->request.name ? a->request.name : "PTP network CA";
	enum status st = pki_init(a->request.dir, name, a->days ? a->days : DAYS_CA);

	if (st == ST_OK) {
		printf("%s/ca.crt, ca.key, crl.pem: ca.key can issue anything: keep it off the "
		       "network\n", a->request.dir);
	}
	return code_of(st);
}

static bool add_roles(struct pki_args *a)
{
	char text[128];

	if (!a->roles) {
		return true;
	}
	snprintf(text, sizeof(text), "domain=%ld;sdoId=0x%03lx;subGroup=%ld;role=%s", a->domain,
		 a->sdo, a->sub, a->roles);
	return add_uri("urn:nts4ptp:", text, &a->request);
}

static int run_issue(struct pki_args *a)
{
	enum status st;

	if (!is_file_name(a->request.name) || !add_roles(a)) {
		return CMD_USAGE;
	}
	if (a->request.server && a->request.n_dns + a->request.n_ip == 0) {
		fputs("nts4ptp: a server needs --dns or --ip: what clients have in nts_server\n",
		      stderr);
		return CMD_USAGE;
	}
	a->request.days = a->days ? a->days : DAYS_LEAF;
	st = pki_issue(&a->request);
	if (st == ST_OK) {
		printf("%s/%s.crt, %s.key\n", a->request.dir, a->request.name, a->request.name);
	}
	return code_of(st);
}

static int run_server(struct pki_args *a)
{
	a->request.server = true;
	return run_issue(a);
}

static int run_node(struct pki_args *a)
{
	a->roles = "member,requester";
	return run_issue(a);
}

static int run_grantor(struct pki_args *a)
{
	a->roles = "member,grantor,requester";
	return run_issue(a);
}

static int run_tc(struct pki_args *a)
{
	a->roles = "member,transparentClock";
	return run_issue(a);
}

static int run_revoke(struct pki_args *a)
{
	enum status st;

	if (!is_file_name(a->request.name)) {
		return CMD_USAGE;
	}
	st = pki_revoke(a->request.dir, a->request.name, a->days ? a->days : DAYS_CRL);
	if (st == ST_OK) {
		printf("%s/crl.pem: now with %s.crt; bring it to client_crl of nts-ked and to "
		       "nts_crl_file\n", a->request.dir, a->request.name);
	}
	return code_of(st);
}

static int run_crl(struct pki_args *a)
{
	return code_of(pki_revoke(a->request.dir, NULL, a->days ? a->days : DAYS_CRL));
}

static int run_list(struct pki_args *a)
{
	return pki_list(a->request.dir, a->days ? a->days : DAYS_FEW, a->json);
}

static const struct {
	const char *name;
	int (*run)(struct pki_args *a);
	bool named;
} commands[] = {
	{ "init", run_init, false },
	{ "server", run_server, true },
	{ "node", run_node, true },
	{ "grantor", run_grantor, true },
	{ "tc", run_tc, true },
	{ "revoke", run_revoke, true },
	{ "crl", run_crl, false },
	{ "list", run_list, false },
};

static int dispatch(struct pki_args *a)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, a->command)) {
			continue;
		}
		if (a->operand && !commands[i].named) {
			fprintf(stderr, "nts4ptp: unexpected '%s'\n", a->operand);
			return CMD_USAGE;
		}
		a->request.name = a->operand ? a->operand : a->request.name;
		return commands[i].run(a);
	}
	fprintf(stderr, "nts4ptp: no command 'pki %s'\n", a->command);
	return cmd_usage(&syntax);
}

int cmd_pki(int argc, char *argv[])
{
	struct pki_args a = { .request = { .dir = "." } };
	int code = cmd_parse(&syntax, argc, argv, &a);

	if (code != CMD_GO) {
		return code;
	}
	if (!a.command) {
		return cmd_usage(&syntax);
	}
	return cmd_harden() ? dispatch(&a) : CMD_NO_ANSWER;
}
