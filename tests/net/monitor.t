#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts_policy monitor, as an operator goes through a rollout with it: the slave first, then the
# master, then enforce. Timing goes on all the time, and the counters tell when it is time. And
# what it must not do: nothing unverified passes into a secured port.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

# grows NAME FIELD BEFORE N: the counter is N above what it was.
grows() {
	counter_above "$1" "$2" $(($3 + $4))
}

has_key() {
	[[ $(counter slave key_id) == 0x* ]]
}

# refuses NAME WORDS CONF: ptp4l-nts ends by itself, and says why.
refuses() {
	local code
	in_ns bc timeout 10 "$PTP4L_NTS" -f "$T/$3.conf" -i b0 -i b1 >"$T/refuses.txt" 2>&1
	code=$?
	ok "$1: ends with an error" [ $code -ne 0 -a $code -ne 124 ]
	ok "$1: says why" grep -q "$2" "$T/refuses.txt" || diag "$(cat "$T/refuses.txt")"
}

net_up ke gm slave bc legacy
cable legacy l0 bc b0 1
cable bc b1 slave s0 2
net_pki gm slave bc
ked_conf lifetime=36000 update_period=6000
ptp_conf gm
nts_conf slave slaveOnly 1 nts_policy monitor
echo 0 >"$T/ahead"
start gm gm "$STOCK/ptp4l" -f "$T/gm.conf" -i eth0

# Before there is a KE server.
start slave slave env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=ptp4l-nts \
	CLOCKSHIFT_BOOT_FILE="$T/ahead" "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
slave_follows "no KE server, stock master"
ok "the log says that nothing is enforced" grep -q 'port 1 (eth0): NOT ENFORCED' "$T/slave.log"
ok "and that messages go unsigned" grep -q 'no key: SENDING UNSIGNED' "$T/slave.log"
num "sent unsigned" "$(counter slave sent_unsigned)" -gt 0
num "taken though there is no key" "$(counter slave taken.no_key)" -gt 0
"$BUILD/nts4ptp" status --address "$T/slave.status" >"$T/status.txt"
is "status, no key: exit 1" $? 1

# With keys, and a master that has none.
ok "the KE server listens" ked_start
ok "keys come" wait_for 60 has_key
sleep 0.5
unsigned=$(counter slave sent_unsigned)
no_tlv=$(counter slave taken.no_tlv)
slave_follows "stock master"
ok "messages without a TLV are taken, and counted" grows slave taken.no_tlv "$no_tlv" 20
is "ours are signed" "$(counter slave sent_unsigned)" "$unsigned"
num "signed" "$(counter slave signed)" -gt 0
is "nothing was verified" "$(counter slave verified)" 0
"$BUILD/nts4ptp" status --address "$T/slave.status" >"$T/status.txt"
is "status: exit 0" $? 0
for word in 'policy  *monitor: NOT ENFORCED' 'taken though  *[1-9]' 'no AUTHENTICATION TLV' \
	'refused  *0'; do
	ok "status tells: $word" grep -q "$word" "$T/status.txt"
done
"$BUILD/nts4ptp" metrics --address "$T/slave.status" >"$T/metrics.txt" 2>&1
for word in 'ptp4l_nts_monitor{.*} 1' 'ptp4l_nts_taken_total{.*"no_tlv"} [1-9]' \
	'ptp4l_nts_refused_total{.*"no_tlv"} 0'; do
	ok "metrics tell: $word" grep -q "$word" "$T/metrics.txt"
done

# The master is secured.
stop gm
nts_conf gm
nts_start gm
ok "the master's messages are verified" wait_for 40 counter_above slave verified 20
taken=$(counter slave taken_total)
verified=$(counter slave verified)
ok "and go on to be" wait_for 20 counter_above slave verified $((verified + 60))
slave_follows "secured master"
is "none is taken unverified any more, of $(($(counter slave verified) - verified))" \
	$(($(counter slave taken_total) - taken)) 0
diag "taken unverified: $taken before the master was secured, $(($(counter slave taken_total) - taken)) after"

# What was taken unverified leaves no trace among the verified: neither replays nor forgeries.
in_ns sw "$TOOLS/ptpwatch" capture gm "$T/captured" -d -t 1 >>"$T/capture.log"
in_ns legacy "$TOOLS/ptpattack" eth0 "$T/captured" flip -n 2 -i 200 >/dev/null
ok "forgeries are taken, and counted" wait_for 10 counter_above slave taken.bad_icv 100
in_ns legacy "$TOOLS/ptpattack" eth0 "$T/captured" replay -i 200 >/dev/null
ok "replays are taken, and counted" wait_for 10 counter_above slave taken.stale 10
taken=$(counter slave taken_total)
verified=$(counter slave verified)
ok "honest messages go on to be verified" wait_for 10 grows slave verified "$verified" 40
is "no honest message is stale after them" $(($(counter slave taken_total) - taken)) 0

# Each hour it is told again.
lines=$(grep -c 'NOT ENFORCED' "$T/slave.log")
echo 3600000 >"$T/ahead"
told() {
	[ "$(grep -c 'NOT ENFORCED.*in the last hour [1-9]' "$T/slave.log")" = 1 ]
}
is "in the first hour it was told once" "$lines" 1
ok "an hour later: told again, with reasons" wait_for 10 told
ok "reason by reason" grep -q 'in the last hour.*no_tlv [1-9].*bad_icv [1-9]' "$T/slave.log"

# And enforce.
stop slave
nts_conf slave slaveOnly 1
nts_start slave
slave_follows "enforce"
# A stale one there may be: right after a restart the marks of before are strict.
is "enforce: refused" $(($(counter slave refused_total) - $(counter slave refused.stale))) 0
is "enforce: taken" "$(counter slave taken_total)" 0
stop slave
stop gm

# Who may not.
nts_conf bc nts_policy monitor clock_type E2E_TC
refuses "a transparent clock" 'b0: nts_policy monitor: a transparent clock' bc
nts_conf bc nts_policy monitor unicast_listen 1 nts_mode ticket
refuses "a grantor" 'b0: nts_policy monitor: a grantor' bc
nts_conf bc unicast_listen 1
printf '[b1]\nnts_policy monitor\n' >>"$T/bc.conf"
refuses "a grantor in group mode" 'b1: nts_policy monitor: a grantor' bc
ptp_conf bc nts_policy monitor
refuses "without a KE server" 'nts_server: not set, but nts_policy is monitor' bc

# A boundary clock: what comes in by the monitored port is not signed into the other one.
nts_conf bc
printf '[b0]\nnts_policy monitor\n' >>"$T/bc.conf"
nts_conf slave slaveOnly 1
ptp_conf legacy priority1 10
witness one legacy l0
witness two slave s0
start legacy legacy "$STOCK/ptp4l" -f "$T/legacy.conf" -i l0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
slave_follows "behind a boundary clock"
in_ns legacy timeout 10 "$STOCK/pmc" -4 -b 2 -i l0 'GET CURRENT_DATA_SET' >"$T/managed" 2>&1
ok "but is not forwarded" wait_for 5 port_above bc 2 suppressed.unverified 0
ok "the log says so" grep -q 'port 2 (b1): MANAGEMENT not sent: it came in unverified' "$T/bc.log"
sleep 1
watch_end one
watch_end two
num "question and signed answer on the monitored side" "$(seen one Management)" -ge 2
is "Management messages on the secured side" "$(seen two Management)" 0
witness three slave s0
pmc_local bc -b 2 'GET CURRENT_DATA_SET' >"$T/managed" 2>&1
watch_end three
num "those of its own pmc go there, signed" "$(seen three Management)" -gt 0
is "nothing unsigned on the secured side" "$(watched three unsigned)" 0
done_testing
