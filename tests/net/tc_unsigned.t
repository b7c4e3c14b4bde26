#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A transparent clock between two groups, of which one leaves Announce and Follow_Up unsigned: what
# nobody has verified is not signed on the other side, what was verified goes on.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

# on_wire NAME TYPE signed|unsigned
on_wire() {
	awk -v t="$2" -v what="$3" '$1 == t {
		for (i = 2; i < NF; i++) if ($i == what) n += $(i + 1)
	} END { print n + 0 }' "$T/$1.log"
}

open=(nts_subgroup 7 nts_allow_unsecured 'Announce, Follow_Up')
net_up ke gm tc1 far
cable gm g0 tc1 a0 1
cable tc1 a1 far f0 2
net_pki gm tc1 far
ked_conf
printf '\n[group far]\nsub_group = 7\nmembers = *.test\npolicies = Sync, Delay_Req, Delay_Resp\n' \
	>>"$T/ked.conf"
ok "the KE server listens" ked_start
nts_conf gm
nts_conf far "${open[@]}"
nts_conf tc1 clock_type E2E_TC
printf '[a1]\n' >>"$T/tc1.conf"
printf '%s %s\n' "${open[@]}" >>"$T/tc1.conf"
start tc1 tc1 "$PTP4L_NTS" -f "$T/tc1.conf" -i a0 -i a1
witness near gm g0
start far far "$PTP4L_NTS" -f "$T/far.conf" -i f0
ok "unsigned messages come in" wait_for 40 port_above tc1 2 received_unsecured_by_policy 40
ok "and are not forwarded" wait_for 20 port_above tc1 1 suppressed.unverified 5
stop far
watch_end near
num "Sync, which was verified, goes on, signed" "$(on_wire near Sync signed)" -gt 10
for type in Announce Follow_Up; do
	is "no $type is signed on the other side" "$(on_wire near $type signed)" 0
done
is "nor anything unsigned there" "$(watched near unsigned)" 0

witness wire far f0
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
seen_verified=$(port tc1 1 verified)
ok "verified ones come in from there" wait_for 40 port_above tc1 1 verified $((seen_verified + 40))
watch_end wire
num "Announce goes on, unsigned as the policy says" "$(on_wire wire Announce unsigned)" -gt 2
num "and Follow_Up" "$(on_wire wire Follow_Up unsigned)" -gt 10
num "and Sync, signed" "$(on_wire wire Sync signed)" -gt 10

verified_on() {
	ok "$1" wait_for 40 port_above tc1 1 verified $(($(port tc1 1 verified) + 40))
}

ip -n "$NET_TAG-tc1" link set a1 down
ok "the other port loses its link" wait_for 10 grep -q 'port 2.*: link down' "$T/tc1.log"
verified_on "this one goes on"
is "and the log does not fill" "$(grep -cE 'send(to)? failed|failed to forward' "$T/tc1.log")" 0
ip -n "$NET_TAG-tc1" link set a1 up
ok "the link is back" wait_for 10 grep -q 'port 2.*: link up' "$T/tc1.log"
signed=$(port tc1 2 signed)
ok "messages go out there again" wait_for 20 port_above tc1 2 signed $((signed + 20))
done_testing
