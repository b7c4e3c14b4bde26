#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A slave whose servo runs, on a system clock that is a file: 80 us ahead at the start, and gaining
# 50 us a second. Changes of keys, a KE server that is away for less than the keys last and agents
# that are killed leave the servo locked. An outage longer than the keys takes the ports down; when
# they are up again, the servo goes on by itself.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/own.sh
. "$(dirname "$0")/own.sh"
AHEAD_NS=80000
GAINS_PPB=50000

# tally FROM [TO]: of the offsets behind so many lines of the slave's log, up to so many: how many
# in s0, s1, s2, the first, the largest, the last one's frequency, and the longest time between two
# in ms.
tally() {
	sed -n "$(($1 + 1)),${2:-\$}p" "$T/slave.log" | awk '/ offset / {
		sub(/^[^[]*\[/, "")
		t = $1 + 0
		if (t - last > gap && last) gap = t - last
		last = t
		if (!n++) first = $4
		v = $4 < 0 ? -$4 : $4
		if (v > largest) largest = v
		in_state[$5]++
		freq = $7
	} END { printf "%d %d %d %d %d %d %d\n", in_state["s0"], in_state["s1"], in_state["s2"],
		first, largest, freq, gap * 1000 }'
}

# locked FROM N: the slave is in s2, for N offsets behind so many lines.
locked() {
	local s2
	read -r _ _ s2 _ < <(tally "$1")
	[ "$s2" -ge "$2" ]
}

rotated() {
	counter_above slave rotations "$1"
}

net_up ke gm slave
own_or_none slave
net_pki gm slave
ked_conf lifetime=8 update_period=6 grace_period=4
ok "the KE server listens" ked_start
nts_conf gm
# Such a servo locks within a second. The check of the clock, which resets it, too, is off: it takes
# a process that the machine lets run 20 ms late for a clock that jumps.
nts_conf slave slaveOnly 1 pi_proportional_const 0.2 pi_integral_const 0.02 sanity_freq_limit 0
sed -i '/^free_running/d' "$T/slave.conf"
own_clocks slave
OWN+=(TESTPHC_SYSTEM=1)
own_clock_errs slave system $AHEAD_NS $GAINS_PPB
own slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
nts_start gm
ok "the servo locks" wait_for 30 locked 0 32
start=$(log_lines slave)
gm_start=$(log_lines gm)
read -r s0 s1 s2 first _ freq _ < <(tally 0 "$start")
num "it found what the clock gains, off by ppb" "$((freq - GAINS_PPB))" -lt 20000
num "or loses" "$((freq - GAINS_PPB))" -gt -20000
diag "at first: s0 $s0 s1 $s1 s2 $s2, the first offset $first ns, freq at last $freq ppb"
before=$(counter slave rotations)
lost_before=$(missing gm slave)

ok "the keys change" wait_for 20 rotated "$before"
ok "the next ones are known" wait_for 30 next_known
stop ked
ok "they change while the KE server is away" wait_for 20 rotated $((before + 1))
ok "it is back" ked_start
ok "the slave's agent is killed" agent_killed slave
ok "the grandmaster's, too" agent_killed gm
ok "the keys change after that" wait_for 20 rotated $((before + 2))
end=$(log_lines slave)
ok "the servo goes on" wait_for 10 locked "$end" 8
end=$(log_lines slave)
rotations=$(($(counter slave rotations) - before))
changes=$(($(state_changes slave "$start") + $(state_changes gm "$gm_start")))
read -r s0 s1 s2 _ largest _ gap < <(tally "$start" "$end")
is "servo resets" "$((s0 + s1))" 0
is "port state changes" "$changes" 0
ok "no message was lost on the way" none_lost gm slave "$lost_before"
is "messages refused" "$(counter slave refused_total)" 0
is "messages not sent for want of a key" "$(counter gm suppressed.no_key)" 0
num "largest offset, ns" "$largest" -lt 1000000
diag "rotations $rotations: s0 $s0 s1 $s1 s2 $s2, servo resets $((s0 + s1))," \
	"port state changes $changes, largest offset $largest ns, $gap ms at most between two"

stop ked
ok "the ports go down when the keys end" both 30 is_down
down=$(log_lines slave)
ok "the KE server is back" ked_start
ok "the ports come up" both 30 is_up
ok "the servo goes on" wait_for 20 locked "$down" 16
read -r s0 s1 s2 first largest _ < <(tally "$down")
read -r _ _ _ _ _ _ gap < <(tally "$end")
num "largest offset after that, ns" "$largest" -lt 1000000
diag "after an outage longer than the keys: s0 $s0 s1 $s1 s2 $s2, servo resets" \
	"$((s0 + s1)), the first offset $first ns, the largest $largest ns, $gap ms without"
done_testing
