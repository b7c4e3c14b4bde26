# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The demo's second act: the same two clocks in native unicast, with a key of their own that the KE
# server gave to one of them, and that the other found in a ticket.

unicast_conf() {
	nts_conf gm clockClass 6 nts_mode ticket unicast_listen 1
	nts_conf slave slaveOnly 1 nts_mode ticket unicast_req_duration 10
	unicast_master slave eth0 UDPv4 192.0.2.2
}

unicast_act() {
	local seen sent requests
	say "second act: unicast. The clocks stop, and come back with nts_mode ticket"
	stop slave
	stop gm
	stop ked
	unicast_ked grantors=gm.test requesters=slave.test
	unicast_conf
	ked_start || die "nts-ked does not listen"
	seen=$(offsets slave)
	nts_start gm
	nts_start slave
	wait_for 30 synced slave $((seen + 3)) || die "the slave does not follow in unicast"
	say "the slave follows in unicast, under a key that only the two of them have"
	in_ns sw "$TOOLS/ptpwatch" capture slave "$T/requests" -d -T 12 -n 1 >>"$T/capture.log"
	requests=$(counter gm verified)
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/requests" replay)
	say "attacker: replays its request, ticket and all (${sent#sent }), then random tickets"
	in_ns attacker "$TOOLS/ptpattack" eth0 "$T/requests" ticket -i 500 >/dev/null
	wait_for 5 counter_above gm refused.ticket_forged 0
	wait_for 10 synced slave $((seen + 6)) || die "the slave was disturbed"

	echo
	section unicast "What happened in unicast"
	result "requests and others verified by the grantor" "$requests" [ "$requests" -gt 0 ]
	result "requesters with a key" "$(counter gm unicast.requesters)" \
		[ "$(counter gm unicast.requesters)" -eq 1 ]
	result "replayed requests refused: stale" "$(counter gm refused.stale)" \
		[ "$(counter gm refused.stale)" -gt 0 ]
	result "forged tickets opened and refused" "$(counter gm refused.ticket_forged)" \
		[ "$(counter gm refused.ticket_forged)" -gt 0 ]
	result "and not even opened, over the rate" "$(counter gm refused.ticket_rate)" \
		[ "$(counter gm refused.ticket_rate)" -gt 0 ]
}
