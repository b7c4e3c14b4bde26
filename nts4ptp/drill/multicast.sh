# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One group on a switch, keys that live for eight seconds, and somebody without a key who wants to
# be master.

drill() {
	local lines rogue
	say "on a switch: KE server, grandmaster, slave; and a rogue who has no key"
	net_up ke gm slave rogue
	net_pki gm slave || cannot "no certificates: $(tail -n 1 "$T/pki.log")"
	ked_conf lifetime=8 update_period=6 grace_period=2
	server_up
	nts_conf gm clockClass 6
	nts_conf slave slaveOnly 1
	ptp_conf rogue priority1 1 clockClass 6
	clock gm
	clock slave
	await "$PATIENCE" "grandmaster and slave have keys from the KE server" all_up
	await 40 "the slave follows the grandmaster" synced slave 2
	lines=$(wc -l <"$T/slave.log")
	say "the rogue starts: an unsecured ptp4l with priority1 1"
	outsider rogue eth0
	await 30 "its messages arrive" above 20 slave refused_total 1 no_tlv
	await 30 "both change to their second key under traffic" all_above 1 rotations_total
	stop rogue
	rogue=$(identity_of rogue)

	echo
	result "messages verified by the slave" "$(value slave verified_total)" \
		above 100 slave verified_total
	result "changes of the key, under traffic" "$(value slave rotations_total)" \
		above 1 slave rotations_total
	result "ports that went down meanwhile" "$(value slave port_downs_total)" \
		[ "$(value slave port_downs_total)" -eq 0 ]
	result "the rogue's messages refused: no AUTHENTICATION TLV" \
		"$(value slave refused_total 1 no_tlv)" above 20 slave refused_total 1 no_tlv
	result "the grandmaster's refused by the slave" \
		"$(($(value slave refused_total) - $(value slave refused_total 1 no_tlv)))" \
		[ "$(value slave refused_total)" -eq "$(value slave refused_total 1 no_tlv)" ]
	result "the rogue taken as master, times" "$(grep -c "master.*$rogue" "$T/slave.log")" \
		not grep -q "master.*$rogue" "$T/slave.log"
	result "largest offset meanwhile, us" "$(($(offset_max slave "$lines") / 1000))" \
		[ "$(offset_max slave "$lines")" -lt 100000000 ]
}
