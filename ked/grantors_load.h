/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking up what is stored. For grantors.c. */
#ifndef NTS_KED_GRANTORS_LOAD_H
#define NTS_KED_GRANTORS_LOAD_H

#include "ked/grantors_tables.h"

/* Into the tables, which are empty; seed is random. ST_STORE, ST_NO_MEMORY. */
enum status grantors_load(struct grantors *g, uint64_t seed) MUST_CHECK;

#endif
