#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A boundary clock: another group on each port, an unsecured legacy side, loudly logged, and
# management messages forwarded between its ports, signed anew, but for those of the legacy side.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

# manage NAME [OPTION...]: a pmc question over the network from a host.
manage() {
	local host=$1 iface=$2
	shift 2
	in_ns "$host" timeout 10 "$STOCK/pmc" -4 -b 2 -i "$iface" "$@" 2>>"$T/pmc.log"
}

net_up ke gm slave bc legacy
cable gm g0 bc b0 1
cable bc b1 slave s0 2
cable bc b2 legacy l0 3
net_pki gm slave bc
ked_conf
printf '\n[group behind]\nsub_group = 9\nmembers = *.test\n' >>"$T/ked.conf"
ok "the KE server listens" ked_start
for name in gm bc slave; do
	nts_conf $name
done
printf 'priority1 10\n' >>"$T/gm.conf"
printf '[b1]\nnts_subgroup 9\n[b2]\nnts_mode off\n' >>"$T/bc.conf"
printf 'slaveOnly 1\nnts_subgroup 9\n' >>"$T/slave.conf"
ptp_conf legacy slaveOnly 1
witness one gm g0
witness two slave s0
witness three legacy l0
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1 -i b2
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
start legacy legacy "$STOCK/ptp4l" -f "$T/legacy.conf" -i l0
ok "the boundary clock follows the grandmaster" wait_for 40 synced bc 3
ok "the slave, of another group, follows the boundary clock" wait_for 40 synced slave 3
ok "so does the stock slave on the unsecured port" wait_for 40 synced legacy 3
ok "the log says so loudly" grep -q 'port 3 (b2): NOT SECURED' "$T/bc.log"
for name in gm bc slave; do
	is "$name refused nothing" "$(total $name refused_total)" 0
done
is "the ports have the roles" "$(status_get bc '[.ports[].port_state] | join(" ")')" \
	"UNCALIBRATED MASTER MASTER"
ok "two keys" [ "$(port bc 1 key_id)" != "$(port bc 2 key_id)" ]
is "the unsecured port says what it is" "$(port bc 3 mode)" off

# What nobody has verified is not signed into the secured ports: docs/threat-model.md.
manage legacy l0 'GET CURRENT_DATA_SET' >"$T/managed"
ok "the unsecured side may ask the boundary clock" grep -q 'RESPONSE MANAGEMENT' "$T/managed"
ok "its questions do not go on" wait_for 5 port_above bc 2 suppressed.unverified 0
is "only the boundary clock answered" \
	"$(grep 'RESPONSE MANAGEMENT' "$T/managed" | sort -u | wc -l)" 1
watch_end two
is "no Management on the slave's side" "$(seen two Management)" 0

# Its own local socket's do, and a secured port's: signed anew.
witness four slave s0
pmc_local bc -b 2 'GET CURRENT_DATA_SET' >"$T/managed" 2>>"$T/pmc.log"
watch_end one
watch_end four
watch_end three
num "to the grandmaster, signed anew" "$(seen one Management)" -gt 0
num "to the slave, signed anew" "$(seen four Management)" -gt 0
is "nothing unsigned on the grandmaster's side" "$(watched one unsigned)" 0
is "nothing unsigned on the slave's side" "$(watched four unsigned)" 0
is "nothing signed on the unsecured side" "$(watched three signed)" 0
# linuxptp's clocks forward a response to their own local socket, too, and from there once more.
is "grandmaster, boundary clock, slave and stock slave answered" \
	"$(grep 'RESPONSE MANAGEMENT' "$T/managed" | sort -u | wc -l)" 4
done_testing
