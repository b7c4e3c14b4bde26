/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys in memory: wiped before they go, compared in constant time, kept out of
 * swap and core dumps where the system lets us. Never logged.
 */
#ifndef NTS_UTIL_SECRET_H
#define NTS_UTIL_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/status.h"

/* Overwrites len octets; the compiler cannot take it away. p may be NULL when len is 0. */
void secret_wipe(void *p, size_t len);

/* Equal in all len octets? Time depends on len only. */
bool secret_equal(const void *a, const void *b, size_t len);

/* Zeroed memory for keys, or NULL. Free it with secret_free, with the same len. */
void *secret_alloc(size_t len) MUST_CHECK;

/* Wipes and frees; p may be NULL. */
void secret_free(void *p, size_t len);

/*
 * No core dumps, not traceable, no new privileges, no log of TLS secrets (SSLKEYLOGFILE); memory
 * locked where allowed. Call once at the start of a process that holds keys.
 * ST_SYSTEM when dumps or privileges could not be forbidden; a refused mlockall is not an error.
 */
enum status secret_harden_process(void) MUST_CHECK;

/*
 * Reads a whole file that holds a key: a regular file, owned by this user, root or the one that
 * secret_trust_owner named, not readable or writable by group or others. At most max octets.
 * *out is from secret_alloc, *len its length in octets (a zero octet stands behind them, not
 * counted); free with secret_free(*out, *len + 1).
 * ST_FILE_OPEN (errno tells), ST_FILE_MODE, ST_FILE_FORMAT (not regular, empty or over max),
 * ST_NO_MEMORY.
 */
enum status secret_read_file(const char *path, size_t max, void **out, size_t *len) MUST_CHECK;

/* Root's process will become this user, whose files are its own. Before there are threads. */
void secret_trust_owner(uid_t owner);

#endif
