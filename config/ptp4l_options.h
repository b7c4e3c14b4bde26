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
	NTS_MODE_TICKET,
};

enum nts_step_back {
	NTS_STEP_BACK_ACCEPT,
	NTS_STEP_BACK_REFUSE,
};

enum nts_policy_kind {
	NTS_POLICY_ENFORCE,
	NTS_POLICY_MONITOR,
};

#define NTS_POLICY_LABELS(L) \
	L("enforce", NTS_POLICY_ENFORCE) L("monitor", NTS_POLICY_MONITOR)

#define NTS_MODE_LABELS(L) \
	L("auto", NTS_MODE_AUTO) L("off", NTS_MODE_OFF) L("group", NTS_MODE_GROUP) \
	L("ticket", NTS_MODE_TICKET)

#define NTS_STEP_BACK_LABELS(L) \
	L("accept", NTS_STEP_BACK_ACCEPT) L("refuse", NTS_STEP_BACK_REFUSE)

enum nts_cert_time {
	NTS_CERT_TIME_STRICT,
	NTS_CERT_TIME_UNTIL_SYNC,
};

#define NTS_CERT_TIME_LABELS(L) \
	L("strict", NTS_CERT_TIME_STRICT) L("until_sync", NTS_CERT_TIME_UNTIL_SYNC)

#define NTS_PTP4L_OPTIONS(GLOB_STR, GLOB_INT, PORT_STR, PORT_INT, PORT_ENU) \
	/* host[:port] of KE servers, separated by commas, tried in turn; empty: no NTS */ \
	GLOB_STR("nts_server", "") \
	/* PEM: whom the KE server's certificate must come from */ \
	GLOB_STR("nts_ca_file", "") \
	/* PEM: our certificate and its private key, which only its owner may read */ \
	GLOB_STR("nts_cert_file", "") \
	GLOB_STR("nts_key_file", "") \
	/* PEM: revoked certificates; without it only a stapled OCSP answer tells of revocation */ \
	GLOB_STR("nts_crl_file", "") \
	/* until_sync: with a wrong clock at boot, certificates' dates are not looked at before \
	 * the first synchronization, at most for so many exchanges, and then checked again */ \
	PORT_ENU("nts_cert_time_check", NTS_CERT_TIME_STRICT, NTS_CERT_TIME_LABELS) \
	GLOB_INT("nts_cert_time_exchanges", 8, 1, 1000) \
	/* a warning a day when our certificate ends in fewer days */ \
	GLOB_INT("nts_cert_warn_days", 14, 0, 3650) \
	/* the key agent runs as this user; empty: the owner of nts_key_file */ \
	GLOB_STR("nts_user", "") \
	/* folder of the key agent's user, made where root starts it: what was received outlives a \
	 * restart, so that it cannot be replayed then; empty: it does not */ \
	GLOB_STR("nts_state_dir", "/var/lib/ptp4l-nts") \
	/* seconds for one exchange with a KE server, in all */ \
	GLOB_INT("nts_timeout", 10, 1, 600) \
	/* 1: resume TLS sessions where the KE server offers it, which spares signatures; the */ \
	/* server's certificate is checked each time, that it has its key is not proven anew */ \
	GLOB_INT("nts_tls_resumption", 0, 0, 1) \
	/* first request at a random instant within so many seconds after the start */ \
	GLOB_INT("nts_start_jitter", 1, 0, 3600) \
	/* Unix socket that nts4ptp status asks; empty: /var/run/ptp4l-nts where nts_server is \
	 * set, else none */ \
	GLOB_STR("nts_status_address", "") \
	/* ticket: native unicast, a key for each pair; see unicast_listen and \
	 * unicast_master_table */ \
	PORT_ENU("nts_mode", NTS_MODE_AUTO, NTS_MODE_LABELS) \
	/* monitor: for a rollout; verifies, counts and logs, but takes what fails, and sends \
	 * unsigned while there is no key */ \
	PORT_ENU("nts_policy", NTS_POLICY_ENFORCE, NTS_POLICY_LABELS) \
	/* ticket mode: tlvType of the TICKET TLV, the same on all nodes */ \
	GLOB_INT("nts_ticket_tlv", 0xFFF0, 0, 0xFFFF) \
	/* ticket mode: MAC algorithms by name, most wanted first; empty: all that there are */ \
	GLOB_STR("nts_mac_algorithms", "") \
	/* ticket mode, grantor: requesters by address or PortIdentity that get nothing here */ \
	GLOB_STR("nts_grantor_deny", "") \
	/* ticket mode: 1: name our PortIdentity to the KE server, besides our address */ \
	GLOB_INT("nts_port_identity", 1, 0, 1) \
	/* ticket mode, grantor: 1: revoke our registrations at a clean stop */ \
	GLOB_INT("nts_revoke_on_exit", 0, 0, 1) \
	/* WIRE.md 3: a sub-group is a group of its own; 0: none */ \
	PORT_INT("nts_subgroup", 0, 0, 65535) \
	/* names of PTP messages that the KE server's policies may leave unsecured */ \
	PORT_STR("nts_allow_unsecured", "") \
	/* 1: take unicast Announce, Sync and Follow_Up under a group's key */ \
	PORT_INT("nts_group_unicast", 0, 0, 1) \
	/* refuse: a master whose clock stepped back is locked out until the next key */ \
	PORT_ENU("nts_step_back", NTS_STEP_BACK_ACCEPT, NTS_STEP_BACK_LABELS)

#endif
