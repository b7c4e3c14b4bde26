/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that ptp4l-nts adds to ptp4l.conf and to the command line: one typed table with
 * ranges and defaults. All else about ptp4l's options is ptp4l's.
 *
 * Rows: GLOB_STR(name, default), GLOB_INT(name, default, min, max) for [global] only;
 * PORT_STR, PORT_INT(name, default, min, max), PORT_ENU(name, default, labels) for [global] and,
 * overriding it, for interface sections.
 */
#ifndef NTS_CONFIG_PTP4L_OPTIONS_H
#define NTS_CONFIG_PTP4L_OPTIONS_H

enum nts_mode {
	NTS_MODE_AUTO,	/* group where nts_server is set, off where it is not */
	NTS_MODE_OFF,
	NTS_MODE_GROUP,
};

enum nts_step_back {
	NTS_STEP_BACK_ACCEPT,
	NTS_STEP_BACK_REFUSE,
};

#define NTS_MODE_LABELS(L) \
	L("auto", NTS_MODE_AUTO) L("off", NTS_MODE_OFF) L("group", NTS_MODE_GROUP)

#define NTS_STEP_BACK_LABELS(L) \
	L("accept", NTS_STEP_BACK_ACCEPT) L("refuse", NTS_STEP_BACK_REFUSE)

#define NTS_PTP4L_OPTIONS(GLOB_STR, GLOB_INT, PORT_STR, PORT_INT, PORT_ENU) \
	/* host[:port] of KE servers, separated by commas, tried in turn; empty: no NTS */ \
	GLOB_STR("nts_server", "") \
	/* PEM: whom the KE server's certificate must come from */ \
	GLOB_STR("nts_ca_file", "") \
	/* PEM: our certificate and its private key, which only its owner may read */ \
	GLOB_STR("nts_cert_file", "") \
	GLOB_STR("nts_key_file", "") \
	/* the key agent runs as this user; empty: the owner of nts_key_file */ \
	GLOB_STR("nts_user", "") \
	/* seconds for one exchange with a KE server, in all */ \
	GLOB_INT("nts_timeout", 10, 1, 600) \
	/* first request at a random instant within so many seconds after the start */ \
	GLOB_INT("nts_start_jitter", 1, 0, 3600) \
	/* Unix socket that nts4ptp status asks */ \
	GLOB_STR("nts_status_address", "/var/run/ptp4l-nts") \
	PORT_ENU("nts_mode", NTS_MODE_AUTO, NTS_MODE_LABELS) \
	/* WIRE.md 3: a sub-group is a group of its own; 0: none */ \
	PORT_INT("nts_subgroup", 0, 0, 65535) \
	/* names of PTP messages that the KE server's policies may leave unsecured */ \
	PORT_STR("nts_allow_unsecured", "") \
	/* 1: take unicast Announce, Sync and Follow_Up under a group's key */ \
	PORT_INT("nts_group_unicast", 0, 0, 1) \
	/* refuse: a master whose clock stepped back is locked out until the next key */ \
	PORT_ENU("nts_step_back", NTS_STEP_BACK_ACCEPT, NTS_STEP_BACK_LABELS)

#endif
