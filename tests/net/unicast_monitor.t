#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts_policy monitor at a requester in ticket mode, as an operator goes through a rollout with it: a
# grantor without keys, then one that has them, forgeries and replays beside it, then enforce.
# Timing goes on all the time, and the counters tell when it is time.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

# grows FIELD BEFORE N: the requester's counter is N above what it was.
grows() {
	counter_above slave "$1" $(($2 + $3))
}

# verifies MESSAGES WHEN: so many more, and takes none unverified.
verifies() {
	local verified taken
	verified=$(counter slave verified)
	taken=$(counter slave taken_total)
	ok "$2: messages are verified" wait_for 20 grows verified "$verified" "$1"
	taken=$(($(counter slave taken_total) - taken))
	is "$2: taken unverified, of $(($(counter slave verified) - verified))" "$taken" 0
}

# Contracts are short: those of one grantor end before the next one comes.
DURATION=10
net_up ke gm slave attacker
in_ns sw ip link set dev attacker type bridge_slave learning off
net_pki gm slave
unicast_ked
ptp_conf gm network_transport UDPv4 unicast_listen 1 inhibit_multicast_service 1
start gm gm "$STOCK/ptp4l" -f "$T/gm.conf" -i eth0
unicast_requester slave UDPv4 gm nts_policy monitor

# Neither a KE server nor a grantor with keys.
slave_follows "no KE server, stock grantor"
ok "the log says that nothing is enforced" grep -q 'port 1 (eth0): NOT ENFORCED' "$T/slave.log"
ok "and that messages go unsigned" grep -q 'no key: SENDING UNSIGNED' "$T/slave.log"
num "sent unsigned" "$(counter slave sent_unsigned)" -gt 0
taken=$(counter slave taken_total)
ok "messages are taken unverified, and counted" wait_for 20 grows taken_total "$taken" 20
is "nothing was verified" "$(counter slave verified)" 0
is "nothing was refused" "$(counter slave refused_total)" 0
diag "without keys: taken unverified $(counter slave taken_total)," \
	"sent unsigned $(counter slave sent_unsigned)"

# The grantor has keys. What its former life still owes comes without.
stop gm
ok "the KE server listens" ked_start
unicast_grantor gm UDPv4
ok "the grantor's messages are verified" wait_for 60 counter_above slave verified 20
slave_follows "secured grantor"
verifies 60 "secured grantor"

# What was taken unverified leaves no trace among the verified: neither forgeries nor replays.
capture "$T/captured" -d -t 1
failing=0
declare -A count=([flip]=2 [replay]=20)
for change in flip replay; do
	taken=$(counter slave taken_total)
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" "$change" -n "${count[$change]}" \
		-T 0,8 -i 200)
	sent=${sent#sent }
	ok "$change: all $sent are taken, and counted" \
		wait_for 10 grows taken_total "$taken" $((sent * 9 / 10))
	failing=$((failing + sent))
	verifies 40 "$change"
done
diag "taken though they fail: bad_icv $(counter slave taken.bad_icv)," \
	"stale $(counter slave taken.stale), of $failing sent"
is "refused: what is no PTP message, only" "$(counter slave refused_total)" \
	"$(counter slave refused.malformed)"
"$BUILD/nts4ptp" status --address "$T/slave.status" >"$T/status.txt"
is "status: exit 0" $? 0
ok "status tells" grep -q 'policy  *monitor: NOT ENFORCED' "$T/status.txt"

# And enforce.
stop slave
sed -i '/^nts_policy/d' "$T/slave.conf"
nts_start slave
slave_follows "enforce"
is "enforce: taken unverified" "$(counter slave taken_total)" 0
refused=$(counter slave refused_total)
sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" flip -n 1 -T 0 -i 200)
ok "enforce: forgeries are refused" wait_for 10 grows refused_total "$refused" $((${sent#sent } - 1))
done_testing
