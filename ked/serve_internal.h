/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What serve.c and serve_unicast.c share: one request on its way. */
#ifndef NTS_KED_SERVE_INTERNAL_H
#define NTS_KED_SERVE_INTERNAL_H

#include "ked/serve.h"
#include "util/log.h"

struct serve {
	struct groups *groups;
	struct grantors *grantors;
	unsigned int reader;
	struct serve_counters counters;
	struct log_limit limit[KE_TYPES + 1][SERVE_RESULTS];
};

struct job {
	struct serve *serve;
	const struct serve_request *request;
	const struct groups_view *groups;
	struct ke_message question;
	struct ke_message answer;
	bool silent;		/* granted without a message */
	size_t row;		/* of the counters */
	char why[256];		/* for the log */
};

/*
 * Decide on a request and fill job->answer and job->why. ST_NOT_AUTHORIZED, ST_NOT_REGISTERED,
 * ST_NO_COMMON_ALG; anything else is an internal error.
 */
enum status serve_unicast(struct job *job) MUST_CHECK;
enum status serve_registration(struct job *job) MUST_CHECK;
enum status serve_revoke(struct job *job) MUST_CHECK;

#endif
