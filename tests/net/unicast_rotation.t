#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ticket keys and unicast keys change under traffic: no Sync is lost, no contract lapses, no port
# changes its state.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

rotated() {
	local name
	for name in gm $REQUESTERS; do
		[ "$(counter "$name" rotations)" -ge "$1" ] || return 1
	done
}

net_up ke gm r1 r2 r3
net_pki gm r1 r2 r3
unicast_ked lifetime=14 update_period=8 lead=2 grace_period=3
ok "the KE server listens" ked_start
unicast_three UDPv4
ok "the requesters follow" wait_for 40 all_synced 2
ok "all have rotated once" wait_for 40 rotated 1
declare -A lines
for name in gm $REQUESTERS; do
	lines[$name]=$(log_lines "$name")
	missing=$(counter "$name" refused_total)
	is "$name refused nothing so far" "$missing" 0
done
watch_start wire
ok "three more rotations" wait_for 80 rotated 4
watch_end wire
for name in gm $REQUESTERS; do
	is "$name's port stayed as it was" "$(state_changes "$name" "${lines[$name]}")" 0
	is "$name refused nothing" "$(counter "$name" refused_total)" 0
	is "$name suppressed nothing" "$(counter "$name" suppressed.no_key)" 0
	is "$name never ran out of keys" "$(counter "$name" expiries)" 0
	num "$name never went down" "$(counter "$name" port_downs)" -eq 0
done
is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
num "at least twelve keys were on the wire" "$(watched wire keys)" -ge 12
ok "no pause of Sync" not grep -qE '^pause Sync [^ ]+ longest_ms ([1-9][0-9]{3,})' "$T/wire.log"
signed=0
for name in gm $REQUESTERS; do
	signed=$((signed + $(counter "$name" signed)))
	diag "$name: rotations $(counter "$name" rotations), verified $(counter "$name" verified)"
done
diag "signed $signed, keys on the wire $(watched wire keys), $(grep -oE '^pause Sync.*' "$T/wire.log" | head -n 1)"
num "each ticket was opened once" "$(counter gm unicast.tickets_opened)" -le 40
done_testing
