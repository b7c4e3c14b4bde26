// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ticket mode costs a grantor with 1 to 100,000 requesters: signing and verifying for one of
 * them, memory for each of them, and tickets opened in a second beside bare AES-SIV. All sizes take
 * turns within each round, requesters come in random order, and medians are compared. Synthetic
 * peers: their tickets and messages are real, they are not.
 *
 * Sync and Delay_Req are the first that concern a requester after long, Follow_Up and Delay_Resp
 * come behind them at once: so linuxptp serves. "module" is unicast/ alone, all four together. With
 * many requesters it is the price of memory that no cache holds; what one read of such costs here
 * stands beside it. "message" is with the system calls that linuxptp makes for it, over loopback:
 * send, poll and fetch the timestamp; poll and receive. These do not depend on the number of
 * requesters, so one median over all rounds of all sizes is added to each.
 */
#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/bench/synthetic.h"
#include "unicast/gate.h"
#include "unicast/peers.h"

#define SIZES 5
#define REFERENCE 1		/* the size that the others are compared with */
#define ROUNDS 61
#define PER_ROUND 1000
#define LIMIT 1.2
#define MEMORY_LIMIT 256
#define NOW 1000000ULL

enum kind { SYNC, FOLLOW_UP, DELAY_REQ, DELAY_RESP, KINDS };

static const uint32_t sizes[SIZES] = { 1, 10, 1000, 10000, 100000 };

struct site {
	uint32_t n;
	struct ugate *gate;
	struct grantor *grantor;
	uint32_t *order;		/* requesters, shuffled */
	uint32_t at;
	uint16_t seq;
	double ns[KINDS][ROUNDS];	/* in unicast/, of one message */
	double memory, memory2;		/* octets for each requester with one SA, with two */
};

/* Of system calls alone, in ns, over all sizes. */
static double out_calls[SIZES * ROUNDS], in_calls[SIZES * ROUNDS];

static const struct ticket_key keys[2] = {
	{ .id = 7, .aead = ALG_AEAD_AES_SIV_CMAC_256, .len = 32, .key = { 1, 2, 3 } },
	{ .id = 8, .aead = ALG_AEAD_AES_SIV_CMAC_256, .len = 32, .key = { 4, 5, 6 } },
};

/* A socket on loopback that is connected to itself. */
static int loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		    SOF_TIMESTAMPING_SOFTWARE;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
	    connect(fd, (struct sockaddr *)&a, len) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) != 0) {
		die("loopback");
	}
	return fd;
}

static ssize_t fetch(int fd, uint8_t *buffer, size_t size, short events, int flags)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct iovec iov = { buffer, size };
	char control[256];
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };

	return poll(&p, 1, 100) == 1 ? recvmsg(fd, &m, flags) : -1;
}

static double heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static size_t request(uint8_t *m, uint32_t i, int next)
{
	const struct nts_assoc address = synthetic_address(i);
	size_t len = synthetic_message(m, PTP_SIGNALING, i + 1, 1);

	return synthetic_ticket(m, len, i, next, &address, &keys[next]);
}

static void admit(struct site *s, uint32_t i, int next)
{
	uint8_t m[GUARD_MESSAGE_MAX];
	size_t len = request(m, i, next);
	struct nts_assoc from = synthetic_address(i);
	enum guard_verdict v = ugate_receive(s->gate, m, len, &from, NOW, &len);

	if (v != GUARD_OK) {
		die(guard_verdict_str(v));
	}
}

static void shuffle(struct site *s)
{
	uint32_t state = 1;

	for (uint32_t i = 0; i < s->n; i++) {
		s->order[i] = i;
	}
	for (uint32_t i = s->n - 1; i > 0; i--) {
		uint32_t j, swap = s->order[i];

		state = state * 1664525 + 1013904223;
		j = state % (i + 1);
		s->order[i] = s->order[j];
		s->order[j] = swap;
	}
}

static struct nts_params registration(int next)
{
	struct nts_params p = { .lifetime = 1000000, .update_in = 900000, .grace = 5,
				.ticket_key_id = keys[next].id, .aead = keys[next].aead,
				.ticket_key_len = keys[next].len };

	memcpy(p.ticket_key, keys[next].key, keys[next].len);
	return p;
}

static void admit_all(struct site *s, int next)
{
	for (uint32_t i = 0; i < s->n; i++) {
		admit(s, i, next);
	}
}

static void set_up(struct site *s, uint32_t n)
{
	static const struct grantor_config config;
	struct ugate_config gc = { .clock_identity = { [7] = 0xff }, .port_number = 1 };
	struct nts_params p = registration(0), p2 = registration(1);
	double before = heap();

	s->n = n;
	if (ugate_new(&gc, &s->gate) != ST_OK || grantor_new(&config, &s->grantor) != ST_OK ||
	    grantor_install(s->grantor, &p, &p2, NOW, NOW) != ST_OK) {
		die("grantor");
	}
	ugate_add_grantor(s->gate, s->grantor);
	admit_all(s, 0);
	s->memory = (heap() - before) / n + PEERS_RECORD;
	s->order = calloc(n, sizeof(*s->order));
	if (!s->order) {
		die("memory");
	}
	shuffle(s);
}

/* As in the update period: each requester has a second key. */
static void add_next(struct site *s)
{
	double before = heap();

	admit_all(s, 1);
	s->memory2 = s->memory + (heap() - before) / s->n + PEERS_RECORD;
}

static uint32_t next(struct site *s)
{
	uint32_t i = s->order[s->at];

	s->at = (s->at + 1) % s->n;
	s->seq += s->at == 0;
	return i;
}

static uint64_t sign_one(struct site *s, uint8_t type, uint32_t i, uint8_t *buffer, size_t *len)
{
	struct nts_assoc to = synthetic_address(i);
	struct guard_undo undo;
	uint64_t t0;

	*len = synthetic_message(buffer, type, 0xff, s->seq);
	t0 = now_ns();
	if (ugate_sign(s->gate, buffer, *len, GUARD_MESSAGE_MAX, &to, NULL, &undo, len) !=
	    GUARD_SIGNED) {
		die("signing");
	}
	return now_ns() - t0;
}

/* What was sent is fetched: its timestamp, and where it arrived. */
static uint64_t send_one(int fd, const uint8_t *buffer, size_t len, bool event)
{
	static uint8_t sink[GUARD_MESSAGE_MAX];
	uint64_t t0 = now_ns(), t1;

	if (send(fd, buffer, len, 0) < 0 ||
	    (event && fetch(fd, sink, sizeof(sink), POLLPRI, MSG_ERRQUEUE) < 0)) {
		die("sending");
	}
	t1 = now_ns();
	if (!event) {
		(void)!fetch(fd, sink, sizeof(sink), POLLPRI, MSG_ERRQUEUE);
	}
	(void)!recv(fd, sink, sizeof(sink), 0);
	return t1 - t0;
}

static void round_of_sync(struct site *s, int fd, double *calls_ns, int round)
{
	static uint8_t buffer[GUARD_MESSAGE_MAX];
	uint64_t sync = 0, follow_up = 0, calls = 0;

	for (int k = 0; k < PER_ROUND; k++) {
		uint32_t i = next(s);
		size_t len;

		sync += sign_one(s, PTP_SYNC, i, buffer, &len);
		calls += send_one(fd, buffer, len, true);
		follow_up += sign_one(s, PTP_FOLLOW_UP, i, buffer, &len);
		(void)send_one(fd, buffer, len, false);
	}
	s->ns[SYNC][round] = (double)sync / PER_ROUND;
	s->ns[FOLLOW_UP][round] = (double)follow_up / PER_ROUND;
	*calls_ns = (double)calls / PER_ROUND;
}

static void round_of_delay(struct site *s, int fd, double *calls_ns, int round)
{
	static uint8_t messages[PER_ROUND][96], buffer[GUARD_MESSAGE_MAX];
	static uint32_t from[PER_ROUND];
	static size_t lens[PER_ROUND];
	struct nts_sa sa;
	uint64_t request = 0, response = 0, calls = 0;

	for (int k = 0; k < PER_ROUND; k++) {
		from[k] = next(s);
		sa = synthetic_key(from[k], 0);
		lens[k] = synthetic_message(messages[k], PTP_DELAY_REQ, from[k] + 1, s->seq);
		lens[k] = synthetic_sign(messages[k], lens[k], &sa);
	}
	for (int k = 0; k < PER_ROUND; k++) {
		struct nts_assoc a = synthetic_address(from[k]);
		uint64_t t0, t1;
		ssize_t got;
		size_t len;

		if (send(fd, messages[k], lens[k], 0) < 0 ||
		    fetch(fd, buffer, sizeof(buffer), POLLPRI, MSG_ERRQUEUE) < 0) {
			die("sending");
		}
		t0 = now_ns();
		got = fetch(fd, buffer, sizeof(buffer), POLLIN, 0);
		t1 = now_ns();
		if (ugate_receive(s->gate, buffer, got < 0 ? 0 : (size_t)got, &a, NOW, &len) !=
		    GUARD_OK) {
			die("verifying");
		}
		request += now_ns() - t1;
		calls += t1 - t0;
		response += sign_one(s, PTP_DELAY_RESP, from[k], buffer, &len);
	}
	s->ns[DELAY_REQ][round] = (double)request / PER_ROUND;
	s->ns[DELAY_RESP][round] = (double)response / PER_ROUND;
	*calls_ns = (double)calls / PER_ROUND;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static double module(struct site *s)
{
	double sum = 0;

	for (int k = 0; k < KINDS; k++) {
		sum += median_of(s->ns[k], ROUNDS);
	}
	return sum;
}

/* One read from memory that no cache holds. */
static double uncached_ns(void)
{
	enum { N = 1 << 19, STEPS = 200000 };
	struct line { struct line *next; char rest[120]; } *l = calloc(N, sizeof(*l));
	struct line *volatile at = l;
	uint64_t t0;
	double ns;

	if (!l) {
		die("memory");
	}
	/* an odd step goes through all of them, a large one is never foreseen */
	for (uint64_t i = 0; i < N; i++) {
		l[i * 2654435761u % N].next = &l[(i + 1) * 2654435761u % N];
	}
	t0 = now_ns();
	for (int i = 0; i < STEPS; i++) {
		at = at->next;
	}
	ns = (double)(now_ns() - t0) / STEPS;
	free(l);
	return ns;
}

/* Tickets never seen before, of new requesters, beside the bare AEAD over the same octets. */
static void compare_tickets(struct site *s)
{
	enum { N = 2000 };
	static uint8_t m[N][400], out[400];
	static double each[N];
	static size_t lens[N];
	struct ticket_tlv t;
	uint8_t ad[6] = { 0, 0, 0, 7, 0, 15 };
	double bare, whole;
	uint64_t t0;

	for (uint32_t i = 0; i < N; i++) {
		lens[i] = request(m[i], s->n + i, 0);
	}
	for (uint32_t i = 0; i < N; i++) {
		t0 = now_ns();
		if (ticket_find(m[i], 44, lens[i] - 26, TICKET_TLV_TYPE, &t) != TICKET_FOUND ||
		    crypto_siv_open(t.aead, keys[0].key, 32, t.nonce, 16, ad, 6, t.ciphertext,
				    t.len, out) != ST_OK) {
			die("opening");
		}
		each[i] = (double)(now_ns() - t0);
	}
	bare = median_of(each, N);
	for (uint32_t i = 0; i < N; i++) {
		struct nts_assoc from = synthetic_address(s->n + i);
		size_t len;

		t0 = now_ns();
		if (ugate_receive(s->gate, m[i], lens[i], &from, NOW, &len) != GUARD_OK) {
			die("admitting");
		}
		each[i] = (double)(now_ns() - t0);
	}
	whole = median_of(each, N);
	printf("tickets: bare AES-SIV %.0f/s (%.0f ns), opened, judged, kept and ICV %.0f/s "
	       "(%.0f ns), ratio %.2f\n", 1e9 / bare, bare, 1e9 / whole, whole, whole / bare);
}

static bool report(struct site *sites)
{
	double reference = module(&sites[REFERENCE]);
	double out = median_of(out_calls, SIZES * ROUNDS);
	double in = median_of(in_calls, SIZES * ROUNDS);
	double calls = 3 * out + in;
	bool fine = true;

	printf("system calls: %.0f ns out, %.0f ns in; one uncached read: %.0f ns\n", out, in,
	       uncached_ns());
	printf("%10s %6s %10s %10s %11s %8s %11s %8s\n", "requesters", "Sync", "Follow_Up",
	       "Delay_Req", "Delay_Resp", "module", "messages/s", "message");
	for (int i = 0; i < SIZES; i++) {
		double sum = module(&sites[i]), ratio = (sum + calls) / (reference + calls);

		printf("%10u", sites[i].n);
		for (int k = 0; k < KINDS; k++) {
			printf(" %*.0f ns", k == 0 ? 3 : 7, median_of(sites[i].ns[k], ROUNDS));
		}
		printf(" %8.2fx %11.0f %7.2fx\n", sum / reference, KINDS * 1e9 / (sum + calls),
		       ratio);
		fine = fine && ratio <= LIMIT;
	}
	printf("a message at 100,000 requesters, linuxptp's system calls included, at most %.1fx "
	       "of one at 10: %s\n", LIMIT, fine ? "yes" : "NO");
	return fine;
}

static bool report_memory(const struct site *s)
{
	bool fine = s->memory2 <= MEMORY_LIMIT;

	printf("memory for each of %u: %.0f octets and a MAC of %d; in the update period, with two "
	       "keys, %.0f octets and two MACs; at most %d: %s\n", s->n, s->memory,
	       CRYPTO_MAC_PACKED, s->memory2, MEMORY_LIMIT, fine ? "yes" : "NO");
	return fine;
}

int main(void)
{
	static struct site sites[SIZES];
	int fd = loopback();
	bool fine;

	for (int i = 0; i < SIZES; i++) {
		set_up(&sites[i], sizes[i]);
	}
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < SIZES; i++) {
			round_of_sync(&sites[i], fd, &out_calls[r * SIZES + i], r);
			round_of_delay(&sites[i], fd, &in_calls[r * SIZES + i], r);
		}
	}
	fine = report(sites);
	add_next(&sites[SIZES - 1]);
	fine = report_memory(&sites[SIZES - 1]) && fine;
	compare_tickets(&sites[2]);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
