// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log lines. The sink and the level are the process's, so they are the one state
 * here. Must not be called from a signal handler.
 */
#include "util/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_OCTETS 1024
#define BURST_MILLI 5000	/* thousandths of a line; one comes back per millisecond */
#define LINE_MILLI 1000

static void to_stderr(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

static struct {
	log_sink sink;
	void *ctx;
	atomic_int level;
} state = { .sink = to_stderr, .ctx = NULL, .level = LOG_INFO };

void log_set_sink(log_sink sink, void *ctx)
{
	state.sink = sink ? sink : to_stderr;
	state.ctx = sink ? ctx : NULL;
}

void log_set_level(int level)
{
	state.level = level;
}

const char *log_clean(char *out, size_t out_size, const char *text, size_t len)
{
	size_t n = 0;

	if (out_size == 0) {
		return "";
	}
	for (; n < len && n < out_size - 1; n++) {
		out[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
	}
	out[n] = '\0';
	return out;
}

/* One line must stay one line, whatever an argument held. */
static void keep_one_line(char *line)
{
	for (; *line; line++) {
		if ((unsigned char)*line < 0x20 || *line == 0x7f) {
			*line = '?';
		}
	}
}

static void emit(int level, uint32_t suppressed, const char *fmt, va_list ap)
{
	char line[LINE_MAX_OCTETS];
	char tail[sizeof(" (4294967295 similar suppressed)")] = "";
	int n;

	if (suppressed > 0) {
		snprintf(tail, sizeof(tail), " (%u similar suppressed)", suppressed);
	}
	n = vsnprintf(line, sizeof(line) - strlen(tail), fmt, ap);
	if (n < 0) {
		line[0] = '\0';
	}
	n = (int)strlen(line);
	snprintf(line + n, sizeof(line) - (size_t)n, "%s", tail);
	keep_one_line(line);
	state.sink(state.ctx, level, line);
}

void log_at(int level, const char *fmt, ...)
{
	va_list ap;

	if (level > state.level) {
		return;
	}
	va_start(ap, fmt);
	emit(level, 0, fmt, ap);
	va_end(ap);
}

/* Puts back the tokens of the time gone by, up to a full bucket. */
static void refill(struct log_limit *limit, uint64_t now_ms)
{
	uint64_t gone = now_ms > limit->last_ms ? now_ms - limit->last_ms : 0;

	if (!limit->started || gone >= BURST_MILLI - limit->tokens_milli) {
		limit->tokens_milli = BURST_MILLI;
	} else {
		limit->tokens_milli += (uint32_t)gone;
	}
	limit->last_ms += gone;
	limit->started = 1;
}

void log_limited(struct log_limit *limit, uint64_t now_ms, int level, const char *fmt, ...)
{
	uint32_t suppressed;
	va_list ap;

	if (level > state.level) {
		return;
	}
	refill(limit, now_ms);
	if (limit->tokens_milli < LINE_MILLI) {
		if (limit->suppressed < UINT32_MAX) {
			limit->suppressed++;
		}
		return;
	}
	limit->tokens_milli -= LINE_MILLI;
	suppressed = limit->suppressed;
	limit->suppressed = 0;
	va_start(ap, fmt);
	emit(level, suppressed, fmt, ap);
	va_end(ap);
}
