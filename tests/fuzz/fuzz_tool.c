// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets into what nts4ptp reads of others: a message to decode, a capture, a ptp4l.conf. The
 * first octet chooses which, and how it is told; what is told goes nowhere, but must be told.
 */
#include <stdlib.h>
#include <string.h>

#include "nts/message.h"
#include "nts4ptp/conf.h"
#include "nts4ptp/decode_kinds.h"
#include "tests/fuzz/fuzz.h"

#define KINDS 4
#define JSON 0x10
#define OCTETS 0x20
#define PTP_SEEDS 16
#define SEEDS (2 + PTP_SEEDS + 1 + 1)
#define PCAP_LEN 24
#define PACKET_LEN 16
#define TLV_LEN 58		/* with an ICV longer than what is shown of it */

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void read_ke(struct decode_out *out, const uint8_t *data, size_t len)
{
	decode_ke(out, data, len);
}

static void read_ptp(struct decode_out *out, const uint8_t *data, size_t len)
{
	decode_ptp(out, data, len);
}

static void read_pcap(struct decode_out *out, const uint8_t *data, size_t len)
{
	if (decode_is_pcap(data, len)) {
		decode_pcap(out, data, len);
	}
}

/* Each line is found again by its own section and name, or a later one is. */
static void read_conf(struct decode_out *out, const uint8_t *data, size_t len)
{
	struct conf *conf;
	FILE *in;

	(void)out;
	if (len == 0) {
		return;
	}
	in = fmemopen((void *)data, len, "r");
	must(in && conf_parse(in, &conf) == ST_OK);
	fclose(in);
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *line = &conf->list[i];
		const struct conf_line *found = conf_find(conf, line->section, line->name);

		must(memchr(line->name, 0, CONF_WORD) && memchr(line->value, 0, CONF_VALUE));
		must(found && found->number >= line->number);
		(void)conf_number(conf, line->section, line->name, 0);
	}
	conf_free(conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const kinds[KINDS])(struct decode_out *out, const uint8_t *data,
					  size_t len) = {
		read_ke, read_ptp, read_pcap, read_conf,
	};
	static FILE *nowhere;
	struct decode_out out;

	if (len == 0) {
		return 0;
	}
	if (!nowhere) {
		nowhere = freopen("/dev/null", "w", stdout);
		must(nowhere != NULL);
	}
	out = (struct decode_out){ .json = data[0] & JSON, .octets = data[0] & OCTETS };
	json_init(&out.j, nowhere);
	kinds[data[0] % KINDS](&out, data + 1, len - 1);
	return 0;
}

/* ---- seeds ---- */

static size_t ke_seed(bool grant, uint8_t *data, size_t cap)
{
	struct ke_message m = { .type = grant ? KE_KEY_GRANT : KE_KEY_REQUEST };
	size_t len = 0;

	if (grant) {
		m.current = (struct nts_params){
			.policy = { .named = 0x3f0d }, .n_sa = 1, .lifetime = 3600, .update_in = 60,
			.sa = { { .key_len = 32, .key_id = 7 } },
		};
	}
	must(ke_encode(&m, data, cap, &len) == ST_OK);
	return len;
}

/* With an AUTHENTICATION TLV behind it. */
static size_t ptp_seed(uint8_t type, uint8_t *data)
{
	static const uint8_t tlv[] = { 0x80, 0x09, 0, TLV_LEN - 4, 1, 0, 0, 0, 0, 7 };
	size_t len = ptp_type_info(type)->len ? ptp_type_info(type)->len : 44;

	memset(data, 0, len + TLV_LEN);
	data[0] = type;
	data[1] = 0x12;
	memcpy(data + len, tlv, sizeof(tlv));
	ptp_set_length(data, (uint16_t)(len + TLV_LEN));
	return len + TLV_LEN;
}

/* A Sync over Ethernet, with a tag, and one over UDP and IPv4. */
static size_t pcap_seed(uint8_t *data)
{
	static const uint8_t magic[] = { 0xd4, 0xc3, 0xb2, 0xa1 };
	static const uint8_t vlan[] = { 0x81, 0, 0, 5, 0x88, 0xf7 };
	size_t at = PCAP_LEN;

	memset(data, 0, 512);
	memcpy(data, magic, sizeof(magic));
	data[20] = 1;
	for (int udp = 0; udp < 2; udp++) {
		uint8_t *head = data + at, *frame = head + PACKET_LEN;
		size_t before = udp ? 42 : 18;
		size_t len = before + ptp_seed(0, frame + before);

		if (udp) {
			frame[12] = 8;
			frame[14] = 0x45;
			frame[23] = 17;
			frame[36] = 1;
			frame[37] = 63;
		} else {
			memcpy(frame + 12, vlan, sizeof(vlan));
		}
		head[8] = (uint8_t)len;
		at += PACKET_LEN + len;
	}
	return at;
}

static size_t conf_seed(uint8_t *data, size_t cap)
{
	static const char text[] =
		"# a clock\n[global]\nnts_server ke.example.net, 192.0.2.1:4460\ndomainNumber=0x5\n"
		"nts_mode = ticket\n[eth0]\n nts_mode off \n[eth0]\nnts_subgroup 3\n"
		"[unicast_master_table]\nUDPv4 192.0.2.2\n";

	size_t len = sizeof(text) - 1;

	/* A name and a value that do not fit. */
	must(len + 2 * CONF_VALUE <= cap);
	memcpy(data, text, len);
	memset(data + len, 'x', 2 * CONF_VALUE);
	data[len + 2 * CONF_WORD] = ' ';
	return len + 2 * CONF_VALUE;
}

size_t fuzz_seed(size_t i, uint8_t *data, size_t cap)
{
	if (i >= SEEDS) {
		return 0;
	}
	data[0] = (uint8_t)((i & 1 ? JSON : 0) | (i & 2 ? OCTETS : 0));
	if (i < 2) {
		return 1 + ke_seed(i == 1, data + 1, cap - 1);
	}
	if (i < 2 + PTP_SEEDS) {
		data[0] |= 1;
		return 1 + ptp_seed((uint8_t)(i - 2), data + 1);
	}
	if (i == 2 + PTP_SEEDS) {
		data[0] |= 2;
		return 1 + pcap_seed(data + 1);
	}
	data[0] |= 3;
	return 1 + conf_seed(data + 1, cap - 1);
}
