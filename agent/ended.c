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

void ended_note(struct ended *e, int how, uint64_t delay_ms)
{
	char text[CAUSE_STR];

	cause(how, text);
	snprintf(e->words, sizeof(e->words), "%s%s%.*s", text, e->first[0] ? ": " : "",
		 (int)(sizeof(e->words) - CAUSE_STR - 2), e->first);
	log_warning("key agent ended (%s), next start in %u ms", text, (unsigned int)delay_ms);
}

void ended_unborn(struct ended *e, int err)
{
	snprintf(e->words, sizeof(e->words), "cannot be started: %s", strerror(err));
}
