// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NTS messages for PTP, struct to octets: WIRE.md 5. Writes what the struct has, then has it
 * read by ke_decode: so the two cannot come to differ in what they refuse.
 */
#include "nts/message.h"

#include "nts/body.h"
#include "nts/container.h"
#include "util/secret.h"

#define VERSION_1_0 0x0100

static const uint16_t ptp_only[] = { KE_PROTOCOL_PTP };

/* A bare Error has no head, the empty answer an empty list; all others the same three. */
static void write_head(struct wcur *w, enum ke_type type)
{
	if (type == KE_BARE_ERROR) {
		return;
	}
	if (type == KE_NO_PROTOCOL) {
		body_write_algs(w, RECORD_NEXT_PROTOCOL, NULL, 0);
		return;
	}
	body_write_algs(w, RECORD_NEXT_PROTOCOL, ptp_only, 1);
	record_put_u16(w, RECORD_MESSAGE_VERSION, VERSION_1_0);
	record_put_u16(w, RECORD_MESSAGE_TYPE, (uint16_t)type);
}

static void write_lists(struct wcur *w, const struct ke_message *m)
{
	if (m->type == KE_KEY_REQUEST) {
		body_write_assoc(w, &m->assoc);
	}
	if (m->type == KE_REFUSAL || m->type == KE_BARE_ERROR) {
		record_put_u16(w, RECORD_ERROR, m->error);
	}
	if (m->n_identities > 0) {
		body_write_identities(w, m->identities, m->n_identities);
	}
	if (m->n_aeads > 0) {
		body_write_algs(w, RECORD_AEAD_ALGORITHM, m->aeads, m->n_aeads);
	}
	if (m->n_macs > 0) {
		body_write_algs(w, RECORD_MAC_ALGORITHM, m->macs, m->n_macs);
	}
}

static void write_containers(struct wcur *w, const struct ke_message *m)
{
	if (m->type == KE_KEY_GRANT || m->type == KE_REGISTRATION_SUCCESS) {
		container_write(w, RECORD_CURRENT_PARAMETERS, &m->current);
	}
	if (m->has_next) {
		container_write(w, RECORD_NEXT_PARAMETERS, &m->next);
	}
}

static enum status check_message(const uint8_t *data, size_t len, enum ke_type type)
{
	bool request = type == KE_KEY_REQUEST || type == KE_REGISTRATION_REQUEST ||
		       type == KE_REGISTRATION_REVOKE;
	struct ke_message m;
	enum status st = ke_decode(data, len, request ? KE_SERVER : KE_CLIENT, &m);

	if (st == ST_OK) {
		secret_wipe(&m, sizeof(m));
	}
	return st;
}

enum status ke_encode(const struct ke_message *m, uint8_t *data, size_t cap, size_t *len)
{
	struct wcur w = wcur_init(data, cap);
	enum status st;

	if ((unsigned int)m->type > KE_NO_PROTOCOL) {
		return ST_BAD_TYPE;
	}
	if (m->n_identities > NTS_IDENTITIES_MAX || m->n_macs > NTS_ALGS_MAX ||
	    m->n_aeads > NTS_ALGS_MAX) {
		return ST_BAD_LENGTH;
	}
	write_head(&w, m->type);
	write_lists(&w, m);
	write_containers(&w, m);
	record_end(&w, record_begin(&w, RECORD_END_OF_MESSAGE));
	st = w.st == ST_OK ? check_message(data, w.used, m->type) : w.st;
	if (st != ST_OK) {
		secret_wipe(data, w.used);
		return st;
	}
	*len = w.used;
	return ST_OK;
}
