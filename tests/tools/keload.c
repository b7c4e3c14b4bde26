// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks a KE server for the same again and again, while somebody kills and restarts it, and
 * remembers all that it was ever told. What may never be: a key that changes within its period, a
 * lifetime that grows, a second key for one period, a key that was taken back.
 *
 * One client, one kind of request: a group's keys, a registration (with --revoke taken back from
 * time to time), or a grantor's key. On SIGTERM it says how often it asked and what it saw.
 *
 * Exit status: 0 nothing was wrong, 1 something was.
 */
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "tests/tools/keclient.h"
#include "nts/crypto.h"

#define PERIODS_MAX 4096
#define TOLERANCE_MS 2500	/* seconds are rounded up, twice in Next, and answers take time */
#define RETRY_MS 20

/* A key's end, and a digest of all that it consists of. */
struct period {
	int64_t end_ms;
	uint8_t digest[CRYPTO_SHA256];
};

struct load {
	struct tls_files files;
	const char *host;
	unsigned int port;
	struct ke_message request;
	bool revoke;
	bool unsteady;		/* the grantor revokes: keys may come at any time */
	struct tls_creds *creds;
	struct keclient client;
	uint8_t octets[2048];
	size_t len;
	size_t n;		/* periods seen */
	struct period period[PERIODS_MAX];
	size_t n_revoked;	/* that many of them were taken back */
	bool unsure;		/* whether a revocation was done */
	unsigned long granted, refused, failed, revoked, wrong;
};

static atomic_bool ending;

static void on_term(int number)
{
	(void)number;
	ending = true;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * (int64_t)1000 + ts.tv_nsec / 1000000;
}

static void wrong(struct load *l, const char *what, int64_t by_ms)
{
	l->wrong++;
	printf("wrong: %s (%lld ms)\n", what, (long long)by_ms);
}

/* All that may not change within a period: SAs, ticket key and its ID, but not the ticket. */
static void digest_of(const struct nts_params *p, uint8_t out[CRYPTO_SHA256])
{
	struct {
		struct nts_sa sa[NTS_SA_MAX];
		uint32_t ticket_key_id;
		uint8_t ticket_key[ALG_AEAD_KEY_MAX];
	} all;

	memset(&all, 0, sizeof(all));
	memcpy(all.sa, p->sa, sizeof(all.sa));
	all.ticket_key_id = p->ticket_key_id;
	memcpy(all.ticket_key, p->ticket_key, sizeof(all.ticket_key));
	crypto_sha256(&all, sizeof(all), out);
}

static struct period *find(struct load *l, const uint8_t digest[CRYPTO_SHA256])
{
	for (size_t i = 0; i < l->n; i++) {
		if (!memcmp(l->period[i].digest, digest, CRYPTO_SHA256)) {
			return &l->period[i];
		}
	}
	return NULL;
}

/* A key that was never seen: no other may have ended when this one does. */
static void take_new(struct load *l, const uint8_t digest[CRYPTO_SHA256], int64_t end_ms)
{
	if (l->unsure) {
		l->n_revoked = l->n;
		l->unsure = false;
	}
	for (size_t i = l->n_revoked; i < l->n && !l->unsteady; i++) {
		int64_t apart = end_ms - l->period[i].end_ms;

		if (apart < TOLERANCE_MS && apart > -TOLERANCE_MS) {
			wrong(l, "a second key for one period", apart);
		}
	}
	if (l->n < PERIODS_MAX) {
		l->period[l->n].end_ms = end_ms;
		memcpy(l->period[l->n++].digest, digest, CRYPTO_SHA256);
	}
}

static void take(struct load *l, const struct nts_params *p, int64_t end_ms)
{
	uint8_t digest[CRYPTO_SHA256];
	struct period *known;

	digest_of(p, digest);
	known = find(l, digest);
	if (!known) {
		take_new(l, digest, end_ms);
		return;
	}
	l->unsure = false;
	if ((size_t)(known - l->period) < l->n_revoked) {
		wrong(l, "a key that was taken back", 0);
	}
	if (end_ms > known->end_ms + TOLERANCE_MS) {
		wrong(l, "a lifetime has grown", end_ms - known->end_ms);
	}
	if (end_ms < known->end_ms - TOLERANCE_MS) {
		wrong(l, "a lifetime has shrunk", end_ms - known->end_ms);
	}
	if (end_ms < known->end_ms) {
		known->end_ms = end_ms;
	}
}

static void take_answer(struct load *l, const struct ke_message *m)
{
	int64_t end_ms = now_ms() + m->current.lifetime * (int64_t)1000;

	l->granted++;
	take(l, &m->current, end_ms);
	if (m->has_next) {
		take(l, &m->next, end_ms + m->next.lifetime * (int64_t)1000);
	}
}

static enum status ask(struct load *l, const struct ke_message *request)
{
	struct tls_why why;
	enum status st = ke_encode(request, l->octets, sizeof(l->octets), &l->len);

	return st ? st : keclient_ask(&l->client, l->creds, l->host, l->port, l->octets, l->len,
				      &why);
}

static void ask_once(struct load *l)
{
	struct timespec pause = { .tv_nsec = RETRY_MS * 1000000 };
	struct ke_message m;

	if (ask(l, &l->request) != ST_OK || l->client.len == 0) {
		l->failed++;
		nanosleep(&pause, NULL);
		return;
	}
	if (ke_decode(l->client.in, l->client.len, KE_CLIENT, &m) != ST_OK) {
		wrong(l, "an answer that cannot be read", 0);
	} else if (m.type == KE_REFUSAL && m.error != KE_ERR_NOT_REGISTERED) {
		wrong(l, ke_error_str(m.error), 0);
	} else if (m.type == KE_REFUSAL) {
		l->refused++;
	} else {
		take_answer(l, &m);
	}
}

/* What a clean close without a message has confirmed is gone for good. */
static void revoke_once(struct load *l)
{
	const struct ke_message m = { .type = KE_REGISTRATION_REVOKE };

	if (ask(l, &m) == ST_OK && l->client.len == 0) {
		l->revoked++;
		l->n_revoked = l->n;
	} else {
		l->unsure = true;
		l->failed++;
	}
}

static bool read_identity(const char *text, struct ke_message *m)
{
	return keclient_identity(text, &m->identities[m->n_identities++]);
}

/* Each by its text, or NULL. */
static bool make_request(const char *registers, const char *grantor, const char *identity,
			 struct ke_message *m)
{
	m->assoc = nts_assoc_group(0, 0, 0);
	if (registers) {
		m->type = KE_REGISTRATION_REQUEST;
		m->aeads[m->n_aeads++] = ALG_AEAD_AES_SIV_CMAC_256;
	}
	return (!registers || read_identity(registers, m)) &&
	       (!grantor || keclient_identity(grantor, &m->assoc)) &&
	       (!identity || read_identity(identity, m));
}

static bool parse(int argc, char **argv, struct load *l)
{
	static const struct option options[] = {
		{ "ca", required_argument, NULL, 'a' }, { "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' }, { "host", required_argument, NULL, 's' },
		{ "register", required_argument, NULL, 'R' },
		{ "grantor", required_argument, NULL, 'g' },
		{ "identity", required_argument, NULL, 'i' },
		{ "revoke", no_argument, NULL, 'x' },
		{ "unsteady", no_argument, NULL, 'u' }, { NULL, 0, NULL, 0 },
	};
	const char *text[128] = { NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?') {
			return false;
		}
		text[c] = optarg ? optarg : "";
	}
	l->port = 4460;
	l->host = text['s'];
	l->files = (struct tls_files){
		.ca_file = text['a'], .cert_file = text['c'], .key_file = text['k'],
	};
	l->revoke = text['x'];
	l->unsteady = text['u'];
	return text['s'] && text['a'] && text['c'] && text['k'] &&
	       make_request(text['R'], text['g'], text['i'], &l->request);
}

static void run(struct load *l)
{
	for (unsigned long i = 1; !ending; i++) {
		if (l->revoke && i % 8 == 0) {
			revoke_once(l);
		} else {
			ask_once(l);
		}
	}
	printf("granted %lu refused %lu failed %lu revoked %lu keys %zu wrong %lu\n", l->granted,
	       l->refused, l->failed, l->revoked, l->n, l->wrong);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	struct load *l = calloc(1, sizeof(*l));
	struct tls_why why;
	int exit_status = EXIT_FAILURE;

	if (!l || !parse(argc, argv, l)) {
		fprintf(stderr, "usage: keload --host HOST --ca FILE --cert FILE --key FILE\n"
				"              [--register ID [--revoke] |\n"
				"              --grantor ID --identity ID [--unsteady]]\n");
	} else if (tls_creds_load(&l->files, &l->creds, &why) != ST_OK) {
		fprintf(stderr, "%s\n", why.text);
	} else {
		signal(SIGPIPE, SIG_IGN);
		sigaction(SIGTERM, &term, NULL);
		run(l);
		exit_status = l->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (l) {
		tls_creds_unref(l->creds);
	}
	free(l);
	return exit_status;
}
