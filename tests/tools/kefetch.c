// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A test client of a KE server: fetches a group's keys, says what came, and on request writes
 * them as an sa_file of linuxptp 4.4, whose static keys speak the same AUTHENTICATION TLV.
 * With --request-hex it sends the octets of a file instead, however wrong they are.
 * Not for installation: it writes keys into a file.
 *
 * Exit status: 0 granted, 2 refused by the server, 1 anything else.
 */
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
	const char *request_hex;	/* NULL: a Key Request for the group */
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

/* ---- octets of a file as they are ---- */

struct raw {
	int fd;
	struct tls_session *tls;
	size_t request_len;
	size_t in_len;
	uint8_t request[2 * KE_REQUEST_MAX];
	uint8_t in[KE_RESPONSE_MAX];
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

static int dial(const struct servers_entry *server)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	char port[8];
	int fd = -1;

	snprintf(port, sizeof(port), "%u", server->port);
	if (getaddrinfo(server->host, port, &hints, &list) != 0) {
		return -1;
	}
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static bool wait_ready(const struct raw *r)
{
	struct pollfd p = { r->fd, tls_wants_write(r->tls) ? POLLOUT : POLLIN, 0 };

	return poll(&p, 1, TIMEOUT_MS) > 0;
}

static enum status read_answer(struct raw *r)
{
	enum status st = ST_AGAIN;
	size_t len = 0;

	while (st == ST_AGAIN) {
		st = tls_read(r->tls, r->in + r->in_len, sizeof(r->in) - r->in_len, &len);
		if (st == ST_AGAIN && !wait_ready(r)) {
			return ST_TIMEOUT;
		}
		if (st == ST_OK && len == 0) {
			return ST_CLOSED;
		}
		if (st == ST_OK) {
			r->in_len += len;
			st = ke_frame(r->in, r->in_len, sizeof(r->in), &len);
		}
	}
	return st;
}

static enum status converse(struct raw *r)
{
	enum status st;

	while ((st = tls_handshake(r->tls)) == ST_AGAIN) {
		if (!wait_ready(r)) {
			return ST_TIMEOUT;
		}
	}
	while (st == ST_OK && (st = tls_write(r->tls, r->request, r->request_len)) == ST_AGAIN) {
		if (!wait_ready(r)) {
			return ST_TIMEOUT;
		}
		st = ST_OK;
	}
	return st == ST_OK ? read_answer(r) : st;
}

static int show_answer(const struct job *job, const struct raw *r)
{
	struct ke_message m;
	enum status st = ke_decode(r->in, r->in_len, KE_CLIENT, &m);
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
	} else {
		printf("answer: %s\n", ke_type_str(m.type));
	}
	secret_wipe(&m, sizeof(m));
	return exit_status;
}

static int run_raw(const struct job *job, struct raw *r, struct tls_creds *creds)
{
	const struct servers_entry *server = &job->servers.list[0];
	enum status st;
	int exit_status = EXIT_OTHER;

	r->fd = dial(server);
	if (r->fd < 0 || fcntl(r->fd, F_SETFL, O_NONBLOCK) != 0) {
		printf("%s\n", status_name(ST_CONNECT));
		return EXIT_OTHER;
	}
	st = tls_client_new(creds, r->fd, server->host, &r->tls);
	if (st == ST_OK) {
		st = converse(r);
	}
	if (st == ST_OK) {
		exit_status = show_answer(job, r);
	} else {
		printf("%s %s\n", status_name(st), r->tls ? tls_why(r->tls) : "");
	}
	tls_free(r->tls);
	close(r->fd);
	return exit_status;
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
	} else if (read_hex(job->request_hex, r)) {
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
			"               [--request-hex FILE]\n");
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
		{ "request-hex", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 },
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
	job->request_hex = text['r'];
	return servers_parse(text['s'], &job->servers) == ST_OK && job->servers.n == 1 &&
	       job->domain <= UINT8_MAX && job->sdo <= 0xfff && job->sub <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	struct job job = { .exit_status = EXIT_OTHER };

	if (!parse(argc, argv, &job)) {
		return usage();
	}
	if (job.request_hex) {
		return send_raw(&job);
	}
	return fetch(&job) == ST_OK ? job.exit_status : EXIT_OTHER;
}
