/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Static keys as linuxptp 4.4 has them: the file that its option sa_file names, read into
 * security associations, and one port's gate that signs and verifies with one of them
 * (IEEE 1588-2019, 16.14.3). For ports without NTS; knows nothing of linuxptp, no KE server.
 */
#ifndef NTS_TLV_STATIC_KEYS_H
#define NTS_TLV_STATIC_KEYS_H

#include "tlv/guard.h"

struct static_keys;

/*
 * Reads a file. ST_FILE_OPEN, ST_NO_MEMORY, ST_CONFIG: *line is the one that is wrong. Unlike
 * linuxptp, which leaves a wrong association out, all of the file must be right.
 */
enum status static_keys_read(const char *path, struct static_keys **out,
			     unsigned int *line) MUST_CHECK;

/* Wipes and frees; k may be NULL. */
void static_keys_free(struct static_keys *k);

struct static_gate;

/*
 * A port's gate: signs with key_id of the association spp, verifies with any key of it. The keys
 * stay the caller's and must outlive the gate. ST_BAD_VALUE (no such association or key),
 * ST_NO_MEMORY.
 */
enum status static_gate_new(const struct static_keys *k, uint8_t spp, uint32_t key_id,
			    struct static_gate **out) MUST_CHECK;
void static_gate_free(struct static_gate *g);

/*
 * Whose Sync and Follow_Up messages are held against seqid_window, and in which state the port
 * is: when either changes, counting begins anew.
 */
void static_gate_follow(struct static_gate *g, const uint8_t parent[10], int port_state);

/* As guard_receive and guard_sign (tlv/guard.h). */
enum guard_verdict static_gate_receive(struct static_gate *g, uint8_t *data, size_t len,
				       size_t *out_len);
enum guard_send static_gate_sign(struct static_gate *g, uint8_t *data, size_t len, size_t cap,
				 struct guard_undo *undo, size_t *out_len);

const struct guard_counters *static_gate_counters(const struct static_gate *g);

/* What it signs with. */
uint8_t static_gate_spp(const struct static_gate *g);
uint32_t static_gate_key_id(const struct static_gate *g);

#endif
