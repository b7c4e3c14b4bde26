// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for a KE server: a number of clients at a time, each of which connects, shakes hands, sends
 * a request, takes the answer and waits for close_notify, then begins anew. One thread, sockets
 * that do not block. Prints what came of it in one line of name=value.
 *
 * With -b in turns with a process that burns the server's core, to compare with: a tenth of a
 * second of load, to the last answer, in which that process is stopped, then one of it alone. So
 * both have the machine as it is in that second.
 *
 * Does not verify the server's chain: that would be the load generator's time, not the server's.
 */
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "nts/message.h"
#include "tests/bench/dial.h"

#define ANSWER_MAX 8192
#define TIMES_MAX 1000000
#define TURN_MS 20
#define SLICE_NS 100000000	/* of ours, and of the other's, with -b */
#define SLICES_PER_S 5
#define WARM_NS 300000000	/* until all are under way */
#define LAST_NS 5000000000ULL
#define FLIGHT_MAX 16384

static const char priority[] =
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519";

enum step { CONNECT, HANDSHAKE, SEND, RECEIVE, CLOSE };

struct client {
	int fd;
	enum step step;
	gnutls_session_t gs;
	gnutls_datum_t ticket;	/* of the session before */
	uint64_t began_ns;
	uint64_t answered_ns;
	size_t len;
	uint8_t in[ANSWER_MAX];
	size_t out_len, raw_len, raw_from;
	uint8_t out[FLIGHT_MAX], raw[FLIGHT_MAX];
};

struct times {
	size_t n;
	uint32_t us[TIMES_MAX];
};

static struct {
	uint16_t port;
	unsigned int clients, seconds;
	bool resume;
	pid_t pid, other;	/* of the server, and of who takes turns with us; 0 none */
	const char *cert, *key;
	uint8_t request[KE_REQUEST_MAX], granted[64];
	size_t request_len, granted_len;
} o = { .clients = 1, .seconds = 2 };

static struct {
	int epoll;
	unsigned int open;
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	uint64_t grants, failures, resumed;
	struct times answer, close;
	uint64_t wall_ns, cpu_ns, own_ns;
	bool over;
} g;

static void note(struct times *t, uint64_t from_ns, uint64_t to_ns)
{
	if (t->n < TIMES_MAX) {
		t->us[t->n++] = (uint32_t)((to_ns - from_ns) / 1000);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorted before. */
static uint32_t quantile(const struct times *t, double q)
{
	return t->n ? t->us[(size_t)(q * (double)(t->n - 1))] : 0;
}

static void watch(int op, int fd, uint32_t events, void *what)
{
	struct epoll_event ev = { .events = events, .data.ptr = what };

	if (epoll_ctl(g.epoll, op, fd, &ev)) {
		die("epoll_ctl");
	}
}

/* ---- clients ---- */

/* As nts-agent does: what belongs together, Finished and request among it, goes out at once. */
static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct client *c = ptr;

	if (len > sizeof(c->out) - c->out_len) {
		gnutls_transport_set_errno(c->gs, EMSGSIZE);
		return -1;
	}
	memcpy(c->out + c->out_len, data, len);
	c->out_len += len;
	return (ssize_t)len;
}

static bool flush(struct client *c)
{
	size_t len = c->out_len;

	c->out_len = 0;
	return !len || send(c->fd, c->out, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static ssize_t fill(struct client *c)
{
	ssize_t n = flush(c) ? recv(c->fd, c->raw, sizeof(c->raw), 0) : -1;

	c->raw_from = 0;
	c->raw_len = n > 0 ? (size_t)n : 0;
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct client *c = ptr;
	ssize_t n = c->raw_from < c->raw_len ? 1 : fill(c);

	if (n <= 0) {
		gnutls_transport_set_errno(c->gs, errno);
		return n;
	}
	len = len < c->raw_len - c->raw_from ? len : c->raw_len - c->raw_from;
	memcpy(data, c->raw + c->raw_from, len);
	c->raw_from += len;
	return (ssize_t)len;
}

static void session(struct client *c)
{
	gnutls_datum_t alpn = { (unsigned char *)"ntske/1", 7 };

	gnutls_init(&c->gs, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			    GNUTLS_FORCE_CLIENT_CERT | (o.resume ? 0 : GNUTLS_NO_TICKETS));
	gnutls_priority_set(c->gs, g.priority);
	gnutls_credentials_set(c->gs, GNUTLS_CRD_CERTIFICATE, g.cred);
	gnutls_alpn_set_protocols(c->gs, &alpn, 1, GNUTLS_ALPN_MANDATORY);
	gnutls_transport_set_ptr(c->gs, c);
	gnutls_transport_set_push_function(c->gs, push);
	gnutls_transport_set_pull_function(c->gs, pull);
	gnutls_handshake_set_timeout(c->gs, 0);
	if (c->ticket.size) {
		gnutls_session_set_data(c->gs, c->ticket.data, c->ticket.size);
	}
}

static void begin(struct client *c)
{
	c->began_ns = clock_ns(CLOCK_MONOTONIC);
	c->step = CONNECT;
	c->len = 0;
	c->out_len = 0;
	c->raw_len = 0;
	c->raw_from = 0;
	c->fd = dial(o.port);
	g.open++;
	session(c);
	watch(EPOLL_CTL_ADD, c->fd, EPOLLOUT, c);
}

static void end(struct client *c, bool good)
{
	g.failures += !good;
	g.open--;
	close(c->fd);
	gnutls_deinit(c->gs);
	if (!g.over) {
		begin(c);
	}
}

static bool is_grant(const struct client *c)
{
	return memmem(c->in, c->len, o.granted, o.granted_len) != NULL;
}

/* A resumed session brings no new one. */
static void keep_ticket(struct client *c)
{
	g.resumed += gnutls_session_is_resumed(c->gs) != 0;
	if (o.resume && gnutls_session_get_flags(c->gs) & GNUTLS_SFLAGS_SESSION_TICKET) {
		gnutls_free(c->ticket.data);
		if (gnutls_session_get_data2(c->gs, &c->ticket) < 0) {
			c->ticket = (gnutls_datum_t){ NULL, 0 };
		}
	}
}

/* Takes octets; the answer is whole when its End of Message is there. */
static int receive(struct client *c)
{
	ssize_t n = gnutls_record_recv(c->gs, c->in + c->len, sizeof(c->in) - c->len);
	size_t whole;

	if (n <= 0) {
		return n ? (int)n : GNUTLS_E_PREMATURE_TERMINATION;
	}
	c->len += (size_t)n;
	if (ke_frame(c->in, c->len, sizeof(c->in), &whole)) {
		return GNUTLS_E_AGAIN;
	}
	c->answered_ns = clock_ns(CLOCK_MONOTONIC);
	note(&g.answer, c->began_ns, c->answered_ns);
	keep_ticket(c);
	return 0;
}

static int await_close(struct client *c)
{
	uint8_t octet;
	ssize_t n = gnutls_record_recv(c->gs, &octet, 1);

	if (n) {
		return n < 0 ? (int)n : GNUTLS_E_UNEXPECTED_PACKET;
	}
	note(&g.close, c->answered_ns, clock_ns(CLOCK_MONOTONIC));
	gnutls_bye(c->gs, GNUTLS_SHUT_WR);
	return flush(c) ? 0 : GNUTLS_E_PUSH_ERROR;
}

static int go(struct client *c)
{
	ssize_t n;

	switch (c->step) {
	case CONNECT:
		watch(EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
		return 0;
	case HANDSHAKE:
		return gnutls_handshake(c->gs);
	case SEND:
		n = gnutls_record_send(c->gs, o.request, o.request_len);
		return n < 0 ? (int)n : 0;
	case RECEIVE:
		return receive(c);
	default:
		return await_close(c);
	}
}

static void run(struct client *c)
{
	int err = 0;

	while (!err || (err == GNUTLS_E_AGAIN && c->raw_from < c->raw_len)) {
		err = go(c);
		if (!err && c->step == CLOSE) {
			g.grants += is_grant(c);
			end(c, is_grant(c));
			return;
		}
		c->step += !err;
	}
	if (err != GNUTLS_E_AGAIN && err != GNUTLS_E_INTERRUPTED) {
		if (!g.failures) {
			fprintf(stderr, "first failure, step %d: %s\n", c->step,
				gnutls_strerror(err));
		}
		end(c, false);
	}
}

static void turn(uint64_t until_ns)
{
	struct epoll_event ev[256];

	while (g.open && clock_ns(CLOCK_MONOTONIC) < until_ns) {
		int n = epoll_wait(g.epoll, ev, 256, TURN_MS);

		for (int i = 0; i < n; i++) {
			run(ev[i].data.ptr);
		}
	}
}

static clockid_t server_clock(void)
{
	clockid_t id = CLOCK_MONOTONIC;

	if (o.pid && clock_getcpuclockid(o.pid, &id)) {
		die("server's CPU clock");
	}
	return id;
}

static void report(void)
{
	qsort(g.answer.us, g.answer.n, sizeof(uint32_t), by_size);
	qsort(g.close.us, g.close.n, sizeof(uint32_t), by_size);
	printf("grants=%lu failures=%lu resumed=%lu per_s=%.0f server_us=%.1f server_cpu=%.2f "
	       "own_cpu=%.2f answer_us=%u answer_p99_us=%u close_us=%u close_p99_us=%u\n",
	       g.grants, g.failures, g.resumed, (double)g.grants * 1e9 / (double)g.wall_ns,
	       g.grants ? (double)g.cpu_ns / 1e3 / (double)g.grants : 0,
	       (double)g.cpu_ns / (double)g.wall_ns, (double)g.own_ns / (double)g.wall_ns,
	       quantile(&g.answer, 0.5), quantile(&g.answer, 0.99), quantile(&g.close, 0.5),
	       quantile(&g.close, 0.99));
}

/* What is known of the warm-up is forgotten. */
static void forget(void)
{
	g.grants = g.failures = g.resumed = 0;
	g.answer.n = g.close.n = 0;
	g.wall_ns = g.cpu_ns = g.own_ns = 0;
}

static void begin_all(struct client *clients)
{
	g.over = false;
	for (unsigned int i = 0; i < o.clients; i++) {
		begin(&clients[i]);
	}
}

static void meter_on(void)
{
	g.wall_ns -= clock_ns(CLOCK_MONOTONIC);
	g.cpu_ns -= clock_ns(server_clock());
	g.own_ns -= clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void meter_off(void)
{
	g.wall_ns += clock_ns(CLOCK_MONOTONIC);
	g.cpu_ns += clock_ns(server_clock());
	g.own_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* A turn of ours, from the first connection to the server's end of the last. */
static void take_turn(struct client *clients)
{
	const struct timespec its_end = { .tv_nsec = 1000000 };

	meter_on();
	begin_all(clients);
	turn(clock_ns(CLOCK_MONOTONIC) + SLICE_NS);
	g.over = true;
	turn(clock_ns(CLOCK_MONOTONIC) + LAST_NS);
	if (g.open) {
		fprintf(stderr, "%u connections do not end\n", g.open);
		exit(EXIT_FAILURE);
	}
	nanosleep(&its_end, NULL);
	meter_off();
}

static void load_in_turns(struct client *clients)
{
	const struct timespec its = { .tv_nsec = SLICE_NS };

	for (unsigned int i = 0; i <= o.seconds * SLICES_PER_S; i++) {
		if (kill(o.other, SIGSTOP)) {
			die("the other process");
		}
		take_turn(clients);
		if (kill(o.other, SIGCONT)) {
			die("the other process");
		}
		nanosleep(&its, NULL);
		if (i == 0) {
			forget();
		}
	}
}

static void load(struct client *clients)
{
	begin_all(clients);
	turn(clock_ns(CLOCK_MONOTONIC) + WARM_NS);
	forget();
	meter_on();
	turn(clock_ns(CLOCK_MONOTONIC) + o.seconds * 1000000000ULL);
	meter_off();
}

/* ---- options ---- */

static size_t from_hex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; hex[0] && hex[1] && n < cap && sscanf(hex, "%2hhx", &out[n]) == 1; hex += 2) {
		n++;
	}
	return n;
}

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:n:t:s:b:c:k:x:g:r")) != -1) {
		switch (c) {
		case 'p': o.port = (uint16_t)atoi(optarg); break;
		case 'n': o.clients = (unsigned int)atoi(optarg); break;
		case 't': o.seconds = (unsigned int)atoi(optarg); break;
		case 's': o.pid = atoi(optarg); break;
		case 'b': o.other = atoi(optarg); break;
		case 'c': o.cert = optarg; break;
		case 'k': o.key = optarg; break;
		case 'x': o.request_len = from_hex(optarg, o.request, sizeof(o.request)); break;
		case 'g': o.granted_len = from_hex(optarg, o.granted, sizeof(o.granted)); break;
		case 'r': o.resume = true; break;
		default:
			fputs("ke_load -p PORT [-n CLIENTS] [-t SECONDS] [-s SERVER_PID] [-r]\n"
			      "        [-b PID] [-c CERT -k KEY] -x REQUEST_HEX -g HEX_IN_GRANT\n",
			      stderr);
			exit(EXIT_FAILURE);
		}
	}
}

int main(int argc, char **argv)
{
	struct client *clients;

	options(argc, argv);
	clients = calloc(o.clients, sizeof(*clients));
	if (!clients) {
		die("clients");
	}
	g.epoll = epoll_create1(EPOLL_CLOEXEC);
	gnutls_certificate_allocate_credentials(&g.cred);
	gnutls_priority_init(&g.priority, priority, NULL);
	if (o.cert && gnutls_certificate_set_x509_key_file(g.cred, o.cert, o.key,
							   GNUTLS_X509_FMT_PEM) < 0) {
		die(o.cert);
	}
	if (o.other) {
		load_in_turns(clients);
	} else {
		load(clients);
	}
	report();
	return g.grants ? EXIT_SUCCESS : EXIT_FAILURE;
}
