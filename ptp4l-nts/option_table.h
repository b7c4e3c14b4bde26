/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our rows for linuxptp's option table, in its own macros. Included once, inside the table's
 * initialiser, by the edited copy of config.c (edit-config).
 */
#include "config/ptp4l_options.h"

#define NTS_ROW_GLOB_STR(name, def) GLOB_ITEM_STR(name, def),
#define NTS_ROW_GLOB_INT(name, def, min, max) GLOB_ITEM_INT(name, def, min, max),
#define NTS_ROW_PORT_STR(name, def) PORT_ITEM_STR(name, def),
#define NTS_ROW_PORT_INT(name, def, min, max) PORT_ITEM_INT(name, def, min, max),
#define NTS_ROW_LABEL(label, value) { label, value },
#define NTS_ROW_PORT_ENU(name, def, labels) \
	CONFIG_ITEM_ENUM(name, 1, def, \
		((struct config_enum[]){ labels(NTS_ROW_LABEL) { NULL, 0 } })),

NTS_PTP4L_OPTIONS(NTS_ROW_GLOB_STR, NTS_ROW_GLOB_INT, NTS_ROW_PORT_STR, NTS_ROW_PORT_INT,
		  NTS_ROW_PORT_ENU)
