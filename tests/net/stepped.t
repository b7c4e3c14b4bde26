#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A master whose wall clock steps while it serves (tests/shim/clockshift.c): forward, it is followed
# at once; back, after the announce receipt timeout. Across the steps all that it sent before is
# recorded and replayed while it is held, for less than that timeout: messages with effect 0.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/held.sh
. "$(dirname "$0")/held.sh"

HOUR=3600
TIMEOUT_MS=7000		# 28 Announces of a quarter of a second

# replay_all WHEN: in three orders, while the master is held.
replay_all() {
	local held=${EPOCHREALTIME/./}
	hold gm
	unplug gm
	cp "$T/from_gm" "$T/all"
	replay "$1" slave "$T/all" "f r s"
	num "$1: held for less than the timeout, ms" "$(ms_since "$held")" -lt $((TIMEOUT_MS - 500))
	plug gm
	release gm
}

# follows WHEN: soon, and then no honest message is refused.
follows() {
	local verified refused
	ok "$1: nothing is refused any more" wait_for 20 settled
	verified=$(counter slave verified)
	refused=$(counter slave refused_total)
	ok "$1: honest messages are taken" wait_for 20 counter_above slave verified $((verified + 100))
	is "$1: lasting refusals, of $(($(counter slave verified) - verified))" \
		$(($(counter slave refused_total) - refused)) 0
}

# offset_near SECONDS: the last one that the slave has printed, with half a second to spare.
offset_near() {
	awk -v want="$1" '/master offset/ { for (i = 1; i < NF; i++) if ($i == "offset") v = $(i + 1) }
		END { d = v / 1e9 + want; exit !(d < 0.5 && d > -0.5) }' "$T/slave.log"
}

net_up ke gm slave attacker
in_ns sw ip link set dev attacker type bridge_slave learning off
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
nts_conf gm logMinDelayReqInterval -4
nts_conf slave slaveOnly 1 announceReceiptTimeout 28 logMinDelayReqInterval -4
record gm
set_time gm 0
start gm gm env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=ptp4l-nts \
	CLOCKSHIFT_REAL_FILE="$T/gm.time" "$PTP4L_NTS" -f "$T/gm.conf" -i eth0
nts_start slave
ok "the slave follows" wait_for 30 synced slave 2

from=${EPOCHREALTIME/./}
set_time gm $HOUR
ok "an hour forward: the slave follows" wait_for 10 offset_near $HOUR
diag "an hour forward: followed after $(ms_since "$from") ms"
is "an hour forward: steps back" "$(counter slave steps_back)" 0
replay_all "an hour forward"
follows "an hour forward"

stale=$(counter slave refused.stale)
from=${EPOCHREALTIME/./}
set_time gm 60
ok "back: honest messages are refused" wait_for 5 counter_above slave refused.stale $((stale + 5))
ok "back: until the timeout" wait_for 20 offset_near 60
diag "an hour back: followed after $(ms_since "$from") ms, with a timeout of $TIMEOUT_MS ms," \
	"$(($(counter slave refused.stale) - stale)) honest messages refused meanwhile"
num "back: not before the timeout, ms" "$(ms_since "$from")" -ge $((TIMEOUT_MS - 1000))
num "back: counted" "$(counter slave steps_back)" -gt 0
follows "back"
replay_all "back"
follows "back, replayed"
diag "replayed $SENT messages across the steps, with effect $EFFECT"
done_testing
