// SPDX-License-Identifier: GPL-2.0-or-later
/* The last words of key agents. */
#include "agent/ended.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "util/log.h"

#define CAUSE_STR 64
#define NOT_LOADED 127	/* the dynamic linker's */

void ended_begin(struct ended *e)
{
	e->first[0] = '\0';
}

void ended_hear(struct ended *e, int level, const char *line)
{
	if (level <= LOG_ERR && !e->first[0]) {
		log_clean(e->first, sizeof(e->first), line, strlen(line));
	}
}

void ended_hang(struct ended *e)
{
	snprintf(e->first, sizeof(e->first), "it did not answer any more");
}

static const char *cause(int how, char out[CAUSE_STR])
{
	if (WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) {
		snprintf(out, CAUSE_STR, "killed");
	} else if (WIFSIGNALED(how)) {
		snprintf(out, CAUSE_STR, "signal %d", WTERMSIG(how));
	} else if (WEXITSTATUS(how) == NOT_LOADED) {
		snprintf(out, CAUSE_STR, "exit status %d, run by hand it says why", NOT_LOADED);
	} else {
		snprintf(out, CAUSE_STR, "exit status %d", WEXITSTATUS(how));
	}
	return out;
}

/* What these words are to the log: news, or what it has said often enough. */
static void tell(struct ended *e, const char *what, const char *words, struct ended_when when)
{
	bool same = when.often && strcmp(words, e->words) == 0;
	char more[SAID_STR];

	snprintf(e->words, sizeof(e->words), "%s", words);
	e->hushed = !said_again(&e->said, same, when.now_ms, more);
	if (!e->hushed) {
		log_warning("key agent %s (%s), next start in %u ms%s", what, words,
			    (unsigned int)when.delay_ms, more);
	}
}

void ended_note(struct ended *e, int how, struct ended_when when)
{
	char text[CAUSE_STR], words[ENDED_STR];

	cause(how, text);
	snprintf(words, sizeof(words), "%s%s%.*s", text, e->first[0] ? ": " : "",
		 (int)(sizeof(words) - sizeof(": ") - strlen(text)), e->first);
	tell(e, "ended", words, when);
}

void ended_unborn(struct ended *e, const char *path, int err, struct ended_when when)
{
	char words[ENDED_STR];

	snprintf(words, sizeof(words), "cannot be started: %s", strerror(err));
	tell(e, path, words, when);
}
