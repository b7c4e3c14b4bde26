# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A host held while a recording of what it sent is sent to another: whatever that one takes then is
# a replay.

SENT=0
EFFECT=0

hold() {
	kill -STOP "${NET_PIDS[$1]}"
	sleep 0.3
}

release() {
	kill -CONT "${NET_PIDS[$1]}"
}

# unplug HOST: what is sent to it meanwhile does not wait for it, to be taken when it is released,
# and to leave no room for its transmit timestamps.
unplug() {
	in_ns sw ip link set "$1" nomaster
}

plug() {
	in_ns sw ip link set "$1" master br0
}

# record HOST: all that it sends from now on, in the file from_HOST; until record_HOST is stopped.
record() {
	rm -f "$T/from_$1"
	start "record_$1" sw "$TOOLS/ptpwatch" capture "$1" "$T/from_$1" -d -t 300
	ok "what $1 sends is recorded" wait_for 10 test -e "$T/from_$1"
}

# replay WHEN TO FILE ORDERS [OPTION...]: the recording, in each of the orders ("f r s") of
# ptpattack; TO refuses all of it.
replay() {
	local when=$1 to=$2 file=$3 orders=$4 order sent verified refused taken
	shift 4
	for order in $orders; do
		verified=$(counter "$to" verified)
		refused=$(counter "$to" refused_total)
		sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$file" replay -o "$order" \
			-i 300 "$@")
		sent=${sent#sent }
		num "$when, to $to, order $order: something was sent" "$sent" -gt 0
		ok "$when, to $to, order $order: all $sent are refused" \
			wait_for 15 counter_above "$to" refused_total $((refused + sent - 1))
		taken=$(($(counter "$to" verified) - verified))
		is "$when, to $to, order $order: messages with effect of $sent" "$taken" 0
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
