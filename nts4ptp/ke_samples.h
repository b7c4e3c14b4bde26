/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Prometheus text of an nts-ked, taken apart. Pure: text in, samples out. */
#ifndef NTS_NTS4PTP_KE_SAMPLES_H
#define NTS_NTS4PTP_KE_SAMPLES_H

#include <stddef.h>

#include "util/status.h"

#define KE_NAME 64		/* octets, with the zero */
#define KE_LABEL_VALUE 128
#define KE_LABELS_MAX 2

struct ke_sample {
	char name[KE_NAME];	/* without "nts_ked_" */
	size_t n_labels;
	struct {
		char name[KE_NAME];
		char value[KE_LABEL_VALUE];
	} label[KE_LABELS_MAX];
	double value;
};

struct ke_samples {
	size_t n;
	struct ke_sample *sample;	/* those of one name follow each other */
};

/*
 * Takes the zero-terminated text apart. Comments, empty lines and names that do not begin with
 * "nts_ked_" are left out. ST_FILE_FORMAT (not such a text, or none of ours in it), ST_NO_MEMORY.
 */
enum status ke_samples_parse(const char *text, struct ke_samples *out) MUST_CHECK;

void ke_samples_free(struct ke_samples *s);

/* The value of a label, or "". */
const char *ke_sample_label(const struct ke_sample *s, const char *name);

/* The first sample with that name and, unless value is NULL, that value of its first label; or
 * NULL. */
const struct ke_sample *ke_samples_find(const struct ke_samples *s, const char *name,
					const char *value);

/* The sum of all samples with that name. */
double ke_samples_sum(const struct ke_samples *s, const char *name);

#endif
