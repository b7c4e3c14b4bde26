// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples for people and as JSON: ke_out.h. */
#include "nts4ptp/ke_out.h"

#include <string.h>

#include "nts4ptp/text.h"

static bool is(const struct ke_sample *s, const char *name)
{
	return !strcmp(s->name, name);
}

static bool is_bad(const struct ke_sample *s)
{
	return (is(s, "group_keys") && s->value < 1) ||
	       (is(s, "certificate_days_left") && s->value < KE_DAYS_FEW) ||
	       (is(s, "configuration_taken") && s->value < 1) ||
	       (is(s, "store_good") && s->value < 1) ||
	       (is(s, "store_in_place") && s->value < 1);
}

bool ke_is_well(const struct ke_samples *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (is_bad(&s->sample[i])) {
			return false;
		}
	}
	return true;
}

/* ---- for people ---- */

/* One sample a line: its value, then its labels' values. */
static void print_all(FILE *out, const struct ke_samples *s, const char *name)
{
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		const struct ke_sample *sample = &s->sample[i];

		if (!is(sample, name) || sample->value <= 0) {
			continue;
		}
		fprintf(out, "%20s%.0f ", "", sample->value);
		for (k = 0; k < sample->n_labels; k++) {
			fputs(k ? ": " : "", out);
			text_print(out, sample->label[k].value);
		}
		fputc('\n', out);
	}
}

static double value(const struct ke_samples *s, const char *name, const char *label)
{
	const struct ke_sample *sample = ke_samples_find(s, name, label);

	return sample ? sample->value : 0;
}

static void print_head(FILE *out, const struct ke_samples *s)
{
	const struct ke_sample *build = ke_samples_find(s, "build_info", NULL);

	fputs("nts-ked  ", out);
	text_print(out, build ? ke_sample_label(build, "version") : "of unknown version");
	fprintf(out, "  %.0f workers\n", value(s, "workers", NULL));
}

static void print_counters(FILE *out, const struct ke_samples *s)
{
	text_name(out, "connections");
	fprintf(out, "%.0f open, %.0f since the start\n", value(s, "connections", NULL),
		value(s, "connections_total", NULL));
	text_name(out, "turned away");
	fprintf(out, "%.0f\n", ke_samples_sum(s, "limit_hits_total"));
	print_all(out, s, "limit_hits_total");
	text_name(out, "handshakes");
	fprintf(out, "%.0f, resumed %.0f, chains known %.0f, failed %.0f\n",
		value(s, "handshakes_total", NULL), value(s, "handshakes_resumed_total", NULL),
		value(s, "chains_known_total", NULL),
		ke_samples_sum(s, "handshake_failures_total"));
	print_all(out, s, "handshake_failures_total");
	text_name(out, "requests");
	fprintf(out, "%.0f, without an answer %.0f\n", ke_samples_sum(s, "requests_total"),
		ke_samples_sum(s, "request_failures_total"));
	print_all(out, s, "requests_total");
	print_all(out, s, "request_failures_total");
	text_name(out, "registrations");
	fprintf(out, "%.0f, requesters with keys %.0f\n", value(s, "registrations", NULL),
		value(s, "pairs", NULL));
	text_name(out, "reloads");
	fprintf(out, "%.0f taken, %.0f refused%s\n", value(s, "reloads_total", "taken"),
		value(s, "reloads_total", "refused"),
		value(s, "configuration_taken", NULL) < 1 ? ", THE LAST ONE REFUSED" : "");
	text_name(out, "store");
	fprintf(out, "%s%s, written anew %.0f times\n",
		value(s, "store_good", NULL) < 1 ? "KEYS CANNOT BE STORED, " : "",
		value(s, "store_in_place", NULL) < 1 ? "A RESTART WOULD NOT FIND TODAY'S KEYS"
						     : "in its place",
		value(s, "store_restored_total", NULL));
}

static void print_certificates(FILE *out, const struct ke_samples *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct ke_sample *sample = &s->sample[i];

		if (is(sample, "certificate_days_left")) {
			text_name(out, ke_sample_label(sample, "file"));
			fprintf(out, "%ld days left%s\n", (long)sample->value,
				is_bad(sample) ? ", RENEW IT" : "");
		}
	}
}

static void print_group(FILE *out, const struct ke_samples *s, const struct ke_sample *keys)
{
	const char *name = keys->label[0].value;

	fputs("group ", out);
	text_print(out, name);
	fputc('\n', out);
	if (keys->value < 1) {
		text_name(out, "key");
		fputs("NONE\n", out);
		return;
	}
	text_name(out, "key's age");
	fprintf(out, "%.0f s\n", value(s, "group_key_age_seconds", name));
	text_name(out, "update in");
	fprintf(out, "%.0f s\n", value(s, "group_key_update_in_seconds", name));
	text_name(out, "ends in");
	fprintf(out, "%.0f s\n", value(s, "group_key_ends_in_seconds", name));
	text_name(out, "next key");
	fputs(keys->value > 1 ? "made\n" : "not made yet\n", out);
}

void ke_print(FILE *out, const struct ke_samples *s)
{
	size_t i;

	print_head(out, s);
	print_counters(out, s);
	print_certificates(out, s);
	for (i = 0; i < s->n; i++) {
		if (is(&s->sample[i], "group_keys") && s->sample[i].n_labels) {
			print_group(out, s, &s->sample[i]);
		}
	}
}

/* ---- JSON ---- */

static void json_labelled(struct json *j, const struct ke_sample *s)
{
	size_t i;

	json_object(j, NULL);
	for (i = 0; i < s->n_labels; i++) {
		json_string(j, s->label[i].name, s->label[i].value);
	}
	json_number(j, "value", s->value);
	json_object_end(j);
}

void ke_json(struct json *j, const char *address, const struct ke_samples *s)
{
	size_t i = 0;

	json_object(j, NULL);
	json_string(j, "address", address);
	json_bool(j, "well", ke_is_well(s));
	while (i < s->n) {
		const struct ke_sample *first = &s->sample[i];

		if (!first->n_labels) {
			json_number(j, first->name, first->value);
			i++;
			continue;
		}
		json_array(j, first->name);
		for (; i < s->n && is(&s->sample[i], first->name); i++) {
			json_labelled(j, &s->sample[i]);
		}
		json_array_end(j);
	}
	json_object_end(j);
}
