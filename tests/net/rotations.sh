# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A grandmaster and two slaves at 64 Sync/s, keys that live for six seconds. The second
# slave's agent is a second behind the others, and so are its changes of keys. Every message on
# the wire is accounted for, to the last one.
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LIFETIME=6
declare -A FROM_LINE SLAVE_ONLY=([gm]=0 [one]=1 [two]=1)
# A slave opens its sockets anew whenever it has waited in vain for an Announce, also between the
# grandmaster's first and second: what they held is lost, by no key's fault. So it waits for long.
declare -A PATIENCE=([gm]=8 [one]=255 [two]=255)

rotations_up() {
	local name
	net_up ke gm one two
	net_pki gm one two
	ked_conf lifetime=$LIFETIME update_period=5 grace_period=$LIFETIME
	ked_start || return 1
	# Slaves first: they are silent until there is a master, so that nothing escapes the watch.
	for name in one two gm; do
		nts_conf "$name" logSyncInterval -6 logAnnounceInterval -3 \
			slaveOnly "${SLAVE_ONLY[$name]}" announceReceiptTimeout "${PATIENCE[$name]}"
	done
	nts_start one
	start two two env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=nts-agent \
		CLOCKSHIFT_BOOT_MS=1000 "$PTP4L_NTS" -f "$T/two.conf" -i eth0
	wait_for 20 is_up one && wait_for 20 is_up two || return 1
	for name in gm one two; do
		watch_cable "wire-$name" "$name" -t 3600
	done
	nts_start gm
	wait_for 20 synced one 2 && wait_for 20 synced two 2 || return 1
	for name in gm one two; do
		FROM_LINE[$name]=$(log_lines "$name")
	done
}

# each FIELD: of the three clocks.
each() {
	local name
	for name in gm one two; do
		counter "$name" "$1"
	done
}

sum() {
	each "$1" | awk '{ n += $1 } END { print n + 0 }'
}

# The fewest rotations that a clock has made.
rotated() {
	each rotations | sort -n | head -n 1
}

rotated_at_least() {
	[ "$(rotated)" -ge "$1" ]
}

# One process, by chance, is late by up to 0.6 s: a clock, or its agent.
someone_is_late() {
	local name=gm pid
	case $((RANDOM % 3)) in
	1) name=one ;;
	2) name=two ;;
	esac
	pid=$(counter "$name" agent.pid)
	if [ "$pid" = 0 ] || [ $((RANDOM % 2)) = 0 ]; then
		pid=${NET_PIDS[$name]}
	fi
	kill -STOP "$pid"
	sleep "0.$((RANDOM % 6 + 1))"
	kill -CONT "$pid"
}

rotated_though_late() {
	someone_is_late
	rotated_at_least "$1"
}

rotations_states() {
	local name total=0
	for name in gm one two; do
		total=$((total + $(state_changes "$name" "${FROM_LINE[$name]}")))
	done
	echo "$total"
}

# received HOST: signed messages of the others that its cable has brought it.
received() {
	grep -v " $(identity_of "$1")-1 " "$T/wire-$1.log" |
		awk '$3 == "signed" { n += $4 } END { print n + 0 }'
}

# Messages that the kernel dropped because a clock did not come to read them in time.
overflows() {
	local name
	for name in gm one two; do
		in_ns "$name" awk '/^Udp:/ { if (n++) print $field; else
			for (i = 1; i <= NF; i++) if ($i == "RcvbufErrors") field = i
			}' /proc/net/snmp
	done | awk '{ n += $1 } END { print n + 0 }'
}

# Octets that wait in the clocks' sockets.
unread() {
	local name
	for name in gm one two; do
		in_ns "$name" ss -Hnlu
	done | awk '{ n += $2 } END { print n + 0 }'
}

# Nobody reads any more of what came before.
at_rest() {
	local before
	before=$(sum verified)
	[ "$(unread)" = 0 ] || return 1
	sleep 0.5
	[ "$(sum verified)" = "$before" ]
}

# Takes the switch away and counts: on_wire, what came out of the cables, and lost, what of that
# was never verified although the kernel handed it over.
rotations_account() {
	local name
	for name in gm one two; do
		in_ns sw ip link set "$name" nomaster
	done
	wait_for 20 at_rest
	on_wire=0
	for name in gm one two; do
		watch_end "wire-$name"
		on_wire=$((on_wire + $(received "$name")))
	done
	lost=$((on_wire - $(sum verified) - $(overflows)))
}

# How long after the grandmaster the second slave changed a key, on average, in ms.
rotations_behind() {
	sed -nE 's/^ptp4l-nts\[([0-9]+)\.([0-9]+)\].*key ID ([0-9a-f]+) is current.*/\3 \1\2/p' \
		"$T/gm.log" "$T/two.log" |
		awk '$1 in at { n++; d += $2 - at[$1]; next } { at[$1] = $2 }
			END { printf "%d\n", n ? d / n : 0 }'
}
