/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said on one connection (WIRE.md 1): TLS handshake, one request, one answer, close_notify.
 * Waits for nothing, limits no time, counts nothing: that is conn.c's.
 */
#ifndef NTS_KED_DIALOG_H
#define NTS_KED_DIALOG_H

#include "ked/serve.h"
#include "util/snapshot.h"
#include "util/timebase.h"

#define DIALOG_LINGER_READS 64	/* of whatever still comes when all is said */

enum dialog_at { DIALOG_HANDSHAKE, DIALOG_REQUEST, DIALOG_ANSWER, DIALOG_LINGER, DIALOG_OVER };

struct dialog {
	const struct timebase *time;	/* these six are given, and outlive it */
	struct serve *serve;
	struct snapshot *creds;		/* of struct tls_creds */
	unsigned int reader;		/* our number with it */
	const char *from;		/* the peer's address, for logs */
	uint32_t request_max;		/* octets */
	struct tls_session *tls;	/* from dialog_open() on; NULL before */
	enum dialog_at step;
	uint8_t *buffer;		/* the request; from the handshake's end on */
	size_t size;
	size_t len;
	uint8_t *answer;		/* SERVE_RESPONSE_MAX octets, holds keys */
	size_t answer_len;
	int linger_reads;
};

/* Begins on a connected, non-blocking socket. Those of tls_server_new(). */
enum status dialog_open(struct dialog *d, int fd) MUST_CHECK;

/*
 * Takes the step that it is at, unless it is DIALOG_OVER. ST_OK: it is at the next one. ST_AGAIN:
 * once the socket is ready, the same again. Any other: it ends here, for that reason.
 */
enum status dialog_step(struct dialog *d) MUST_CHECK;

/* Frees its session, and wipes and frees its buffers. */
void dialog_free(struct dialog *d);

#endif
