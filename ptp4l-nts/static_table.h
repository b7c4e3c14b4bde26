/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linuxptp 4.4's options of static keys, for the option table of releases without them
 * (edit-config). active_key_id has 32 bits, which an int option does not.
 */
GLOB_ITEM_STR("sa_file", ""),
PORT_ITEM_INT("spp", -1, -1, 255),
PORT_ITEM_STR("active_key_id", ""),
PORT_ITEM_INT("allow_unauth", 0, 0, 2),
