// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The witness of the network tests: captures PTP frames from an interface, or counts who sent
 * what, signed or not, with which keys. Sends nothing.
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/ptpframe.h"

#define SENDERS_MAX 64
#define KEYS_MAX 256

struct options {
	int type;		/* only this messageType, -1 all */
	int type2;		/* or this one */
	uint32_t count;
	uint32_t seconds;
	bool only_in;		/* not what this machine sends to the interface */
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool wanted(struct frame *f, const struct options *opt)
{
	return opt->type < 0 || type_of(f) == opt->type || type_of(f) == opt->type2;
}

/* The next PTP frame; false at the end of the time or after a signal. */
static bool next_frame(int fd, const struct options *opt, uint64_t deadline, struct frame *f)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct sockaddr_ll from = { .sll_pkttype = 0 };
	socklen_t from_len;
	uint64_t now;
	ssize_t got;

	while (!stopped && (now = now_ms()) < deadline) {
		if (poll(&pfd, 1, (int)(deadline - now)) <= 0) {
			continue;
		}
		from_len = sizeof(from);
		got = recvfrom(fd, f->octets, sizeof(f->octets), 0, (struct sockaddr *)&from,
			       &from_len);
		f->len = got < 0 ? 0 : (uint32_t)got;
		if (opt->only_in && from.sll_pkttype == PACKET_OUTGOING) {
			continue;
		}
		if (got > 0 && locate(f) && wanted(f, opt)) {
			return true;
		}
	}
	return false;
}

/* ---- capture ---- */

static int capture(const struct options *opt, char *argv[])
{
	uint64_t deadline = now_ms() + opt->seconds * 1000ull;
	int fd = open_interface(argv[0], true);
	FILE *file = fopen(argv[1], "wb");
	struct frame f;
	uint32_t n = 0;

	if (fd < 0 || !file) {
		return 2;
	}
	while (n < opt->count && next_frame(fd, opt, deadline, &f)) {
		fwrite(&f.len, sizeof(f.len), 1, file);
		fwrite(f.octets, f.len, 1, file);
		fflush(file);
		n++;
	}
	close(fd);
	printf("captured %" PRIu32 "\n", n);
	return fclose(file) || n < opt->count ? 1 : 0;
}

/* ---- count ---- */

struct sender {
	uint8_t identity[10];
	uint8_t type;
	uint16_t sequence;
	uint32_t signed_n;
	uint32_t unsigned_n;
	uint32_t gaps;		/* sequenceIds that were jumped over */
	uint64_t last_ms;	/* when the last one came */
	uint64_t longest_ms;	/* between two of them */
	int64_t correction_ns;	/* the largest */
};

struct key_use {
	uint32_t id;
	uint32_t n;
	uint64_t first_ms;
	uint64_t last_ms;
};

struct tally {
	struct sender senders[SENDERS_MAX];
	struct key_use keys[KEYS_MAX];
	uint32_t n_senders;
	uint32_t n_keys;
	uint32_t signed_n;
	uint32_t unsigned_n;
};

static void tally_key(struct tally *t, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < t->n_keys && t->keys[i].id != id; i++) {
	}
	if (i == t->n_keys) {
		if (i == KEYS_MAX) {
			return;
		}
		t->keys[i] = (struct key_use){ .id = id, .first_ms = now_ms() };
		t->n_keys++;
	}
	t->keys[i].n++;
	t->keys[i].last_ms = now_ms();
}

static struct sender *sender_of(struct tally *t, const uint8_t *msg)
{
	struct sender *s;
	uint32_t i;

	for (i = 0; i < t->n_senders; i++) {
		s = &t->senders[i];
		if (s->type == (msg[0] & 0xf) && !memcmp(s->identity, msg + 20, 10)) {
			return s;
		}
	}
	if (i == SENDERS_MAX) {
		return NULL;
	}
	s = &t->senders[t->n_senders++];
	s->type = msg[0] & 0xf;
	memcpy(s->identity, msg + 20, 10);
	s->sequence = (uint16_t)(get16(msg + 30) - 1);
	return s;
}

static void tally_frame(struct tally *t, struct frame *f)
{
	uint8_t *msg = msg_of(f);
	int64_t correction = (int64_t)((uint64_t)get32(msg + 8) << 32 | get32(msg + 12)) >> 16;
	struct sender *s = sender_of(t, msg);
	uint32_t auth = find_auth(msg, get16(msg + 2));

	if (s) {
		uint64_t now = now_ms();

		if (s->last_ms && now - s->last_ms > s->longest_ms) {
			s->longest_ms = now - s->last_ms;
		}
		s->last_ms = now;
		s->correction_ns = correction > s->correction_ns ? correction : s->correction_ns;
		s->gaps += (uint16_t)(get16(msg + 30) - s->sequence - 1);
		s->sequence = get16(msg + 30);
		s->signed_n += auth != 0;
		s->unsigned_n += auth == 0;
	}
	t->signed_n += auth != 0;
	t->unsigned_n += auth == 0;
	if (auth) {
		tally_key(t, get32(msg + auth + 6));
	}
}

static void print_sender(const char *what, const struct sender *s)
{
	const uint8_t *id = s->identity;

	printf("%s%s %02x%02x%02x.%02x%02x.%02x%02x%02x-%u ", what, ptp_types[s->type].name, id[0],
	       id[1], id[2], id[3], id[4], id[5], id[6], id[7], get16(id + 8));
}

static void print_tally(const struct tally *t)
{
	const struct sender *s;
	uint32_t i;

	for (s = t->senders; s < t->senders + t->n_senders; s++) {
		print_sender("", s);
		printf("signed %" PRIu32 " unsigned %" PRIu32 " gaps %" PRIu32 "\n", s->signed_n,
		       s->unsigned_n, s->gaps);
	}
	for (s = t->senders; s < t->senders + t->n_senders; s++) {
		print_sender("pause ", s);
		printf("longest_ms %" PRIu64 "\n", s->longest_ms);
		print_sender("correction ", s);
		printf("largest_ns %" PRId64 "\n", s->correction_ns);
	}
	for (i = 0; i < t->n_keys; i++) {
		printf("key 0x%08" PRIx32 " messages %" PRIu32 " first %" PRIu64 " last %" PRIu64
		       "\n", t->keys[i].id, t->keys[i].n, t->keys[i].first_ms, t->keys[i].last_ms);
	}
	printf("total signed %" PRIu32 " unsigned %" PRIu32 " keys %" PRIu32 "\n", t->signed_n,
	       t->unsigned_n, t->n_keys);
}

static int count(const struct options *opt, char *argv[])
{
	static struct tally t;
	uint64_t deadline = now_ms() + opt->seconds * 1000ull;
	int fd = open_interface(argv[0], true);
	struct frame f;

	if (fd < 0) {
		return 2;
	}
	/* Those who wait for the first line know that from here on nothing is missed. */
	printf("counting\n");
	fflush(stdout);
	while (t.signed_n + t.unsigned_n < opt->count && next_frame(fd, opt, deadline, &f)) {
		tally_frame(&t, &f);
	}
	close(fd);
	print_tally(&t);
	return 0;
}

/* ---- command line ---- */

static int usage(void)
{
	fprintf(stderr, "usage: ptpwatch capture IFACE FILE [OPTIONS]   PTP frames to a file\n"
			"       ptpwatch count IFACE [OPTIONS]          who sent what\n"
			"  -n COUNT  messages, at most   -t SECONDS  at most (default 10)\n"
			"  -T TYPE[,TYPE]  only these messageTypes (numbers)\n"
			"  -d  only what comes in there, not what goes out\n");
	return 64;
}

static bool parse(int argc, char *argv[], struct options *opt)
{
	char *end;
	int c;

	while ((c = getopt(argc, argv, "n:t:T:d")) != -1) {
		if (c == 'n') {
			opt->count = (uint32_t)strtoul(optarg, NULL, 0);
		} else if (c == 't') {
			opt->seconds = (uint32_t)strtoul(optarg, NULL, 0);
		} else if (c == 'd') {
			opt->only_in = true;
		} else if (c == 'T') {
			opt->type = (int)strtol(optarg, &end, 0);
			opt->type2 = *end == ',' ? (int)strtol(end + 1, NULL, 0) : -1;
		} else {
			return false;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct options opt = { .type = -1, .type2 = -1, .count = UINT32_MAX, .seconds = 10 };
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (argc < 2 || !parse(argc, argv, &opt)) {
		return usage();
	}
	argc -= optind;
	argv += optind;
	if (argc == 3 && !strcmp(argv[0], "capture")) {
		return capture(&opt, argv + 1);
	}
	return argc == 2 && !strcmp(argv[0], "count") ? count(&opt, argv + 1) : usage();
}
