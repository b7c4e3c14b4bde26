// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for a KE server: a number of clients at a time, each of which connects, shakes hands, sends
 * a request, takes the answer and waits for close_notify, then begins anew. One thread, sockets
 * that do not block. Prints what came of it in one line of name=value.
 *
 * Or, with -i, that many connections that never get anywhere.
 *
 * Does not verify the server's chain: that would be the load generator's time, not the server's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nts/message.h"

#define ANSWER_MAX 8192
#define TIMES_MAX 1000000
#define ADDRESSES 60000		/* of ours, so that ports never run out */
#define TURN_MS 20
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
	struct sockaddr_in server;
	unsigned int clients, seconds, idle;
	bool octets, resume;
	pid_t pid;		/* of the server; 0 none */
	const char *cert, *key;
	uint8_t request[KE_REQUEST_MAX], granted[64];
	size_t request_len, granted_len;
} o = { .clients = 1, .seconds = 2 };

static struct {
	int epoll;
	unsigned int address;
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	uint64_t grants, failures, resumed;
	struct times answer, close;
	bool over;
} g;

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

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

/* A socket on its way to the server, from one of our many loopback addresses. */
static int dial(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0) {
		die("socket");
	}
	from.sin_addr.s_addr = htonl(0x7f000001 + g.address++ % ADDRESSES);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		die("bind");
	}
	if (connect(fd, (struct sockaddr *)&o.server, sizeof(o.server)) && errno != EINPROGRESS) {
		die("connect");
	}
	return fd;
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
	c->fd = dial();
	session(c);
	watch(EPOLL_CTL_ADD, c->fd, EPOLLOUT, c);
}

static void end(struct client *c, bool good)
{
	g.failures += !good;
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

	while (clock_ns(CLOCK_MONOTONIC) < until_ns) {
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

static void report(uint64_t wall_ns, uint64_t cpu_ns, uint64_t own_ns)
{
	qsort(g.answer.us, g.answer.n, sizeof(uint32_t), by_size);
	qsort(g.close.us, g.close.n, sizeof(uint32_t), by_size);
	printf("grants=%lu failures=%lu resumed=%lu per_s=%.0f server_us=%.1f server_cpu=%.2f "
	       "own_cpu=%.2f answer_us=%u answer_p99_us=%u close_us=%u close_p99_us=%u\n",
	       g.grants, g.failures, g.resumed, (double)g.grants * 1e9 / (double)wall_ns,
	       g.grants ? (double)cpu_ns / 1e3 / (double)g.grants : 0,
	       (double)cpu_ns / (double)wall_ns, (double)own_ns / (double)wall_ns,
	       quantile(&g.answer, 0.5), quantile(&g.answer, 0.99), quantile(&g.close, 0.5),
	       quantile(&g.close, 0.99));
}

static void load(void)
{
	struct client *clients = calloc(o.clients, sizeof(*clients));
	clockid_t cpu = server_clock();
	uint64_t wall0, cpu0, own0;

	if (!clients) {
		die("clients");
	}
	for (unsigned int i = 0; i < o.clients; i++) {
		begin(&clients[i]);
	}
	turn(clock_ns(CLOCK_MONOTONIC) + 300000000);	/* until all are under way */
	g.grants = g.failures = g.resumed = 0;
	g.answer.n = g.close.n = 0;
	wall0 = clock_ns(CLOCK_MONOTONIC);
	cpu0 = clock_ns(cpu);
	own0 = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	turn(wall0 + o.seconds * 1000000000ULL);
	report(clock_ns(CLOCK_MONOTONIC) - wall0, clock_ns(cpu) - cpu0,
	       clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own0);
}

/* ---- connections that get nowhere ---- */

/* The start of a ClientHello, and then more of it than ever comes: 16,384 octets. */
static const uint8_t hello[] = { 22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3 };

struct idler {
	int fd;
	size_t sent;
};

static bool closed(const struct idler *l)
{
	uint8_t octet;
	ssize_t n = recv(l->fd, &octet, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void dribble(struct idler *l)
{
	uint8_t octet = l->sent < sizeof(hello) ? hello[l->sent] : 0;

	if (send(l->fd, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
		l->sent++;
	}
}

/* All of them once per second, evenly; those that the server put out come again. */
static void idle(void)
{
	struct idler *all = calloc(o.idle, sizeof(*all));
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + o.seconds * 1000000000ULL;
	uint64_t again = 0;

	if (!all) {
		die("idlers");
	}
	for (unsigned int i = 0; i < o.idle; i++) {
		all[i].fd = dial();
	}
	for (unsigned int i = 0; clock_ns(CLOCK_MONOTONIC) < end_ns;) {
		for (unsigned int k = 0; k < (o.idle + 999) / 1000; k++, i++) {
			struct idler *l = &all[i % o.idle];

			if (closed(l)) {
				close(l->fd);
				*l = (struct idler){ .fd = dial() };
				again++;
			} else if (o.octets) {
				dribble(l);
			}
		}
		nanosleep(&pause, NULL);
	}
	printf("idle=%u again=%lu\n", o.idle, again);
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

	o.server.sin_family = AF_INET;
	o.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while ((c = getopt(argc, argv, "p:n:t:s:c:k:x:g:i:or")) != -1) {
		switch (c) {
		case 'p': o.server.sin_port = htons((uint16_t)atoi(optarg)); break;
		case 'n': o.clients = (unsigned int)atoi(optarg); break;
		case 't': o.seconds = (unsigned int)atoi(optarg); break;
		case 's': o.pid = atoi(optarg); break;
		case 'c': o.cert = optarg; break;
		case 'k': o.key = optarg; break;
		case 'x': o.request_len = from_hex(optarg, o.request, sizeof(o.request)); break;
		case 'g': o.granted_len = from_hex(optarg, o.granted, sizeof(o.granted)); break;
		case 'i': o.idle = (unsigned int)atoi(optarg); break;
		case 'o': o.octets = true; break;
		case 'r': o.resume = true; break;
		default:
			fputs("ke_load -p PORT [-n CLIENTS] [-t SECONDS] [-s SERVER_PID] [-r]\n"
			      "        [-c CERT -k KEY] -x REQUEST_HEX -g HEX_IN_GRANT\n"
			      "ke_load -p PORT -i CONNECTIONS [-o] [-t SECONDS]\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
}

int main(int argc, char **argv)
{
	options(argc, argv);
	if (o.idle) {
		idle();
		return EXIT_SUCCESS;
	}
	g.epoll = epoll_create1(EPOLL_CLOEXEC);
	gnutls_certificate_allocate_credentials(&g.cred);
	gnutls_priority_init(&g.priority, priority, NULL);
	if (o.cert && gnutls_certificate_set_x509_key_file(g.cred, o.cert, o.key,
							   GNUTLS_X509_FMT_PEM) < 0) {
		die(o.cert);
	}
	load();
	return g.grants ? EXIT_SUCCESS : EXIT_FAILURE;
}
