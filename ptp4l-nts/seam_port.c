// SPDX-License-Identifier: GPL-2.0-or-later
/* linuxptp's ports as the seam knows them: found, and asked how they are. */
#include "ptp4l-nts/seam.h"

struct seam_port *seam_port_of_fda(struct seam *s, const struct fdarray *fda)
{
	struct seam_port *sp;

	if (!s->active) {
		return NULL;
	}
	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->fda == fda) {
			return sp;
		}
	}
	return NULL;
}

struct seam_port *seam_port_of_transport(struct seam *s, const struct transport *t)
{
	struct seam_port *sp;

	if (!s->active) {
		return NULL;
	}
	LIST_FOREACH(sp, &s->ports, list) {
		if (sp->trp == t) {
			return sp;
		}
	}
	return NULL;
}

bool seam_is_transparent(const struct seam *s)
{
	return s->type == CLOCK_TYPE_P2P || s->type == CLOCK_TYPE_E2E;
}

bool seam_port_is_up(const struct seam_port *sp)
{
	switch (port_state(sp->port)) {
	case PS_INITIALIZING:
	case PS_FAULTY:
	case PS_DISABLED:
		return false;
	default:
		return sp->open;
	}
}
