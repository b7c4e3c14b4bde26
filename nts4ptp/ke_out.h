/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an nts-ked is, for people and as JSON. Must not ask anybody for anything. */
#ifndef NTS_NTS4PTP_KE_OUT_H
#define NTS_NTS4PTP_KE_OUT_H

#include "nts4ptp/json.h"
#include "nts4ptp/ke_samples.h"

#define KE_DAYS_FEW 14

/* Has every group a key, is no certificate near its end, was the last configuration taken? */
bool ke_is_well(const struct ke_samples *s);

void ke_print(FILE *out, const struct ke_samples *s);

/*
 * One object: "address", "well", and a member for each of nts-ked's metrics by its name without
 * "nts_ked_": a number, or where it has labels an array of objects with those and "value".
 */
void ke_json(struct json *j, const char *address, const struct ke_samples *s);

#endif
