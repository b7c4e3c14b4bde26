// SPDX-License-Identifier: GPL-2.0-or-later
/* Key sets that ports want of the agent: those of groups are shared. */
#include "ptp4l-nts/seam.h"

enum status seam_want_group(struct seam *s, const struct nts_assoc *assoc, uint32_t required,
			    uint32_t *index)
{
	uint32_t i;
	enum status st = alink_want(s->link, assoc, &i);

	if (st != ST_OK) {
		return st;
	}
	if (i == s->n_wants) {
		st = sa_new(assoc, &s->wants[i].sa);
		if (st != ST_OK) {
			return st;
		}
		s->n_wants++;
	}
	s->wants[i].required |= required;
	*index = i;
	return ST_OK;
}

enum status seam_want_more(struct seam *s, const struct aproto_want *want,
			   const struct seam_want *w, uint32_t *index)
{
	struct sa_table *sa;
	uint32_t i;
	enum status st = alink_want_more(s->link, want, &i);

	if (st != ST_OK) {
		return st;
	}
	if (i < s->n_wants) {
		return ST_LIMIT;
	}
	sa = w->sa;
	if (!sa) {
		st = sa_new(&want->assoc, &sa);
		if (st != ST_OK) {
			return st;
		}
	}
	s->wants[i] = *w;
	s->wants[i].sa = sa;
	s->wants[i].kind = want->kind;
	s->n_wants++;
	*index = i;
	return ST_OK;
}
