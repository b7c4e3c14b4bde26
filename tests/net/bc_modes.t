#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A boundary clock with another mode on each port: tickets towards its master, the group's key,
# static keys, and none. Each side follows by its own means, and hears of no other.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

net_up ke gm bc slave
cable gm g0 bc b0 1
cable bc b1 slave s1 2
cable bc b2 slave s2 3
cable bc b3 slave s3 4
net_pki gm bc slave
ked_conf
printf '\n[unicast main]\ngrantors = gm.test\nrequesters = bc.test\nidentities = any\n' \
	>>"$T/ked.conf"
ok "the KE server listens" ked_start
printf '[security_association]\nspp 3\n10 AES128 HEX:%032x\n' 4711 >"$T/sa"
nts_conf gm priority1 10 nts_mode ticket unicast_listen 1 masterOnly 1 inhibit_multicast_service 1
nts_conf bc sa_file "$T/sa"
printf '%s\n' '[unicast_master_table]' 'table_id 1' 'logQueryInterval 0' 'UDPv4 198.51.1.1' \
	'[b0]' 'nts_mode ticket' 'unicast_master_table 1' \
	'[b1]' 'masterOnly 1' '[b2]' 'nts_mode off' 'spp 3' 'active_key_id 10' 'masterOnly 1' \
	'[b3]' 'nts_mode off' 'masterOnly 1' >>"$T/bc.conf"
nts_conf slave slaveOnly 1
ptp_conf fixed slaveOnly 1 sa_file "$T/sa" spp 3 active_key_id 10
ptp_conf legacy slaveOnly 1
for net in 1 2 3; do
	witness "wire$net" slave "s$net"
done
witness wire0 gm g0
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1 -i b2 -i b3
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s1
start fixed slave "$PTP4L_NTS" -f "$T/fixed.conf" -i s2
start legacy slave "$STOCK/ptp4l" -f "$T/legacy.conf" -i s3
ok "it follows its master by tickets" wait_for 40 synced bc 3
ok "a slave of the group follows it" wait_for 40 synced slave 3
ok "so does one of static keys" wait_for 40 synced fixed 3
ok "so does a stock one" wait_for 40 synced legacy 3
is "the modes are told" "$(status_get bc '[.ports[].mode] | join(" ")')" \
	"ticket group static off"
is "the log warns of one port" "$(grep -c 'NOT SECURED' "$T/bc.log")" 1
is "it refused nothing" "$(total bc refused_total)" 0
is "nor did its master" "$(total gm refused_total)" 0
is "nor did the slave" "$(total slave refused_total)" 0
ok "nor did that of static keys" not grep -q ': refused' "$T/fixed.log"
for net in 0 1 2 3; do
	watch_end "wire$net"
done
for net in 0 1 2; do
	num "cable $net: signed" "$(watched "wire$net" signed)" -gt 30
	is "cable $net: nothing unsigned" "$(watched "wire$net" unsigned)" 0
done
is "the last cable: nothing signed" "$(watched wire3 signed)" 0
is "no key is on two cables" \
	"$(cat "$T"/wire[0-3].log | awk '$1 == "key" { print $2 }' | sort | uniq -d | wc -l)" 0

# A stock master on the unsecured side, better than all: masterOnly keeps it from leading us.
stop legacy
ptp_conf rogue priority1 1
changes() {
	grep -c 'port 4.* to \(UNCALIBRATED\|SLAVE\|PASSIVE\)' "$T/bc.log"
}
start rogue slave "$STOCK/ptp4l" -f "$T/rogue.conf" -i s3
ok "a better master on the unsecured side speaks" wait_for 20 grep -q \
	'assuming the grand master role' "$T/rogue.log"
n=$(offsets bc)
ok "the boundary clock goes on by tickets" wait_for 40 synced bc $((n + 8))
is "and never heeds it" "$(changes)" 0
done_testing
