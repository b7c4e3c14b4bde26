#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# picture.sh BUILD: a grandmaster, a slave and a KE server in network namespaces, keys that live for
# seconds: rotations, killed agents, an outage that keys outlast and one that they do not. Draws
# BUILD/demo/keys.svg and ends with 0 only if nothing happened that should not. About 2.5 minutes.

BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/net/lib.sh
. "$HERE/../tests/net/lib.sh"

LIFETIME=12	# of a key, in seconds
OUT=$BUILD/demo
EVENTS=$T/events

# The clock of the programs' logs.
now() {
	local up _
	read -r up _ </proc/uptime
	echo "$up"
}

# mark WHAT: an event of ours.
mark() {
	echo "mark $(now) $*" >>"$EVENTS"
	echo "[$(now)] $*"
}

die() {
	echo "FAILED: $*"
	NET_FAILED=1
	exit 1
}

# Twice a second what the grandmaster has signed and the slave never verified.
sample_lost() {
	local lost
	while [ -e "$T/sampling" ]; do
		lost=$(missing gm slave 2>/dev/null) && echo "lost $(now) $lost"
		[ "$(port_state slave)" != UNCALIBRATED ] || settle slave
		sleep 0.5
	done >>"$EVENTS"
}

rotated() {
	[ "$(counter slave rotations)" -ge "$1" ]
}

# rotations N: so many more.
rotations() {
	wait_for $((($1 + 1) * LIFETIME)) rotated $(($(counter slave rotations) + $1)) ||
		die "no rotation"
}

# from_log NAME: states, rotations, the end of keys and, of the slave, offsets.
from_log() {
	awk -F '[][]' -v who="$1" '{
		n = split($3, word, " ")
		if (/port 1( \(eth0\))?: [A-Z_]+ to [A-Z_]+ on/) for (i = 1; i < n; i++)
			if (word[i] == "to") print "state", $2, who, word[i + 1]
		if (/is current now/) print "rotation", $2, who
		if (/has ended without a successor/) print "end", $2, who
		if (/master offset/) for (i = 1; i < n; i++) if (word[i] == "offset")
			print "offset", $2, word[i + 1]
	}' "$T/$1.log"
}

mkdir -p "$OUT"
net_up ke gm slave
net_pki gm slave
ked_conf lifetime=$LIFETIME update_period=8 grace_period=3
ked_start || die "nts-ked does not listen"
nts_conf gm clockClass 6
# shellcheck disable=SC2046
nts_conf slave slaveOnly 1 $(often)
nts_start gm
nts_start slave
wait_for 30 synced slave 8 || die "the slave does not follow"
settle slave
wait_for 10 is_slave slave || die "the slave's port is not SLAVE"

: >"$T/sampling"
sample_lost &
sampler=$!
mark begin
rotations 3
agent_killed gm && agent_killed slave || die "no agent"
mark "key agents killed"
rotations 2
wait_for 30 next_known || die "no next key"
mark "KE server killed"
stop ked KILL
sleep 10
ked_start || die "nts-ked does not listen again"
mark "KE server back"
rotations 3
wait_for 30 next_known || die "no next key"
calm_lost=$(missing gm slave)
calm_states=$(($(state_changes gm) + $(state_changes slave)))
calm_rotations=$(counter slave rotations)
mark "KE server gone for longer than keys last"
stop ked
both 40 is_down || die "the ports do not go down"
sleep 6
ked_start || die "nts-ked does not listen again"
mark "KE server back"
both 70 is_up || die "the ports do not come up"
wait_for 20 synced slave $(($(offsets slave) + 8)) || die "the slave does not follow again"
rotations 2
mark end
rm "$T/sampling"
wait "$sampler"

first_lost=$(awk '/^lost/ { print $3; exit }' "$EVENTS")
first_states=$(awk -v begin="$(awk '/^mark/ { print $2; exit }' "$EVENTS")" -F '[][]' \
	'/port 1( .*)?: [A-Z_]+ to [A-Z_]+ on/ && $2 < begin' "$T/gm.log" "$T/slave.log" | wc -l)
calm_lost=$((calm_lost - first_lost))
calm_states=$((calm_states - first_states))
{
	from_log gm
	from_log slave
	cat "$EVENTS"
} | sort -s -k 2,2n >"$OUT/keys.txt"
awk -v lifetime=$LIFETIME -f "$HERE/svg.awk" -f "$HERE/picture.awk" "$OUT/keys.txt" >"$OUT/keys.svg" ||
	die "no picture"
echo "until keys ran out: $calm_rotations rotations, $calm_lost messages lost," \
	"$calm_states port state changes"
echo "when they did: $(counter gm port_downs) and $(counter slave port_downs) ports went down," \
	"and came up by themselves"
echo "picture: $OUT/keys.svg"
[ "$calm_lost" -eq 0 ] && [ "$calm_states" -eq 0 ] || die "something happened"
