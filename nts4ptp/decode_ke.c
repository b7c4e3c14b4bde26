// SPDX-License-Identifier: GPL-2.0-or-later
/* An NTS-KE message, record by record (WIRE.md 2, 3 and 5). Must not print a key. */
#include <inttypes.h>

#include "nts/body.h"
#include "nts/message.h"
#include "nts4ptp/decode_kinds.h"
#include "tlv/ptp.h"
#include "util/secret.h"

#define DEPTH_MAX 4

typedef void (*body_fn)(struct decode_out *out, unsigned int depth, struct rcur body);

static void walk(struct decode_out *out, unsigned int depth, struct rcur c);

static void say_bad(struct decode_out *out, unsigned int depth, enum status st)
{
	if (st != ST_OK) {
		decode_say(out, depth, "BAD: %s", status_str(st));
	}
}

/* ---- bodies ---- */

static void say_nothing(struct decode_out *out, unsigned int depth, struct rcur body)
{
	(void)out;
	(void)depth;
	(void)body;
}

static void say_container(struct decode_out *out, unsigned int depth, struct rcur body)
{
	if (depth <= DEPTH_MAX) {
		walk(out, depth, body);
	}
}

static void say_hidden(struct decode_out *out, unsigned int depth, struct rcur body)
{
	decode_say(out, depth, "(%zu octets)", body.left);
}

static void say_seconds(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint32_t v = 0;
	enum status st = body_read_u32(body, &v);

	if (st == ST_OK) {
		decode_say(out, depth, "%" PRIu32 " s", v);
	}
	say_bad(out, depth, st);
}

static void say_id(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint32_t v = 0;
	enum status st = body_read_u32(body, &v);

	if (st == ST_OK) {
		decode_say(out, depth, "0x%08" PRIx32, v);
	}
	say_bad(out, depth, st);
}

static void say_error(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint16_t v = 0;
	enum status st = body_read_u16(body, &v);

	if (st == ST_OK) {
		decode_say(out, depth, "%u, %s", v, ke_error_str(v));
	}
	say_bad(out, depth, st);
}

static void say_type(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint16_t v = 0;
	enum status st = body_read_u16(body, &v);

	if (st == ST_OK) {
		decode_say(out, depth, "%u, %s", v,
			   v < KE_TYPES ? ke_type_str((enum ke_type)v) : "unknown");
	}
	say_bad(out, depth, st);
}

static void say_version(struct decode_out *out, unsigned int depth, struct rcur body)
{
	enum status st = body_read_version(body);

	if (st == ST_OK) {
		decode_say(out, depth, "1.0");
	}
	say_bad(out, depth, st);
}

static void say_protocols(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint16_t v;

	while (rcur_u16(&body, &v) == ST_OK) {
		decode_say(out, depth, "%u%s", v, v == KE_PROTOCOL_PTP ? ", PTPv2.1" :
			   v == 0 ? ", NTPv4" : "");
	}
}

static void say_macs(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint16_t v;

	while (rcur_u16(&body, &v) == ST_OK) {
		decode_say(out, depth, "%u, %s", v, alg_mac_name(v));
	}
}

static void say_aeads(struct decode_out *out, unsigned int depth, struct rcur body)
{
	uint16_t v;

	while (rcur_u16(&body, &v) == ST_OK) {
		decode_say(out, depth, "%u, %s", v, alg_aead(v) ? alg_aead(v)->name : "unknown");
	}
}

static void say_assoc(struct decode_out *out, unsigned int depth, struct rcur body)
{
	char text[NTS_ASSOC_STR];
	struct nts_assoc a;
	enum status st = body_read_assoc(body, &a);

	if (st == ST_OK) {
		decode_say(out, depth, "%s", nts_assoc_str(&a, text));
	}
	say_bad(out, depth, st);
}

static void say_identities(struct decode_out *out, unsigned int depth, struct rcur body)
{
	struct nts_assoc ids[NTS_IDENTITIES_MAX];
	char text[NTS_ASSOC_STR];
	uint8_t n = 0;
	enum status st = body_read_identities(body, ids, &n);

	for (uint8_t i = 0; st == ST_OK && i < n; i++) {
		decode_say(out, depth, "%s", nts_assoc_str(&ids[i], text));
	}
	say_bad(out, depth, st);
}

static void say_sa(struct decode_out *out, unsigned int depth, struct rcur body)
{
	struct nts_sa sa;
	enum status st = body_read_sa(body, &sa);

	if (st == ST_OK) {
		decode_say(out, depth, "SPP %u, %s, key ID 0x%08" PRIx32 ", key (%u octets)",
			   sa.spp, alg_mac_name(sa.mac), sa.key_id, sa.key_len);
	}
	secret_wipe(&sa, sizeof(sa));
	say_bad(out, depth, st);
}

static void say_policy(struct decode_out *out, unsigned int depth, struct rcur body)
{
	struct nts_policy policy;
	enum status st = body_read_policy(body, &policy);

	for (uint8_t type = 0; st == ST_OK && type < NTS_PTP_TYPES; type++) {
		const char *name = ptp_type_info(type)->name;

		if (policy.named & (1u << type)) {
			decode_say(out, depth, "%s: SPP %u", name ? name : "reserved type",
				   policy.spp[type]);
		}
	}
	say_bad(out, depth, st);
}

static void say_ticket(struct decode_out *out, unsigned int depth, struct rcur body)
{
	struct nts_ticket t;
	enum status st = body_read_ticket(body, &t);

	if (st == ST_OK) {
		decode_say(out, depth, "%s, nonce of %u octets, ciphertext of %u octets",
			   alg_aead(t.aead) ? alg_aead(t.aead)->name : "unknown AEAD", t.nonce_len,
			   t.len);
	}
	say_bad(out, depth, st);
}

static const struct {
	uint16_t type;
	const char *name;
	body_fn say;
} records[] = {
	{ RECORD_END_OF_MESSAGE, "End of Message", say_nothing },
	{ RECORD_NEXT_PROTOCOL, "NTS Next Protocol Negotiation", say_protocols },
	{ RECORD_ERROR, "Error", say_error },
	{ RECORD_WARNING, "Warning", say_hidden },
	{ RECORD_AEAD_ALGORITHM, "AEAD Algorithm Negotiation", say_aeads },
	{ RECORD_ASSOCIATION_MODE, "Association Mode", say_assoc },
	{ RECORD_CURRENT_PARAMETERS, "Current Parameters Container", say_container },
	{ RECORD_GRACE_PERIOD, "Grace Period", say_seconds },
	{ RECORD_LIFETIME, "Lifetime", say_seconds },
	{ RECORD_MAC_ALGORITHM, "MAC Algorithm Negotiation", say_macs },
	{ RECORD_NEXT_PARAMETERS, "Next Parameters Container", say_container },
	{ RECORD_MESSAGE_TYPE, "NTS Message Type", say_type },
	{ RECORD_MESSAGE_VERSION, "NTS Message Version", say_version },
	{ RECORD_REQUESTING_IDENTITY, "Requesting PTP Identity", say_identities },
	{ RECORD_SECURITY_ASSOCIATION, "Security Association", say_sa },
	{ RECORD_SECURITY_POLICIES, "Security Policies", say_policy },
	{ RECORD_TICKET, "Ticket", say_ticket },
	{ RECORD_TICKET_CONTAINER, "Ticket Container", say_container },
	{ RECORD_TICKET_KEY, "Ticket Key", say_hidden },
	{ RECORD_TICKET_KEY_ID, "Ticket Key ID", say_id },
	{ RECORD_TIME_UNTIL_UPDATE, "Time until Update", say_seconds },
};

static void say_record(struct decode_out *out, unsigned int depth, const struct record *r)
{
	const char *critical = r->critical ? "critical, " : "";

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		if (records[i].type == r->type) {
			decode_say(out, depth, "%s (%u, %s%zu octets)", records[i].name, r->type,
				   critical, r->body.left);
			records[i].say(out, depth + 1, r->body);
			return;
		}
	}
	decode_say(out, depth, "unknown record (%u, %s%zu octets)", r->type, critical,
		   r->body.left);
}

static void walk(struct decode_out *out, unsigned int depth, struct rcur c)
{
	struct record r;

	while (c.left > 0) {
		if (record_next(&c, &r) != ST_OK) {
			decode_say(out, depth, "BAD: %zu octets that are no whole record", c.left);
			return;
		}
		say_record(out, depth, &r);
	}
}

/* As the side that it is for would read it. */
bool decode_ke(struct decode_out *out, const uint8_t *data, size_t len)
{
	struct ke_message *m = secret_alloc(sizeof(*m));
	enum status client, server;

	decode_say(out, 0, "NTS-KE message, %zu octets", len);
	walk(out, 1, rcur_init(data, len));
	if (!m) {
		return false;
	}
	server = ke_decode(data, len, KE_SERVER, m);
	client = server == ST_OK ? server : ke_decode(data, len, KE_CLIENT, m);
	if (client == ST_OK) {
		decode_say(out, 0, "good, %s takes it: %s",
			   server == ST_OK ? "a server" : "a client", ke_type_str(m->type));
	} else {
		decode_say(out, 0, "BAD: a server refuses it: %s; a client: %s", status_str(server),
			   status_str(client));
	}
	secret_free(m, sizeof(*m));
	return client == ST_OK;
}
