// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A test client of a KE server: fetches a group's keys, says what came, and on request writes
 * them as an sa_file of linuxptp 4.4, whose static keys speak the same AUTHENTICATION TLV.
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
	struct evdns_base *dns = base ? evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE)
				      : NULL;
	struct tls_creds *creds = NULL;
	struct tls_why why = { "" };
	enum status st = dns ? tls_creds_load(&job->files, &creds, &why) : ST_NO_MEMORY;

	if (st == ST_OK) {
		evdns_base_load_hosts(dns, "/etc/hosts");
		evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
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

static int usage(void)
{
	fprintf(stderr, "usage: kefetch --server HOST[:PORT] --ca FILE --cert FILE --key FILE\n"
			"               [--domain N] [--sdo N] [--sub N] [--sa-file OUT]\n");
	return EXIT_OTHER;
}

static bool parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		{ "server", required_argument, NULL, 's' }, { "ca", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, 'c' }, { "key", required_argument, NULL, 'k' },
		{ "domain", required_argument, NULL, 'd' }, { "sdo", required_argument, NULL, 'o' },
		{ "sub", required_argument, NULL, 'u' }, { "sa-file", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *text[128] = { NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?') {
			return false;
		}
		text[c] = optarg;
	}
	if (!text['s'] || !text['a'] || !text['c'] || !text['k'] || optind != argc) {
		return false;
	}
	job->files = (struct tls_files){ text['a'], text['c'], text['k'], NULL };
	job->domain = text['d'] ? (unsigned int)strtoul(text['d'], NULL, 0) : 0;
	job->sdo = text['o'] ? (unsigned int)strtoul(text['o'], NULL, 0) : 0;
	job->sub = text['u'] ? (unsigned int)strtoul(text['u'], NULL, 0) : 0;
	job->sa_file = text['f'];
	return servers_parse(text['s'], &job->servers) == ST_OK && job->servers.n == 1 &&
	       job->domain <= UINT8_MAX && job->sdo <= 0xfff && job->sub <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	struct job job = { .exit_status = EXIT_OTHER };

	if (!parse(argc, argv, &job)) {
		return usage();
	}
	return fetch(&job) == ST_OK ? job.exit_status : EXIT_OTHER;
}
