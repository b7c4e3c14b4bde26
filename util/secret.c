// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys in memory and in files. Must not log, and must not leave a copy behind on any path. */
#include "util/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void secret_wipe(void *p, size_t len)
{
	if (len > 0) {
		explicit_bzero(p, len);
	}
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++) {
		diff |= (uint8_t)(x[i] ^ y[i]);
	}
	return diff == 0;
}

void *secret_alloc(size_t len)
{
	return calloc(1, len ? len : 1);
}

void secret_free(void *p, size_t len)
{
	if (!p) {
		return;
	}
	secret_wipe(p, len);
	free(p);
}

/*
 * Locks all memory, present and future, where the limit on it is none or can be taken away.
 * Under a limit it is left alone: future allocations would then fail when the limit is met.
 */
static void lock_memory(void)
{
	struct rlimit lim = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &lim) == 0) {
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	}
}

enum status secret_harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	/* GnuTLS would write the secrets of each session to the file that it names. */
	unsetenv("SSLKEYLOGFILE");
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return ST_SYSTEM;
	}
	lock_memory();
	return ST_OK;
}

static uid_t trusted_owner;	/* beside us; root, to begin with */

void secret_trust_owner(uid_t owner)
{
	trusted_owner = owner;
}

static bool is_trusted(uid_t owner)
{
	return owner == geteuid() || owner == 0 || owner == trusted_owner;
}

/* Is the open file one that only its owner, we or root, can read? *len is its length. */
static enum status check_file(int fd, size_t max, size_t *len)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0) {
		return ST_FILE_OPEN;
	}
	if (!S_ISREG(sb.st_mode)) {
		return ST_FILE_FORMAT;
	}
	if (!is_trusted(sb.st_uid) || (sb.st_mode & (S_IRWXG | S_IRWXO))) {
		return ST_FILE_MODE;
	}
	if (sb.st_size <= 0 || (uintmax_t)sb.st_size > max) {
		return ST_FILE_FORMAT;
	}
	*len = (size_t)sb.st_size;
	return ST_OK;
}

/* Reads until cap octets or the end of the file; *len how many. */
static enum status read_octets(int fd, uint8_t *data, size_t cap, size_t *len)
{
	size_t used = 0;

	while (used < cap) {
		ssize_t n = read(fd, data + used, cap - used);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return ST_FILE_OPEN;
		}
		if (n == 0) {
			break;
		}
		used += (size_t)n;
	}
	*len = used;
	return ST_OK;
}

enum status secret_read_file(const char *path, size_t max, void **out, size_t *len)
{
	/* Links are followed: keys are rotated by exchanging them. A FIFO must not block us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t *data = NULL;
	size_t want = 0;
	size_t got = 0;
	enum status st;
	int saved;

	if (fd < 0) {
		return ST_FILE_OPEN;
	}
	st = check_file(fd, max, &want);
	if (st != ST_OK) {
		goto out;
	}
	data = secret_alloc(want + 1);
	if (!data) {
		st = ST_NO_MEMORY;
		goto out;
	}
	st = read_octets(fd, data, want + 1, &got);
	if (st == ST_OK && got != want) {
		st = ST_FILE_FORMAT; /* it changed while we read it */
	}
	if (st != ST_OK) {
		goto out;
	}
	*out = data;
	*len = want;
	data = NULL;
out:
	saved = errno;
	secret_free(data, want + 1);
	close(fd);
	errno = saved;
	return st;
}
