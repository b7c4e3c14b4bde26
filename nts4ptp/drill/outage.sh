# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The KE server is away for longer than keys live: ports go down at the end of the last key, never
# on without one, and come up by themselves when it is back.

all_down() {
	local name
	for name in "${CLOCKS[@]}"; do
		above 0 "$name" port_downs_total || return 1
	done
}

drill() {
	local lines
	say "on a switch: KE server, grandmaster, slave; keys live for ten seconds"
	net_up ke gm slave
	net_pki gm slave || cannot "no certificates: $(tail -n 1 "$T/pki.log")"
	ked_conf lifetime=10 update_period=6 grace_period=2
	server_up
	nts_conf gm clockClass 6
	nts_conf slave slaveOnly 1
	clock gm
	clock slave
	await "$PATIENCE" "grandmaster and slave have keys from the KE server" all_up
	await 40 "the slave follows the grandmaster" synced slave 2
	# Where only one of them has it, the other refuses what it signs from then on.
	await 40 "both know the next key, too" all_above 0 next_key_known
	stop ked
	say "the KE server is stopped"
	await 60 "both keys have ended, and with them the ports went down" all_down
	lines=$(offsets slave)
	await 30 "both ask again and again" all_above 0 exchange_failures
	server_up
	await 75 "both have keys again, and came up by themselves" all_up
	await 40 "the slave follows again" synced slave $((lines + 2))

	echo
	result "keys that ended without a successor" "$(value slave expiries_total)" \
		above 0 slave expiries_total
	result "times that the slave's port went down" "$(value slave port_downs_total)" \
		[ "$(value slave port_downs_total)" -eq 1 ]
	result "times that it came up" "$(value slave port_ups_total)" \
		[ "$(value slave port_ups_total)" -eq 2 ]
	result "messages taken without a key" "$(value slave received_unsecured_total)" \
		[ "$(value slave received_unsecured_total)" -eq 0 ]
	result "messages refused by the slave" "$(value slave refused_total)" \
		[ "$(value slave refused_total)" -eq 0 ]
}
