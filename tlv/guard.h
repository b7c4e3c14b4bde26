/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port's gate: every PTP message that comes in is verified and stripped here, every one that
 * goes out is signed here (WIRE.md 7). Works on wire octets; knows nothing of linuxptp, sockets
 * or files. Per message: no allocation (but once per new sender), no lock, no system call.
 */
#ifndef NTS_TLV_GUARD_H
#define NTS_TLV_GUARD_H

#include <stdbool.h>

#include "tlv/auth.h"
#include "tlv/kept.h"

#define GUARD_MESSAGE_MAX 1500	/* octets with its TLVs, WIRE.md 7 */

/*
 * Why a received message was refused: counter name, words for the log, and what to look at, which
 * stands behind the words. One table.
 */
#define GUARD_TABLE(X) \
	X(GUARD_OK, "verified", "verified", "") \
	X(GUARD_UNSECURED_OK, "unsecured_by_policy", "not secured, as the policies say", "") \
	X(GUARD_MALFORMED, "malformed", "malformed message", "not PTP, or damaged on the way") \
	X(GUARD_NO_TLV, "no_tlv", "no AUTHENTICATION TLV", "is nts_server set there?") \
	X(GUARD_TLV_TWICE, "tlv_twice", "more than one AUTHENTICATION TLV", \
	  "signed by two on its way, or forged") \
	X(GUARD_TLV_NOT_LAST, "tlv_not_last", "AUTHENTICATION TLV is not the last TLV", \
	  "another implementation, or something between adds TLVs") \
	X(GUARD_TLV_FORMAT, "tlv_format", "AUTHENTICATION TLV of an unsupported form", \
	  "another implementation: only immediate security with its own key IDs is taken") \
	X(GUARD_NO_KEY, "no_key", "no key yet", "nts4ptp status says why we have none") \
	X(GUARD_WRONG_GROUP, "wrong_group", "another domain or sdoId than the key's", \
	  "are domainNumber and transportSpecific the same there?") \
	X(GUARD_UNKNOWN_SPP, "unknown_spp", "unknown SPP", \
	  "is it of the same group, with keys of the same KE server?") \
	X(GUARD_UNKNOWN_KEY_ID, "unknown_key_id", "unknown key ID", \
	  "is it of the same group, with keys of the same KE server, and not old ones?") \
	X(GUARD_NOT_IN_POLICY, "not_in_policy", "signed, but the policies do not name this type", \
	  "its keys came with other policies: have they been changed at the KE server?") \
	X(GUARD_BAD_ICV, "bad_icv", "wrong ICV", \
	  "forged, or changed on its way by one without a key") \
	X(GUARD_OWN_IDENTITY, "own_identity", "our own clockIdentity came back", \
	  "a loop in the network, or another clock with our identity") \
	X(GUARD_GROUP_UNICAST, "group_unicast", "unicast timing message under a group key", \
	  "nts_group_unicast 1 would take it, nts_mode ticket is the better way") \
	X(GUARD_STALE, "stale", "replayed or too old", \
	  "a replay, a long detour, or its clock stepped back") \
	X(GUARD_NO_REQUEST, "no_request", "answers no request of ours", \
	  "replayed, late, or the answer to another port with our identity") \
	X(GUARD_TOO_MANY_SENDERS, "too_many_senders", "too many senders", \
	  "somebody with the group's key invents identities") \
	/* ticket mode, unicast/gate.h */ \
	X(GUARD_WRONG_PEER, "wrong_peer", "signed with the key of another address or identity", \
	  "has its address changed?") \
	X(GUARD_WRONG_ROLE, "wrong_role", "a type that this side of a contract does not send", \
	  "does each take the other for its master?") \
	X(GUARD_TICKET_FORMAT, "ticket_format", "TICKET TLV cut, padded, doubled or misplaced", \
	  "another implementation?") \
	X(GUARD_TICKET_NO_GRANTOR, "ticket_no_grantor", "a ticket, but no ticket key here", \
	  "not registered yet, or no unicast_listen 1 here") \
	X(GUARD_TICKET_KEY_ID, "ticket_key_id", "unknown Ticket Key ID: another grantor's ticket", \
	  "has this address moved to us, or another KE server granted it?") \
	X(GUARD_TICKET_EXPIRED, "ticket_expired", "ticket of a ticket key that has expired", \
	  "does it still reach its KE server?") \
	X(GUARD_TICKET_AEAD, "ticket_aead", "ticket of another AEAD than the registered one", \
	  "is it of the same KE server?") \
	X(GUARD_TICKET_RATE, "ticket_rate", "too many bad tickets: not opened", \
	  "somebody sends rubbish from there") \
	X(GUARD_TICKET_FORGED, "ticket_forged", "ticket does not open", \
	  "forged, or changed on the way") \
	X(GUARD_TICKET_CONTENT, "ticket_content", "ticket with unfit content", \
	  "the KE server's fault: is it of another version?") \
	X(GUARD_TICKET_POLICY, "ticket_policy", \
	  "ticket's policies leave needed messages unsecured", \
	  "see the KE server's policies, and nts_allow_unsecured here") \
	X(GUARD_TICKET_KEY, "ticket_key", "not signed with the key inside its ticket", \
	  "somebody else's ticket") \
	X(GUARD_TICKET_IDENTITY, "ticket_identity", \
	  "the ticket is for another address or identity", \
	  "does it speak from the address that it asked the KE server with?") \
	X(GUARD_DENIED, "denied", "requester denied by nts_grantor_deny", "as this side wants it") \
	X(GUARD_REQUEST_RATE, "request_rate", "asks for more than 128 messages a second", \
	  "logSyncInterval or logAnnounceInterval below -7 there") \
	X(GUARD_ADDRESS_TAKEN, "address_taken", "a second requester behind one address", \
	  "is there an address translator between?") \
	X(GUARD_IDENTITY_TAKEN, "identity_taken", "PortIdentity of another peer", \
	  "two clocks with one identity?")

enum guard_verdict {
#define X(name, counter, text, hint) name,
	GUARD_TABLE(X)
#undef X
	GUARD_VERDICTS
};

const char *guard_counter_name(enum guard_verdict v);	/* for status, JSON and metrics */
const char *guard_verdict_str(enum guard_verdict v);
const char *guard_verdict_hint(enum guard_verdict v);	/* "": none */

static inline bool guard_accepted(enum guard_verdict v)
{
	return v == GUARD_OK || v == GUARD_UNSECURED_OK;
}

/* What became of a message to send: counter name and words. The SUPPRESS ones are not sent. */
#define GUARD_SEND_TABLE(X) \
	X(GUARD_SIGNED, "signed", "signed") /* TLV added */ \
	X(GUARD_PLAIN, "unsecured_by_policy", "not secured, as the policies say") \
	X(GUARD_SUPPRESS_NO_KEY, "no_key", "no key") \
	X(GUARD_SUPPRESS_TOO_LONG, "too_long", "too long with its AUTHENTICATION TLV") \
	X(GUARD_SUPPRESS_GROUP, "wrong_group", \
	  "another domain or sdoId than the key's, or no PTP") \
	X(GUARD_SUPPRESS_MULTICAST, "multicast", "multicast, and nts_mode is ticket") \
	X(GUARD_SUPPRESS_UNVERIFIED, "unverified", \
	  "it came in unverified, and would go out signed")

enum guard_send {
#define X(name, counter, text) name,
	GUARD_SEND_TABLE(X)
#undef X
	GUARD_SENDS
};

const char *guard_send_counter_name(enum guard_send v);
const char *guard_send_str(enum guard_send v);

static inline bool guard_sent(enum guard_send v)
{
	return v == GUARD_SIGNED || v == GUARD_PLAIN;
}

struct guard_config {
	uint8_t clock_identity[8];	/* ours */
	uint16_t port_number;		/* ours */
	bool transparent;		/* messages pass through: answers need not be to us */
	bool group_unicast;		/* nts_group_unicast */
	bool step_back_refuse;		/* nts_step_back refuse */
	uint32_t announce_timeout_ms;	/* announce receipt timeout, for freshness; 0: 6 s */
	uint32_t max_senders;		/* under each key; 0: 4096 */
};

struct guard_counters {
	uint64_t verdicts[GUARD_VERDICTS];
	uint64_t sends[GUARD_SENDS];
	uint64_t steps_back;		/* streams taken after the master's clock stepped back */
};

struct guard;

/* sa stays the caller's, may be shared, and must outlive the guard. ST_NO_MEMORY. */
enum status guard_new(const struct guard_config *config, struct sa_table *sa,
		      struct guard **out) MUST_CHECK;
void guard_free(struct guard *g);

/* Our identity, once it is known (before the first message). */
void guard_set_identity(struct guard *g, const uint8_t clock_identity[8], uint16_t port_number);

/*
 * A received message: len octets at data (may be more than messageLength: padding). On
 * acceptance messageLength in data and *out_len are those of the message without the TLV;
 * otherwise data and *out_len are left alone. Counts the verdict. Until the ICV was right, a
 * message changes nothing else.
 */
enum guard_verdict guard_receive(struct guard *g, uint8_t *data, size_t len, uint64_t now_ms,
				 size_t *out_len);

/*
 * The form of a received message, with which every gate begins. GUARD_OK: *m and *tlv are set;
 * GUARD_NO_TLV: *m is. Else it is unfit.
 */
enum guard_verdict guard_read(const uint8_t *data, size_t len, struct ptp_head *m,
			      struct auth_tlv *tlv);

/*
 * Takes the AUTHENTICATION TLV, where there is one, off a message that was refused: nobody has
 * verified what is left. Changes and counts nothing else. ST_BAD_VALUE: no PTP message.
 */
enum status guard_strip(uint8_t *data, size_t len, size_t *out_len) MUST_CHECK;

/*
 * A message to send: len octets (its messageLength) in a buffer of cap octets. When signed:
 * TLV behind it, messageLength, minorVersionPTP 1 and, where the message is ours and carries 0
 * in a two-step Sync or an Announce, originTimestamp set to estimate (10 octets as on the wire, or
 * NULL for none; never under sdoId 0x100). *out_len is the new length. After sending,
 * guard_restore puts the message's len octets back as they were; it does nothing unless signed.
 */
struct guard_undo {
	uint8_t head[64];
	uint8_t head_len;
};
enum guard_send guard_sign(struct guard *g, uint8_t *data, size_t len, size_t cap,
			   const uint8_t estimate[10], struct guard_undo *undo, size_t *out_len);
void guard_restore(uint8_t *data, const struct guard_undo *undo);

const struct guard_counters *guard_counters(const struct guard *g);

/* Marks that an earlier life of this port left: kept_recall. ST_LIMIT, ST_NO_MEMORY. */
enum status guard_recall(struct guard *g, const struct mark *list, uint32_t n,
			 uint64_t now_ms) MUST_CHECK;

/* Adds the marks that are worth keeping. */
void guard_marks(struct guard *g, struct kept_lot *lot);

/* Has a message been taken since the last guard_marks whose mark should be kept at once? */
bool guard_marks_urgent(const struct guard *g);

/* Senders whose marks are kept now, over all keys. */
uint32_t guard_senders(const struct guard *g);

#endif
