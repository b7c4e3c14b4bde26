// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freshness marks on disk (WIRE.md 7). Must not take a file for good that it did not write
 * whole, and must not fail the agent: keys matter more.
 */
#include "agent/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/packet.h"
#include "agent/proto.h"
#include "util/log.h"

#define LOCK_TRIES 50		/* of LOCK_STEP_NS: an earlier agent may be about to end */
#define LOCK_STEP_NS 20000000L
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define NS_PER_MS 1000000ULL

/* Of another boot we do not know the time: so much may have been taken after the last writing. */
#define OTHER_BOOT_MS 7000

struct header {
	char magic[8];
	char boot_id[40];
	uint64_t boot_ms;	/* when it was written */
	uint32_t n;
	uint32_t mark_size;
};

/* Of another number, what the marks' fields mean is another thing, their size alike or not. */
static const char magic[8] = "ntsmark3";

struct marks {
	int dir;		/* -1: nothing is kept */
	int lock;
	char boot_id[40];
	bool dirty;
	bool failed;		/* and said so */
	uint32_t sent;		/* of those that were read */
	uint32_t to_send;
	uint32_t n;
	struct mark list[MARKS_MAX];
};

void marks_make_dir(const char *dir, const struct privileges_user *user)
{
	int fd;

	if (!dir[0] || mkdir(dir, 0700) != 0) {
		return;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, user->uid, user->gid) != 0) {
		log_warning("nts_state_dir %s: %s", dir, strerror(errno));
	}
	if (fd >= 0) {
		close(fd);
	}
}

static void read_boot_id(char out[40])
{
	int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 36);

	memset(out + (n > 0 ? n : 0), 0, 40 - (size_t)(n > 0 ? n : 0));
	if (fd >= 0) {
		close(fd);
	}
}

/* Two clocks that share a folder would overwrite each other's file. */
static bool lock(struct marks *m)
{
	const struct timespec step = { 0, LOCK_STEP_NS };

	m->lock = openat(m->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	for (int i = 0; m->lock >= 0 && i < LOCK_TRIES; i++) {
		if (flock(m->lock, LOCK_EX | LOCK_NB) == 0) {
			return true;
		}
		nanosleep(&step, NULL);
	}
	return false;
}

static bool read_all(int fd, void *to, size_t len)
{
	return read(fd, to, len) == (ssize_t)len;
}

/* Times of the file in this boot's. False: the mark's key has ended. */
static bool translate(struct mark *k, const struct header *h, bool same_boot, uint64_t now_ms)
{
	if (same_boot) {
		return k->ends_ms > now_ms && k->newest_ms <= now_ms && k->last_ms <= now_ms;
	}
	if (k->ends_ms <= h->boot_ms) {
		return false;
	}
	k->ends_ms = now_ms + (k->ends_ms - h->boot_ms);
	if (k->newest_ns) {
		k->newest_ns += OTHER_BOOT_MS * NS_PER_MS;
	}
	k->newest_ms = now_ms;
	k->last_ms = now_ms;
	return true;
}

static bool load(struct marks *m, uint64_t now_ms)
{
	int fd = openat(m->dir, "marks", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct header h;
	bool good;

	if (fd < 0) {
		return errno == ENOENT;
	}
	good = read_all(fd, &h, sizeof(h)) && memcmp(h.magic, magic, sizeof(magic)) == 0 &&
	       h.n <= MARKS_MAX && h.mark_size == sizeof(struct mark) &&
	       read_all(fd, m->list, h.n * sizeof(struct mark));
	close(fd);
	for (uint32_t i = 0; good && i < h.n; i++) {
		if (m->list[i].slot < PTP_SLOTS &&
		    translate(&m->list[i], &h, !memcmp(h.boot_id, m->boot_id, 36), now_ms)) {
			m->list[m->n++] = m->list[i];
		}
	}
	return good;
}

static void open_folder(struct marks *m, const char *dir, uint64_t now_ms)
{
	if (!dir[0]) {
		log_notice("nts_state_dir is empty: recorded messages may be replayed once after a "
			   "restart, while their key lives");
		return;
	}
	m->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0 || !lock(m)) {
		log_warning("nts_state_dir %s: %s: recorded messages may be replayed once after a "
			    "restart, while their key lives", dir,
			    m->dir >= 0 && errno == EWOULDBLOCK ? "another clock uses it" :
								  strerror(errno));
		if (m->dir >= 0) {
			close(m->dir);
		}
		m->dir = -1;
		return;
	}
	if (!load(m, now_ms)) {
		log_warning("nts_state_dir %s: the file marks is damaged, or of another version of "
			    "this program, and left out: recorded messages may be replayed once, "
			    "while their key lives", dir);
	}
	m->to_send = m->n;
	if (m->n) {
		log_info("what was received before our restart is known: %u streams", m->n);
	}
}

enum status marks_open(const char *dir, uint64_t now_ms, struct marks **out)
{
	struct marks *m = calloc(1, sizeof(*m));

	if (!m) {
		return ST_NO_MEMORY;
	}
	m->dir = -1;
	m->lock = -1;
	read_boot_id(m->boot_id);
	open_folder(m, dir, now_ms);
	*out = m;
	return ST_OK;
}

void marks_close(struct marks *m)
{
	if (m->lock >= 0) {
		close(m->lock);
	}
	if (m->dir >= 0) {
		close(m->dir);
	}
	free(m);
}

enum status marks_flush(struct marks *m, int fd)
{
	while (m->sent < m->to_send) {
		struct aproto_marks p;
		enum status st;

		memset(&p, 0, sizeof(p));
		p.type = APROTO_MARKS;
		p.n = m->to_send - m->sent;
		p.n = p.n < APROTO_MARKS_MAX ? p.n : APROTO_MARKS_MAX;
		memcpy(p.list, &m->list[m->sent], p.n * sizeof(p.list[0]));
		st = packet_send(fd, &p, sizeof(p));
		if (st != ST_OK) {
			return st;
		}
		m->sent += p.n;
	}
	return ST_OK;
}

static bool same_stream(const struct mark *a, const struct mark *b)
{
	return a->key_id == b->key_id && a->spp == b->spp && a->slot == b->slot &&
	       a->port_number == b->port_number &&
	       !memcmp(a->source, b->source, sizeof(a->source)) &&
	       !memcmp(a->requester, b->requester, sizeof(a->requester));
}

/* Where this stream's mark stands or, in a full table, the one that ends first. */
static struct mark *place_of(struct marks *m, const struct mark *k)
{
	struct mark *first = &m->list[0];

	for (uint32_t i = 0; i < m->n; i++) {
		if (same_stream(&m->list[i], k)) {
			return &m->list[i];
		}
		if (m->list[i].ends_ms < first->ends_ms) {
			first = &m->list[i];
		}
	}
	return m->n < MARKS_MAX ? &m->list[m->n++] : first;
}

void marks_take(struct marks *m, const struct mark *list, uint32_t n)
{
	/* What was read goes to the clock unchanged, so nothing may move before that. */
	if (m->dir < 0 || m->sent < m->to_send) {
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		*place_of(m, &list[i]) = list[i];
	}
	m->dirty = true;
}

static void drop_ended(struct marks *m, uint64_t now_ms)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		if (m->list[i].ends_ms > now_ms) {
			m->list[n++] = m->list[i];
		}
	}
	m->n = n;
}

/*
 * Not forced to the disk: that would be felt by others who write, the clock's log among them.
 * What a power cut leaves half-written does not load.
 */
static bool write_file(const struct marks *m, uint64_t now_ms)
{
	struct header h = { .boot_ms = now_ms, .n = m->n, .mark_size = sizeof(struct mark) };
	size_t len = m->n * sizeof(m->list[0]);
	int fd = openat(m->dir, "marks.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);
	bool good;

	if (fd < 0) {
		return false;
	}
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.boot_id, m->boot_id, sizeof(h.boot_id));
	good = write(fd, &h, sizeof(h)) == (ssize_t)sizeof(h) &&
	       write(fd, m->list, len) == (ssize_t)len;
	close(fd);
	return good && renameat(m->dir, "marks.new", m->dir, "marks") == 0;
}

void marks_save(struct marks *m, uint64_t now_ms)
{
	if (m->dir < 0 || !m->dirty) {
		return;
	}
	m->dirty = false;
	drop_ended(m, now_ms);
	if (write_file(m, now_ms)) {
		m->failed = false;
	} else if (!m->failed) {
		m->failed = true;
		log_warning("nts_state_dir: marks cannot be written: %s: recorded messages may be "
			    "replayed once after a restart", strerror(errno));
	}
}
