// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of what was decoded: decode_out.h. */
#include "nts4ptp/decode_out.h"

#include <stdarg.h>

#include "tlv/auth.h"

#define HEX_SHOWN 32			/* octets */

static const struct {
	uint16_t type;
	const char *name;
} tlvs[] = {
	{ 0x0001, "MANAGEMENT" },
	{ 0x0002, "MANAGEMENT_ERROR_STATUS" },
	{ 0x0003, "ORGANIZATION_EXTENSION" },
	{ 0x0004, "REQUEST_UNICAST_TRANSMISSION" },
	{ 0x0005, "GRANT_UNICAST_TRANSMISSION" },
	{ 0x0006, "CANCEL_UNICAST_TRANSMISSION" },
	{ 0x0007, "ACKNOWLEDGE_CANCEL_UNICAST_TRANSMISSION" },
	{ 0x0008, "PATH_TRACE" },
	{ 0x0009, "ALTERNATE_TIME_OFFSET_INDICATOR" },
	{ 0x4000, "ORGANIZATION_EXTENSION_PROPAGATE" },
	{ 0x8000, "ORGANIZATION_EXTENSION_DO_NOT_PROPAGATE" },
	{ AUTH_TLV_TYPE, "AUTHENTICATION" },
	{ DECODE_TICKET_TLV, "TICKET (by nts_ticket_tlv's default)" },
};

void decode_say(struct decode_out *out, unsigned int depth, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (out->json) {
		json_object(&out->j, NULL);
		json_uint(&out->j, "depth", depth);
		json_string(&out->j, "text", text);
		json_object_end(&out->j);
	} else {
		printf("%*s%s\n", (int)depth * 2, "", text);
	}
}

void decode_hex(struct decode_out *out, unsigned int depth, const char *name, const uint8_t *data,
		size_t len)
{
	char text[2 * HEX_SHOWN + 1] = "";

	for (size_t i = 0; i < len && i < HEX_SHOWN; i++) {
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	}
	decode_say(out, depth, "%s %s%s (%zu octets)", name, text, len > HEX_SHOWN ? "..." : "",
		   len);
}

const char *decode_tlv_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(tlvs) / sizeof(tlvs[0]); i++) {
		if (tlvs[i].type == type) {
			return tlvs[i].name;
		}
	}
	return "unknown";
}
