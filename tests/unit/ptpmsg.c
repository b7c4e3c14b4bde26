// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages and key sets for the tests of tlv/. */
#include "tests/unit/ptpmsg.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

const uint8_t ptpmsg_types[PTP_SLOTS] = { 0, 1, 2, 3, 8, 9, 10, 11, 12, 13 };

/* Octets of header and body, IEEE 1588-2019, 13.6 to 13.13 */
static const uint8_t lengths[16] = {
	44, 44, 54, 54, 0, 0, 0, 0, 44, 54, 54, 64, 44, 48, 0, 0
};

void ptpmsg_set_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

size_t ptpmsg_make(uint8_t *out, uint8_t type, uint8_t clock, uint16_t sequence_id,
		   uint64_t timestamp_ns)
{
	uint64_t s = timestamp_ns / 1000000000, ns = timestamp_ns % 1000000000;
	size_t len = lengths[type];

	memset(out, 0, PTPMSG_CAP);
	out[0] = type;
	out[1] = 0x02;
	ptpmsg_set_u16(out + 2, (uint16_t)len);
	out[6] = type == PTP_SYNC ? 0x02 : 0;
	memset(out + 20, clock, 8);
	out[29] = 1;
	ptpmsg_set_u16(out + 30, sequence_id);
	if (type != PTP_SIGNALING && type != PTP_MANAGEMENT) {
		ptpmsg_set_u16(out + 36, (uint16_t)(s >> 16));
		ptpmsg_set_u16(out + 38, (uint16_t)s);
		ptpmsg_set_u16(out + 40, (uint16_t)(ns >> 16));
		ptpmsg_set_u16(out + 42, (uint16_t)ns);
	}
	return len;
}

void ptpmsg_requester(uint8_t *msg, uint8_t clock)
{
	memset(msg + 44, clock, 8);
	ptpmsg_set_u16(msg + 52, 1);
}

size_t ptpmsg_tlv(uint8_t *msg, size_t len, uint16_t type, uint16_t value_len)
{
	ptpmsg_set_u16(msg + len, type);
	ptpmsg_set_u16(msg + len + 2, value_len);
	memset(msg + len + 4, 0, value_len);
	len += 4 + (size_t)value_len;
	ptpmsg_set_u16(msg + 2, (uint16_t)len);
	return len;
}

size_t ptpmsg_sign(uint8_t *msg, size_t len, const struct nts_params *p, unsigned int i)
{
	const struct nts_sa *sa = &p->sa[i];
	uint16_t icv_len = sa->mac == ALG_HMAC_SHA256 ? 32 : 16;
	gnutls_mac_algorithm_t alg = sa->mac == ALG_AES_128_CMAC ? GNUTLS_MAC_AES_CMAC_128 :
				     sa->mac == ALG_AES_256_CMAC ? GNUTLS_MAC_AES_CMAC_256 :
								   GNUTLS_MAC_SHA256;
	uint8_t digest[64];
	size_t total;

	total = ptpmsg_tlv(msg, len, 0x8009, (uint16_t)(6 + icv_len));
	msg[len + 4] = sa->spp;
	ptpmsg_set_u16(msg + len + 6, (uint16_t)(sa->key_id >> 16));
	ptpmsg_set_u16(msg + len + 8, (uint16_t)sa->key_id);
	if (gnutls_hmac_fast(alg, sa->key, sa->key_len, msg, total - icv_len, digest) != 0) {
		abort();
	}
	memcpy(msg + len + 10, digest, icv_len);
	return total;
}

struct nts_params ptpmsg_params(uint32_t key_id, uint16_t mac, uint16_t named,
				uint32_t lifetime, uint32_t grace)
{
	struct nts_params p;

	memset(&p, 0, sizeof(p));
	p.policy.named = named;
	memset(p.policy.spp, 3, sizeof(p.policy.spp));
	p.n_sa = 1;
	p.sa[0].spp = 3;
	p.sa[0].mac = mac;
	p.sa[0].key_id = key_id;
	p.sa[0].key_len = mac == ALG_AES_128_CMAC ? 16 : 32;
	for (uint8_t i = 0; i < p.sa[0].key_len; i++) {
		p.sa[0].key[i] = (uint8_t)(key_id + i * 7u);
	}
	p.lifetime = lifetime;
	p.update_in = lifetime / 2;
	p.grace = grace;
	return p;
}
