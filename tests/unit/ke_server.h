/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A KE server in a child process on 127.0.0.1 that says canned octets, or nothing. */
#ifndef NTS_TESTS_UNIT_KE_SERVER_H
#define NTS_TESTS_UNIT_KE_SERVER_H

#include <sys/types.h>

#include "tests/unit/certs.h"

enum ke_server_kind {
	KE_ANSWER,		/* the canned octets, then close_notify */
	KE_ANSWER_SPLIT,	/* the same, one octet a record */
	KE_SILENT,		/* reads the request, says nothing */
	KE_NO_TLS,		/* accepts, says nothing at all */
	KE_CLOSE,		/* close_notify instead of an answer */
	KE_CUT,		/* closes in the middle of the answer, without close_notify */
	KE_HANG_UP,		/* closes at once */
	KE_RESUME,		/* as KE_ANSWER, to one after the other, and lets them resume */
	KE_GRUDGE,		/* the same, but says nothing to those who do */
};

struct ke_server {
	pid_t pid;
	uint16_t port;
};

/* With the certificate "server" of the folder. */
struct ke_server ke_server_start(const struct certs *certs, enum ke_server_kind b,
				 const uint8_t *data, size_t len);
void ke_server_stop(struct ke_server c);

/* Listens at a free port; returns the descriptor. */
int ke_server_listen(uint16_t *port);

#endif
