/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's gate with one key, and messages for it: for the tests of tlv/guard.h. */
#ifndef NTS_TESTS_GATE_H
#define NTS_TESTS_GATE_H

#include "tests/unit/ptpmsg.h"
#include "tlv/guard.h"

#define S 1000000000ULL
#define TIME_NS (1700000000 * S)	/* in the timestamps of gate_make's messages */
#define NOW 1000000ULL
#define PEER 0xCC			/* every octet of a peer's clockIdentity */
#define OURS 0xDD
#define THIRD 0xEE

/* What a test works on; b is a key set that is not installed. */
struct gate {
	struct sa_table *sa;
	struct guard *guard;
	struct guard_config config;
	struct nts_params a, b;
	uint8_t msg[PTPMSG_CAP];
	uint64_t now;
};
extern struct gate gate;

/* Key set a with this MAC, all types secured; gate_setup: HMAC-SHA256-128. */
void gate_setup_mac(uint16_t mac);
void gate_setup(void);
void gate_teardown(void);

/* A new guard after gate.config was changed. */
void gate_remake(void);

/*
 * Hands len octets of data over in memory of exactly that size; checks that what is refused stays
 * as it was, and that the verdict is counted.
 */
enum guard_verdict gate_receive(const uint8_t *data, size_t len);

/* The same with gate.msg. */
enum guard_verdict gate_take(size_t len);

/* A message of the peer in gate.msg; returns octets. */
size_t gate_make(uint8_t type, uint16_t seq);

/* One signed with a set's key, and received. */
enum guard_verdict gate_signed_by(const struct nts_params *p, uint8_t type, uint16_t seq);

/* We ask, so that the peer's answer with this sequenceId is one. */
void gate_ask(uint8_t type, uint16_t seq);
void gate_ask_both(uint16_t seq);

bool gate_is_response(uint8_t type);

/* A message signed with key a in gate.msg; a response answers gate_ask_both(seq). */
size_t gate_make_signed(uint8_t type, uint16_t seq);

#endif
