#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unicast P2P: two clocks name each other as peer_address, so each is requester and grantor of
# Pdelay; keys change under it, and a peer that was restarted is found again.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

# p2p NAME PEER [OPTION VALUE...]
p2p() {
	local name=$1 peer
	peer=$(address_of "$2" UDPv4)
	shift 2
	nts_conf "$name" nts_mode ticket unicast_listen 1 delay_mechanism P2P \
		unicast_req_duration 300 logMinPdelayReqInterval -3 "$@"
	{
		printf '[unicast_master_table]\ntable_id 1\nlogQueryInterval 0\n'
		printf 'peer_address %s\nUDPv4 %s\n[eth0]\nunicast_master_table 1\n' "$peer" "$peer"
	} >>"$T/$name.conf"
}

# delays NAME: lines of the log that tell a path delay which was measured.
delays() {
	grep -c 'path delay  *[1-9]' "$T/$1.log"
}

measured() {
	[ "$(delays "$1")" -ge "$2" ]
}

answers() {
	awk -v t="$2" '$1 == t && $4 > 0 { n++ } END { exit n != 2 }' "$T/$1.log"
}

# Within a second, on the wire.
both_answer() {
	rm -f "$T/again.log"
	watch_start again
	sleep 1
	watch_end again
	answers again Pdelay_Resp
}

rotated() {
	counter_above gm rotations "$1" && counter_above r1 rotations "$1"
}

net_up ke gm r1
net_pki gm r1
unicast_ked grantors='*.test' lifetime=20 update_period=12 lead=3 grace_period=3
ok "the KE server listens" ked_start
p2p gm r1 priority1 10
p2p r1 gm slaveOnly 1
watch_start wire
nts_start gm
nts_start r1
ok "the requester follows, with delays of its peer" wait_for 40 measured r1 3
declare -A lines refused
for name in gm r1; do
	lines[$name]=$(log_lines "$name")
	is "$name serves one" "$(counter "$name" unicast.requesters)" 1
	# A Pdelay_Req may come before the ticket that goes with it.
	refused[$name]=$(counter "$name" refused_total)
done
n=$(delays r1)
ok "two rotations" wait_for 80 rotated 1
ok "and delays are measured" wait_for 20 measured r1 $((n + 3))
for name in gm r1; do
	is "$name refused nothing after that" "$(counter "$name" refused_total)" "${refused[$name]}"
	is "$name never ran out of keys" "$(counter "$name" expiries)" 0
	is "$name's port stayed as it was" "$(state_changes "$name" "${lines[$name]}")" 0
	diag "$name: verified $(counter "$name" verified), signed $(counter "$name" signed)"
done
watch_end wire
is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
for type in Pdelay_Req Pdelay_Resp Pdelay_Resp_Follow_Up; do
	ok "both sent $type" answers wire "$type"
done

# The contract is for five minutes: linuxptp itself would ask again only then.
stop r1 KILL
n=$(delays r1)
since=$SECONDS
nts_start r1
ok "a restarted peer measures again" wait_for 40 measured r1 $((n + 3))
diag "after $((SECONDS - since)) s"
# The peer misses its answers, or its key was due just then.
ok "and is measured" wait_for 40 both_answer
done_testing
