# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A grantor and two requesters with tickets: each pair has a key of its own. Somebody without a
# ticket asks, too.

both_follow() {
	synced slave 3 && synced slave2 3
}

drill() {
	local name
	say "on a switch: KE server, grandmaster, two slaves that ask it in unicast;" \
		"and an outsider"
	net_up ke gm slave slave2 outsider
	net_pki gm slave slave2 || cannot "no certificates: $(tail -n 1 "$T/pki.log")"
	unicast_ked
	server_up
	nts_conf gm clockClass 6 nts_mode ticket unicast_listen 1
	for name in slave slave2; do
		nts_conf $name slaveOnly 1 nts_mode ticket unicast_req_duration 30
	done
	ptp_conf outsider slaveOnly 1
	for name in slave slave2 outsider; do
		unicast_master $name eth0 UDPv4 192.0.2.2
	done
	clock gm
	await "$PATIENCE" "the grandmaster has registered, and has its ticket key" all_up
	clock slave
	clock slave2
	outsider outsider eth0
	await 40 "both slaves follow it, by tickets" both_follow
	await 30 "the outsider's requests arrive" above 0 gm refused_total 1 no_tlv

	echo
	result "requesters with a key, at the grandmaster" "$(value gm requesters)" \
		[ "$(value gm requesters)" -eq 2 ]
	for name in slave slave2; do
		result "messages verified by $name" "$(value $name verified_total)" \
			above 20 $name verified_total
	done
	result "the pairs' keys differ" "$(key_of slave) $(key_of slave2)" \
		[ "$(key_of slave)" != "$(key_of slave2)" ]
	result "the outsider's requests refused: no AUTHENTICATION TLV" \
		"$(value gm refused_total 1 no_tlv)" above 0 gm refused_total 1 no_tlv
	result "Syncs that the outsider got" "$(offsets outsider)" not synced outsider 1
}
