/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines with syslog's levels. Where they go is the process's choice: ptp4l's
 * own print function, standard error, syslog.
 *
 * Must not be given keys. What the network can cause at will goes through
 * log_limited, which bounds its rate and says how many lines it left out.
 */
#ifndef NTS_UTIL_LOG_H
#define NTS_UTIL_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

/*
 * A sink takes one line without a newline; level is LOG_EMERG to LOG_DEBUG. Where threads log, it
 * is called by several at once; the default one writes whole lines.
 */
typedef void (*log_sink)(void *ctx, int level, const char *line);

/*
 * Replaces the sink; the default writes to standard error. NULL restores it. Before there are
 * threads.
 */
void log_set_sink(log_sink sink, void *ctx);

/* Lines above this level are not formatted. Default LOG_INFO. */
void log_set_level(int level);

/*
 * Copies len octets of network text, or as many as fit, into out, with everything unprintable as
 * '?' and a zero behind them. Returns out.
 */
const char *log_clean(char *out, size_t out_size, const char *text, size_t len);

void log_at(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...) log_at(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_at(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

/* A token bucket; zero-initialise. Not for use by two threads at once. */
struct log_limit {
	uint64_t last_ms;
	uint32_t tokens_milli;	/* thousandths of a line */
	uint32_t suppressed;
	uint8_t started;
};

/*
 * Logs at most 1 line per second on average and 5 at once per limit; when lines were left
 * out since the last one, " (N similar suppressed)" stands at the end of the next.
 * now_ms is any clock that only goes forward.
 */
void log_limited(struct log_limit *limit, uint64_t now_ms, int level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
