// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp probe: asks a KE server for keys as ptp4l-nts would, tells step by step what became of
 * it, and forgets the keys. Changes nothing on either side.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "nts4ptp/conf.h"
#include "nts4ptp/probe_out.h"
#include "nts4ptp/probe_words.h"
#include "util/privileges.h"
#include "util/secret.h"

struct options {
	const char *conf_path;		/* or NULL */
	struct conf *conf;		/* of it */
	const char *interface;		/* section of conf, or NULL */
	const char *server;
	const char *ca, *cert, *key, *crl, *user;
	const char *grantor, *identity, *macs;
	long domain, sdo, sub, timeout;	/* -1: not given */
	bool json;
};

static const struct cmd_option options[] = {
	{ "conf", 'f', "FILE", "take server, files and group from this ptp4l.conf; options\n"
	  "given here go before", CMD_TO(struct options, conf_path) },
	{ "interface", 'i', "NAME", "with --conf: this port's section, too",
	  CMD_TO(struct options, interface) },
	{ "ca", 0, "FILE", "whom the server's certificate must come from",
	  CMD_TO(struct options, ca) },
	{ "cert", 0, "FILE", "our certificate", CMD_TO(struct options, cert) },
	{ "key", 0, "FILE", "its key", CMD_TO(struct options, key) },
	{ "crl", 0, "FILE", "revoked certificates", CMD_TO(struct options, crl) },
	{ "domain", 0, "N", "domainNumber (default 0)", CMD_TO(struct options, domain),
	  .max = 255 },
	{ "sdo", 0, "N", "sdoId (default 0)", CMD_TO(struct options, sdo), .max = 0xfff },
	{ "sub", 0, "N", "sub-group (default 0)", CMD_TO(struct options, sub), .max = 0xffff },
	{ "grantor", 0, "ADDRESS", "ask for a unicast key with this grantor instead",
	  CMD_TO(struct options, grantor) },
	{ "identity", 0, "ADDRESS", "with --grantor: our own address",
	  CMD_TO(struct options, identity) },
	{ "macs", 0, "LIST", "with --grantor: MAC algorithms, as nts_mac_algorithms",
	  CMD_TO(struct options, macs) },
	{ "timeout", 't', "S", "seconds for one exchange (default 10)",
	  CMD_TO(struct options, timeout), .max = 600 },
	CMD_JSON(struct options),
	{ .argument = "SERVER", CMD_TO(struct options, server) },
};

static const struct cmd_syntax syntax = {
	.usage = "usage: nts4ptp probe SERVER[:PORT] --ca FILE --cert FILE --key FILE [OPTIONS]\n"
		 "       nts4ptp probe [SERVER[:PORT]] --conf ptp4l.conf [--interface NAME] "
		 "[OPTIONS]\n",
	.notes = "Run by root it becomes nts_user, or the owner of the key, as the key agent "
		 "does.\n"
		 "exit status: 0 every server would grant, 1 one would not, "
		 "2 one could not be reached,\n"
		 "64 usage. Never prints keys.\n",
	CMD_OPTIONS(options),
};

static bool read_conf(struct options *o)
{
	enum status st = o->conf_path ? conf_read(o->conf_path, &o->conf) : ST_OK;

	if (st != ST_OK) {
		cmd_complain(o->conf_path, cmd_why(st));
	}
	return st == ST_OK;
}

static void fill_text(const struct options *o, const char **value, const char *option)
{
	if (!*value && o->conf) {
		*value = conf_text(o->conf, o->interface, option, NULL);
	}
}

static void fill_number(const struct options *o, long *value, const char *option, long factor)
{
	if (*value < 0) {
		*value = o->conf ? conf_number(o->conf, o->interface, option, 0) * factor : 0;
	}
}

static void fill_from_conf(struct options *o)
{
	fill_text(o, &o->server, "nts_server");
	fill_text(o, &o->ca, "nts_ca_file");
	fill_text(o, &o->cert, "nts_cert_file");
	fill_text(o, &o->key, "nts_key_file");
	fill_text(o, &o->crl, "nts_crl_file");
	fill_text(o, &o->user, "nts_user");
	fill_text(o, &o->macs, "nts_mac_algorithms");
	fill_number(o, &o->domain, "domainNumber", 1);
	fill_number(o, &o->sdo, "transportSpecific", 0x100);
	fill_number(o, &o->sub, "nts_subgroup", 1);
	fill_number(o, &o->timeout, "nts_timeout", 1);
}

static bool take_address(const char *name, const char *text, struct nts_assoc *out)
{
	memset(out, 0, sizeof(*out));
	out->type = strchr(text ? text : "", ':') ? NTS_ASSOC_IPV6 : NTS_ASSOC_IPV4;
	if (text && inet_pton(out->type == NTS_ASSOC_IPV6 ? AF_INET6 : AF_INET, text,
			      out->value) == 1) {
		return true;
	}
	fprintf(stderr, "nts4ptp: --%s wants an address\n", name);
	return false;
}

static bool take_macs(const char *list, struct ke_message *m)
{
	char name[64];

	while (list && *(list += strspn(list, ", "))) {
		size_t len = strcspn(list, ", ");
		const struct alg_mac *mac;

		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		mac = alg_mac_by_name(name);
		if (!mac || m->n_macs == NTS_ALGS_MAX) {
			fprintf(stderr, "nts4ptp: %s: unknown MAC algorithm\n", name);
			return false;
		}
		m->macs[m->n_macs++] = mac->number;
		list += len;
	}
	return true;
}

static bool make_request(const struct options *o, struct ke_message *m)
{
	m->type = KE_KEY_REQUEST;
	if (!o->grantor) {
		m->assoc = nts_assoc_group((uint8_t)o->domain, (uint16_t)o->sdo, (uint16_t)o->sub);
		return true;
	}
	m->n_identities = 1;
	return take_address("grantor", o->grantor, &m->assoc) &&
	       take_address("identity", o->identity, &m->identities[0]) && take_macs(o->macs, m);
}

static bool make_args(const struct options *o, struct probe_args *args)
{
	if (!o->ca || !o->cert || !o->key) {
		fputs("nts4ptp: --ca, --cert and --key are needed, or --conf with nts_ca_file, "
		      "nts_cert_file and nts_key_file\n", stderr);
		return false;
	}
	args->files = (struct tls_files){ .ca_file = o->ca, .cert_file = o->cert,
					  .key_file = o->key, .crl_file = o->crl };
	args->timeout_ms = o->timeout > 0 ? (uint32_t)o->timeout * 1000 : 10000;
	return make_request(o, &args->request);
}

static bool make_servers(const struct options *o, struct servers *out)
{
	if (!o->server) {
		fputs("nts4ptp: no server: none is given here, and --conf has no nts_server\n",
		      stderr);
		return false;
	}
	if (servers_parse(o->server, out) != ST_OK) {
		fprintf(stderr, "nts4ptp: '%s': not host[:port]\n", o->server);
		return false;
	}
	return true;
}

static int code_of(const struct probe_result *r)
{
	if (r->st == ST_OK) {
		return CMD_OK;
	}
	return r->stage == FAULT_NAME || r->stage == FAULT_TCP ? CMD_NO_ANSWER : CMD_NOT_UP;
}

static int probe_all(const struct options *o, const struct probe_args *args,
		     const struct servers *servers)
{
	char advice[PROBE_ADVICE];
	struct probe_result r;
	struct json j;
	int code = CMD_OK;

	json_init(&j, stdout);
	if (o->json) {
		json_object(&j, NULL);
		json_array(&j, "servers");
	}
	for (uint32_t i = 0; i < servers->n; i++) {
		probe_run(args, &servers->list[i], &r);
		probe_explain(args, &servers->list[i], &r, advice);
		if (o->json) {
			probe_json(&j, args, &servers->list[i], &r, advice);
		} else {
			probe_print(stdout, args, &servers->list[i], &r, advice);
		}
		code = code_of(&r) > code ? code_of(&r) : code;
	}
	if (o->json) {
		json_array_end(&j);
		json_bool(&j, "ok", code == CMD_OK);
		json_object_end(&j);
		putchar('\n');
	}
	return code;
}

/* As the key agent does: who may not read the key there may not do it here. */
static bool become_agent(const struct options *o)
{
	struct privileges_user user;
	enum status st;

	if (!privileges_held()) {
		return true;
	}
	st = o->user ? privileges_find(o->user, &user) : privileges_find_owner(o->key, &user);
	if (st == ST_FILE_OPEN) {	/* the probe will say so */
		return true;
	}
	if (st == ST_OK && user.uid != 0) {
		st = privileges_become(&user);
	}
	if (st != ST_OK) {
		fprintf(stderr, "nts4ptp: cannot become nts_user: %s\n",
			st == ST_CONFIG ? "no such user" : strerror(errno));
	}
	return st == ST_OK;
}

static int probe(struct options *o)
{
	struct probe_args *args = secret_alloc(sizeof(*args));
	struct servers servers;
	int code = CMD_USAGE;

	if (!args) {
		return cmd_complain("probe", cmd_why(ST_NO_MEMORY));
	}
	fill_from_conf(o);
	if (make_args(o, args) && make_servers(o, &servers) && become_agent(o)) {
		code = probe_all(o, args, &servers);
	}
	secret_free(args, sizeof(*args));
	return code;
}

int cmd_probe(int argc, char *argv[])
{
	struct options o = { .domain = -1, .sdo = -1, .sub = -1, .timeout = -1 };
	int code = cmd_parse(&syntax, argc, argv, &o);

	if (code != CMD_GO) {
		return code;
	}
	if (!read_conf(&o)) {
		return CMD_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	code = cmd_harden() ? probe(&o) : CMD_NO_ANSWER;
	conf_free(o.conf);
	return code;
}
