// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers requests for reports on a Unix datagram socket, from inside the clock's loop.
 * Must never block, wait or allocate per request; keeps nothing between two requests.
 */
#include "status/report_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUESTS_PER_TURN 16
#define SOCKET_MODE 0660

struct report_server {
	int fd;
	report_fill fill;
	void *ctx;
	struct sockaddr_un addr;
	dev_t dev;		/* of the socket file, so that no other one is removed */
	ino_t ino;
};

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* A socket file that nobody has open refuses a connection. */
static bool is_stale(const struct sockaddr_un *addr)
{
	bool stale;
	int fd = open_socket();

	if (fd < 0) {
		return false;
	}
	stale = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static enum status clear_path(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0) {
		return errno == ENOENT ? ST_OK : ST_SYSTEM;
	}
	if (!S_ISSOCK(st.st_mode) || !is_stale(addr)) {
		errno = EADDRINUSE;
		return ST_SYSTEM;
	}
	return unlink(addr->sun_path) < 0 && errno != ENOENT ? ST_SYSTEM : ST_OK;
}

/* The mode is set before bind too: at no instant may others connect. */
static enum status bind_socket(struct report_server *s)
{
	struct stat st;

	if (fchmod(s->fd, SOCKET_MODE) < 0 ||
	    bind(s->fd, (const struct sockaddr *)&s->addr, sizeof(s->addr)) < 0) {
		return ST_SYSTEM;
	}
	if (chmod(s->addr.sun_path, SOCKET_MODE) < 0 || lstat(s->addr.sun_path, &st) < 0) {
		unlink(s->addr.sun_path);
		return ST_SYSTEM;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return ST_OK;
}

enum status report_server_new(const char *path, report_fill fill, void *ctx,
			      struct report_server **out)
{
	struct report_server *s;
	size_t len = strlen(path);
	enum status st;
	int saved;

	if (!len || len >= sizeof(s->addr.sun_path)) {
		return ST_TOO_LONG;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		return ST_NO_MEMORY;
	}
	s->fill = fill;
	s->ctx = ctx;
	s->addr.sun_family = AF_UNIX;
	memcpy(s->addr.sun_path, path, len);
	s->fd = open_socket();
	st = s->fd < 0 ? ST_SYSTEM : clear_path(&s->addr);
	if (st == ST_OK) {
		st = bind_socket(s);
	}
	if (st != ST_OK) {
		saved = errno;
		if (s->fd >= 0) {
			close(s->fd);
		}
		free(s);
		errno = saved;
		return st;
	}
	*out = s;
	return ST_OK;
}

void report_server_free(struct report_server *s)
{
	struct stat st;

	if (!s) {
		return;
	}
	if (!lstat(s->addr.sun_path, &st) && st.st_dev == s->dev && st.st_ino == s->ino) {
		unlink(s->addr.sun_path);
	}
	close(s->fd);
	free(s);
}

int report_server_fd(const struct report_server *s)
{
	return s->fd;
}

/* Octets of the answer. */
static size_t answer(struct report_server *s, const struct report_request *req,
		     struct report_answer *ans)
{
	memset(ans, 0, sizeof(*ans));
	ans->magic = REPORT_MAGIC;
	ans->version = REPORT_VERSION;
	ans->size = sizeof(ans->port);
	ans->index = req->index;
	if (req->version != REPORT_VERSION || req->size != sizeof(ans->port)) {
		return REPORT_ANSWER_HEAD;
	}
	return s->fill(s->ctx, req->index, &ans->n, &ans->port) ? sizeof(*ans)
								: REPORT_ANSWER_HEAD;
}

static bool answer_one(struct report_server *s)
{
	struct report_request req;
	struct report_answer ans;
	struct sockaddr_un from;
	socklen_t from_len = sizeof(from);
	ssize_t got;

	got = recvfrom(s->fd, &req, sizeof(req), MSG_DONTWAIT | MSG_TRUNC,
		       (struct sockaddr *)&from, &from_len);
	if (got < 0) {
		return false;
	}
	if (got != sizeof(req) || req.magic != REPORT_MAGIC || from_len <= sizeof(sa_family_t)) {
		return true;
	}
	got = (ssize_t)answer(s, &req, &ans);
	/* An asker that has gone or does not read loses its answer: it asks again. */
	(void)!sendto(s->fd, &ans, (size_t)got, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (struct sockaddr *)&from, from_len);
	return true;
}

void report_server_poll(struct report_server *s)
{
	int i;

	for (i = 0; i < REQUESTS_PER_TURN; i++) {
		if (!answer_one(s)) {
			return;
		}
	}
}
