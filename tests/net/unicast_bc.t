#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A boundary clock in ticket mode: requester on one port, grantor on two others, a key for each
# pair; and a clock that is both on one port, whose requester follows it when the grandmaster is
# gone.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

follows() {
	tail -n "+$3" "$T/$1.log" | grep -q "selected best master clock $(identity_of "$2")"
}

net_up ke gm bc r1 r2 both r3
cable gm g0 bc b0 1
cable bc b1 r1 l0 2
cable bc b2 r2 l0 3
net_pki gm bc r1 r2 both r3
unicast_ked grantors='*.test'
ok "the KE server listens" ked_start

for name in gm bc r1 r2 both r3; do
	nts_conf "$name" nts_mode ticket unicast_req_duration 60
done
printf 'unicast_listen 1\npriority1 10\n' >>"$T/gm.conf"
unicast_master bc b0 UDPv4 198.51.1.1
printf '[b1]\nunicast_listen 1\n[b2]\nunicast_listen 1\n' >>"$T/bc.conf"
printf 'slaveOnly 1\n' | tee -a "$T/r1.conf" "$T/r2.conf" >>"$T/r3.conf"
unicast_master r1 l0 UDPv4 198.51.2.1
unicast_master r2 l0 UDPv4 198.51.3.1
printf 'unicast_listen 1\npriority1 20\n' >>"$T/both.conf"
unicast_master both eth0 UDPv4 "$(address_of gm UDPv4)"
unicast_master r3 eth0 UDPv4 "$(address_of gm UDPv4)" "$(address_of both UDPv4)"
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0 -i eth0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1 -i b2
start r1 r1 "$PTP4L_NTS" -f "$T/r1.conf" -i l0
start r2 r2 "$PTP4L_NTS" -f "$T/r2.conf" -i l0
for name in both r3; do
	nts_start "$name"
done

ok "the boundary clock follows the grandmaster" wait_for 40 synced bc 3
ok "a requester behind it follows it" wait_for 40 synced r1 3
ok "another one on another port, too" wait_for 40 synced r2 3
ok "so does a clock with both roles on one port" wait_for 40 synced both 3
ok "its requester follows the grandmaster" wait_for 40 synced r3 3
for name in bc r1 r2 both r3; do
	is "$name refused nothing" "$(total "$name" refused_total)" 0
	[[ $name == both || $name == r3 ]] ||
		is "$name suppressed nothing for want of a key" "$(total "$name" suppressed.no_key)" 0
	num "$name verified messages" "$(total "$name" verified)" -gt 30
done
# These two have two keys to come: with the first one their port is up, and may ask in vain.
suppressed="$(total both suppressed.no_key) $(total r3 suppressed.no_key)"
is "the ports have the roles" "$(status_get bc '[.ports[].port_state] | join(" ")')" \
	"UNCALIBRATED MASTER MASTER"
is "one requester on each granting port" "$(port bc 2 unicast.requesters) $(port bc 3 unicast.requesters)" "1 1"
is "the grandmaster serves one there and two here" \
	"$(port gm 1 unicast.requesters) $(port gm 2 unicast.requesters)" "1 2"
ok "who is both serves one, though it is no master" wait_for 20 counter_above both unicast.requesters 0
keys=$(for name in bc r1 r2 both; do
	counter "$name" 'unicast.grantors[0].key_id'
done | sort -u | wc -l)
is "each pair has a key of its own" "$keys" 4

line=$(log_lines r3)
n=$(offsets r3)
stop gm
ok "without the grandmaster its requester follows who is both" wait_for 40 follows r3 both "$line"
ok "and gets Sync from it" wait_for 40 synced r3 $((n + 3))
num "who is both refused nothing" "$(total both refused_total)" -eq 0
is "nor did it and r3 suppress anything since they had their keys" \
	"$(total both suppressed.no_key) $(total r3 suppressed.no_key)" "$suppressed"
for name in bc r1 r2 both r3; do
	diag "$name: verified $(total "$name" verified), signed $(total "$name" signed)"
done
done_testing
