#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without nts_server ptp4l-nts is ptp4l: the same octets on the wire as the stock build of the
# same release, the same lines in the log at its most talkative, the same options. One runs after
# the other in the same place, as each type of clock:
#
#	north n0 -- d0 dut d1 -- s0 south
# shellcheck source=tests/net/octets.sh
. "$(dirname "$0")/octets.sh"

# Kinds of log lines of all cases (which of them a case has depends on timing), without what differs
# from run to run; before each how often it came.
kinds() {
	cat "$T"/*."$1".log | grep -v 'config item' | sed -E 's/^[a-z0-9-]+\[[0-9.]+\]: //; s/-?[0-9]+\.[0-9]+/N/g
		s/(offset|freq|delay|rms|max) +(s[0-9] )?[+-]?( *[+-]? *[0-9]+)+/\1 N/g
		s/ +[+-]? *-?[0-9]+/ N/g' | sort | uniq -c
}

# What the stock program can say, as regular expressions; without those that would fit anything.
formats() {
	grep -aoE '[[:print:]]{8,}' "$STOCK/ptp4l" | sed -E 's/[][\.*^$+?(){}|]/\\&/g
		s/%[-+ 0-9]*(\\[.*]|[0-9hlz])*[a-zA-Z]/.*/g' | grep -E '([a-zA-Z][^a-zA-Z]*){12}'
}

# odd FLAVOUR OTHER: kinds of lines that the other has none of. A busy machine brings and spares a
# few of linuxptp's own: a message late, a timestamp missed; and a second's time-outs of a port that
# was master meanwhile.
odd() {
	awk '{ n = $1; sub(/^ *[0-9]+ /, "") } FNR == NR { seen[$0]; next }
		!($0 in seen) { print n, $0 }' <(kinds "$2") <(kinds "$1") |
		while read -r n line; do
			[[ $line == *timeout ]] && n=$((n / 16))
			[ "$n" -le 3 ] && grep -qxEf "$T/formats" <<<"$line" ||
				echo "$1 alone, $n times: $line"
		done
}

# Each once: a port that opens its sockets anew reads some again.
config_items() {
	grep 'config item' "$1" | sed -E 's/^[a-z0-9-]+\[[0-9.]+\]: //' | awk '!seen[$0]++'
}

# stock_case NAME INTERFACES READY [OPTION VALUE...]
stock_case() {
	local name=$1 interfaces=$2 ready=$3
	shift 3
	ptp_conf dut logging_level 7 "$@" "${PEER[@]}"
	printf '%s\n' "${SECTIONS:-}" >>"$T/dut.conf"
	run_as stock "$REFERENCE" "$name" "$interfaces" "$ready"
	run_as nts "$PTP4L_NTS" "$name" "$interfaces" "$ready"
	same_octets "$name"
	same "$name: the same options are read" config_items "$T/$name.stock.log" \
		"$T/$name.nts.log"
}

usage_of() {
	"$1" -h 2>&1 | sed 's/ptp4l-nts/ptp4l/'
}

octets_up

is "the same usage" "$(usage_of "$PTP4L_NTS")" "$(usage_of "$STOCK/ptp4l")"
stock_case gm d1 south
stock_case slave d0 dut slaveOnly 1
stock_case bc 'd0 d1' south
stock_case e2e_tc 'd0 d1' south clock_type E2E_TC
PEER=(delay_mechanism P2P network_transport L2)
stock_case p2p_tc 'd0 d1' south clock_type P2P_TC
PEER=(network_transport UDPv6)
stock_case udp6 d1 south
PEER=()
# shellcheck disable=SC2034
NORTH=(unicast_listen 1 inhibit_multicast_service 1)
SECTIONS=$'[unicast_master_table]\ntable_id 1\nlogQueryInterval 0\nUDPv4 198.51.1.1\n[d0]\nunicast_master_table 1'
stock_case unicast_slave d0 dut slaveOnly 1
formats >"$T/formats"
is "the same kinds of lines in the log" "$(odd nts stock; odd stock nts)" ''
num "of which there are many" "$(kinds nts | wc -l)" -gt 30
done_testing
