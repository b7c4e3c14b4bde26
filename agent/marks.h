/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freshness marks that outlive a restart of the clock (WIRE.md 7), in the file "marks" of
 * nts_state_dir: read at the start and given to the clock, then kept up to date with what it
 * sends. The clock itself never waits for a disk. Without a folder, or where it cannot be
 * written, nothing is kept, and the log says so once.
 */
#ifndef NTS_AGENT_MARKS_H
#define NTS_AGENT_MARKS_H

#include "tlv/marks.h"
#include "util/privileges.h"
#include "util/status.h"

struct marks;

/* As root, before root is given up: makes the folder, which is the user's then. */
void marks_make_dir(const char *dir, const struct privileges_user *user);

/* Takes the folder's lock and reads the file. ST_NO_MEMORY. */
enum status marks_open(const char *dir, uint64_t now_ms, struct marks **out) MUST_CHECK;
void marks_close(struct marks *m);

/* Sends the clock what was read. ST_AGAIN: the socket is full; ST_SYSTEM: broken. */
enum status marks_flush(struct marks *m, int fd) MUST_CHECK;

/* The clock's newest ones. */
void marks_take(struct marks *m, const struct mark *list, uint32_t n);

/* Writes the file anew where marks were taken. */
void marks_save(struct marks *m, uint64_t now_ms);

#endif
