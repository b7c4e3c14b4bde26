#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Contracts made anew again and again under one key: a requester that is stopped (which cancels
# them), killed and started in quick succession, and one that goes to and fro between two grantors,
# with a cancel each time. Nothing of it locks anybody out.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

WORST=0

# again SIGNAL: the requester ends so and is started again; then its requests are waited for, since
# one that was killed is served by the contract of its former life at first. A few seconds more it
# takes where its new ticket looks like one that was seen (docs/freshness.md).
again() {
	local n from opened
	opened=$(counter gm unicast.tickets_opened)
	stop slave "$1" 2>/dev/null
	n=$(offsets slave)
	from=${EPOCHREALTIME/./}
	nts_start slave
	wait_for 30 synced slave $((n + 1)) || return 1
	ms=$(ms_since "$from")
	WORST=$((ms > WORST ? ms : WORST))
	wait_for 2 counter_above gm unicast.tickets_opened "$opened"
	return 0
}

# restarts SIGNAL N
restarts() {
	local i ms took=
	for ((i = 1; i <= $2; i++)); do
		ok "$1 $i: the requester is served again" again "$1"
		took="$took $ms"
	done
	diag "$1: served again after ms:$took"
}

# hasty N: killed before it can have got far.
hasty() {
	local i
	for ((i = 0; i < $1; i++)); do
		stop slave KILL 2>/dev/null
		nts_start slave
		sleep 0.3
	done
	ok "after $1 hasty starts: the requester is served" again KILL
	diag "after $1 hasty starts: served after $ms ms"
}

selections() {
	grep -c 'selected best master clock' "$T/slave.log"
}

selected_more() {
	[ "$(selections)" -gt "$1" ]
}

# other_master NAME PRIORITY1: of that grantor, for which the requester changes its master.
other_master() {
	local n lines
	n=$(selections)
	pmc_local "$1" "SET PRIORITY1 $2" >>"$T/pmc.log"
	ok "$1 has priority $2: another master is selected" wait_for 20 selected_more "$n"
	lines=$(offsets slave)
	ok "and followed" wait_for 20 synced slave $((lines + 2))
}

all_refused() {
	echo $(($(counter gm refused_total) + $(counter gm2 refused_total) +
		$(counter slave refused_total)))
}

net_up ke gm gm2 slave
net_pki gm gm2 slave
unicast_ked
ok "the KE server listens" ked_start
unicast_grantor gm UDPv4 priority1 100
unicast_grantor gm2 UDPv4 priority1 120
# shellcheck disable=SC2046
unicast_requester slave UDPv4 gm $(often)
ok "the requester follows" wait_for 40 synced slave 2
key=$(counter slave key_id)
restarts TERM 5
restarts KILL 2
hasty 3
is "all under one key" "$(counter slave key_id)" "$key"
num "served again at the latest after ms" "$WORST" -le 30000
diag "11 restarts under one key, served again within $WORST ms at most; the grantor refused" \
	"$(counter gm refused_total)"

stop slave
# shellcheck disable=SC2046
unicast_requester slave UDPv4 'gm gm2' $(often)
n=$(offsets slave)
ok "the requester of two grantors follows" wait_for 40 synced slave $((n + 4))
refused=$(all_refused)
for priority in 150 100 150 100; do
	other_master gm $priority
done
is "to and fro four times: refused" $(($(all_refused) - refused)) 0
done_testing
