/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A grantor and a requester with their gates, tickets made by the KE server's own functions, and
 * messages between them: for the tests of unicast/.
 */
#ifndef NTS_TESTS_PAIR_H
#define NTS_TESTS_PAIR_H

#include "tests/unit/ptpmsg.h"
#include "unicast/gate.h"

#define G_CLOCK 0xAA		/* every octet of the clockIdentity */
#define R_CLOCK 0xBB
#define M_CLOCK 0xCC		/* a stranger's */
#define PAIR_NOW 1000000ULL
#define PAIR_TLV_REQUEST 0x0004
#define PAIR_TLV_GRANT 0x0005

struct pair {
	struct nts_assoc g_address, r_address, m_address;
	struct ticket_key tk[3];	/* ticket keys of the grantor: now, next, another's */
	struct grantor *grantor;
	struct requester *requester;
	struct sa_table *sa;
	struct ugate *g, *r;		/* gates */
	struct nts_params grant[2];	/* of r: current, next */
	uint64_t now;
	uint8_t msg[PTPMSG_CAP];
	size_t len;
};
extern struct pair pair;

/* Both registered and keyed with Current; nothing sent yet. */
void pair_setup(void);
void pair_teardown(void);

/*
 * Each side starts anew, with what it has kept where with says so: a new gate of the same clock,
 * its grantor registered or its requester keyed as before.
 */
void pair_restart_grantor(bool with);
void pair_restart_requester(bool with);

/* A registration with ticket key number i. */
struct nts_params pair_registration(unsigned int i, uint32_t lifetime);

/* Key set for a requester with these identities, with a ticket under ticket key number i. */
struct nts_params pair_grant(uint32_t key_id, unsigned int i, const struct nts_assoc *ids,
			     uint8_t n, uint32_t lifetime);

/* A grant for pair's own requester: its address and PortIdentity. */
struct nts_params pair_own_grant(uint32_t key_id, unsigned int i, uint32_t lifetime);

struct nts_assoc pair_address(uint8_t last);
struct nts_assoc pair_identity(uint8_t clock);

/* A message of a clock in pair.msg, with flagField's unicast; returns octets. */
size_t pair_make(uint8_t type, uint8_t clock, uint16_t seq);

/* The same, Signaling with one TLV of this type. */
size_t pair_signaling(uint8_t clock, uint16_t seq, uint16_t tlv);

/* pair.msg out through a gate, to an address; and in through a gate, from one. */
enum guard_send pair_send(struct ugate *gate, const struct nts_assoc *to);
enum guard_verdict pair_take(struct ugate *gate, const struct nts_assoc *from);

/* r asks, g takes: the request with a ticket, sequenceId seq. */
enum guard_verdict pair_ask(uint16_t seq);

/* The grantor sends a message of this type, the requester takes it; and the other way round. */
enum guard_verdict pair_answer(uint8_t type, uint16_t seq);
enum guard_verdict pair_request(uint8_t type, uint16_t seq);

/*
 * g grants, r takes. A restarted grantor numbers now and then where its last life did: in the end
 * it is taken.
 */
enum guard_verdict pair_grants(uint16_t seq);
enum guard_verdict pair_grants_in_the_end(uint16_t seq);

/* A request of clock to g under this grant, from an address. */
enum guard_verdict pair_ask_as(const struct nts_params *grant, uint8_t clock, uint16_t seq,
			       const struct nts_assoc *from);

/* It is refused for exactly this, and nothing of it is kept. */
void pair_is_refused(enum guard_verdict wanted, const struct nts_params *grant, uint8_t clock,
		     const struct nts_assoc *from);

/* A Delay_Req of r's clock to g under key number sa of a grant. */
enum guard_verdict pair_delay_req(const struct nts_params *grant, unsigned int sa, uint16_t seq,
				  const struct nts_assoc *from);

struct grantor_status pair_status(void);	/* of g's grantor */

/* Of pair.msg: the key ID that it was signed with, its sequenceId. */
uint32_t pair_signed_with(void);
uint16_t pair_number(void);

/* Signs pair.msg by hand with a grant's key, with its ticket before it where ticket says so. */
void pair_sign(const struct nts_params *grant, bool ticket);

#endif
