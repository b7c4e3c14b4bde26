# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The man in the middle on a cable, tests/tools/ptprelay.c.
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The frames of a relay must not be longer than it reads.
bare() {
	ip -n "$NET_TAG-$1" addr flush dev "$2"
	no_ipv6 "$1" "$2"
}

# relay_start CHANGE TYPES NUMBER: between m0 and m1 of mid; as yet it changes nothing.
relay_start() {
	: >"$T/relay.log"
	start relay mid "$TOOLS/ptprelay" m0 m1 "$@"
	wait_for 5 grep -q relaying "$T/relay.log"
}

# It begins to change messages, or ends to.
tampering() {
	kill -USR1 "${NET_PIDS[relay]}"
}

# Ends it; how many it changed is in changed.
relay_end() {
	stop relay INT
	changed=$(awk '$1 == "passed" { print $4 }' "$T/relay.log")
}

# relayed_pair OPTION VALUE...: a grandmaster and a slave that hear each other through the relay:
#	gm g0 -- m0 mid m1 -- s0 slave
relayed_pair() {
	net_up ke gm slave mid
	cable gm g0 mid m0 1
	cable mid m1 slave s0 2
	bare mid m0
	bare mid m1
	net_pki gm slave
	ked_conf
	ok "the KE server listens" ked_start
	nts_conf gm "$@"
	nts_conf slave slaveOnly 1 "$@"
	start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
	start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
}

# verifies_more N: and so it does before long.
verifies_more() {
	local verified
	verified=$(counter slave verified)
	wait_for 20 counter_above slave verified $((verified + $1))
}
