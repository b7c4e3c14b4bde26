// SPDX-License-Identifier: GPL-2.0-or-later
/* A KE server that says canned octets: see ke_server.h. */
#include "tests/unit/ke_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nts/message.h"

static const struct certs *dir;

static void wait_for(struct tls_session *s, int fd)
{
	struct pollfd p = { fd, tls_wants_write(s) ? POLLOUT : POLLIN, 0 };

	poll(&p, 1, 1000);
}

static void write_all(struct tls_session *s, int fd, const uint8_t *data, size_t len)
{
	while (tls_write(s, data, len) == ST_AGAIN) {
		wait_for(s, fd);
	}
}

static void read_until_end(struct tls_session *s, int fd, bool whole_request)
{
	uint8_t in[KE_REQUEST_MAX];
	size_t used = 0;
	size_t len = 0;
	enum status st;

	while (used < sizeof(in)) {
		st = tls_read(s, in + used, sizeof(in) - used, &len);
		if (st == ST_AGAIN) {
			wait_for(s, fd);
			continue;
		}
		if (st != ST_OK || len == 0) {
			return;
		}
		used += len;
		if (whole_request && ke_frame(in, used, sizeof(in), &len) == ST_OK) {
			return;
		}
	}
}

static void answer(struct tls_session *s, int fd, enum ke_server_kind b, const uint8_t *data,
		   size_t len)
{
	if (b == KE_ANSWER_SPLIT) {
		for (size_t i = 0; i < len; i++) {
			write_all(s, fd, data + i, 1);
		}
	} else if (b != KE_CLOSE && b != KE_SILENT) {
		write_all(s, fd, data, b == KE_CUT ? len / 2 : len);
	}
	if (b == KE_SILENT) {
		pause();
	}
	if (b != KE_CUT && tls_bye(s) == ST_OK) {
		read_until_end(s, fd, false);
	}
}

static void talk(struct tls_creds *creds, int fd, enum ke_server_kind b, const uint8_t *data,
		 size_t len)
{
	struct tls_session *s;
	enum status st;

	if (tls_server_new(creds, fd, &s) != ST_OK) {
		return;
	}
	while ((st = tls_handshake(s)) == ST_AGAIN) {
		wait_for(s, fd);
	}
	if (st != ST_OK) {
		shutdown(fd, SHUT_WR);
		poll(&(struct pollfd){ fd, POLLRDHUP, 0 }, 1, 1000);
	} else if (b != KE_GRUDGE || !tls_resumed(s)) {
		read_until_end(s, fd, true);
		answer(s, fd, b, data, len);
	}
	tls_free(s);
}

static void serve(int listener, enum ke_server_kind b, const uint8_t *data, size_t len)
{
	struct tls_creds *creds = certs_load(dir, "server", NULL);
	bool many = b == KE_RESUME || b == KE_GRUDGE;
	int fd;

	if (many && tls_creds_resumption(creds, 3600) != ST_OK) {
		return;
	}
	do {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (b == KE_NO_TLS) {
			pause();
		}
		if (b != KE_HANG_UP) {
			talk(creds, fd, b, data, len);
		}
		close(fd);
	} while (many);
}

int ke_server_listen(uint16_t *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

struct ke_server ke_server_start(const struct certs *certs, enum ke_server_kind b,
				 const uint8_t *data, size_t len)
{
	struct ke_server c;
	int fd = ke_server_listen(&c.port);

	dir = certs;
	c.pid = fork();
	ck_assert_int_ge(c.pid, 0);
	if (c.pid == 0) {
		serve(fd, b, data, len);
		_exit(EXIT_SUCCESS);
	}
	close(fd);
	return c;
}

void ke_server_stop(struct ke_server c)
{
	kill(c.pid, SIGKILL);
	waitpid(c.pid, NULL, 0);
}
