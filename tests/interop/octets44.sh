#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Static keys: the octets of our messages of each type are those of a stock linuxptp 4.4 in our
# place with the same keys, but for times and ICVs; and stock 4.4 on either side takes them. As
# grandmaster, slave, boundary clock and both transparent clocks, in each algorithm.
#	BUILD=build PTP4L44=/path/to/stock/4.4/ptp4l tests/interop/octets44.sh
# pmc must be beside it. The case of key 1 has all topologies, the other keys have three.
REFERENCE=${PTP4L44:?a stock ptp4l of linuxptp 4.4}
# shellcheck source=tests/net/octets.sh
. "$(dirname "$0")/../net/octets.sh"

# Before 4.0 linuxptp speaks PTPv2.0, with controlField; 4.4 with keys only PTPv2.1, without.
has_option ptp_minor_version || SHAPE=(-o)

# key SPP ID [OPTION VALUE...]: PEER, and what pmc needs to ask the network.
key() {
	local keys=(sa_file "$T/sa" spp "$1" active_key_id "$2")
	shift 2
	PEER=("${keys[@]}" "$@")
	printf '[global]\n' >"$T/pmc.conf"
	printf '%s %s\n' "${keys[@]}" >>"$T/pmc.conf"
}

# octets_case NAME INTERFACES READY [OPTION VALUE...]
octets_case() {
	local name=$1 interfaces=$2 ready=$3
	shift 3
	ptp_conf dut "$@" "${PEER[@]}"
	printf '%s\n' "$SECTIONS" >>"$T/dut.conf"
	run_as stock "$REFERENCE" "$name" "$interfaces" "$ready"
	run_as nts "$PTP4L_NTS" "$name" "$interfaces" "$ready"
	same_octets "$name"
	ok "$name: nothing was refused" not grep ': refused' "$T/$name.nts.log"
}

# sent NAME: the types that our programs have sent in this case, signed all.
sent() {
	local side
	for side in north south; do
		shape_wire "$T/$1.nts.$side"
	done | awk '{ print $1 }' | sort -u | xargs
}

# all_signed NAME: an AUTHENTICATION TLV of this key in each frame that we sent.
all_signed() {
	local side
	for side in north south; do
		shape_wire "$T/$1.nts.$side"
	done | grep -v 80090 && return 1
	return 0
}

# check NAME TYPES
check() {
	is "$1: the types" "$(sent "$1")" "$2"
	ok "$1: each is signed" all_signed "$1"
}

# ask: pmc of 4.4 with the keys, from south.
ask() {
	sleep 1
	in_ns south timeout 3 "$(dirname "$REFERENCE")/pmc" -f "$T/pmc.conf" -4 -b 0 -i s0 \
		'GET DOMAIN' 'GET PRIORITY1' >>"$T/pmc.txt" 2>&1
}

octets_up
printf '%s\n' '[security_association]' 'spp 3' 'seqid_window 20' \
	'1 SHA256-128 HEX:F8ADC6B8B8E9AA709106BA42481EC9E29607334DE2C3C737A11A12931DB27F8C' \
	'2 SHA256 26 abcdefghijklmnopqrstuvwxyz' '3 AES128 ASCII:0123456789abcdef' \
	'4 AES256 B64:PKTF9VQz94qPaoAzW4eE3JtFoQ8Ov1OTQSojalWyMbs=' \
	'[security_association]' 'spp 4' 'allow_mutable 1' \
	'1 SHA256 HEX:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff001122334455' \
	>"$T/sa"
e2e='Announce Delay_Resp Follow_Up Sync'
p2p='Announce Follow_Up Pdelay_Req Pdelay_Resp Pdelay_Resp_Follow_Up Sync'

key 3 1
WHILE=ask
octets_case gm d1 south
check gm 'Announce Delay_Resp Follow_Up Management Sync'
ok "pmc of 4.4 was answered, by us, too" grep -q 'RESPONSE MANAGEMENT DOMAIN' "$T/pmc.txt"
WHILE=true
octets_case slave d0 dut slaveOnly 1
check slave Delay_Req
octets_case bc 'd0 d1' south
check bc "Announce Delay_Req Delay_Resp Follow_Up Sync"
octets_case e2e_tc 'd0 d1' south clock_type E2E_TC
check e2e_tc "Announce Delay_Req Delay_Resp Follow_Up Sync"
key 3 1 delay_mechanism P2P network_transport L2
octets_case p2p_tc 'd0 d1' south clock_type P2P_TC
check p2p_tc "$p2p"
key 3 1 network_transport UDPv6
octets_case udp6 d1 south
check udp6 "$e2e"
key 3 1
table=$'[unicast_master_table]\ntable_id 1\nlogQueryInterval 0\nUDPv4 '
NORTH=(unicast_listen 1 inhibit_multicast_service 1)
SECTIONS="${table}198.51.1.1"$'\n[d0]\nunicast_master_table 1'
octets_case unicast_slave d0 dut slaveOnly 1 unicast_req_duration 10
check unicast_slave 'Delay_Req Signaling'
NORTH=() SECTIONS=''
SOUTH="${table}198.51.2.1"$'\n[s0]\nunicast_master_table 1\nunicast_req_duration 10'
octets_case unicast_gm d1 south unicast_listen 1 inhibit_multicast_service 1
check unicast_gm "Announce Delay_Resp Follow_Up Signaling Sync"
SOUTH=''

for k in '3 2' '3 3' '3 4' '4 1'; do
	# shellcheck disable=SC2086
	key $k
	octets_case "gm-${k/ /-}" d1 south
	check "gm-${k/ /-}" "$e2e"
	octets_case "slave-${k/ /-}" d0 dut slaveOnly 1
	check "slave-${k/ /-}" Delay_Req
	octets_case "e2e_tc-${k/ /-}" 'd0 d1' south clock_type E2E_TC
	check "e2e_tc-${k/ /-}" "Announce Delay_Req Delay_Resp Follow_Up Sync"
done
done_testing
