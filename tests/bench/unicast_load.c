// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unicast_load [-p] GRANTOR PID N INTERVAL SECONDS [KE CA CERT KEY]: N requesters towards a real
 * grantor, each with an address (10.1.x.y), a key and a ticket of its own: they ask for Announce,
 * Sync (log2 of seconds: INTERVAL) and Delay_Resp, verify all that comes, and send Delay_Req as
 * often as Sync comes, up to a limit. -p: without any of NTS. Prints what came of it in one line of
 * name value.
 *
 * The grantor's ticket key is asked of the KE server as the grantor does it, with its certificate;
 * tickets are sealed here: nts-ked gives a key to each client, and 10,000 certificates would take
 * longer than all else.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/bench/synthetic.h"
#include "tests/tools/keclient.h"

#define BATCH 64
#define MESSAGE 1500
#define FIRST_ADDRESS 0x10001		/* 10.1.0.1 */
#define JOIN_PER_MS 2
#define JOIN_AGAIN_NS 1000000000ull
#define JOIN_MAX_NS 30000000000ull
#define EVENT_PORT 319
#define GENERAL_PORT 320
#define ALL_GRANTED 7

/*
 * A second, of all: linuxptp serves all its clients in one go, meanwhile requests wait in its
 * socket's buffer, and when that is full the kernel drops its transmit timestamps, too.
 */
#define DELAY_REQ_MAX 300.0

struct requester {
	struct crypto_mac *mac;
	uint16_t signaling_seq, delay_seq, sync_seq;
	uint8_t granted;	/* bit for each contract */
	bool synced;		/* sync_seq is one that came */
};

static struct {
	struct sockaddr_in grantor;
	const char *pid;
	uint32_t n;
	int interval;
	unsigned int seconds;
	bool plain;
	struct ticket_key key;
} o;

static struct {
	struct requester *all;
	int event, general;
	bool measuring;
	uint64_t sync, follow_up, announce, delay_req, delay_resp, lost_sync, bad;
} g;

/* ---- the ticket key ---- */

static void fetch_ticket_key(char **argv)
{
	const struct tls_files files = { .ca_file = argv[1], .cert_file = argv[2],
					 .key_file = argv[3] };
	struct ke_message m = { .type = KE_REGISTRATION_REQUEST, .n_identities = 1, .n_aeads = 1,
				.aeads = { ALG_AEAD_AES_SIV_CMAC_256 } };
	static struct keclient client;
	uint8_t request[KE_REQUEST_MAX];
	struct tls_creds *creds;
	struct tls_why why;
	size_t len;

	m.identities[0].type = NTS_ASSOC_IPV4;
	memcpy(m.identities[0].value, &o.grantor.sin_addr, 4);
	if (tls_creds_load(&files, &creds, &why) != ST_OK) {
		die(why.text);
	}
	if (ke_encode(&m, request, sizeof(request), &len) != ST_OK ||
	    keclient_ask(&client, creds, argv[0], 4460, request, len, &why) != ST_OK ||
	    ke_decode(client.in, client.len, KE_CLIENT, &m) != ST_OK) {
		die(why.text);
	}
	if (m.type != KE_REGISTRATION_SUCCESS) {
		die(ke_error_str(m.error));
	}
	o.key.id = m.current.ticket_key_id;
	o.key.aead = m.current.aead;
	o.key.len = m.current.ticket_key_len;
	memcpy(o.key.key, m.current.ticket_key, o.key.len);
	tls_creds_unref(creds);
}

/* ---- sending ---- */

static int open_socket(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1, size = 64 << 20;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		die("socket");
	}
	return fd;
}

static void send_from(int fd, uint16_t port, uint32_t i, uint8_t *data, size_t len)
{
	struct sockaddr_in to = o.grantor;
	struct iovec iov = { data, len };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
				.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO } };
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(0x0A000000 | (FIRST_ADDRESS + i)) };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	to.sin_port = htons(port);
	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	if (sendmsg(fd, &m, 0) < 0) {
		die("sendmsg");
	}
}

static size_t add_request(uint8_t *m, size_t len, uint8_t type, int interval)
{
	const uint8_t tlv[] = { 0, 4, 0, 6, (uint8_t)(type << 4), (uint8_t)interval, 0, 0, 1, 44 };

	memcpy(m + len, tlv, sizeof(tlv));
	ptp_set_length(m, (uint16_t)(len + sizeof(tlv)));
	return len + sizeof(tlv);
}

static void ask(uint32_t i)
{
	const struct nts_assoc address = synthetic_address(FIRST_ADDRESS + i);
	uint8_t m[MESSAGE];
	size_t len = synthetic_message(m, PTP_SIGNALING, i + 1, ++g.all[i].signaling_seq);

	memset(m + PTP_HEADER_LEN, 0xff, PTP_PORT_IDENTITY_LEN);	/* any port */
	len = add_request(m, len, PTP_ANNOUNCE, o.interval > 1 ? o.interval : 1);
	len = add_request(m, len, PTP_SYNC, o.interval);
	len = add_request(m, len, PTP_DELAY_RESP, o.interval);
	if (!o.plain) {
		len = synthetic_ticket(m, len, i, 0, &address, &o.key);
	}
	send_from(g.general, GENERAL_PORT, i, m, len);
}

static void send_delay_req(uint32_t i)
{
	uint8_t m[MESSAGE];
	size_t len = synthetic_message(m, PTP_DELAY_REQ, i + 1, ++g.all[i].delay_seq);

	if (!o.plain) {
		len = auth_append(g.all[i].mac, 1, synthetic_key(i, 0).key_id, m, len);
	}
	send_from(g.event, EVENT_PORT, i, m, len);
	g.delay_req++;
}

/* ---- receiving ---- */

/* Each Signaling of the grantor holds one grant. */
static void take_grant(struct requester *r, const uint8_t *m)
{
	static const uint8_t bit[16] = { [PTP_ANNOUNCE] = 1, [PTP_SYNC] = 2, [PTP_DELAY_RESP] = 4 };

	if (m[44] == 0 && m[45] == 5 && (m[50] || m[51] || m[52] || m[53])) {
		r->granted |= bit[m[48] >> 4];
	}
}

static void take_sync(struct requester *r, uint16_t seq)
{
	if (r->synced && g.measuring) {
		g.lost_sync += (uint16_t)(seq - r->sync_seq - 1);
	}
	r->sync_seq = seq;
	r->synced = true;
	g.sync++;
}

static void take(uint32_t i, uint8_t *m, size_t len)
{
	struct ptp_head head;
	struct auth_tlv auth;

	if (i >= o.n || ptp_parse(m, len, &head) != ST_OK) {
		g.bad++;
		return;
	}
	if (!o.plain && (auth_find(m, head.info->len, head.len, &auth) != AUTH_FOUND ||
			 auth_verify(g.all[i].mac, m, &auth) != ST_OK)) {
		g.bad++;
		return;
	}
	g.follow_up += head.type == PTP_FOLLOW_UP;
	g.announce += head.type == PTP_ANNOUNCE;
	g.delay_resp += head.type == PTP_DELAY_RESP;
	if (head.type == PTP_SIGNALING) {
		take_grant(&g.all[i], m);
	} else if (head.type == PTP_SYNC) {
		take_sync(&g.all[i], head.sequence_id);
	}
}

static uint32_t requester_of(struct msghdr *m)
{
	struct in_pktinfo info = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
		}
	}
	return (ntohl(info.ipi_addr.s_addr) & 0xffffff) - FIRST_ADDRESS;
}

static void receive(int fd)
{
	static uint8_t data[BATCH][MESSAGE], control[BATCH][64];
	struct mmsghdr list[BATCH];
	struct iovec iov[BATCH];
	int n;

	do {
		for (int k = 0; k < BATCH; k++) {
			iov[k] = (struct iovec){ data[k], MESSAGE };
			list[k] = (struct mmsghdr){ .msg_hdr = {
				.msg_iov = &iov[k], .msg_iovlen = 1, .msg_control = control[k],
				.msg_controllen = sizeof(control[k]) } };
		}
		n = recvmmsg(fd, list, BATCH, MSG_DONTWAIT, NULL);
		for (int k = 0; k < n; k++) {
			take(requester_of(&list[k].msg_hdr), data[k], list[k].msg_len);
		}
	} while (n == BATCH);
}

/* For a millisecond, or until something comes. */
static void wait_and_receive(void)
{
	struct pollfd p[] = { { g.event, POLLIN, 0 }, { g.general, POLLIN, 0 } };

	poll(p, 2, 1);
	receive(g.event);
	receive(g.general);
}

/* ---- what is measured ---- */

static uint32_t count_granted(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o.n; i++) {
		n += g.all[i].granted == ALL_GRANTED;
	}
	return n;
}

/* All ask, so that none of them is lost on the way; who got no answer, again. */
static void join(void)
{
	uint64_t start = now_ns(), again = start;
	uint32_t at = 0;

	while (count_granted() < o.n && now_ns() - start < JOIN_MAX_NS) {
		for (int k = 0; k < JOIN_PER_MS && at < o.n; at++) {
			if (g.all[at].granted != ALL_GRANTED) {
				ask(at);
				k++;
			}
		}
		if (at == o.n && now_ns() - again > JOIN_AGAIN_NS) {
			at = 0;
			again = now_ns();
		}
		wait_and_receive();
	}
}

static double sync_rate(void)
{
	return o.n * (o.interval < 0 ? 1 << -o.interval : 1.0 / (1 << o.interval));
}

static void run_for(double seconds)
{
	double per_ns = (sync_rate() < DELAY_REQ_MAX ? sync_rate() : DELAY_REQ_MAX) / 1e9;
	uint64_t start = now_ns(), sent = 0;

	while (now_ns() - start < seconds * 1e9) {
		while ((double)sent < (double)(now_ns() - start) * per_ns) {
			send_delay_req((uint32_t)(sent++ % o.n));
		}
		wait_and_receive();
	}
}

static uint64_t cpu_ns(void)
{
	char path[64];
	uint64_t ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", o.pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%lu", &ns) != 1) {
		die("schedstat");
	}
	fclose(f);
	return ns;
}

static void measure(void)
{
	uint64_t start, cpu, messages;
	double s;

	run_for(1);
	g.sync = g.follow_up = g.announce = g.delay_req = g.delay_resp = g.bad = 0;
	g.measuring = true;
	start = now_ns();
	cpu = cpu_ns();
	run_for(o.seconds);
	cpu = cpu_ns() - cpu;
	s = (double)(now_ns() - start) / 1e9;
	messages = g.sync + g.follow_up + g.announce + g.delay_req + g.delay_resp;
	printf("requesters %u granted %u messages_s %.0f cpu_ns %.0f busy %.2f due %.0f sync %lu "
	       "lost_sync %lu delay_req %lu unanswered %lu bad %lu\n", o.n, count_granted(),
	       (double)messages / s, messages ? (double)cpu / (double)messages : 0,
	       (double)cpu / 1e9 / s, sync_rate() * s, g.sync, g.lost_sync, g.delay_req,
	       g.delay_req > g.delay_resp ? g.delay_req - g.delay_resp : 0, g.bad);
}

int main(int argc, char **argv)
{
	o.plain = argc > 1 && strcmp(argv[1], "-p") == 0;
	argv += o.plain;
	argc -= o.plain;
	if (argc != (o.plain ? 6 : 10) ||
	    inet_pton(AF_INET, argv[1], &o.grantor.sin_addr) != 1) {
		fprintf(stderr, "usage: unicast_load [-p] GRANTOR PID N INTERVAL SECONDS "
				"[KE CA CERT KEY]\n");
		return EXIT_FAILURE;
	}
	o.grantor.sin_family = AF_INET;
	o.pid = argv[2];
	o.n = (uint32_t)atoi(argv[3]);
	o.interval = atoi(argv[4]);
	o.seconds = (unsigned int)atoi(argv[5]);
	g.all = calloc(o.n, sizeof(*g.all));
	if (!g.all) {
		die("memory");
	}
	if (!o.plain) {
		fetch_ticket_key(argv + 6);
	}
	for (uint32_t i = 0; i < o.n && !o.plain; i++) {
		struct nts_sa sa = synthetic_key(i, 0);

		if (crypto_mac_new(sa.mac, sa.key, sa.key_len, &g.all[i].mac) != ST_OK) {
			die("MAC");
		}
	}
	g.event = open_socket(EVENT_PORT);
	g.general = open_socket(GENERAL_PORT);
	join();
	measure();
	for (uint32_t i = 0; i < o.n; i++) {
		crypto_mac_free(g.all[i].mac);
	}
	free(g.all);
	return EXIT_SUCCESS;
}
