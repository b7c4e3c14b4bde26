#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Against ticket mode: replays, changed and forged tickets, reflections, a second requester behind
# one address, another's PortIdentity. Each is refused for its reason, nothing is kept of it, and
# the honest requesters notice nothing.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"
DURATION=10

refused_in_all() {
	local name sum=0
	for name in gm $REQUESTERS; do
		sum=$((sum + $(counter "$name" refused_total)))
	done
	echo "$sum"
}

refused_above() {
	[ "$(refused_in_all)" -ge "$1" ]
}

# attack FILE CHANGE [OPTION...]: every message sent is refused by whom it reaches.
attack() {
	local file=$1 change=$2 total sent
	shift 2
	total=$(refused_in_all)
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/$file" "$change" "$@")
	sent=${sent#sent }
	num "$file, $change: something was sent" "${sent:-0}" -gt 0
	ok "$file, $change: all $sent are refused" wait_for 10 refused_above $((total + sent))
	is "the grantor still serves three" "$(counter gm unicast.requesters)" 3
}

# capture_from HOST FILE [OPTION...]: what the host itself sends.
capture_from() {
	local host=$1 file=$2
	shift 2
	in_ns sw "$TOOLS/ptpwatch" capture "$host" "$T/$file" -d "$@" >>"$T/capture.log"
}

net_up ke gm r1 r2 r3 attacker
# The switch is not what is attacked: it does not look for others' addresses behind this cable.
in_ns sw ip link set dev attacker type bridge_slave learning off
net_pki gm r1 r2 r3 r1b r3b
unicast_ked
ok "the KE server listens" ked_start
unicast_three UDPv4
ok "the requesters follow" wait_for 40 all_synced 3
declare -A lines
for name in gm $REQUESTERS; do
	lines[$name]=$(log_lines "$name")
done

ok "Signaling is captured" capture_from r1 signaling -T 12 -n 2 -t 30
ok "Sync is captured" capture_from gm sync -T 0 -n 30
ok "Delay_Req is captured" capture_from r2 delay_req -T 1 -n 10
opened=$(counter gm unicast.tickets_opened)
attack signaling replay
attack sync replay -n 10
attack delay_req replay -n 5
is "replays opened no ticket" "$(counter gm unicast.tickets_opened)" "$opened"
from=${EPOCHREALTIME/./}
attack signaling flip -n 1 -i 5000
attack signaling ticket -n 1 -i 300
num "forged tickets were opened, at a bounded rate" \
	$(($(counter gm unicast.tickets_opened) - opened)) -le $((100 * ($(ms_since "$from") / 1000 + 2)))
num "forged tickets are told apart" "$(counter gm refused.ticket_forged)" -gt 0
num "those beyond the rate too" "$(counter gm refused.ticket_rate)" -gt 0
attack signaling cut
attack signaling key
attack sync cut -n 5
attack sync replay -n 5 -b
is "the grantor's own came back to it" "$(counter gm refused.own_identity)" 5
attack delay_req replay -n 5 -b
is "and a requester's to that" "$(counter r2 refused.own_identity)" 5

n=$(offsets r1)
ok "all still follow" wait_for 20 all_synced $((n + 2))
for name in gm $REQUESTERS; do
	is "$name's port never changed" "$(state_changes "$name" "${lines[$name]}")" 0
done

# Another client behind r1's address (whose kernel then gives r1's messages to that one), and one with r2's PortIdentity.
nts_conf r1b nts_mode ticket network_transport UDPv4 slaveOnly 1 clockIdentity 020202.fffe.020202
unicast_table r1b UDPv4 gm
start r1b r1 "$PTP4L_NTS" -f "$T/r1b.conf" -i eth0
ok "a second requester behind one address is refused" \
	wait_for 20 counter_above gm refused.address_taken 1
stop r1b
nts_conf r3b nts_mode ticket network_transport UDPv4 slaveOnly 1 clockIdentity "$(identity_of r2)"
unicast_table r3b UDPv4 gm
start r3b attacker "$PTP4L_NTS" -f "$T/r3b.conf" -i eth0
ok "another's PortIdentity is refused" wait_for 20 counter_above gm refused.identity_taken 1
stop r3b
is "the grantor serves the same three" "$(counter gm unicast.requesters)" 3

# A requester of its own right that asks for 2^30 Sync a second: linuxptp would do nothing else.
nts_conf r3b nts_mode ticket network_transport UDPv4 slaveOnly 1 logSyncInterval -30
unicast_table r3b UDPv4 gm
start r3b attacker "$PTP4L_NTS" -f "$T/r3b.conf" -i eth0
ok "a request for all of the grantor's time is refused" \
	wait_for 20 counter_above gm refused.request_rate 0
n=$(offsets r1)
ok "the others are served as before" wait_for 20 all_synced $((n + 5))
stop r3b

n=$(offsets r2)
ok "the others still follow" wait_for 20 synced r2 $((n + 2))
is "r2's port never changed" "$(state_changes r2 "${lines[r2]}")" 0
done_testing
