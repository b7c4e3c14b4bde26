# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The octets of ptp4l-nts beside those of another program in its place, as each type of clock, one
# after the other: what stock.t and tests/interop/octets44.sh share.
#
#	north n0 -- d0 dut d1 -- s0 south
# shellcheck source=tests/net/chain.sh
. "$(dirname "${BASH_SOURCE[0]}")/chain.sh"

REFERENCE=${REFERENCE:-$STOCK/ptp4l}	# that program, and the peers'
PEER=()		# options of all
NORTH=()	# options of north
SECTIONS=	# at the end of dut.conf
SOUTH=		# at the end of south.conf
SHAPE=()	# options of ptpshape
WHILE=true	# a command, while it is listened to

octets_up() {
	net_up north dut south
	cable north n0 dut d0 1
	cable dut d1 south s0 2
}

shape_wire() {
	"$TOOLS/ptpshape" "${SHAPE[@]}" "$1" | sort -u
}

# peers NAME: stock clocks north and south, where the case wants them.
peers() {
	case $1 in
	gm | unicast_gm) ;;
	*)
		ptp_conf north priority1 10 "${PEER[@]}" "${NORTH[@]}"
		start north north "$REFERENCE" -f "$T/north.conf" -i n0
		;;
	esac
	case $1 in
	slave | unicast_slave) ;;
	*)
		ptp_conf south slaveOnly 1 "${PEER[@]}"
		printf '%s\n' "$SOUTH" >>"$T/south.conf"
		start south south "$REFERENCE" -f "$T/south.conf" -i s0
		;;
	esac
}

talk() {
	in_ns "$1" "$TOOLS/ptpwatch" capture "$2" "$3" -d -t 4 >>"$T/capture.log"
}

# run_as FLAVOUR PROGRAM CASE INTERFACES READY: one run; captures when READY has synchronized.
run_as() {
	local run=$3.$1 program=$2 ready=$5 i
	local args=()
	for i in $4; do
		args+=(-i "$i")
	done
	peers "$3"
	start "$run" dut "$program" -f "$T/dut.conf" "${args[@]}"
	[ "$ready" != dut ] || ready=$run
	ok "$run: synchronizes" wait_for 40 synced "$ready" 3
	talk north n0 "$T/$run.north" &
	local first=$!
	talk south s0 "$T/$run.south" &
	local second=$!
	"$WHILE"
	wait "$first" "$second"
	stop "$run"
	stop north
	stop south
	rm -f "$T/north.log" "$T/south.log"
}

# same NAME FILTER FILE FILE
same() {
	"$2" "$3" >"$T/a.txt"
	"$2" "$4" >"$T/b.txt"
	ok "$1" cmp -s "$T/a.txt" "$T/b.txt" || diag "$(diff "$T/a.txt" "$T/b.txt" | cut -c -250)"
}

# same_octets NAME: of the runs NAME.stock and NAME.nts
same_octets() {
	local side
	for side in north south; do
		same "$1: the same octets go $side" shape_wire "$T/$1.stock.$side" \
			"$T/$1.nts.$side"
	done
	num "$1: there was something on the wire" \
		"$(cat "$T/$1.nts.north" "$T/$1.nts.south" | wc -c)" -gt 1000
}
