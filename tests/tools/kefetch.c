// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A test client of a KE server: fetches a group's keys, says what came, and on request writes
 * them as an sa_file of linuxptp 4.4, whose static keys speak the same AUTHENTICATION TLV.
 * With --request-hex it sends the octets of a file instead, however wrong they are; with
 * --register, --grantor or --revoke it asks for what ticket-based unicast needs.
 * Not for installation: it writes keys into a file.
 *
 * Exit status: 0 granted, 2 refused by the server, 1 anything else.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/event.h>

#include "agent/servers.h"
#include "nts/exchange.h"
#include "nts/names.h"
#include "tests/tools/keclient.h"
#include "util/secret.h"

#define EXIT_GRANTED 0
#define EXIT_OTHER 1
#define EXIT_REFUSED 2
#define TIMEOUT_MS 10000

struct job {
	struct servers servers;
	struct tls_files files;
	unsigned int domain;
	unsigned int sdo;
	unsigned int sub;
	const char *sa_file;
	const char *request_hex;	/* these NULL: a Key Request for the group */
	const char *registers;		/* identities */
	const char *grantor;		/* identity */
	const char *identity;		/* identities, of the requester */
	bool revoke;
	const char *macs;
	int exit_status;
};

/* How linuxptp 4.4 names our algorithms. */
static const struct {
	uint16_t mac;
	const char *name;
} sa_names[] = {
	{ ALG_HMAC_SHA256_128, "SHA256-128" },
	{ ALG_HMAC_SHA256, "SHA256" },
	{ ALG_AES_128_CMAC, "AES128" },
	{ ALG_AES_256_CMAC, "AES256" },
};

static const char *sa_name(uint16_t mac)
{
	for (size_t i = 0; i < sizeof(sa_names) / sizeof(sa_names[0]); i++) {
		if (sa_names[i].mac == mac) {
			return sa_names[i].name;
		}
	}
	return "unknown";
}

static void write_key(FILE *f, const struct nts_sa *sa)
{
	fprintf(f, "%u %s %u HEX:", sa->key_id, sa_name(sa->mac), sa->key_len);
	for (uint8_t i = 0; i < sa->key_len; i++) {
		fprintf(f, "%02x", sa->key[i]);
	}
	fputc('\n', f);
}

static void write_spp(FILE *f, const struct ke_message *m, const struct nts_sa *sa)
{
	const struct nts_sa *next = m->has_next ? nts_params_sa(&m->next, sa->spp) : NULL;

	fprintf(f, "[security_association]\nspp %u\n", sa->spp);
	write_key(f, sa);
	if (next) {
		write_key(f, next);
	}
}

static int write_sa_file(const char *path, const struct ke_message *m)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f) {
		perror(path);
		return EXIT_OTHER;
	}
	for (uint8_t i = 0; i < m->current.n_sa; i++) {
		write_spp(f, m, &m->current.sa[i]);
	}
	return fclose(f) == 0 ? EXIT_GRANTED : EXIT_OTHER;
}

static void print_params(const char *what, const struct nts_params *p)
{
	printf("%s: lifetime %u update_in %u grace %u policies 0x%04x\n", what, p->lifetime,
	       p->update_in, p->grace, p->policy.named);
	if (p->ticket_key_id) {
		printf("%s: ticket_key_id %u aead %u ticket %s\n", what, p->ticket_key_id,
		       p->has_ticket ? p->ticket.aead : p->aead, p->has_ticket ? "yes" : "no");
	}
	for (uint8_t i = 0; i < p->n_sa; i++) {
		const struct alg_mac *alg = alg_mac(p->sa[i].mac);

		printf("%s: spp %u key_id %u mac %s\n", what, p->sa[i].spp, p->sa[i].key_id,
		       alg ? alg->name : "unknown");
	}
}

static int granted(const struct job *job, const struct ke_message *m)
{
	printf("granted\n");
	print_params("current", &m->current);
	if (m->has_next) {
		print_params("next", &m->next);
	}
	return job->sa_file ? write_sa_file(job->sa_file, m) : EXIT_GRANTED;
}

static bool is_refusal(const struct exchange_result *r)
{
	return r->step == EXCHANGE_DECODE && strncmp(r->why, "Error ", 6) == 0;
}

static void on_done(void *ctx, const struct exchange_result *r)
{
	struct job *job = ctx;

	if (r->st == ST_OK) {
		job->exit_status = granted(job, r->answer);
	} else if (is_refusal(r)) {
		printf("refused: %s\n", r->why);
		job->exit_status = EXIT_REFUSED;
	} else {
		printf("%s while %s%s%s\n", status_name(r->st), exchange_step_str(r->step),
		       r->why[0] ? ": " : "", r->why);
	}
}

static enum status run(struct job *job, struct event_base *base, struct evdns_base *dns,
		       struct tls_creds *creds)
{
	const struct ke_message request = {
		.type = KE_KEY_REQUEST,
		.assoc = nts_assoc_group((uint8_t)job->domain, (uint16_t)job->sdo,
					 (uint16_t)job->sub),
	};
	const struct exchange_args args = {
		.base = base,
		.dns = dns,
		.creds = creds,
		.host = job->servers.list[0].host,
		.port = job->servers.list[0].port,
		.timeout_ms = TIMEOUT_MS,
		.request = &request,
	};
	struct exchange *x;
	enum status st = exchange_start(&args, on_done, job, &x);

	if (st == ST_OK) {
		event_base_dispatch(base);
	}
	return st;
}

static enum status fetch(struct job *job)
{
	struct event_base *base = event_base_new();
	struct evdns_base *dns = base ? names_open(base) : NULL;
	struct tls_creds *creds = NULL;
	struct tls_why why = { "" };
	enum status st = dns ? tls_creds_load(&job->files, &creds, &why) : ST_NO_MEMORY;

	if (st == ST_OK) {
		st = run(job, base, dns, creds);
	}
	if (st != ST_OK) {
		printf("%s %s\n", status_name(st), why.text);
	}
	tls_creds_unref(creds);
	if (dns) {
		evdns_base_free(dns, 0);
	}
	if (base) {
		event_base_free(base);
	}
	return st;
}

/* ---- octets of a file as they are ---- */

struct raw {
	struct keclient client;
	size_t request_len;
	uint8_t request[2 * KE_REQUEST_MAX];
};

/* Two hexadecimal digits an octet, blanks between them do not matter. */
static bool read_hex(const char *path, struct raw *r)
{
	FILE *f = fopen(path, "r");
	unsigned int octet;

	if (!f) {
		perror(path);
		return false;
	}
	while (r->request_len < sizeof(r->request) && fscanf(f, " %2x", &octet) == 1) {
		r->request[r->request_len++] = (uint8_t)octet;
	}
	fclose(f);
	return r->request_len > 0;
}

/* A list of identities, separated by commas. */
static bool read_identities(const char *text, struct ke_message *m)
{
	char copy[1024], *at = copy, *item;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&at, ","))) {
		if (m->n_identities == NTS_IDENTITIES_MAX ||
		    !keclient_identity(item, &m->identities[m->n_identities++])) {
			fprintf(stderr, "kefetch: %s is no identity\n", item);
			return false;
		}
	}
	return true;
}

/* A list of numbers, separated by commas. */
static bool read_numbers(const char *text, uint16_t out[NTS_ALGS_MAX], uint8_t *n)
{
	char *end = NULL;

	for (*n = 0; text && *text && *n < NTS_ALGS_MAX; text = *end ? end + 1 : end) {
		out[(*n)++] = (uint16_t)strtoul(text, &end, 0);
		if (end == text) {
			return false;
		}
	}
	return true;
}

/* A registration, a revocation, or a request to a grantor. */
static bool make_request(const struct job *job, struct raw *r)
{
	struct ke_message m = { .type = KE_REGISTRATION_REVOKE };

	if (job->registers) {
		m.type = KE_REGISTRATION_REQUEST;
		m.aeads[m.n_aeads++] = ALG_AEAD_AES_SIV_CMAC_256;
		m.aeads[m.n_aeads++] = ALG_AEAD_AES_SIV_CMAC_512;
	} else if (job->grantor) {
		m.type = KE_KEY_REQUEST;
	}
	if ((job->registers && !read_identities(job->registers, &m)) ||
	    (job->grantor && (!keclient_identity(job->grantor, &m.assoc) || !job->identity ||
			      !read_identities(job->identity, &m))) ||
	    !read_numbers(job->macs, m.macs, &m.n_macs)) {
		return false;
	}
	return ke_encode(&m, r->request, sizeof(r->request), &r->request_len) == ST_OK;
}

static int registered(const struct ke_message *m)
{
	printf("registered\n");
	print_params("current", &m->current);
	if (m->has_next) {
		print_params("next", &m->next);
	}
	return EXIT_GRANTED;
}

static int show_answer(const struct job *job, const struct raw *r)
{
	struct ke_message m;
	enum status st = ke_decode(r->client.in, r->client.len, KE_CLIENT, &m);
	int exit_status = EXIT_OTHER;

	if (st != ST_OK) {
		printf("%s while %s\n", status_name(st), exchange_step_str(EXCHANGE_DECODE));
		return EXIT_OTHER;
	}
	if (m.type == KE_REFUSAL || m.type == KE_BARE_ERROR) {
		printf("refused: Error %u, %s\n", m.error, ke_error_str(m.error));
		exit_status = EXIT_REFUSED;
	} else if (m.type == KE_KEY_GRANT) {
		exit_status = granted(job, &m);
	} else if (m.type == KE_REGISTRATION_SUCCESS) {
		exit_status = registered(&m);
	} else {
		printf("answer: %s\n", ke_type_str(m.type));
	}
	secret_wipe(&m, sizeof(m));
	return exit_status;
}

static int run_raw(const struct job *job, struct raw *r, struct tls_creds *creds)
{
	const struct servers_entry *server = &job->servers.list[0];
	struct tls_why why;
	enum status st = keclient_ask(&r->client, creds, server->host, server->port, r->request,
				      r->request_len, &why);

	if (st != ST_OK) {
		printf("%s %s\n", status_name(st), why.text);
		return EXIT_OTHER;
	}
	if (r->client.len == 0) {
		printf("closed\n");
		return EXIT_GRANTED;
	}
	return show_answer(job, r);
}

static int send_raw(const struct job *job)
{
	struct raw *r = secret_alloc(sizeof(*r));
	struct tls_creds *creds = NULL;
	struct tls_why why = { "" };
	int exit_status = EXIT_OTHER;

	if (!r) {
		return EXIT_OTHER;
	}
	if (tls_creds_load(&job->files, &creds, &why) != ST_OK) {
		printf("%s\n", why.text);
	} else if (job->request_hex ? read_hex(job->request_hex, r) : make_request(job, r)) {
		exit_status = run_raw(job, r, creds);
	}
	tls_creds_unref(creds);
	secret_free(r, sizeof(*r));
	return exit_status;
}

static int usage(void)
{
	fprintf(stderr, "usage: kefetch --server HOST[:PORT] --ca FILE --cert FILE --key FILE\n"
			"               [--domain N] [--sdo N] [--sub N] [--sa-file OUT]\n"
			"               [--request-hex FILE | --register IDENTITY,... |\n"
			"               --grantor IDENTITY --identity IDENTITY,... | --revoke]\n"
			"               [--macs N,...]\n");
	return EXIT_OTHER;
}

static bool parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		{ "server", required_argument, NULL, 's' }, { "ca", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, 'c' }, { "key", required_argument, NULL, 'k' },
		{ "domain", required_argument, NULL, 'd' }, { "sdo", required_argument, NULL, 'o' },
		{ "sub", required_argument, NULL, 'u' },
		{ "sa-file", required_argument, NULL, 'f' },
		{ "request-hex", required_argument, NULL, 'r' },
		{ "register", required_argument, NULL, 'R' },
		{ "grantor", required_argument, NULL, 'g' },
		{ "identity", required_argument, NULL, 'i' },
		{ "revoke", no_argument, NULL, 'x' }, { "macs", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	const char *text[128] = { NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?') {
			return false;
		}
		text[c] = optarg ? optarg : "";
	}
	if (!text['s'] || !text['a'] || !text['c'] || !text['k'] || optind != argc) {
		return false;
	}
	job->files = (struct tls_files){
		.ca_file = text['a'], .cert_file = text['c'], .key_file = text['k'],
	};
	job->domain = text['d'] ? (unsigned int)strtoul(text['d'], NULL, 0) : 0;
	job->sdo = text['o'] ? (unsigned int)strtoul(text['o'], NULL, 0) : 0;
	job->sub = text['u'] ? (unsigned int)strtoul(text['u'], NULL, 0) : 0;
	job->sa_file = text['f'];
	job->request_hex = text['r'];
	job->registers = text['R'];
	job->grantor = text['g'];
	job->identity = text['i'];
	job->revoke = text['x'];
	job->macs = text['m'];
	return servers_parse(text['s'], &job->servers) == ST_OK && job->servers.n == 1 &&
	       job->domain <= UINT8_MAX && job->sdo <= 0xfff && job->sub <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	struct job job = { .exit_status = EXIT_OTHER };

	if (!parse(argc, argv, &job)) {
		return usage();
	}
	if (job.request_hex || job.registers || job.grantor || job.revoke) {
		return send_raw(&job);
	}
	return fetch(&job) == ST_OK ? job.exit_status : EXIT_OTHER;
}
