// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The man in the middle of the network tests: a cable of two interfaces that hands on every
 * frame. While it is told to (SIGUSR1 switches) it does one thing to PTP messages that pass: adds
 * to the correctionField, loses some, or hands some on late. The same ones at each run. Only ever
 * inside namespaces that a test made.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/ptpframe.h"

#define CORRECTION_AT 8
#define LATE_EVERY 19		/* of a type, this one is handed on late */
#define LATE_MAX 32		/* of a type, at once */

struct relay;

/* What is done to a message from an interface; false: it is not handed on, or not yet. */
typedef bool (*change_fn)(struct relay *r, struct frame *f, int from);

struct late {
	uint64_t due;		/* handed on behind that many of its type; 0: none */
	struct frame f;
};

struct relay {
	int fd[2];
	change_fn change;
	uint32_t types;		/* bit per messageType that is changed */
	uint64_t value;		/* nanoseconds, percent, or messages */
	uint64_t passed, changed;
	uint64_t seen[16];	/* by messageType, those of which some are late */
	struct late late[16][LATE_MAX];
};

static volatile sig_atomic_t stopped, tampering;

static void on_signal(int sig)
{
	if (sig == SIGUSR1) {
		tampering = !tampering;
	} else {
		stopped = 1;
	}
}

static bool add_correction(struct relay *r, struct frame *f, int from)
{
	uint8_t *p = msg_of(f) + CORRECTION_AT;
	uint64_t v = ((uint64_t)get32(p) << 32 | get32(p + 4)) + (r->value << 16);
	int i;

	(void)from;
	for (i = 0; i < 8; i++) {
		p[i] = (uint8_t)(v >> (56 - 8 * i));
	}
	r->changed++;
	return true;
}

static bool lose(struct relay *r, struct frame *f, int from)
{
	bool lost = (uint64_t)rand() % 100 < r->value;

	(void)f;
	(void)from;
	r->changed += lost;
	return !lost;
}

static bool keep_back(struct relay *r, struct frame *f, int from)
{
	uint64_t *seen = &r->seen[type_of(f)];
	struct late *l = r->late[type_of(f)];
	int i;

	if (from != 0 || ++*seen % LATE_EVERY) {
		return true;
	}
	for (i = 0; i < LATE_MAX && l[i].due; i++) {
	}
	if (i == LATE_MAX) {
		return true;
	}
	l[i] = (struct late) { .due = *seen + r->value, .f = *f };
	return false;
}

static const struct {
	const char *name;
	change_fn fn;
	const char *what;
} changes[] = {
	{ "add", add_correction, "NANOSECONDS to correctionField" },
	{ "lose", lose, "PERCENT of them" },
	{ "late", keep_back, "of the first IFACE, one in 19: behind N more of its type" },
};

#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

static bool treat(struct relay *r, struct frame *f, int from)
{
	return !tampering || !(r->types & 1u << type_of(f)) || r->change(r, f, from);
}

/* Frames of veth carry checksums that are not computed yet: they are, here. */
static void hand_on(struct relay *r, struct frame *f, int to)
{
	if (f->ptp && f->ptp != ETH_HLEN) {
		seal(f, f->len - f->ptp);
	}
	if (send(r->fd[to], f->octets, f->len, 0) == (ssize_t)f->len) {
		r->passed++;
	}
}

/* Those of this type that are late enough. */
static void hand_on_late(struct relay *r, uint8_t type)
{
	struct late *l;

	for (l = r->late[type]; l < r->late[type] + LATE_MAX; l++) {
		if (l->due && l->due <= r->seen[type]) {
			l->due = 0;
			hand_on(r, &l->f, 1);
			r->changed++;
		}
	}
}

static void pass(struct relay *r, int from)
{
	struct sockaddr_ll addr = { .sll_pkttype = 0 };
	socklen_t addr_len = sizeof(addr);
	struct frame f;
	ssize_t got = recvfrom(r->fd[from], f.octets, sizeof(f.octets), 0,
			       (struct sockaddr *)&addr, &addr_len);

	if (got <= 0 || addr.sll_pkttype == PACKET_OUTGOING) {
		return;
	}
	f.len = (uint32_t)got;
	if (!locate(&f)) {
		f.ptp = 0;
		hand_on(r, &f, !from);
		return;
	}
	if (treat(r, &f, from)) {
		hand_on(r, &f, !from);
	}
	hand_on_late(r, type_of(&f));
}

static void run(struct relay *r)
{
	struct pollfd pfd[2] = {
		{ .fd = r->fd[0], .events = POLLIN }, { .fd = r->fd[1], .events = POLLIN },
	};
	int i;

	while (!stopped) {
		if (poll(pfd, 2, 200) <= 0) {
			continue;
		}
		for (i = 0; i < 2; i++) {
			if (pfd[i].revents) {
				pass(r, i);
			}
		}
	}
}

static uint32_t parse_types(const char *list)
{
	uint32_t bits = 0;
	char *end;

	for (; *list; list = *end == ',' ? end + 1 : end) {
		bits |= 1u << (strtoul(list, &end, 0) & 0xf);
		if (end == list) {
			break;
		}
	}
	return bits;
}

static int usage(void)
{
	size_t i;

	fprintf(stderr, "usage: ptprelay IFACE IFACE CHANGE TYPE[,TYPE...] NUMBER\n"
			"SIGUSR1 begins and ends the change of messages of these types\n");
	for (i = 0; i < N_CHANGES; i++) {
		fprintf(stderr, "  %-6s%s\n", changes[i].name, changes[i].what);
	}
	return 64;
}

int main(int argc, char *argv[])
{
	const struct sigaction sa = { .sa_handler = on_signal };
	static struct relay r;
	size_t i;

	for (i = 0; argc == 6 && i < N_CHANGES && strcmp(changes[i].name, argv[3]); i++) {
	}
	if (argc != 6 || i == N_CHANGES) {
		return usage();
	}
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	r.change = changes[i].fn;
	r.types = parse_types(argv[4]);
	r.value = strtoull(argv[5], NULL, 0);
	r.fd[0] = open_interface(argv[1], true);
	r.fd[1] = open_interface(argv[2], true);
	if (r.fd[0] < 0 || r.fd[1] < 0) {
		return 2;
	}
	printf("relaying\n");
	fflush(stdout);
	run(&r);
	printf("passed %" PRIu64 " changed %" PRIu64 "\n", r.passed, r.changed);
	close(r.fd[0]);
	close(r.fd[1]);
	return 0;
}
