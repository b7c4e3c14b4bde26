// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters as Prometheus text. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ked/metrics.h"
#include "nts/tls.h"

#define LABEL 128	/* octets, with its zero */

typedef uint64_t (*sum_fn)(const struct worker *w, size_t i, size_t k);

static uint64_t accepted(const struct worker *w, size_t i, size_t k)
{
	(void)i;
	(void)k;
	return worker_conns(w)->accepted;
}

static uint64_t handshakes(const struct worker *w, size_t i, size_t k)
{
	(void)i;
	(void)k;
	return worker_conns(w)->handshakes;
}

static uint64_t resumed(const struct worker *w, size_t i, size_t k)
{
	(void)i;
	(void)k;
	return worker_conns(w)->resumed;
}

static uint64_t handshake_failures(const struct worker *w, size_t reason, size_t k)
{
	(void)k;
	return worker_conns(w)->handshake_failures[reason];
}

static uint64_t request_failures(const struct worker *w, size_t reason, size_t k)
{
	(void)k;
	return worker_conns(w)->request_failures[reason];
}

static uint64_t answers(const struct worker *w, size_t message, size_t result)
{
	return worker_serve(w)->answers[message][result];
}

static uint64_t sum(const struct metrics_source *m, sum_fn fn, size_t i, size_t k)
{
	uint64_t total = 0;
	size_t n;

	for (n = 0; n < m->n_workers; n++) {
		total += fn(m->worker[n], i, k);
	}
	return total;
}

static void head(struct evbuffer *out, const char *name, const char *type, const char *help)
{
	evbuffer_add_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct evbuffer *out, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	head(out, name, type, help);
	evbuffer_add_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* "PTP Key Request" becomes ptp_key_request. Returns out. */
static const char *label(const char *text, char out[LABEL])
{
	size_t i;

	for (i = 0; text[i] && i < LABEL - 1; i++) {
		out[i] = isalnum((unsigned char)text[i]) ? (char)tolower((unsigned char)text[i])
							 : '_';
	}
	out[i] = '\0';
	return out;
}

/* The text of a configuration as a label's value. Returns out. */
static const char *escape(const char *text, char out[LABEL])
{
	size_t n = 0;

	for (; *text && n + 2 < LABEL; text++) {
		if (*text == '\\' || *text == '"') {
			out[n++] = '\\';
		}
		out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}

/* ST_CERT_EXPIRED becomes cert_expired. */
static const char *reason(size_t st, char out[LABEL])
{
	return label(status_name((enum status)st) + strlen("ST_"), out);
}

static void write_requests(const struct metrics_source *m, struct evbuffer *out)
{
	const char *name = "nts_ked_requests_total";
	char message[LABEL], result[LABEL];
	size_t i, k;
	uint64_t n;

	head(out, name, "counter", "Requests answered, by message and result.");
	for (i = 0; i <= SERVE_UNREADABLE; i++) {
		label(i < KE_TYPES ? ke_type_str((enum ke_type)i) : "unreadable", message);
		for (k = 0; k < SERVE_RESULTS; k++) {
			n = sum(m, answers, i, k);
			if (n) {
				evbuffer_add_printf(out, "%s{message=\"%s\",result=\"%s\"} %" PRIu64
						    "\n", name, message,
						    label(serve_result_str((enum serve_result)k),
							  result), n);
			}
		}
	}
}

static void write_failures(const struct metrics_source *m, struct evbuffer *out, const char *name,
			   const char *help, sum_fn fn)
{
	char text[LABEL];
	uint64_t n;
	size_t i;

	head(out, name, "counter", help);
	for (i = 0; i < ST_COUNT; i++) {
		n = sum(m, fn, i, 0);
		if (n) {
			evbuffer_add_printf(out, "%s{reason=\"%s\"} %" PRIu64 "\n", name,
					    reason(i, text), n);
		}
	}
}

static void write_limits(const struct metrics_source *m, struct evbuffer *out)
{
	const struct limits_counters *c = limits_counters(m->limits);
	const char *name = "nts_ked_limit_hits_total";
	size_t i;

	single(out, "nts_ked_connections", "gauge", "Connections open now.", c->open);
	single(out, "nts_ked_addresses", "gauge", "Addresses remembered for their limits.",
	       c->addresses);
	head(out, name, "counter", "Connections turned away, by limit.");
	for (i = LIMITS_OK + 1; i < LIMITS_VERDICTS; i++) {
		evbuffer_add_printf(out, "%s{limit=\"%s\"} %" PRIu64 "\n", name,
				    limits_str((enum limits_verdict)i), (uint64_t)c->hit[i]);
	}
}

static const struct {
	const char *name;
	const char *help;
	size_t offset;		/* in struct groups_info, milliseconds */
} group_spans[] = {
	{ "nts_ked_group_key_age_seconds", "Since the current key's period began.",
	  offsetof(struct groups_info, age) },
	{ "nts_ked_group_key_update_in_seconds", "Until the next key is handed out.",
	  offsetof(struct groups_info, update_in) },
	{ "nts_ked_group_key_ends_in_seconds", "Until the current key ends.",
	  offsetof(struct groups_info, ends_in) },
};

static void write_group_span(const struct groups_view *v, uint64_t now, size_t span,
			     struct evbuffer *out)
{
	struct groups_info info;
	char text[LABEL];
	uint64_t ms;
	size_t i;

	head(out, group_spans[span].name, "gauge", group_spans[span].help);
	for (i = 0; groups_info(v, i, now, &info); i++) {
		memcpy(&ms, (const char *)&info + group_spans[span].offset, sizeof(ms));
		if (info.has_current) {
			evbuffer_add_printf(out, "%s{group=\"%s\"} %.3f\n", group_spans[span].name,
					    escape(info.conf->name, text), (double)ms / 1000);
		}
	}
}

static void write_group_keys(const struct groups_view *v, uint64_t now, struct evbuffer *out)
{
	const char *name = "nts_ked_group_keys";
	struct groups_info info;
	char text[LABEL];
	size_t i;

	head(out, name, "gauge", "Keys in hand of a group: none, current, or current and next.");
	for (i = 0; groups_info(v, i, now, &info); i++) {
		evbuffer_add_printf(out, "%s{group=\"%s\"} %d\n", name,
				    escape(info.conf->name, text),
				    info.has_current + info.has_next);
	}
}

static void write_groups(const struct metrics_source *m, struct evbuffer *out)
{
	uint64_t now = timebase_boot(m->time);
	const struct groups_view *v = groups_enter(m->groups, m->reader);
	size_t i;

	write_group_keys(v, now, out);
	for (i = 0; i < sizeof(group_spans) / sizeof(group_spans[0]); i++) {
		write_group_span(v, now, i, out);
	}
	groups_leave(m->groups, m->reader);
}

static void write_grantors(const struct metrics_source *m, struct evbuffer *out)
{
	struct grantors_counts counts;

	grantors_count(m->grantors, &counts);
	single(out, "nts_ked_registrations", "gauge", "Registrations of grantors.",
	       counts.registrations);
	single(out, "nts_ked_pairs", "gauge", "Grantors and requesters that share a key.",
	       counts.pairs);
}

static void write_days(const struct metrics_source *m, struct evbuffer *out, const char *which,
		       int64_t end_ms)
{
	int64_t thousandths = (end_ms - timebase_wall(m->time)) / 86400;

	if (end_ms) {
		evbuffer_add_printf(out, "nts_ked_certificate_days_left{file=\"%s\"} %.3f\n", which,
				    (double)thousandths / 1000);
	}
}

static void write_certificates(const struct metrics_source *m, struct evbuffer *out)
{
	struct tls_creds *creds = snapshot_current(m->creds);

	head(out, "nts_ked_certificate_days_left", "gauge",
	     "Until the first certificate in a file ends, or a revocation list is to be replaced.");
	write_days(m, out, "certificate", tls_creds_not_after_ms(creds));
	write_days(m, out, "client_ca", tls_creds_ca_not_after_ms(creds));
	write_days(m, out, "client_crl", tls_creds_crl_next_ms(creds));
	single(out, "nts_ked_chains_known_total", "counter",
	       "Clients whose chain had been verified before, since the last reload.",
	       tls_creds_chains_known(creds));
}

static void write_reloads(const struct metrics_source *m, struct evbuffer *out)
{
	const char *name = "nts_ked_reloads_total";

	head(out, name, "counter", "Configurations read while running, by what came of them.");
	evbuffer_add_printf(out, "%s{result=\"taken\"} %" PRIu64 "\n", name,
			    m->reloads->taken);
	evbuffer_add_printf(out, "%s{result=\"refused\"} %" PRIu64 "\n", name,
			    m->reloads->refused);
	single(out, "nts_ked_configuration_taken", "gauge",
	       "0: the configuration was refused when it was read last, and an older one holds.",
	       !m->reloads->last_refused);
}

static void write_store(const struct metrics_source *m, struct evbuffer *out)
{
	single(out, "nts_ked_store_good", "gauge",
	       "0: keys that are due could not be made and stored.", !m->store->failed);
	single(out, "nts_ked_store_in_place", "gauge",
	       "0: a restart would not find the keys that are handed out now.", !m->store->lost);
	single(out, "nts_ked_store_restored_total", "counter",
	       "Times that the store was gone and was written anew.", m->store->restored);
}

enum status metrics_write(const struct metrics_source *m, struct evbuffer *out)
{
	head(out, "nts_ked_build_info", "gauge", "Version of the program.");
	evbuffer_add_printf(out, "nts_ked_build_info{version=\"" NTS_VERSION "\"} 1\n");
	single(out, "nts_ked_workers", "gauge", "Event loops.", m->n_workers);
	single(out, "nts_ked_connections_total", "counter", "Connections accepted.",
	       sum(m, accepted, 0, 0));
	single(out, "nts_ked_handshakes_total", "counter", "TLS handshakes that ended well.",
	       sum(m, handshakes, 0, 0));
	single(out, "nts_ked_handshakes_resumed_total", "counter",
	       "Of them, those that resumed a session.", sum(m, resumed, 0, 0));
	write_failures(m, out, "nts_ked_handshake_failures_total",
		       "TLS handshakes that failed, by reason.", handshake_failures);
	write_failures(m, out, "nts_ked_request_failures_total",
		       "Connections that ended without an answer, by reason.", request_failures);
	write_requests(m, out);
	write_limits(m, out);
	write_groups(m, out);
	write_grantors(m, out);
	write_certificates(m, out);
	write_reloads(m, out);
	write_store(m, out);
	return evbuffer_get_length(out) ? ST_OK : ST_NO_MEMORY;
}
