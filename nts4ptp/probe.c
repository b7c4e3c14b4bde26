// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts4ptp probe: asks a KE server for keys as ptp4l-nts would, tells step by step what became of
 * it, and forgets the keys. Changes nothing on either side.
 */
#include "nts4ptp/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "nts4ptp/cmd.h"
#include "nts4ptp/conf.h"
#include "util/privileges.h"
#include "util/secret.h"

struct options {
	struct conf *conf;
	const char *interface;	/* section of conf, or NULL */
	const char *server;
	const char *ca, *cert, *key, *crl, *user;
	const char *grantor, *identity, *macs;
	long domain, sdo, sub, timeout;	/* -1: not given */
	bool json;
};

static void usage(FILE *out)
{
	fputs("usage: nts4ptp probe SERVER[:PORT] --ca FILE --cert FILE --key FILE [OPTIONS]\n"
	      "       nts4ptp probe [SERVER[:PORT]] --conf ptp4l.conf [--interface NAME] "
	      "[OPTIONS]\n\n"
	      "  -f, --conf FILE       take server, files and group from this ptp4l.conf; options\n"
	      "                        given here go before\n"
	      "  -i, --interface NAME  with --conf: this port's section, too\n"
	      "      --ca FILE         whom the server's certificate must come from\n"
	      "      --cert FILE       our certificate\n"
	      "      --key FILE        its key\n"
	      "      --crl FILE        revoked certificates\n"
	      "      --domain N        domainNumber (default 0)\n"
	      "      --sdo N           sdoId (default 0)\n"
	      "      --sub N           sub-group (default 0)\n"
	      "      --grantor ADDRESS ask for a unicast key with this grantor instead\n"
	      "      --identity ADDRESS  with --grantor: our own address\n"
	      "      --macs LIST       with --grantor: MAC algorithms, as nts_mac_algorithms\n"
	      "  -t, --timeout S       seconds for one exchange (default 10)\n"
	      "  -j, --json            one JSON object on one line\n"
	      "  -h, --help\n\n"
	      "Run by root it becomes nts_user, or the owner of the key, as the key agent does.\n"
	      "exit status: 0 every server would grant, 1 one would not, "
	      "2 one could not be reached,\n"
	      "64 usage. Never prints keys.\n", out);
}

enum { OPT_CA = 256, OPT_CERT, OPT_KEY, OPT_CRL, OPT_DOMAIN, OPT_SDO, OPT_SUB, OPT_GRANTOR,
	OPT_IDENTITY, OPT_MACS };

static const struct option long_options[] = {
	{ "conf", required_argument, NULL, 'f' },
	{ "interface", required_argument, NULL, 'i' },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "crl", required_argument, NULL, OPT_CRL },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "sdo", required_argument, NULL, OPT_SDO },
	{ "sub", required_argument, NULL, OPT_SUB },
	{ "grantor", required_argument, NULL, OPT_GRANTOR },
	{ "identity", required_argument, NULL, OPT_IDENTITY },
	{ "macs", required_argument, NULL, OPT_MACS },
	{ "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool take_number(const char *name, const char *text, long max, long *out)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (!*text || *end || value < 0 || value > max) {
		fprintf(stderr, "nts4ptp: --%s wants a number from 0 to %ld\n", name, max);
		return false;
	}
	*out = value;
	return true;
}

static bool take_conf(const char *path, struct options *o)
{
	enum status st = conf_read(path, &o->conf);

	if (st != ST_OK) {
		fprintf(stderr, "nts4ptp: %s: %s\n", path,
			st == ST_FILE_OPEN ? strerror(errno) : status_str(st));
	}
	return st == ST_OK;
}

static bool take_text(int c, const char *text, struct options *o)
{
	const struct {
		int c;
		const char **to;
	} rows[] = {
		{ 'i', &o->interface }, { OPT_CA, &o->ca }, { OPT_CERT, &o->cert },
		{ OPT_KEY, &o->key }, { OPT_CRL, &o->crl }, { OPT_GRANTOR, &o->grantor },
		{ OPT_IDENTITY, &o->identity }, { OPT_MACS, &o->macs },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].c == c) {
			*rows[i].to = text;
			return true;
		}
	}
	return false;
}

static bool take_option(int c, const char *text, struct options *o)
{
	switch (c) {
	case 'f':
		return take_conf(text, o);
	case 'j':
		o->json = true;
		return true;
	case 't':
		return take_number("timeout", text, 600, &o->timeout);
	case OPT_DOMAIN:
		return take_number("domain", text, 255, &o->domain);
	case OPT_SDO:
		return take_number("sdo", text, 0xfff, &o->sdo);
	case OPT_SUB:
		return take_number("sub", text, 0xffff, &o->sub);
	default:
		return take_text(c, text, o);
	}
}

/* Returns -1 to go on, or the exit code. */
static int parse(int argc, char *argv[], struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "f:i:t:jh", long_options, NULL)) != -1) {
		if (c == 'h' || c == '?') {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? CMD_OK : CMD_USAGE;
		}
		if (!take_option(c, optarg, o)) {
			return CMD_USAGE;
		}
	}
	o->server = optind < argc ? argv[optind++] : NULL;
	if (optind < argc) {
		fprintf(stderr, "nts4ptp: unexpected '%s'\n", argv[optind]);
		return CMD_USAGE;
	}
	return -1;
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
		fprintf(stderr, "nts4ptp: %s\n", status_str(ST_NO_MEMORY));
		return CMD_NO_ANSWER;
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
	int code = parse(argc, argv, &o);

	signal(SIGPIPE, SIG_IGN);
	if (code < 0 && secret_harden_process() != ST_OK) {
		fputs("nts4ptp: core dumps could not be forbidden\n", stderr);
		code = CMD_NO_ANSWER;
	}
	if (code < 0) {
		code = probe(&o);
	}
	conf_free(o.conf);
	return code;
}
