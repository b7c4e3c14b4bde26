// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nts-agent: asks KE servers for the clock's keys. Started by ptp4l-nts with one socket as
 * descriptor APROTO_FD, and by nobody else. Gives up root before it touches the network.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/marks.h"
#include "util/log.h"
#include "util/privileges.h"
#include "util/secret.h"

#define EXIT_USAGE 2

static int is_our_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

static enum status set_up_process(void)
{
	if (close_range(APROTO_FD + 1, ~0u, 0) != 0 ||
	    fcntl(APROTO_FD, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(APROTO_FD, F_SETFL, O_NONBLOCK) != 0 || chdir("/") != 0) {
		return ST_SYSTEM;
	}
	return secret_harden_process();
}

/* Waits for the clock's first packet. ST_CLOSED when the clock ends before. */
static enum status read_config(union aproto *m)
{
	struct pollfd p = { .fd = APROTO_FD, .events = POLLIN };
	enum status st;
	ssize_t n;

	if (poll(&p, 1, -1) < 0) {
		return ST_SYSTEM;
	}
	n = recv(APROTO_FD, m, sizeof(*m), MSG_DONTWAIT | MSG_TRUNC);
	if (n <= 0) {
		return ST_CLOSED;
	}
	st = aproto_check(m, (size_t)n);
	return st == ST_OK && m->type != APROTO_CONFIG ? ST_BAD_TYPE : st;
}

static enum status find_user(const char *user, const char *key_file, struct privileges_user *out)
{
	enum status st = user[0] ? privileges_find(user, out)
				 : privileges_find_owner(key_file, out);

	if (st == ST_CONFIG) {
		log_err("nts_user %s: there is no such user", user);
	} else if (st != ST_OK) {
		log_err("nts_key_file %s: %s", key_file, strerror(errno));
	}
	return st;
}

static enum status allow_root(const char *user, const char *key_file)
{
	if (strcmp(user, "root") == 0) {
		log_warning("the key agent keeps running as root, because nts_user says so");
		return ST_OK;
	}
	log_err("the key agent does not run as root: give nts_key_file %s to a user of its own, "
		"or name one with nts_user", key_file);
	return ST_CONFIG;
}

/* Becomes user, or where that is "" the owner of key_file. Root stays only who asked for it. */
static enum status drop_privileges(const char *user, const char *key_file,
				   const char *state_dir)
{
	struct privileges_user u;
	enum status st;

	if (!privileges_held()) {
		return ST_OK;
	}
	st = find_user(user, key_file, &u);
	if (st != ST_OK) {
		return st;
	}
	marks_make_dir(state_dir, &u);
	if (u.uid == 0) {
		return allow_root(user, key_file);
	}
	st = privileges_become(&u);
	if (st != ST_OK) {
		log_err("the key agent cannot give up root: %s", strerror(errno));
	}
	return st;
}

static enum status serve(void)
{
	static union aproto m;
	enum status st = read_config(&m);

	if (st != ST_OK) {
		return st;
	}
	log_set_level(m.config.log_level);
	st = drop_privileges(m.config.user, m.config.key_file, m.config.state_dir);
	return st == ST_OK ? agent_run(APROTO_FD, &m.config) : st;
}

int main(void)
{
	int fd = APROTO_FD;
	enum status st;

	if (!is_our_socket(fd)) {
		fprintf(stderr, "nts-agent: ptp4l-nts starts this program, nothing else can\n");
		return EXIT_USAGE;
	}
	log_set_sink(agent_log, &fd);
	st = set_up_process();
	if (st == ST_OK) {
		st = serve();
	}
	if (st != ST_OK && st != ST_CLOSED) {
		log_err("key agent ends: %s", status_str(st));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
