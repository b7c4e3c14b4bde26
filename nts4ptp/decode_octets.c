// SPDX-License-Identifier: GPL-2.0-or-later
/* A PTP message, each octet of it beside what it is (IEEE 1588-2019, 13.3 and 16.14.3). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nts4ptp/decode_kinds.h"
#include "tlv/auth.h"
#include "tlv/ptp.h"
#include "util/cursor.h"

#define WORDS 96	/* octets, with their zero */
#define ROW 16		/* octets of the message on a line */

typedef void (*words_fn)(char *words, const uint8_t *v);

struct field {
	uint8_t len;
	const char *name;
	words_fn words;		/* what stands behind the name, or NULL */
};

/* ---- words ---- */

static void low_4(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%u: %s", v[0] & 15, ptp_type_info(v[0] & 15)->name);
}

static void version(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%u.%u", v[0] & 15, v[0] >> 4);
}

static void number_8(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%u", v[0]);
}

static void signed_8(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%d", (int8_t)v[0]);
}

static void number_16(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%u", v[0] << 8 | v[1]);
}

static void key_id(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "0x%02x%02x%02x%02x", v[0], v[1], v[2], v[3]);
}

static void flags(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%s%s%s", v[0] & 2 ? "two-step" : "one-step",
		 v[0] & 4 ? ", unicast" : "", v[1] & 8 ? ", PTP timescale" : "");
}

static void correction(char *words, const uint8_t *v)
{
	struct rcur c = rcur_init(v, 8);
	uint64_t scaled = 0;

	rcur_u64(&c, &scaled);
	snprintf(words, WORDS, "%.3f ns", (double)(int64_t)scaled / 65536);
}

static void port_identity(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%02x%02x%02x.%02x%02x.%02x%02x%02x-%u", v[0], v[1], v[2],
		 v[3], v[4], v[5], v[6], v[7], v[8] << 8 | v[9]);
}

static void timestamp(char *words, const uint8_t *v)
{
	uint64_t ns = ptp_timestamp_ns(v);

	snprintf(words, WORDS, "%" PRIu64 ".%09" PRIu64 " s", ns / 1000000000, ns % 1000000000);
}

static void tlv_type(char *words, const uint8_t *v)
{
	snprintf(words, WORDS, "%s", decode_tlv_name((uint16_t)(v[0] << 8 | v[1])));
}

/* ---- fields ---- */

static const struct field header[] = {
	{ 1, "majorSdoId, messageType", low_4 },
	{ 1, "versionPTP", version },
	{ 2, "messageLength", number_16 },
	{ 1, "domainNumber", number_8 },
	{ 1, "minorSdoId", number_8 },
	{ 2, "flagField", flags },
	{ 8, "correctionField", correction },
	{ 4, "messageTypeSpecific", NULL },
	{ 10, "sourcePortIdentity", port_identity },
	{ 2, "sequenceId", number_16 },
	{ 1, "controlField", number_8 },
	{ 1, "logMessageInterval", signed_8 },
};

static const struct field stamp[] = {
	{ PTP_TIMESTAMP_LEN, "timestamp", timestamp },
};

static const struct field requesting[] = {
	{ PTP_PORT_IDENTITY_LEN, "requestingPortIdentity", port_identity },
};

static const struct field tlv_head[] = {
	{ 2, "tlvType", tlv_type },
	{ 2, "lengthField", number_16 },
};

static const struct field auth[] = {
	{ 1, "SPP", number_8 },
	{ 1, "secParamIndicator", number_8 },
	{ 4, "keyID", key_id },
};

static const struct field ticket[] = {
	{ 4, "Ticket Key ID", key_id },
};

static void say_row(struct decode_out *out, size_t at, const uint8_t *v, size_t len,
		    const char *text)
{
	char hex[3 * ROW] = "";

	for (size_t i = 0; i < len; i++) {
		size_t used = strlen(hex);

		snprintf(hex + used, sizeof(hex) - used, "%s%02x", i ? " " : "", v[i]);
	}
	if (out->json) {
		json_object(&out->j, NULL);
		json_uint(&out->j, "at", at);
		json_string(&out->j, "octets", hex);
		json_string(&out->j, "text", text);
		json_object_end(&out->j);
	} else {
		printf("%6zu  %-*s  %s\n", at, 3 * ROW - 1, hex, text);
	}
}

static void say_field(struct decode_out *out, size_t at, const uint8_t *v, size_t len,
		      const char *text)
{
	for (size_t i = 0; i < len; i += ROW) {
		say_row(out, at + i, v + i, len - i < ROW ? len - i : ROW, i ? "" : text);
	}
}

/* So many fields, as far as there are octets. */
static void say_fields(struct decode_out *out, struct rcur *c, const uint8_t *data,
		       const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n && fields[i].len <= c->left; i++) {
		char text[2 * WORDS], words[WORDS] = "";

		if (fields[i].words) {
			fields[i].words(words, c->at);
		}
		snprintf(text, sizeof(text), "%s%s%s", fields[i].name, *words ? " " : "", words);
		say_field(out, (size_t)(c->at - data), c->at, fields[i].len, text);
		rcur_skip(c, fields[i].len);
	}
}

static void say_rest(struct decode_out *out, struct rcur *c, const uint8_t *data, const char *name)
{
	say_field(out, (size_t)(c->at - data), c->at, c->left, name);
	rcur_skip(c, c->left);
}

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static void say_body(struct decode_out *out, struct rcur *c, const uint8_t *data,
		     const struct ptp_head *head)
{
	if (head->type != PTP_SIGNALING && head->type != PTP_MANAGEMENT) {
		say_fields(out, c, data, stamp, N_OF(stamp));
	}
	if (head->info->rule == PTP_RULE_RESPONSE) {
		say_fields(out, c, data, requesting, N_OF(requesting));
	}
	say_rest(out, c, data, "body");
}

static void say_tlv(struct decode_out *out, struct rcur *c, const uint8_t *data)
{
	uint16_t type = (uint16_t)(c->at[0] << 8 | c->at[1]);
	size_t len = (size_t)(c->at[2] << 8 | c->at[3]);
	struct rcur value;

	say_fields(out, c, data, tlv_head, N_OF(tlv_head));
	if (rcur_sub(c, len, &value) != ST_OK) {
		say_rest(out, c, data, "BAD: longer than the message");
		return;
	}
	if (type == AUTH_TLV_TYPE) {
		say_fields(out, &value, data, auth, N_OF(auth));
		say_rest(out, &value, data, "ICV");
	} else if (type == DECODE_TICKET_TLV) {
		say_fields(out, &value, data, ticket, N_OF(ticket));
		say_rest(out, &value, data, "ticket");
	}
	say_rest(out, &value, data, "value");
}

void decode_octets(struct decode_out *out, const struct ptp_head *head, const uint8_t *data)
{
	struct rcur c = rcur_init(data, head->len);
	struct rcur part;

	say_fields(out, &c, data, header, N_OF(header));
	if (rcur_sub(&c, (size_t)(head->info->len - PTP_HEADER_LEN), &part) == ST_OK) {
		say_body(out, &part, data, head);
	}
	while (c.st == ST_OK && c.left >= 4) {
		say_tlv(out, &c, data);
	}
	say_rest(out, &c, data, "BAD: behind the last TLV");
}
