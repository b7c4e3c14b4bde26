// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The attacker of the network tests: sends captured PTP frames again, as they were or changed.
 * Only ever inside namespaces that a test made.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/ptpframe.h"

#define SOURCE_AT 20
#define SOURCE_LEN 10
#define SEQUENCE_AT 30
#define NONCE_AT 12		/* in the TICKET TLV */
#define TICKETS 400
#define REACH 64		/* sequenceIds that a receiver takes ahead of the last one */

struct options {
	int type;		/* only this messageType, -1 all */
	int type2;		/* or this one */
	uint32_t count;
	uint32_t gap_us;
	char order;		/* f as captured, r from the end, s shuffled, a what comes next */
	bool back;		/* to who sent it */
};

/* ---- changes: variant v of a signed message of *len octets; false: there is none ---- */

typedef bool (*change_fn)(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v);

static bool as_it_is(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	(void)msg;
	(void)len;
	(void)auth;
	return v == 0;
}

static bool flip(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	(void)auth;
	if (v >= *len * 8) {
		return false;
	}
	msg[v / 8] ^= (uint8_t)(1u << v % 8);
	return true;
}

static bool cut(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	*len = auth;
	put16(msg + 2, *len);
	return v == 0;
}

/* The message ends at each octet of the TLV. */
static bool truncate_tlv(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	if (auth + 1 + v >= *len) {
		return false;
	}
	*len = auth + 1 + v;
	put16(msg + 2, *len);
	return true;
}

static bool twice(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	uint32_t tlv = *len - auth;

	memcpy(msg + *len, msg + auth, tlv);
	*len += tlv;
	put16(msg + 2, *len);
	return v == 0;
}

static bool not_last(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	(void)auth;
	put16(msg + *len, TLV_PAD);
	put16(msg + *len + 2, 4);
	memset(msg + *len + 4, 0, 4);
	*len += 8;
	put16(msg + 2, *len);
	return v == 0;
}

static bool tlv_length_lies(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	static const int lies[] = { -22, -16, -2, -1, 1, 2, 16, 1000, 0x7fff };

	(void)len;
	if (v >= sizeof(lies) / sizeof(lies[0])) {
		return false;
	}
	put16(msg + auth + 2, (uint32_t)(get16(msg + auth + 2) + lies[v]));
	return true;
}

static bool message_length_lies(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	const uint32_t lies[] = { 0, 1, 33, 34, auth - 1, auth, auth + 1, auth + 4, *len - 1,
				  *len + 1, *len + 2, 1500, 0x7fff, 0xffff };

	if (v >= sizeof(lies) / sizeof(lies[0])) {
		return false;
	}
	put16(msg + 2, lies[v]);
	return true;
}

static bool other_spp(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	(void)len;
	msg[auth + 4] ^= 0x80;
	return v == 0;
}

static bool other_key(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	(void)len;
	msg[auth + 9] ^= 0x01;
	return v == 0;
}

/* Its ticket another one, of another nonce: none that was seen, and none that opens. */
static bool other_ticket(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	uint32_t at = find_tlv(msg, *len, TLV_TICKET);

	(void)auth;
	put16(msg + at + NONCE_AT, get16(msg + at + NONCE_AT) ^ (v + 1) * 0x0101);
	return at && v < TICKETS;
}

/* Unsigned, newer than what was heard, its time a second off, better than every master. */
static bool forge(uint8_t *msg, uint32_t *len, uint32_t auth, uint32_t v)
{
	*len = auth;
	put16(msg + 2, *len);
	put16(msg + 30, get16(msg + 30) + 1000u + v);
	msg[39]++;
	if ((msg[0] & 0xf) == 0xb) {
		msg[47] = 0;
	}
	return v < 4;
}

static const struct {
	const char *name;
	change_fn fn;
	const char *what;
} changes[] = {
	{ "replay", as_it_is, "as captured" },
	{ "flip", flip, "every single bit flipped" },
	{ "cut", cut, "AUTHENTICATION TLV taken off" },
	{ "truncate", truncate_tlv, "the message ends inside the TLV" },
	{ "twice", twice, "the TLV stands twice" },
	{ "notlast", not_last, "a PAD TLV behind it" },
	{ "tlvlen", tlv_length_lies, "lengthField of the TLV lies" },
	{ "msglen", message_length_lies, "messageLength lies" },
	{ "spp", other_spp, "another SPP" },
	{ "key", other_key, "another key ID" },
	{ "ticket", other_ticket, "400 other tickets" },
	{ "forge", forge, "unsigned, newer, a second off, priority1 0" },
};

#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

/* Only signed messages: others have nothing to change. */
static bool wanted(struct frame *f, const struct options *opt)
{
	if (!find_auth(msg_of(f), get16(msg_of(f) + 2))) {
		return false;
	}
	return opt->type < 0 || type_of(f) == opt->type || type_of(f) == opt->type2;
}

static void exchange(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

/* Checksums stay what they are. */
static void turn_back(struct frame *f)
{
	exchange(f->octets, f->octets + 6, 6);
	if (get16(f->octets + 12) == ETH_P_IP) {
		exchange(f->octets + 26, f->octets + 30, 4);
	} else if (get16(f->octets + 12) == ETH_P_IPV6) {
		exchange(f->octets + 22, f->octets + 38, 16);
	}
}

static uint32_t send_variants(int fd, const struct options *opt, struct frame *f, change_fn fn)
{
	uint32_t v, len, sent = 0;
	uint32_t auth = find_auth(msg_of(f), get16(msg_of(f) + 2));
	struct frame out;

	for (v = 0;; v++) {
		out = *f;
		len = get16(msg_of(f) + 2);
		if (!fn(msg_of(&out), &len, auth, v)) {
			break;
		}
		seal(&out, len);
		if (opt->back) {
			turn_back(&out);
		}
		if (send(fd, out.octets, out.len, 0) == (ssize_t)out.len) {
			sent++;
		}
		usleep(opt->gap_us);
	}
	return sent;
}

/* The wanted frames of the file, *n how many; NULL: none. */
static struct frame *load(FILE *file, const struct options *opt, uint32_t *n)
{
	struct frame *list = NULL, *more;
	uint32_t cap = 0, i = 0;
	struct frame f;

	while (i < opt->count && read_frame(file, &f)) {
		if (!wanted(&f, opt)) {
			continue;
		}
		if (i == cap) {
			cap = cap ? 2 * cap : 256;
			more = realloc(list, cap * sizeof(*list));
			if (!more) {
				break;
			}
			list = more;
		}
		list[i++] = f;
	}
	*n = i;
	return list;
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t c = *a;

	*a = *b;
	*b = c;
}

/* The numbers 0 to n - 1 in the order wanted; the same at each run. */
static uint32_t *make_order(char order, uint32_t n)
{
	uint32_t *at = calloc(n, sizeof(*at));
	uint32_t i;

	for (i = 0; at && i < n; i++) {
		at[i] = order == 'r' ? n - 1 - i : i;
	}
	for (i = n; at && order == 's' && i > 1; i--) {
		swap(&at[i - 1], &at[(uint32_t)rand() % i]);
	}
	return at;
}

/* How far this one's sequenceId is ahead of the last one's of its kind. */
static uint16_t ahead(struct frame *list, uint32_t n, struct frame *f)
{
	const uint8_t *source = msg_of(f) + SOURCE_AT;
	uint32_t i = n;

	while (i > 0 && (type_of(&list[i - 1]) != type_of(f) ||
			 memcmp(msg_of(&list[i - 1]) + SOURCE_AT, source, SOURCE_LEN))) {
		i--;
	}
	return i ? (uint16_t)(get16(msg_of(f) + SEQUENCE_AT) -
			      get16(msg_of(&list[i - 1]) + SEQUENCE_AT)) : 0;
}

/*
 * Moves those to the front that could pass for the continuation of what was captured, since
 * sequenceId has wrapped: up to REACH ahead of the last one of their kind. How many there are.
 */
static uint32_t keep_next(struct frame *list, uint32_t n)
{
	struct frame *next = calloc(n, sizeof(*next));
	uint32_t i, kept = 0;
	uint16_t by;

	for (by = 1; next && by <= REACH; by++) {
		for (i = 0; i < n && kept < n; i++) {
			if (ahead(list, n, &list[i]) == by) {
				next[kept++] = list[i];
			}
		}
	}
	if (kept) {
		memcpy(list, next, kept * sizeof(*next));
	}
	free(next);
	return kept;
}

static int send_changed(const struct options *opt, char *argv[])
{
	int fd = open_interface(argv[0], false);
	FILE *file = fopen(argv[1], "rb");
	uint32_t k, n = 0, sent = 0, *at;
	struct frame *list;
	size_t i;

	for (i = 0; i < N_CHANGES && strcmp(changes[i].name, argv[2]); i++) {
	}
	if (fd < 0 || !file || i == N_CHANGES) {
		fprintf(stderr, "ptp tools: cannot send '%s' from %s\n", argv[2], argv[1]);
		return 2;
	}
	list = load(file, opt, &n);
	fclose(file);
	if (opt->order == 'a') {
		n = keep_next(list, n);
	}
	at = make_order(opt->order, n);
	for (k = 0; at && k < n; k++) {
		sent += send_variants(fd, opt, &list[at[k]], changes[i].fn);
	}
	free(at);
	free(list);
	close(fd);
	printf("sent %" PRIu32 "\n", sent);
	return sent ? 0 : 1;
}

static int usage(void)
{
	size_t i;

	fprintf(stderr, "usage: ptpattack IFACE FILE CHANGE [OPTIONS]\n"
			"  -n COUNT  messages of FILE, at most\n"
			"  -T TYPE[,TYPE]  only these messageTypes (numbers)\n"
			"  -i MICROSECONDS  between two frames\n"
			"  -o f|r|s  as captured, from the end, shuffled\n"
			"  -o a  only those whose sequenceIds would come next, by these\n"
			"  -b  back to who sent it\n"
			"CHANGE is one of\n");
	for (i = 0; i < N_CHANGES; i++) {
		fprintf(stderr, "  %-10s%s\n", changes[i].name, changes[i].what);
	}
	return 64;
}

static bool parse(int argc, char *argv[], struct options *opt)
{
	char *end;
	int c;

	while ((c = getopt(argc, argv, "n:T:i:o:b")) != -1) {
		if (c == 'n') {
			opt->count = (uint32_t)strtoul(optarg, NULL, 0);
		} else if (c == 'T') {
			opt->type = (int)strtol(optarg, &end, 0);
			opt->type2 = *end == ',' ? (int)strtol(end + 1, NULL, 0) : -1;
		} else if (c == 'o') {
			opt->order = *optarg;
		} else if (c == 'b') {
			opt->back = true;
		} else if (c == 'i') {
			opt->gap_us = (uint32_t)strtoul(optarg, NULL, 0);
		} else {
			return false;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct options opt = { .type = -1, .type2 = -1, .count = UINT32_MAX,
			       .gap_us = 200, .order = 'f' };

	if (!parse(argc, argv, &opt) || argc - optind != 3) {
		return usage();
	}
	return send_changed(&opt, argv + optind);
}
