/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificates of a CA's folder, on standard output. */
#ifndef NTS_NTS4PTP_PKI_LIST_H
#define NTS_NTS4PTP_PKI_LIST_H

#include <stdbool.h>

/* Each file *.crt of dir, by name. Returns the exit code: CMD_NOT_UP: one ends within days. */
int pki_list(const char *dir, long days, bool json);

#endif
