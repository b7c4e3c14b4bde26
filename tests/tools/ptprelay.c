// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The man in the middle of the network tests: a cable of two interfaces that hands on every
 * frame, and while it is told to (SIGUSR1 switches) adds to the correctionField of PTP messages
 * that pass. Only ever inside namespaces that a test made.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/ptpframe.h"

#define CORRECTION_AT 8

struct relay {
	int fd[2];
	uint32_t types;		/* bit per messageType that is changed */
	uint64_t add;		/* to correctionField: nanoseconds times 2^16 */
	uint64_t passed, changed;
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

static void add_correction(uint8_t *msg, uint64_t add)
{
	uint8_t *p = msg + CORRECTION_AT;
	uint64_t v = ((uint64_t)get32(p) << 32 | get32(p + 4)) + add;
	int i;

	for (i = 0; i < 8; i++) {
		p[i] = (uint8_t)(v >> (56 - 8 * i));
	}
}

/* Frames of veth carry checksums that are not computed yet: they are, here. */
static void treat(struct relay *r, struct frame *f)
{
	if (!locate(f)) {
		return;
	}
	if (tampering && (r->types & 1u << type_of(f))) {
		add_correction(msg_of(f), r->add);
		r->changed++;
	}
	if (f->ptp != ETH_HLEN) {
		seal(f, f->len - f->ptp);
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
	treat(r, &f);
	if (send(r->fd[!from], f.octets, f.len, 0) == (ssize_t)f.len) {
		r->passed++;
	}
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

int main(int argc, char *argv[])
{
	const struct sigaction sa = { .sa_handler = on_signal };
	struct relay r = { .fd = { -1, -1 } };

	if (argc != 5) {
		fprintf(stderr, "usage: ptprelay IFACE IFACE TYPE[,TYPE...] NANOSECONDS\n"
			"SIGUSR1 begins and ends adding to correctionField of these types\n");
		return 64;
	}
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	r.types = parse_types(argv[3]);
	r.add = strtoull(argv[4], NULL, 0) << 16;
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
