/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificates that get nothing: deny and deny_file of nts-ked.conf. For kedconf_check.c. */
#ifndef NTS_CONFIG_KEDCONF_DENY_H
#define NTS_CONFIG_KEDCONF_DENY_H

#include "config/kedconf_types.h"
#include "util/status.h"

/* Takes one error; path is NULL for the option deny. */
typedef void (*kedconf_deny_report)(void *ctx, const char *path, int line, const char *what);

/*
 * Reads both. In the file a line begins with a fingerprint, "sha256:" and 64 hexadecimal digits,
 * with colons between octets or without, or with "#", or is empty. Behind a fingerprint stand
 * others, or notes. *out is sorted, and the caller's to free.
 * ST_CONFIG (reported), ST_NO_MEMORY.
 */
enum status kedconf_deny_load(const struct kedconf_authorization *a, kedconf_deny_report report,
			      void *ctx, uint8_t (**out)[KEDCONF_FINGERPRINT],
			      size_t *n) MUST_CHECK;

#endif
