/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the records of unicast/peers.h, one mapping for all: with very many requesters in
 * small pieces all over the heap most of a look-up's time goes into finding their pages, so huge
 * ones are asked for behind the first. Pages come with their first use. What is given back is
 * wiped and used again.
 */
#ifndef NTS_UNICAST_RECORDS_H
#define NTS_UNICAST_RECORDS_H

#include "unicast/peers.h"

struct records;

/* Room for at most max. ST_NO_MEMORY. */
enum status records_new(uint32_t max, struct records **out) MUST_CHECK;

/* Wipes all that was ever taken; r may be NULL. */
void records_free(struct records *r);

/* One to fill in, or NULL when all are taken. */
struct peer *records_take(struct records *r);
void records_give_back(struct records *r, struct peer *record);

#endif
