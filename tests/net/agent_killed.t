#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The key agent is killed a hundred times while its name server says nothing, and the clock does not
# pause: neither on the wire nor between two polls of its loop.
#
# Each agent lives a minute, and so the backoff starts anew, by the boot time that the clock is shown:
# it steps as that of a machine does that sleeps. Backoff itself: agent.t.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-100}
LIFE=61000

# The clock's child is another than old, and nts-agent already.
other_agent() {
	local comm
	read -r agent _ <"/proc/$clock/task/$clock/children"
	[ -n "$agent" ] && [ "$agent" != "$old" ] && read -r comm <"/proc/$agent/comm" &&
		[ "$comm" = nts-agent ]
} 2>/dev/null

# at_once SECONDS COMMAND...: as wait_for, in this shell and with shorter steps.
at_once() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.01
	done
}

asks_after() {
	[ "$(queries)" -gt "$1" ]
}

# kill_agents N: the one that has keys, and each later one as soon as somebody has asked for the name.
old=0
kill_agents() {
	local i asked
	for ((i = 1; i <= $1; i++)); do
		at_once 15 other_agent || return 1
		[ "$i" = 1 ] || at_once 15 asks_after "$asked" || return 1
		slept=$((slept + LIFE))
		echo "$slept" >"$T/slept.new" && mv "$T/slept.new" "$T/slept"
		old=$agent
		kill -KILL "$old"
		asked=$(queries)
	done
}

# longest_poll FROM TO: of the lines of loop.txt, in microseconds; 0 where none was so long
longest_poll() {
	sed -n "$(($1 + 1)),$2p" "$T/loop.txt" | awk '$1 > max { max = $1 } END { print max + 0 }'
}

longest_pause() {
	awk '$1 == "pause" && $2 == "Sync" { print $NF }' "$T/$1.log"
}

loops() {
	wc -l <"$T/loop.txt"
}

queries() {
	grep -c query "$T/names.log"
}

net_up ke gm
net_pki gm
ked_conf lifetime=86400 update_period=3600
ok "the KE server listens" ked_start
net_names gm "$KE_ADDRESS"
name_server ke "$KE_ADDRESS"
nts_conf gm nts_server ke.test logSyncInterval -6
slept=0
echo 0 >"$T/slept"
: >"$T/loop.txt"
start gm gm env LD_PRELOAD="$TOOLS/clockshift.so:$TOOLS/looptime.so" CLOCKSHIFT_PROGRAM=ptp4l-nts \
	CLOCKSHIFT_BOOT_FILE="$T/slept" LOOPTIME_FILE="$T/loop.txt" \
	"$PTP4L_NTS" -f "$T/gm.conf" -i eth0
ok "the port comes up" wait_for 20 is_up gm
clock=${NET_PIDS[gm]}
watch_start calm
sleep 4
watch_end calm
calm_loops=$(loops)

rm "$T/answers"
lines=$(log_lines gm)
asked=$(queries)
watch_start killed
from=${EPOCHREALTIME/./}
ok "$KILLS agents are killed" kill_agents $KILLS
took=$(((${EPOCHREALTIME/./} - from) / 1000))
watch_end killed
killed_loops=$(loops)
asked=$(($(queries) - asked))
ended=$(tail -n "+$((lines + 1))" "$T/gm.log" | grep -c 'key agent ended')
num "they had asked for the name, queries" "$asked" -ge $((KILLS - 1))
num "the log tells of each" "$ended" -ge $((KILLS - 1))
is "each backoff was the first one" \
	"$(tail -n "+$((lines + 1))" "$T/gm.log" | grep 'key agent ended' | grep -vc 'next start in 100 ms')" 0
num "status tells how often it was started" "$(counter gm agent.starts)" -ge "$KILLS"
is "the port never changed" "$(state_changes gm "$lines")" 0
is "it never went down" "$(counter gm port_downs)" 0
num "the longest pause between two Syncs, ms" "$(longest_pause killed)" \
	-lt $((500 + 4 * $(longest_pause calm)))
num "the loop's longest absence, us" "$(longest_poll "$calm_loops" "$killed_loops")" \
	-lt $((500000 + 4 * $(longest_poll 0 "$calm_loops")))
touch "$T/answers"
grants=$(status_get gm '.ports[0].servers[0].grants')
granted() {
	[ "$(status_get gm '.ports[0].servers[0].grants')" != "$grants" ]
}
at_once 15 other_agent && kill -KILL "$agent"
ok "with the name back, the next agent gets keys" wait_for 20 granted
diag "$KILLS agents killed in $took ms, $asked queries unanswered; longest pause between Syncs" \
	"(16 ms apart) $(longest_pause killed) ms, calm $(longest_pause calm) ms; longest time" \
	"between two polls $(longest_poll "$calm_loops" "$killed_loops") us, calm" \
	"$(longest_poll 0 "$calm_loops") us"
done_testing
