#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sequenceId wraps, goes once round and wraps again, all under one key (tests/shim/seqnum.c), so
# that what was recorded has sequenceIds that come again. The recording of the key's whole life is sent
# in several orders, one of them the one in which it could pass for what comes next. Only the
# timestamps tell that it is old. While it is sent the grandmaster is held: whatever the slave takes
# is a replay.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/held.sh
. "$(dirname "$0")/held.sh"

START=65470

# numbered NAME: ptp4l-nts in the host NAME with the shim.
numbered() {
	start "$1" "$1" env LD_PRELOAD="$TOOLS/seqnum.so" SEQNUM_START=$START \
		SEQNUM_ROUND="$T/round" "$PTP4L_NTS" -f "$T/$1.conf" -i eth0
}

# follows WHEN: the grandmaster goes on. Behind what comes too late nothing honest is refused.
follows() {
	local verified refused from=${EPOCHREALTIME/./}
	verified=$(counter slave verified)
	plug gm
	release gm
	ok "$1: honest messages are taken" wait_for 10 counter_above slave verified $((verified + 50))
	diag "$1: verified again, 50 messages within $(ms_since "$from") ms"
	ok "$1: what came too late is through" wait_for 10 settled
	refused=$(counter slave refused_total)
	verified=$(counter slave verified)
	ok "$1: and go on to be" wait_for 10 counter_above slave verified $((verified + 300))
	is "$1: lasting refusals, of $(($(counter slave verified) - verified)) messages" \
		$(($(counter slave refused_total) - refused)) 0
}

# old_answers: those whose numbers the slave's open requests have now; the timestamp tells.
old_answers() {
	local verified stale sent
	verified=$(counter slave verified)
	stale=$(counter slave refused.stale)
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/all" replay -o a -T 9 -i 20000)
	num "answers to old requests with numbers of new ones: refused as stale" \
		$(($(counter slave refused.stale) - stale)) -gt 3
	is "and with effect, of ${sent#sent }" $(($(counter slave verified) - verified)) 0
	diag "of ${sent#sent } old answers $(($(counter slave refused.stale) - stale)) met an open request"
}

# old_requests: of the slave, to the grandmaster, with numbers that come next. They earn answers; of
# these none is taken, and nothing lasts.
old_requests() {
	local lines unasked taken sent
	lines=$(log_lines slave)
	unasked=$(counter slave refused.no_request)
	taken=$(counter gm refused.stale)
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/from_slave" replay -o a -T 1 -i 5000)
	ok "answers to old requests are refused" \
		wait_for 5 counter_above slave refused.no_request "$unasked"
	diag "old requests to the grandmaster: ${sent#sent }; answers that the slave refused:" \
		"$(($(counter slave refused.no_request) - unasked));" \
		"honest ones whose number was gone: $(($(counter gm refused.stale) - taken))"
	follows "old requests"
	num "old requests: largest offset, ns" "$(offset_max slave "$lines")" -lt 500000000
}

both_round() {
	grep -q 'Sync is round' "$T/gm.log" && grep -q 'Announce is round' "$T/gm.log" &&
		grep -q 'Delay_Req is round' "$T/slave.log"
}

net_up ke gm slave attacker
in_ns sw ip link set dev attacker type bridge_slave learning off
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
RATES=(logSyncInterval -8 logMinDelayReqInterval -6 summary_interval -8)
nts_conf gm "${RATES[@]}"
nts_conf slave slaveOnly 1 announceReceiptTimeout 120 "${RATES[@]}"
record gm
record slave
numbered gm
numbered slave
ok "the slave follows" wait_for 30 synced slave 2
verified=$(counter slave verified)
ok "sequenceIds wrap" wait_for 20 counter_above slave verified $((verified + 1500))
stale=$(counter slave refused.stale)
touch "$T/round"
ok "sequenceIds have gone round" wait_for 30 both_round
is "refused on the way" $(($(counter slave refused.stale) - stale)) 0
is "under one key" "$(counter slave rotations)" 0

old_requests
hold gm
unplug gm
cp "$T/from_gm" "$T/all"
old_answers
replay "round" slave "$T/all" "a f r s" -i 100
follows "round"
verified=$(counter slave verified)
ok "sequenceIds wrap again" wait_for 20 counter_above slave verified $((verified + 150))
hold gm
unplug gm
cp "$T/from_gm" "$T/all"
replay "wrapped again" slave "$T/all" "a s" -i 100
follows "wrapped again"
diag "replayed $SENT messages, with effect $EFFECT"

done_testing
