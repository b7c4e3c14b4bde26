#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is on the wire without the key: a better master, replays, changed messages. Nothing of it
# has an effect, all of it is counted by its reason.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# refused_by CHANGE COUNTER [OPTION...]: every message sent is refused by the slave, at least
# one for that reason.
refused_by() {
	local change=$1 reason=$2 total one sent
	shift 2
	total=$(counter slave refused_total)
	one=$(counter slave "refused.$reason")
	sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" "$change" "$@")
	sent=${sent#sent }
	num "$change: something was sent" "${sent:-0}" -gt 0
	ok "$change: all $sent are refused" \
		wait_for 5 counter_above slave refused_total $((total + sent - 1))
	num "$change: counted as $reason" "$(counter slave "refused.$reason")" -gt "$one"
}

net_up ke gm slave attacker
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
nts_pair
ok "the slave follows" wait_for 30 synced slave 2
lines=$(log_lines slave)
gm_lines=$(log_lines gm)

ptp_conf rogue priority1 1
start rogue attacker "$STOCK/ptp4l" -f "$T/rogue.conf" -i eth0
ok "the rogue thinks that it is master" \
	wait_for 20 grep -q 'assuming the grand master role' "$T/rogue.log"
ok "its messages are refused: no TLV" wait_for 20 counter_above slave refused.no_tlv 40
ok "the grandmaster refuses them too" wait_for 20 counter_above gm refused.no_tlv 40
stop rogue
rogue=$(identity_of attacker)
ok "the rogue sent Announce messages" grep -q "ANNOUNCE from $rogue" "$T/gm.log"
ok "the slave never heard of it" not grep -q "foreign master $rogue" "$T/slave.log"
is "the grandmaster is master" "$(port_state gm)" MASTER

# Sync, Follow_Up and Announce of the grandmaster.
ok "traffic is captured" capture "$T/captured" -n 60
refused_by replay stale -T 0,8 -n 20
refused_by replay stale -T 11 -n 2
refused_by flip bad_icv -T 0 -n 1
refused_by flip bad_icv -T 8 -n 1
refused_by flip bad_icv -T 11 -n 1
refused_by cut no_tlv -T 0,8
refused_by forge no_tlv -T 0,11
refused_by twice tlv_twice -T 0,8
refused_by notlast tlv_not_last -T 0,8
refused_by truncate malformed -T 0 -n 1
refused_by tlvlen malformed -T 0 -n 1
refused_by msglen malformed -T 8 -n 1
refused_by spp unknown_spp -T 0,8
refused_by key unknown_key_id -T 0,8
# An answer to no question, or to one that was answered: which of the two depends on the moment.
refused_by replay 'stale + .ports[0].refused.no_request' -T 9 -n 5

n=$(offsets slave)
ok "the slave still follows" wait_for 20 synced slave $((n + 2))
is "the slave's port never changed" "$(state_changes slave "$lines")" 0
is "the grandmaster's port never changed" "$(state_changes gm "$gm_lines")" 0
num "offsets are undisturbed" "$(offset_max slave "$lines")" -lt 100000000
done_testing
