// SPDX-License-Identifier: GPL-2.0-or-later
/* Agents that are none: see fake_agent.h. */
#include "tests/unit/fake_agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/proto.h"
#include "util/log.h"

static char dir[] = "/tmp/nts-alink.XXXXXX";

static ssize_t take(union aproto *m)
{
	struct pollfd p = { APROTO_FD, POLLIN, 0 };

	poll(&p, 1, -1);
	return recv(APROTO_FD, m, sizeof(*m), 0);
}

static void say(const void *packet, size_t len)
{
	(void)!write(APROTO_FD, packet, len);
}

static void say_at(int level, const char *text)
{
	struct aproto_log log = { .type = APROTO_LOG, .level = level };

	snprintf(log.line, sizeof(log.line), "%s", text);
	say(&log, sizeof(log));
}

static void say_log(const char *text)
{
	say_at(LOG_INFO, text);
}

static unsigned int count_descriptors(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static bool has_default_signals(void)
{
	struct sigaction sa;
	sigset_t set;

	return sigaction(SIGUSR1, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL &&
	       sigprocmask(SIG_BLOCK, NULL, &set) == 0 && sigismember(&set, SIGUSR2) == 0;
}

/* Says what it got and how it was started, then waits for the end. */
static void act_good(void)
{
	struct aproto_state state = { .type = APROTO_STATE };
	union aproto m;
	char text[128];

	while (take(&m) > 0) {
		if (m.type == APROTO_CONFIG) {
			snprintf(text, sizeof(text), "%.32s fds=%u signals=%d", m.config.servers,
				 count_descriptors(), has_default_signals());
			say_log(text);
		} else if (m.type == APROTO_WANT) {
			state.index = m.want.index;
			say(&state, sizeof(state));
		}
	}
}

/* Keys of a group. */
static struct aproto_keys good_keys(void)
{
	struct aproto_keys keys = { .type = APROTO_KEYS };

	keys.current.policy.named = 1;
	keys.current.lifetime = 1;
	keys.current.n_sa = 1;
	keys.current.sa[0] = (struct nts_sa){ .mac = ALG_HMAC_SHA256_128, .key_len = 32,
					      .key_id = 7 };
	return keys;
}

/* Nine packets to refuse, and one that is good. */
static void act_bad(void)
{
	struct aproto_want want = { .type = APROTO_WANT };
	struct aproto_state state = { .type = APROTO_STATE, .index = 1 };
	struct aproto_verdict verdict = { .type = APROTO_DROP, .index = 1 };
	struct aproto_keys keys = { .type = APROTO_KEYS };
	static char huge[20000];
	union aproto m;

	want.assoc = nts_assoc_group(0, 0, 0);
	say(&want, sizeof(want));		/* not an agent's to say */
	say(&state, sizeof(state));		/* no such want */
	say(&verdict, sizeof(verdict));
	verdict.type = APROTO_CHECKED;
	say(&verdict, sizeof(verdict));
	say(&keys, sizeof(keys));		/* no key in it */
	keys = good_keys();
	keys.index = 1;
	say(&keys, sizeof(keys));		/* no such want */
	keys.index = 0;
	keys.current.has_ticket = true;
	keys.current.ticket_key_id = 7;
	keys.current.ticket = (struct nts_ticket){ .aead = ALG_AEAD_AES_SIV_CMAC_256,
						   .nonce_len = NTS_NONCE_LEN, .len = 100 };
	say(&keys, sizeof(keys));		/* a requester's */
	say("x", 1);
	huge[0] = APROTO_LOG;
	say(huge, sizeof(huge));
	say_log("after");
	while (take(&m) > 0) {
	}
}

/* Answers pings. */
static void act_pings(void)
{
	union aproto m;

	while (take(&m) > 0) {
		if (m.type == APROTO_PING) {
			say(&m.ping, sizeof(m.ping));
			say_log("pong");
		}
	}
}

/* More lines than anybody wants to read, then a state. */
static void act_chatty(void)
{
	struct aproto_state state = { .type = APROTO_STATE };
	union aproto m;

	while (take(&m) > 0) {
		if (m.type != APROTO_WANT) {
			continue;
		}
		for (int i = 0; i < 100; i++) {
			say_log("and another thing");
		}
		say(&state, sizeof(state));
	}
}

/* Says what it was told of the agents before it, and hands over a key, finds it good or bad. */
static void act_heir(void)
{
	struct aproto_keys keys = good_keys();
	struct aproto_verdict verdict = { .type = APROTO_DROP };
	struct aproto_any_time any = { .type = APROTO_ANY_TIME, .exchanges = 5 };
	uint32_t used = 0;
	union aproto m;
	char text[128];

	keys.granted = (struct aproto_granted){ .server = 2, .key_id = { 7, 8 }, .unchecked = 1,
						.expires_ms = 9, .valid_to_ms = 10 };
	while (take(&m) > 0) {
		if (m.type == APROTO_CONFIG) {
			used = m.config.any_time_used;
		} else if (m.type == APROTO_WANT) {
			say(&any, sizeof(any));
			any.exchanges = 3;
			say(&any, sizeof(any));
			if (m.want.granted.expires_ms) {
				verdict.type = m.want.granted.unchecked ? APROTO_CHECKED
									: APROTO_DROP;
				say(&verdict, sizeof(verdict));
			} else {
				say(&keys, sizeof(keys));
			}
			snprintf(text, sizeof(text),
				 "used %u server %u keys %u %u unchecked %u expires %u until %u",
				 used, m.want.granted.server, m.want.granted.key_id[0],
				 m.want.granted.key_id[1], m.want.granted.unchecked,
				 (unsigned int)m.want.granted.expires_ms,
				 (unsigned int)m.want.granted.valid_to_ms);
			say_log(text);
		}
	}
}

/* Says why it cannot live, and ends. */
static void act_dying(void)
{
	say_at(LOG_ERR, "there is no such user");
}

/* Does not read its end of input. */
static void act_deaf(void)
{
	sleep(60);
}

static const struct {
	const char *name;
	void (*act)(void);
} agents[] = {
	{ "good", act_good }, { "bad", act_bad }, { "chatty", act_chatty }, { "heir", act_heir },
	{ "pings", act_pings }, { "deaf", act_deaf }, { "dying", act_dying },
};

#define N_AGENTS (sizeof(agents) / sizeof(agents[0]))

/* ---- the program's links ---- */

const char *fake_agent_path(const char *name, char out[FAKE_AGENT_PATH])
{
	snprintf(out, FAKE_AGENT_PATH, "%s/%s", dir, name);
	return out;
}

void fake_agents_setup(void)
{
	char self[256] = "";
	char path[FAKE_AGENT_PATH];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !mkdtemp(dir)) {
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < N_AGENTS; i++) {
		if (symlink(self, fake_agent_path(agents[i].name, path)) != 0) {
			exit(EXIT_FAILURE);
		}
	}
}

void fake_agents_teardown(void)
{
	char path[FAKE_AGENT_PATH];

	for (size_t i = 0; i < N_AGENTS; i++) {
		unlink(fake_agent_path(agents[i].name, path));
	}
	rmdir(dir);
}

bool fake_agent_acts(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *name = path ? strrchr(path, '/') : NULL;

	for (size_t i = 0; name && i < N_AGENTS; i++) {
		if (!strcmp(name + 1, agents[i].name)) {
			agents[i].act();
			return true;
		}
	}
	return false;
}
