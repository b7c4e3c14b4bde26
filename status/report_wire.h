/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datagrams between report_server.c and report_client.c, and nobody else: host byte order,
 * fixed sizes, version and size of the report in each.
 */
#ifndef NTS_STATUS_REPORT_WIRE_H
#define NTS_STATUS_REPORT_WIRE_H

#include "status/report.h"

#define REPORT_MAGIC 0x4e545352u	/* "NTSR" */

struct report_request {
	uint32_t magic;
	uint32_t version;
	uint32_t size;		/* sizeof(struct report_port) as the asker knows it */
	uint32_t index;		/* which report */
};

/* The report follows only where versions and sizes agree and index < n. */
struct report_answer {
	uint32_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t index;		/* as asked */
	uint32_t n;		/* reports there are */
	uint32_t pad;
	struct report_port port;
};

#define REPORT_ANSWER_HEAD offsetof(struct report_answer, port)

#endif
