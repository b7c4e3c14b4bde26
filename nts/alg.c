// SPDX-License-Identifier: GPL-2.0-or-later
/* MAC and AEAD algorithms: WIRE.md 4. Numbers and lengths only; crypto.c computes. */
#include "nts/alg.h"

#include <strings.h>

static const struct alg_mac macs[] = {
	{ ALG_HMAC_SHA256_128, "HMAC-SHA256-128", 32, 16 },
	{ ALG_HMAC_SHA256, "HMAC-SHA256", 32, 32 },
	{ ALG_AES_128_CMAC, "AES-128-CMAC", 16, 16 },
	{ ALG_AES_256_CMAC, "AES-256-CMAC", 32, 16 },
};

static const struct alg_aead aeads[] = {
	{ ALG_AEAD_AES_SIV_CMAC_256, "AEAD_AES_SIV_CMAC_256", 32 },
	{ ALG_AEAD_AES_SIV_CMAC_512, "AEAD_AES_SIV_CMAC_512", 64 },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

const struct alg_mac *alg_mac_at(size_t i)
{
	return i < ROWS(macs) ? &macs[i] : NULL;
}

const struct alg_aead *alg_aead_at(size_t i)
{
	return i < ROWS(aeads) ? &aeads[i] : NULL;
}

const struct alg_mac *alg_mac(uint16_t number)
{
	for (size_t i = 0; i < ROWS(macs); i++) {
		if (macs[i].number == number) {
			return &macs[i];
		}
	}
	return NULL;
}

const char *alg_mac_name(uint16_t number)
{
	const struct alg_mac *row = alg_mac(number);

	return row ? row->name : "unknown";
}

const struct alg_aead *alg_aead(uint16_t number)
{
	for (size_t i = 0; i < ROWS(aeads); i++) {
		if (aeads[i].number == number) {
			return &aeads[i];
		}
	}
	return NULL;
}

const struct alg_mac *alg_mac_by_name(const char *name)
{
	for (size_t i = 0; i < ROWS(macs); i++) {
		if (strcasecmp(macs[i].name, name) == 0) {
			return &macs[i];
		}
	}
	return NULL;
}
