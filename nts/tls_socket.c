// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Octets between GnuTLS and the socket, with few system calls: what GnuTLS writes is kept until
 * the session has to wait or is done with what it was asked for, and goes out in one piece; what
 * the socket has is read in one piece, whatever GnuTLS asks for. All of it is ciphertext.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nts/tls_internal.h"

#define IN_SIZE 2048	/* a client's certificate, proof and request, mostly */
#define OUT_FIRST 2048

static bool has_room(struct tls_buffer *b, size_t len)
{
	size_t size = b->size ? b->size : OUT_FIRST;
	uint8_t *octets;

	while (size - b->len < len) {
		size *= 2;
	}
	if (size == b->size) {
		return true;
	}
	octets = realloc(b->octets, size);
	if (!octets) {
		return false;
	}
	b->octets = octets;
	b->size = size;
	return true;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int n)
{
	struct tls_session *s = ptr;
	struct tls_buffer *b = &s->out;
	ssize_t len = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (!has_room(b, iov[i].iov_len)) {
			gnutls_transport_set_errno(s->gs, ENOMEM);
			return -1;
		}
		memcpy(b->octets + b->len, iov[i].iov_base, iov[i].iov_len);
		b->len += iov[i].iov_len;
		len += (ssize_t)iov[i].iov_len;
	}
	return len;
}

int tls_socket_flush(struct tls_session *s)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (s->ends ? MSG_MORE : 0);
	struct tls_buffer *b = &s->out;
	ssize_t n;

	while (b->from < b->len) {
		n = send(s->fd, b->octets + b->from, b->len - b->from, flags);
		if (n >= 0) {
			b->from += (size_t)n;
		} else if (errno == EAGAIN) {
			return GNUTLS_E_AGAIN;
		} else if (errno != EINTR) {
			b->from = b->len;
			return GNUTLS_E_PUSH_ERROR;
		}
	}
	b->from = 0;
	b->len = 0;
	return GNUTLS_E_SUCCESS;
}

/*
 * Who wants to read has said what he has to say: it goes out first, and the answer to it is not
 * there yet. A peer that has gone may still have said something.
 */
static ssize_t fill(struct tls_session *s)
{
	struct tls_buffer *b = &s->in;
	bool spoke = s->out.from < s->out.len;
	ssize_t n;

	if (spoke && tls_socket_flush(s) != GNUTLS_E_PUSH_ERROR) {
		errno = EAGAIN;
		return -1;
	}
	if (!b->octets) {
		b->octets = malloc(IN_SIZE);
		b->size = IN_SIZE;
	}
	if (!b->octets) {
		errno = ENOMEM;
		return -1;
	}
	n = recv(s->fd, b->octets, b->size, MSG_DONTWAIT);
	b->from = 0;
	b->len = n > 0 ? (size_t)n : 0;
	s->unheard += b->len;
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct tls_session *s = ptr;
	struct tls_buffer *b = &s->in;
	ssize_t n;

	if (b->from == b->len) {
		n = fill(s);
		if (n <= 0) {
			gnutls_transport_set_errno(s->gs, errno);
			return n;
		}
	}
	len = len < b->len - b->from ? len : b->len - b->from;
	memcpy(data, b->octets + b->from, len);
	b->from += len;
	return (ssize_t)len;
}

void tls_socket_set_up(struct tls_session *s)
{
	gnutls_transport_set_ptr(s->gs, s);
	gnutls_transport_set_vec_push_function(s->gs, push);
	gnutls_transport_set_pull_function(s->gs, pull);
}

void tls_socket_free(struct tls_session *s)
{
	free(s->in.octets);
	free(s->out.octets);
}
