// SPDX-License-Identifier: GPL-2.0-or-later
/* A dialog is a chain of steps; a step that must wait is taken again: dialog.h. */
#include "ked/dialog.h"

#include <stdlib.h>

#include "util/secret.h"

#define BUFFER_FIRST 1024	/* octets for a request, grown when it needs more */

static enum status step_handshake(struct dialog *d)
{
	enum status st = tls_handshake(d->tls);

	if (st) {
		return st;
	}
	d->buffer = malloc(BUFFER_FIRST);
	if (!d->buffer) {
		return ST_NO_MEMORY;
	}
	d->size = BUFFER_FIRST;
	return ST_OK;
}

/* One octet too many is how we see too long ones. */
static enum status grow(struct dialog *d)
{
	size_t max = (size_t)d->request_max + 1;
	size_t size = d->size * 2 < max ? d->size * 2 : max;
	uint8_t *buffer;

	if (d->len < d->size) {
		return ST_OK;
	}
	buffer = realloc(d->buffer, size);
	if (!buffer) {
		return ST_NO_MEMORY;
	}
	d->buffer = buffer;
	d->size = size;
	return ST_OK;
}

/* Reads until a message is whole, too long (*framed) or cut off by close_notify: ST_OK. */
static enum status read_request(struct dialog *d, enum status *framed)
{
	size_t n, ignored;
	enum status st;

	do {
		st = grow(d);
		if (!st) {
			st = tls_read(d->tls, d->buffer + d->len, d->size - d->len, &n);
		}
		if (st) {
			return st;
		}
		d->len += n;
		*framed = n ? ke_frame(d->buffer, d->len, d->request_max, &ignored) : ST_OK;
	} while (*framed == ST_AGAIN);
	return ST_OK;
}

/* Whatever came is answered: the octets decide whether by a grant or by a refusal. */
static enum status step_request(struct dialog *d)
{
	struct serve_request request = { .peer = tls_peer(d->tls), .from = d->from };
	enum status st = read_request(d, &request.framed);

	if (st) {
		return st;
	}
	d->answer = secret_alloc(SERVE_RESPONSE_MAX);
	if (!d->answer) {
		return ST_NO_MEMORY;
	}
	request.data = d->buffer;
	request.len = d->len;
	request.now_ms = timebase_boot(d->time);
	request.wall_ms = timebase_wall(d->time);
	request.time = d->time;
	request.creds = snapshot_enter(d->creds, d->reader);
	serve_answer(d->serve, &request, d->answer, &d->answer_len);
	snapshot_leave(d->creds, d->reader);
	return ST_OK;
}

static enum status step_answer(struct dialog *d)
{
	return tls_write_last(d->tls, d->answer, d->answer_len);
}

/*
 * Closing a socket with octets unread would reset the connection and could take our answer with
 * it. Any end is a good end here; it follows the answer, so that to look at once is in vain.
 */
static enum status step_linger(struct dialog *d)
{
	enum status st = ST_OK;
	size_t n = 1;

	if (d->linger_reads == 0 && !tls_pending(d->tls)) {
		d->linger_reads = 1;
		return ST_AGAIN;
	}
	while (!st && n && d->linger_reads++ < DIALOG_LINGER_READS) {
		st = tls_read(d->tls, d->buffer, d->size, &n);
	}
	return st == ST_AGAIN ? ST_AGAIN : ST_OK;
}

static enum status (*const steps[DIALOG_OVER])(struct dialog *d) = {
	[DIALOG_HANDSHAKE] = step_handshake,
	[DIALOG_REQUEST] = step_request,
	[DIALOG_ANSWER] = step_answer,
	[DIALOG_LINGER] = step_linger,
};

enum status dialog_open(struct dialog *d, int fd)
{
	struct tls_creds *creds = snapshot_enter(d->creds, d->reader);
	enum status st = tls_server_new(creds, fd, &d->tls);

	snapshot_leave(d->creds, d->reader);
	return st;
}

enum status dialog_step(struct dialog *d)
{
	enum status st = steps[d->step](d);

	d->step += !st;
	return st;
}

void dialog_free(struct dialog *d)
{
	tls_free(d->tls);
	free(d->buffer);
	secret_free(d->answer, SERVE_RESPONSE_MAX);
}
