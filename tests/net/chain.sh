# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A grandmaster, two transparent clocks in a row and a slave, each cable of its own, and a man
# in the middle between the two: what tc_*.t share. Every host also has eth0 on the switch, where
# the KE server is and no PTP.
#
#	gm g0 -- a0 tc1 a1 -- m0 mid m1 -- b0 tc2 b1 -- s0 slave
# shellcheck source=tests/net/relay.sh
. "$(dirname "${BASH_SOURCE[0]}")/relay.sh"

# chain_up TYPES NANOSECONDS: the hosts, and the man in the middle, who as yet changes nothing.
chain_up() {
	local end
	net_up ke gm slave tc1 tc2 mid
	cable gm g0 tc1 a0 1
	cable tc1 a1 mid m0 2
	cable mid m1 tc2 b0 3
	cable tc2 b1 slave s0 4
	for end in 'gm g0' 'tc1 a0' 'tc1 a1' 'tc2 b0' 'tc2 b1' 'slave s0'; do
		no_ipv6 "${end% *}" "${end#* }"
	done
	bare mid m0
	bare mid m1
	net_pki gm slave tc1 tc2
	ok "the man in the middle is there" relay_start add "$1" "$2"
}

# chain_start [OPTION VALUE...]: TC_TYPE is the clock_type of the two in between, TC_SECTIONS1
# and 2 is what else stands in their files.
chain_start() {
	nts_conf gm "$@"
	nts_conf slave slaveOnly 1 "$@"
	nts_conf tc1 clock_type "$TC_TYPE" "$@"
	nts_conf tc2 clock_type "$TC_TYPE" "$@"
	printf '%s\n' "${TC_SECTIONS1:-}" >>"$T/tc1.conf"
	printf '%s\n' "${TC_SECTIONS2:-}" >>"$T/tc2.conf"
	start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
	start tc1 tc1 "$PTP4L_NTS" -f "$T/tc1.conf" -i a0 -i a1
	start tc2 tc2 "$PTP4L_NTS" -f "$T/tc2.conf" -i b0 -i b1
	start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
}

# seen NAME TYPE: messages of this type in the table of a watch.
seen() {
	awk -v t="$2" '$1 == t { n += $4 + $6 } END { print n + 0 }' "$T/$1.log"
}
