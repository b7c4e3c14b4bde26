// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the metrics are told: metrics.h. */
#include "ked/metrics.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/metrics_http.h"

struct metrics {
	struct metrics_source source;
	struct metrics_http *http;
};

static enum status fill(void *ctx, struct evbuffer *out)
{
	const struct metrics *m = ctx;

	return metrics_write(&m->source, out);
}

enum status metrics_listen(const char *address, int *out)
{
	struct sockaddr_storage sa;
	socklen_t len;
	enum status st = kedconf_address(address, &sa, &len);

	return st ? st : metrics_http_listen((struct sockaddr *)&sa, len, out);
}

enum status metrics_new(struct event_base *base, int fd, const struct metrics_source *source,
			struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m) {
		close(fd);
		return ST_NO_MEMORY;
	}
	m->source = *source;
	if (metrics_http_new(base, fd, fill, m, &m->http)) {
		free(m);
		return ST_NO_MEMORY;
	}
	*out = m;
	return ST_OK;
}

void metrics_free(struct metrics *m)
{
	if (m) {
		metrics_http_free(m->http);
		free(m);
	}
}
