# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The grandmaster gm held while a recording, $T/all, is sent to the slave: whatever is taken then is
# a replay.

SENT=0
EFFECT=0

# What is sent meanwhile does not wait for it: there would be no room for its transmit timestamps.
hold() {
	kill -STOP "${NET_PIDS[gm]}"
	in_ns sw ip link set gm nomaster
	sleep 0.3
}

release() {
	in_ns sw ip link set gm master br0
	kill -CONT "${NET_PIDS[gm]}"
}

# replay_in WHEN SECONDS ORDER...: the recording; all of it is refused within that time.
replay_in() {
	local when=$1 seconds=$2 order sent verified refused taken
	shift 2
	for order in "$@"; do
		verified=$(counter slave verified)
		refused=$(counter slave refused_total)
		sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/all" replay -o "$order" -i 100)
		sent=${sent#sent }
		num "$when, order $order: something was sent" "$sent" -gt 0
		ok "$when, order $order: all $sent are refused" \
			wait_for "$seconds" counter_above slave refused_total $((refused + sent - 1))
		taken=$(($(counter slave verified) - verified))
		is "$when, order $order: messages with effect of $sent" "$taken" 0
		SENT=$((SENT + sent))
		EFFECT=$((EFFECT + taken))
	done
}

# settled: nothing is refused for a while.
settled() {
	local refused
	refused=$(counter slave refused_total)
	sleep 0.3
	[ "$(counter slave refused_total)" = "$refused" ]
}
