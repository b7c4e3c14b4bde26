#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One release's column of docs/matrix.md: BUILD=build tests/matrix/run.sh OUT. Each line of OUT is
# a row and what became of it, from a run:
#	passed			the slave followed, all was signed, nothing was refused
#	not offered by linuxptp	the stock program of this release does not run it either
#	refused by design	ptp4l-nts ends at the start and says why
#	FAILED
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/../net/chain.sh"
OUT=$1

ked() {
	ked_conf
	printf '\n[group %s]\ndomain = %s\nsdo_id = %s\nsub_group = %s\nmembers = *.test\n' \
		sub 0 0 5 gptp 0 0x100 0 g8275 24 0 0 power 254 0 0 >>"$T/ked.conf"
	printf '\n[unicast main]\ngrantors = *.test\nrequesters = *.test\nidentities = any\n' \
		>>"$T/ked.conf"
	ked_start
}

without_nts() {
	while [ $# -gt 1 ]; do
		[[ $1 == nts_* ]] || printf '%s %s\n' "$1" "$2"
		shift 2
	done
}

# conf KIND NAME [OPTION VALUE...]: KIND nts, stock, or static.
conf() {
	local kind=$1 name=$2
	shift 2
	case $kind in
	nts) nts_conf "$name" "$@" ;;
	static) ptp_conf "$name" sa_file "$T/sa" spp 3 active_key_id 1 "$@" ;;
	stock) ptp_conf "$name" && without_nts "$@" >>"$T/$name.conf" ;;
	esac
	printf '%s\n' "${SECTIONS[$name]:-}" | if [ "$kind" = stock ]; then grep -v ^nts_; else cat; fi \
		>>"$T/$name.conf"
}

# clocks KIND CLOCK PROGRAM OPTION...: starts them; CLOCK is what stands in between.
clocks() {
	local kind=$1 clock=$2 program=$3
	shift 3
	rm -f "$T"/gm.log "$T"/slave.log "$T"/mid.log
	conf "$kind" gm priority1 10 "${GM[@]}" "$@"
	conf "$kind" slave slaveOnly 1 "$@" "${SLAVE[@]}"
	case $clock in
	OC)
		start gm gm "$program" -f "$T/gm.conf" -i p0
		start slave slave "$program" -f "$T/slave.conf" -i p1
		return
		;;
	BC) conf "$kind" mid "$@" ;;
	*) conf "$kind" mid clock_type "$clock" "$@" ;;
	esac
	start gm gm "$program" -f "$T/gm.conf" -i g0
	start mid mid "$program" -f "$T/mid.conf" -i m0 -i m1
	start slave slave "$program" -f "$T/slave.conf" -i s0
}

# A row is nobody's restart: what was received in one is not known in the next.
clocks_end() {
	stop slave
	stop mid
	stop gm
	rm -rf "$T"/state-*
}

all_run() {
	running gm && running slave && { [ "$1" = OC ] || running mid; }
}

# goes KIND CLOCK PROGRAM OPTION...: synchronizes; some who cannot do something say so and end.
goes() {
	local end=$((SECONDS + 25)) done=1
	clocks "$@"
	sleep 0.3
	while [ $SECONDS -lt $end ] && all_run "$2"; do
		synced slave 2 && done=0 && break
		sleep 0.2
	done
	return $done
}

# Says on standard error what was refused. Until its filter is set, linuxptp's socket for Ethernet
# hears any frame: an IPv6 packet to ff02::/16 there, read as PTP, is rightly refused.
unrefused() {
	! cat "$T"/gm.log "$T"/slave.log "$T"/mid.log 2>/dev/null | grep ': refused ' |
		grep -vE 'from [0-9a-f]{6}\.[0-9a-f]{2}ff\.02[0-9a-f]{4}-[0-9]+: malformed' >&2
}

refused_by_all() {
	local log
	for log in "$T"/gm.log "$T"/slave.log "$T"/mid.log; do
		[ ! -e "$log" ] || grep -q 'NTS needs two-step' "$log" || return 1
	done
}

# row TEXT KIND CLOCK OPTION...: ROWS, a regular expression, chooses some.
row() {
	local text=$1 kind=$2 clock=$3 cell=FAILED unsigned
	shift 3
	[[ $text =~ ${ROWS:-.} ]] || return 0
	witness wire slave "$([ "$clock" = OC ] && echo p1 || echo s0)"
	if goes "$kind" "$clock" "$PTP4L_NTS" "$@"; then
		cell=passed
	elif refused_by_all; then
		cell='refused by design'
	fi
	unrefused || [ "$cell" != passed ] || cell='FAILED (refused messages)'
	clocks_end
	watch_end wire
	unsigned=$(watched wire unsigned)
	[ "${unsigned:-0}" = 0 ] || cell='FAILED (unsigned messages)'
	rm -f "$T/wire.log"
	if [ "$cell" = FAILED ]; then
		cp "$T"/*.log "$T"/*.conf "${KEEP:-/nowhere}" 2>/dev/null
		goes stock "$clock" "$STOCK/ptp4l" "$@" ||
			cell='not offered by linuxptp'
		clocks_end
	fi
	printf '%s\t%s\n' "$text" "$cell" | tee -a "$OUT"
}

# table INTERFACE MASTER
table() {
	printf '[unicast_master_table]\ntable_id 1\nlogQueryInterval 0\n%s\n' "$2"
	printf '[%s]\nunicast_master_table 1\n' "$1"
}

# master TRANSPORT HOST INTERFACE NET: as a unicast master table names it.
master() {
	case $1 in
	UDPv4) echo "UDPv4 198.51.$4.1" ;;
	UDPv6) echo "UDPv6 fd00:$4::1" ;;
	L2) echo "L2 $(in_ns "$2" cat "/sys/class/net/$3/address")" ;;
	esac
}

: >"$OUT"
net_up ke gm slave mid
cable gm p0 slave p1 1
cable gm g0 mid m0 2
cable mid m1 slave s0 3
net_pki gm slave mid
printf '[security_association]\nspp 3\nseqid_window 20\n1 SHA256-128 HEX:%s%s\n' \
	F8ADC6B8B8E9AA709106BA42481EC9E2 9607334DE2C3C737A11A12931DB27F8C >"$T/sa"
ked || exit 1
GM=() SLAVE=()
declare -A SECTIONS=()

for clock in OC BC E2E_TC P2P_TC; do
	for dm in E2E P2P Auto; do
		for tr in UDPv4 UDPv6 L2; do
			row "$clock | $dm | $tr | group" nts $clock delay_mechanism $dm \
				network_transport $tr logMinPdelayReqInterval -2
		done
	done
done
for tr in UDPv4 UDPv6 L2; do
	row "OC | E2E | $tr | group, hybrid_e2e" nts OC network_transport $tr hybrid_e2e 1
	row "OC | E2E | $tr | group, nts_subgroup" nts OC network_transport $tr nts_subgroup 5
	row "E2E_TC | E2E | $tr | group, nts_subgroup" nts E2E_TC network_transport $tr \
		nts_subgroup 5
	row "P2P_TC | P2P | $tr | group, nts_subgroup" nts P2P_TC network_transport $tr \
		nts_subgroup 5 delay_mechanism P2P logMinPdelayReqInterval -2
	for clock in OC BC E2E_TC; do
		row "$clock | E2E | $tr | static keys" static $clock network_transport $tr
	done
	row "P2P_TC | P2P | $tr | static keys" static P2P_TC network_transport $tr \
		delay_mechanism P2P logMinPdelayReqInterval -2
done

SLAVE=(nts_subgroup 5) SECTIONS[mid]=$'[m1]\nnts_subgroup 5'
row 'BC | E2E | UDPv4 | another group per port' nts BC
row 'E2E_TC | E2E | UDPv4 | another group per port' nts E2E_TC
row 'P2P_TC | P2P | L2 | another group per port' nts P2P_TC network_transport L2 \
	delay_mechanism P2P logMinPdelayReqInterval -2
SLAVE=() SECTIONS=()

GM=(unicast_listen 1 masterOnly 1 inhibit_multicast_service 1)
for tr in UDPv4 UDPv6 L2; do
	SECTIONS[slave]=$(table p1 "$(master $tr gm p0 1)")
	row "OC | E2E | $tr | ticket" nts OC network_transport $tr nts_mode ticket
	row "OC | E2E | $tr | group, nts_group_unicast" nts OC network_transport $tr \
		nts_subgroup 5 nts_group_unicast 1
	SECTIONS[slave]=$(table s0 "$(master $tr mid m1 3)")
	SECTIONS[mid]=$(table m0 "$(master $tr gm g0 2)" &&
		printf '[m1]\nunicast_listen 1\nmasterOnly 1\ninhibit_multicast_service 1\n')
	row "BC | E2E | $tr | ticket" nts BC network_transport $tr nts_mode ticket
	SECTIONS=()
done
SECTIONS[slave]=$(table p1 "$(master UDPv4 gm p0 1)")
row 'OC | E2E | UDPv4 | ticket, options of G.8275.2' nts OC nts_mode ticket domainNumber 44 \
	dataset_comparison G.8275.x hybrid_e2e 1
row 'OC | E2E | UDPv4 | ticket, options of G.8265.1' nts OC nts_mode ticket domainNumber 4 \
	hybrid_e2e 1
GM+=(nts_mode ticket)
SECTIONS[slave]=
SECTIONS[mid]=$(table m0 "$(master UDPv4 gm g0 2)" && echo 'nts_mode ticket')
row 'BC | E2E | UDPv4 | ticket on one port, group on the other' nts BC
GM=() SECTIONS=()

row 'P2P_TC | P2P | L2 | group, transportSpecific 1' nts P2P_TC transportSpecific 1 \
	network_transport L2 delay_mechanism P2P logMinPdelayReqInterval -2
gptp=(transportSpecific 1 delay_mechanism P2P network_transport L2
	ptp_dst_mac 01:80:C2:00:00:0E assume_two_step 1 path_trace_enabled 1 follow_up_info 1
	neighborPropDelayThresh 20000000 min_neighbor_prop_delay -20000000)
g8275=(domainNumber 24 network_transport L2 dataset_comparison G.8275.x
	G.8275.defaultDS.localPriority 128)
power=(domainNumber 254 network_transport L2 delay_mechanism P2P power_profile.version 2017
	power_profile.grandmasterID 3)
for clock in OC BC; do
	row "$clock | P2P | L2 | group, options of gPTP" nts $clock "${gptp[@]}"
	row "$clock | E2E | L2 | group, options of G.8275.1" nts $clock "${g8275[@]}"
	row "$clock | P2P | L2 | group, options of the power profile" nts $clock "${power[@]}"
done
row 'E2E_TC | E2E | L2 | group, options of G.8275.1' nts E2E_TC "${g8275[@]}"
row 'P2P_TC | P2P | L2 | group, options of the power profile' nts P2P_TC "${power[@]}"
for clock in OC BC E2E_TC; do
	row "$clock | E2E | UDPv4 | group, ptp_minor_version 0" nts $clock ptp_minor_version 0
done
for clock in OC BC E2E_TC; do
	row "$clock | E2E | UDPv4 | group, one-step" nts $clock twoStepFlag 0
done
row 'OC | E2E | UDPv4 | group, time_stamping onestep' nts OC time_stamping onestep
row 'OC | P2P | L2 | group, time_stamping p2p1step' nts OC network_transport L2 \
	delay_mechanism P2P time_stamping p2p1step
done_testing >/dev/null
