// SPDX-License-Identifier: GPL-2.0-or-later
/* Prometheus text, as far as nts-ked writes it. */
#include "nts4ptp/ke_samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "nts_ked_"
#define SAMPLES_MAX 100000

static const char name_octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* Copies the name at *at and moves behind it. */
static bool take_name(const char **at, char out[KE_NAME])
{
	size_t len = strspn(*at, name_octets);

	if (!len || len >= KE_NAME) {
		return false;
	}
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len;
	return true;
}

static bool take_octet(const char **at, char octet)
{
	if (**at != octet) {
		return false;
	}
	++*at;
	return true;
}

/* Up to the closing quote, which is taken too. */
static bool take_value(const char **at, char out[KE_LABEL_VALUE])
{
	size_t n = 0;

	while (**at && **at != '"' && **at != '\n' && n < KE_LABEL_VALUE - 1) {
		if (**at == '\\' && (*at)[1] && (*at)[1] != '\n') {
			++*at;
		}
		out[n++] = *(*at)++;
	}
	out[n] = '\0';
	return take_octet(at, '"');
}

static bool take_labels(const char **at, struct ke_sample *s)
{
	if (!take_octet(at, '{')) {
		return true;
	}
	do {
		if (s->n_labels == KE_LABELS_MAX || !take_name(at, s->label[s->n_labels].name) ||
		    !take_octet(at, '=') || !take_octet(at, '"') ||
		    !take_value(at, s->label[s->n_labels].value)) {
			return false;
		}
		s->n_labels++;
	} while (take_octet(at, ','));
	return take_octet(at, '}');
}

static bool take_number(const char **at, double *out)
{
	char *end;

	if (!take_octet(at, ' ')) {
		return false;
	}
	*out = strtod(*at, &end);
	if (end == *at || !isfinite(*out) || (*end && *end != '\n')) {
		return false;
	}
	*at = end;
	return true;
}

static enum status add(struct ke_samples *s, const struct ke_sample *sample)
{
	struct ke_sample *list;

	if (s->n == SAMPLES_MAX) {
		return ST_FILE_FORMAT;
	}
	list = realloc(s->sample, (s->n + 1) * sizeof(*list));
	if (!list) {
		return ST_NO_MEMORY;
	}
	s->sample = list;
	s->sample[s->n++] = *sample;
	return ST_OK;
}

static enum status parse_line(const char *line, struct ke_samples *s)
{
	struct ke_sample sample = { .n_labels = 0 };

	if (strncmp(line, PREFIX, strlen(PREFIX))) {
		return ST_OK;
	}
	line += strlen(PREFIX);
	if (!take_name(&line, sample.name) || !take_labels(&line, &sample) ||
	    !take_number(&line, &sample.value)) {
		return ST_FILE_FORMAT;
	}
	return add(s, &sample);
}

enum status ke_samples_parse(const char *text, struct ke_samples *out)
{
	struct ke_samples s = { .n = 0 };
	enum status st = ST_OK;

	while (*text && !st) {
		st = parse_line(text, &s);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	if (!st && !s.n) {
		st = ST_FILE_FORMAT;
	}
	if (st) {
		ke_samples_free(&s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void ke_samples_free(struct ke_samples *s)
{
	free(s->sample);
	s->sample = NULL;
	s->n = 0;
}

const char *ke_sample_label(const struct ke_sample *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_labels; i++) {
		if (!strcmp(s->label[i].name, name)) {
			return s->label[i].value;
		}
	}
	return "";
}

const struct ke_sample *ke_samples_find(const struct ke_samples *s, const char *name,
					const char *value)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct ke_sample *sample = &s->sample[i];

		if (!strcmp(sample->name, name) &&
		    (!value || (sample->n_labels && !strcmp(sample->label[0].value, value)))) {
			return sample;
		}
	}
	return NULL;
}

double ke_samples_sum(const struct ke_samples *s, const char *name)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (!strcmp(s->sample[i].name, name)) {
			sum += s->sample[i].value;
		}
	}
	return sum;
}
