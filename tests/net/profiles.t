#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each example of config/ as it stands, but for names, addresses and what a machine without
# hardware timestamps needs: a clock with it follows, secured, and refuses nothing.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

# example NAME FILE [OPTION VALUE...]: NAME.conf with the certificate of HOST, of config/FILE.conf;
# IFACES take the place of eth0 and eth1, MASTER that of a table's first entry.
example() {
	local name=$1 file=$2 i=0 iface
	shift 2
	ptp_conf "$name" nts_state_dir "$T/state-$name" nts_start_jitter 0 \
		nts_status_address "$T/$name.status" "$@"
	sed -i -E '/^(log|announceReceipt)/d' "$T/$name.conf"
	sed "/^\[global\]/d; s|ke.example.net|$KE_ADDRESS|; s|/etc/ptp4l-nts/ca|$T/pki/ca|
		s|/etc/ptp4l-nts/node|$T/pki/$HOST|; s|192.0.2.2$|${MASTER:-}|
		s|^neighborPropDelayThresh.*|neighborPropDelayThresh 20000000|
		/^boundary_clock_jbod/d" \
		"config/$file.conf" >>"$T/$name.conf"
	for iface in $IFACES; do
		sed -i "s/^\[eth$i\]/[$iface]/" "$T/$name.conf"
		i=$((i + 1))
	done
	used="$used $file"
}

# run NAME: in HOST on IFACES.
run() {
	local args=() iface
	for iface in $IFACES; do
		args+=(-i "$iface")
	done
	start "$1" "$HOST" "$PTP4L_NTS" -f "$T/$1.conf" "${args[@]}"
}

# clock NAME FILE HOST IFACES [OPTION VALUE...]
clock() {
	local HOST=$3 IFACES=$4 name=$1 file=$2
	shift 4
	example "$name" "$file" "$@"
	run "$name"
}

# pair FILE NET [OPTION VALUE...]: the same example as grandmaster and as slave.
pair() {
	local file=$1 net=$2
	shift 2
	cable gm "g$net" slave "s$net" "$net"
	clock "gm-$file" "$file" gm "g$net" priority1 10 "$@"
	clock "$file" "$file" slave "s$net" slaveOnly 1 "$@"
	followers="$followers $file"
}

# unicast FILE NET [OPTION VALUE...]: a slave of the example of a grantor, which has the options.
unicast() {
	local file=$1 net=$2 MASTER=198.51.$2.1
	shift 2
	cable gm "g$net" slave "s$net" "$net"
	clock "gm-$file" unicast-grantor gm "g$net" "$@"
	clock "$file" "$file" slave "s$net"
	followers="$followers $file"
}

net_up ke gm slave between
net_pki gm slave between
ked_conf
printf '\n[group %s]\ndomain = %s\nsdo_id = %s\nmembers = *.test\n' gptp 0 0x100 g8275 24 0 \
	>>"$T/ked.conf"
printf '\n[unicast main]\ngrantors = *.test\nrequesters = *.test\nidentities = any\n' \
	>>"$T/ked.conf"
ok "the KE server listens" ked_start
followers='' used=''
pair default 1
pair g8275.1 2
pair gptp 3
pair power 4
unicast unicast-requester 5
unicast g8275.2 6 domainNumber 44
unicast g8265.1 7 domainNumber 4

cable gm g8 between b8 8
cable between b9 slave s9 9
clock gm-boundary default gm g8 priority1 10
clock boundary boundary between 'b8 b9'
ptp_conf legacy slaveOnly 1
start legacy slave "$STOCK/ptp4l" -f "$T/legacy.conf" -i s9
cable gm g10 between b10 10
cable between b11 slave s11 11
clock gm-transparent default gm g10 priority1 10
clock transparent transparent between 'b10 b11'
clock behind default slave s11 slaveOnly 1

for name in $followers boundary behind; do
	ok "$name: follows" wait_for 60 synced "$name" 2
	is "$name: every message verified" "$(total "$name" refused_total)" 0
	num "$name: and there were some" "$(counter "$name" verified)" -gt 5
done
ok "legacy: follows the boundary clock's unsecured side" wait_for 30 synced legacy 2
is "the transparent clock refused nothing" "$(total transparent refused_total)" 0
is "no example is left out" "$(tr ' ' '\n' <<<"$used" | sed '/^$/d' | sort -u | xargs)" \
	"$(find config -name '*.conf' ! -name nts-ked.conf -printf '%f\n' | sed 's/\.conf$//' |
		sort | xargs)"
done_testing
