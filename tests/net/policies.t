#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Security Policies: a type that they do not name is neither signed nor required to be; keys whose
# policies leave out a type that the port needs are not taken, unless nts_allow_unsecured says so.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# on_wire NAME TYPE signed|unsigned: messages of this type in the table of a watch.
on_wire() {
	awk -v t="$2" -v what="$3" '$1 == t {
		for (i = 2; i < NF; i++) if ($i == what) n += $(i + 1)
	} END { print n + 0 }' "$T/$1.log"
}

net_up ke gm slave legacy
net_pki gm slave
timing='Sync, Follow_Up, Announce, Delay_Req, Delay_Resp'
ked_conf policies="$timing"
printf '\n[group p2p]\ndomain = 5\nmembers = *.test\npolicies = %s, Management, Signaling\n' \
	"$timing" >>"$T/ked.conf"
ok "the KE server listens" ked_start

watch_start e2e
nts_pair
ok "policies without Management and Signaling: the slave follows" wait_for 40 synced slave 3
in_ns legacy timeout 10 "$STOCK/pmc" -4 -b 1 -i eth0 'GET PORT_DATA_SET' >"$T/pmc.txt" 2>&1
ok "an unsigned request is answered" grep -q 'RESPONSE MANAGEMENT PORT_DATA_SET' "$T/pmc.txt"
num "and counted" "$(counter gm received_unsecured_by_policy)" -ge 1
num "as its answer is" "$(counter gm sent_unsecured_by_policy)" -ge 1
stop slave
stop gm
watch_end e2e
num "what is on the wire is signed" "$(watched e2e signed)" -gt 30
num "but Management" "$(on_wire e2e Management unsigned)" -ge 2
is "and nothing else" "$(watched e2e unsigned)" "$(on_wire e2e Management unsigned)"

start legacy legacy "$STOCK/ptp4l" -f <(ptp_conf legacy && cat "$T/legacy.conf") -i eth0
nts_conf gm
nts_start gm
ok "named types are required: unsigned ones are refused" \
	wait_for 20 counter_above gm refused.no_tlv 3
stop legacy
stop gm

: >"$T/gm.log"
: >"$T/slave.log"
p2p=(domainNumber 5 delay_mechanism P2P logMinPdelayReqInterval -2)
nts_pair "${p2p[@]}"
ok "policies without a needed type: the log says that they are not taken" wait_for 20 \
	grep -q 'keys for .* not taken: security policies leave needed messages' "$T/gm.log"
is "the status too" "$(counter gm last_exchange.status)" ST_UNSECURED_POLICY
"$BUILD/nts4ptp" status --address "$T/gm.status" >"$T/status.txt"
ok "and in words" grep -q 'security policies leave needed messages' "$T/status.txt"
ok "the port stays down" is_down gm
stop slave
stop gm

watch_start p2p
nts_pair "${p2p[@]}" nts_allow_unsecured 'pdelay_req, pdelay_resp, pdelay_resp_follow_up'
ok "nts_allow_unsecured: the slave follows" wait_for 40 synced slave 3
stop slave
stop gm
watch_end p2p
for type in Pdelay_Req Pdelay_Resp Pdelay_Resp_Follow_Up; do
	num "$type: unsigned" "$(on_wire p2p "$type" unsigned)" -gt 3
	is "$type: never signed" "$(on_wire p2p "$type" signed)" 0
done
for type in Announce Sync Follow_Up; do
	num "$type: signed" "$(on_wire p2p "$type" signed)" -gt 3
	is "$type: never unsigned" "$(on_wire p2p "$type" unsigned)" 0
done
done_testing
