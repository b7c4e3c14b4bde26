// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Static keys: linuxptp 4.4's options sa_file, spp and active_key_id on releases that lack them,
 * port by port beside NTS. Where the release has its own, those work and ours keep away; a port
 * with both kinds of keys is a configuration error everywhere.
 */
#include "ptp4l-nts/seam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status wrong(const char *where, const char *why)
{
	fprintf(stderr, "%s: %s\n", where, why);
	return ST_CONFIG;
}

enum status seam_static_start(struct seam *s)
{
	const char *path = config_get_string(s->config, NULL, "sa_file");
	unsigned int line = 0;
	char why[64];
	enum status st;

	if (LP_STATIC_KEYS || !path || !path[0]) {
		return ST_OK;
	}
	st = static_keys_read(path, &s->static_keys, &line);
	if (st == ST_CONFIG) {
		snprintf(why, sizeof(why), "line %u is wrong", line);
		return wrong(path, why);
	}
	return st == ST_OK ? ST_OK : wrong(path, st == ST_FILE_OPEN ? strerror(errno) :
								      status_str(st));
}

void seam_static_stop(struct seam *s)
{
	static_keys_free(s->static_keys);
	s->static_keys = NULL;
}

static enum status key_id(struct config *config, const char *name, uint32_t *out)
{
	const char *word = config_get_string(config, name, "active_key_id");
	unsigned long v;
	char *end;

	errno = 0;
	v = word ? strtoul(word, &end, 10) : 0;
	if (v == 0 || v > UINT32_MAX || *end || errno || word[0] == '-') {
		return wrong(name, "spp needs active_key_id, 1 to 4294967295");
	}
	*out = (uint32_t)v;
	return ST_OK;
}

/* Ours, where the release has none of its own. */
static enum status make_gate(struct seam *s, const char *name, int spp,
			     struct static_gate **out)
{
	enum status st;
	uint32_t id;

	if (!s->static_keys) {
		return wrong(name, "spp is set, sa_file is not");
	}
	st = key_id(s->config, name, &id);
	if (st == ST_OK) {
		st = static_gate_new(s->static_keys, (uint8_t)spp, id, out);
	}
	return st == ST_BAD_VALUE ? wrong(name, "sa_file has no such spp and active_key_id") : st;
}

enum status seam_static_port(struct seam *s, const char *name, bool nts,
			     struct static_gate **out, bool *fixed)
{
	int spp = config_get_int(s->config, name, "spp");

	*out = NULL;
	*fixed = spp >= 0;
	if (spp < 0) {
		return ST_OK;
	}
	if (nts) {
		return wrong(name, "NTS and static keys (spp) on one port: unset one, or set "
			     "nts_mode off here");
	}
	return LP_STATIC_KEYS ? ST_OK : make_gate(s, name, spp, out);
}

bool seam_static_forgotten(struct config *config, const char *name)
{
	if (LP_STATIC_KEYS || config_get_int(config, name, "spp") < 0) {
		return false;
	}
	fprintf(stderr, "%s: spp is set, sa_file is not\n", name);
	return true;
}

void seam_static_follow(struct seam *s, struct seam_port *sp)
{
	static const uint8_t nobody[10];
	struct PortIdentity parent;

	if (!s->clock) {
		static_gate_follow(sp->fixed, nobody, port_state(sp->port));
		return;
	}
	parent = clock_parent_identity(s->clock);
	parent.portNumber = htons(parent.portNumber);
	static_gate_follow(sp->fixed, (const uint8_t *)&parent, port_state(sp->port));
}
