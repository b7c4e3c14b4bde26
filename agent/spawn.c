// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting the agent by posix_spawn. Must not leave the child any descriptor of the clock. */
#include "agent/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/proto.h"

/* dup2 of a descriptor onto itself would keep close-on-exec set: the child's end is moved. */
static int open_pair(int fd[2])
{
	int moved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) != 0) {
		return errno;
	}
	if (fd[1] > APROTO_FD) {
		return 0;
	}
	moved = fcntl(fd[1], F_DUPFD_CLOEXEC, APROTO_FD + 1);
	if (moved < 0) {
		int err = errno;

		close(fd[0]);
		close(fd[1]);
		return err;
	}
	close(fd[1]);
	fd[1] = moved;
	return 0;
}

static int set_actions(posix_spawn_file_actions_t *fa, int child_fd)
{
	int err = posix_spawn_file_actions_adddup2(fa, child_fd, APROTO_FD);

	for (int fd = STDIN_FILENO; err == 0 && fd <= STDERR_FILENO; fd++) {
		err = posix_spawn_file_actions_addopen(fa, fd, "/dev/null", O_RDWR, 0);
	}
	return err ? err : posix_spawn_file_actions_addclosefrom_np(fa, APROTO_FD + 1);
}

static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t set;
	int err;

	sigfillset(&set);
	err = posix_spawnattr_setsigdefault(attr, &set);
	if (err == 0) {
		sigemptyset(&set);
		err = posix_spawnattr_setsigmask(attr, &set);
	}
	return err ? err : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
						    POSIX_SPAWN_SETSIGMASK |
						    POSIX_SPAWN_SETPGROUP);
}

static int spawn_with(const char *path, int child_fd, posix_spawn_file_actions_t *fa,
		      posix_spawnattr_t *attr, pid_t *pid)
{
	char name[] = "nts-agent";
	char *argv[] = { name, NULL };
	int err = set_actions(fa, child_fd);

	if (err == 0) {
		err = set_signals(attr);
	}
	return err ? err : posix_spawn(pid, path, fa, attr, argv, environ);
}

static int spawn(const char *path, int child_fd, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int err = posix_spawn_file_actions_init(&fa);

	if (err) {
		return err;
	}
	err = posix_spawnattr_init(&attr);
	if (err == 0) {
		err = spawn_with(path, child_fd, &fa, &attr, pid);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&fa);
	return err;
}

enum status agent_spawn(const char *path, pid_t *pid, int *fd)
{
	int pair[2];
	int err = open_pair(pair);

	if (err) {
		errno = err;
		return ST_SYSTEM;
	}
	err = spawn(path, pair[1], pid);
	close(pair[1]);
	if (err) {
		close(pair[0]);
		errno = err;
		return ST_SYSTEM;
	}
	*fd = pair[0];
	return ST_OK;
}
