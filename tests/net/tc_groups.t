#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Transparent clocks with another group on the cable between them: each port's own key, ports up
# and down together, other domains and sdoIds dropped and counted, and the Follow_Up that a
# clock makes of a one-step Sync is signed.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"
TC_TYPE=E2E_TC
TC_SECTIONS1=$'[a1]\nnts_subgroup 7'
TC_SECTIONS2=$'[b0]\nnts_subgroup 7'

middle_group() {
	printf '\n[group middle]\nsub_group = 7\nmembers = *.test\ngrace_period = 2\n%s\n' \
		"$1" >>"$T/ked.conf"
}

ups() {
	[ "$(status_get "$1" '[.ports[].up] | map(tostring) | join(" ")')" = "$2" ]
}

asked() {
	[ "$(status_get tc1 '[.ports[].last_exchange.failures] | max')" -gt 0 ] &&
		[ "$(port tc1 1 key_id)" != null ]
}

# stranger NAME OPTION VALUE: an unsecured master of another domain or sdoId on the first cable.
stranger() {
	local name=$1 before reason=$4
	shift
	before=$(port tc1 1 "refused.$reason")
	witness "$name.wire" mid m0
	ptp_conf "$name" network_transport L2 priority1 1 "$1" "$2"
	start "$name" gm "$STOCK/ptp4l" -f "$T/$name.conf" -i g0
	ok "$1 $2: dropped and counted" wait_for 15 port_above tc1 1 "refused.$reason" \
		$((before + 20))
	stop "$name"
	watch_end "$name.wire"
	is "$1 $2: nothing of it is forwarded" "$(watched "$name.wire" unsigned)" 0
}

chain_up 0 0
ked_conf
ok "the KE server listens" ked_start
chain_start network_transport L2
ok "the first clock has one of its two keys" wait_for 20 asked
ok "its ports stay down together" ups tc1 "false false"
stop ked
middle_group $'lifetime = 3600\nupdate_period = 600'
ok "the KE server listens, with the other group" ked_start
ok "both ports of the first come up" wait_for 60 ups tc1 "true true"
ok "both ports of the second come up" wait_for 60 ups tc2 "true true"
witness two mid m0
ok "the slave follows" wait_for 60 synced slave 3
watch_end two
is "slave and grandmaster use the same key" "$(counter slave key_id)" "$(counter gm key_id)"
is "the middle has one of its own" "$(port tc1 2 key_id)" "$(port tc2 1 key_id)"
ok "which is another" [ "$(port tc1 2 key_id)" != "$(counter gm key_id)" ]
is "one key is on the middle cable" "$(watched two keys)" 1
ok "that of its group" grep -qi "^key $(port tc1 2 key_id)" "$T/two.log"
for name in gm tc1 tc2 slave; do
	is "$name refused nothing" "$(total "$name" refused_total)" 0
done

stranger domain domainNumber 5 wrong_group
stranger sdo transportSpecific 1 wrong_group
stranger same domainNumber 0 no_tlv

stop gm
cp "$T/pki/gm.key" "$T/pki/fetch.key"
chown root "$T/pki/fetch.key"
in_ns gm "$TOOLS/kefetch" --server "$KE_ADDRESS:4460" --ca "$T/pki/ca.crt" \
	--cert "$T/pki/gm.crt" --key "$T/pki/fetch.key" --domain 0 --sdo 0 --sub 0 \
	--sa-file "$T/sa" >"$T/kefetch.log" 2>&1
witness made slave s0
ok "one-step Syncs are sent" in_ns gm "$TOOLS/ptponestep" g0 "$T/sa" 30
watch_end made
num "the clocks make Follow_Ups of them" "$(seen made Follow_Up)" -ge 28
is "all of it signed" "$(watched made unsigned)" 0
is "the slave takes them" "$(counter slave refused_total)" 0

# The other group's key ends, the first one's goes on.
stop ked
sed -i '/^\[group middle\]/,$d' "$T/ked.conf"
middle_group $'lifetime = 6\nupdate_period = 2'
rm -f "$T"/ked/store*
for name in tc1 tc2; do
	stop $name
done
start tc1 tc1 "$PTP4L_NTS" -f "$T/tc1.conf" -i a0 -i a1
ok "the KE server listens, with a short life for one" ked_start
ok "the first clock is up" wait_for 60 ups tc1 "true true"
stop ked
ok "one key ends: both ports go down" wait_for 40 ups tc1 "false false"
ok "though the other key lives" [ "$(port tc1 1 key_id)" != null ]
done_testing
