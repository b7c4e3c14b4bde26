#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The key agent is killed again and again, hangs, and waits for a name server that says nothing:
# it is started again, ever more slowly, and the clock does not pause.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

pid() {
	counter gm agent.pid
}

longest() {
	awk '$1 == "pause" && $2 == "Sync" { print $NF }' "$T/$1.log"
}

net_up ke gm slave
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
nts_conf gm logSyncInterval -6
nts_conf slave slaveOnly 1
nts_start gm
nts_start slave
ok "the slave follows" wait_for 30 synced slave 2

watch_start calm
sleep 5
watch_end calm

lines=$(log_lines gm)
watch_start killed
for i in {1..7}; do
	ok "killed the $i. time, started again" agent_killed gm
done
watch_end killed
is "status tells how often it was started" "$(counter gm agent.starts)" 8
ok "ever more slowly" grep -q 'next start in 6400 ms' "$T/gm.log"

watch_start hung
old=$(pid)
kill -STOP "$old"
ok "one that hangs is replaced" wait_for 40 has_other_agent gm "$old"
watch_end hung
ok "the log says so" grep -q 'ended (killed: it did not answer any more)' "$T/gm.log"
is "status tells" "$(counter gm agent.hangs)" 1
ok "the hung one is gone" not test -e "/proc/$old"
is "the grandmaster's port never changed" "$(state_changes gm "$lines")" 0
is "nothing was lost to it" "$(counter slave refused_total)" 0
stop gm

# A name server that does not answer: packets go out and nothing comes back.
ip -n "$NET_TAG-gm" route add default dev eth0
nts_conf gm logSyncInterval -6 nts_timeout 5
sed -i "s/^nts_server .*/nts_server ke.nowhere.example,$KE_ADDRESS/" "$T/gm.conf"
nts_start gm
ok "behind a name that cannot be resolved the second server grants" wait_for 30 is_up gm
offsets=$(offsets slave)
ok "the slave follows" wait_for 30 synced slave $((offsets + 2))
watch_start dns
ok "a new agent hangs on the name" agent_killed gm
sleep 4
watch_end dns
for what in killed hung dns; do
	num "$what: the longest pause between two Syncs, ms" "$(longest $what)" -lt 500
done
diag "longest pause between Syncs (16 ms apart): calm $(longest calm) ms, agent killed" \
	"$(longest killed) ms, agent hung $(longest hung) ms, name server silent $(longest dns) ms"
done_testing
