// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The key agent as a process: agent/child.h. Installs no signal handler. Must not do more for an
 * agent that keeps ending than start another one, and not fill the log with it.
 */
#include "agent/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/spawn.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 10000
#define GOOD_LIFE_MS 60000	/* an agent that lived so long starts the backoff anew */
#define REAP_AGAIN_MS 10
#define STOP_MS 200
#define STEP_MS 5

enum status child_init(struct child *c, const char *path)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->backoff_ms = BACKOFF_MIN_MS;
	c->path = strdup(path);
	return c->path ? ST_OK : ST_NO_MEMORY;
}

static void close_socket(struct child *c)
{
	if (c->fd >= 0) {
		close(c->fd);
		c->fd = -1;
	}
}

/* True when it is gone, its status in *how. */
static bool reap(struct child *c, int *how)
{
	if (waitpid(c->pid, how, WNOHANG) == 0) {
		return false;
	}
	c->pid = 0;
	return true;
}

bool child_await(struct child *c, uint32_t wait_ms)
{
	const struct timespec step = { 0, STEP_MS * 1000000L };
	int how;

	for (; c->pid > 0 && wait_ms >= STEP_MS; wait_ms -= STEP_MS) {
		if (reap(c, &how)) {
			return true;
		}
		nanosleep(&step, NULL);
	}
	return c->pid == 0;
}

void child_stop(struct child *c)
{
	int how;

	close_socket(c);
	if (!child_await(c, STOP_MS)) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &how, 0);
	}
	free(c->path);
	c->path = NULL;
}

void child_drop(struct child *c, uint64_t now)
{
	close_socket(c);
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
	}
	if (now - c->started_at >= GOOD_LIFE_MS) {
		c->backoff_ms = BACKOFF_MIN_MS;
	}
	c->reap_at = now;
}

static struct ended_when when(const struct child *c, uint64_t now)
{
	return (struct ended_when){
		.now_ms = now, .delay_ms = c->backoff_ms,
		.often = c->backoff_ms == BACKOFF_MAX_MS,
	};
}

static void put_off_start(struct child *c, uint64_t now)
{
	c->next_start = now + c->backoff_ms;
	c->backoff_ms *= 2;
	if (c->backoff_ms > BACKOFF_MAX_MS) {
		c->backoff_ms = BACKOFF_MAX_MS;
	}
}

static void finish(struct child *c, uint64_t now)
{
	int how = 0;

	if (!reap(c, &how)) {
		c->reap_at = now + REAP_AGAIN_MS;
		return;
	}
	ended_note(&c->ended, how, when(c, now));
	put_off_start(c, now);
}

static bool start(struct child *c, uint64_t now)
{
	if (agent_spawn(c->path, &c->pid, &c->fd) != ST_OK) {
		ended_unborn(&c->ended, c->path, errno, when(c, now));
		c->pid = 0;
		put_off_start(c, now);
		return false;
	}
	ended_begin(&c->ended);
	c->starts++;
	c->started_at = now;
	return true;
}

bool child_poll(struct child *c, uint64_t now)
{
	if (c->fd < 0 && c->pid > 0) {
		finish(c, now);
	}
	return c->pid == 0 && now >= c->next_start && start(c, now);
}

uint64_t child_deadline(const struct child *c)
{
	if (c->pid == 0) {
		return c->next_start;
	}
	return c->fd < 0 ? c->reap_at : UINT64_MAX;
}

bool child_is_hushed(const struct child *c, uint64_t now)
{
	return c->ended.hushed && now - c->started_at < GOOD_LIFE_MS;
}
