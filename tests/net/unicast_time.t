#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A boundary clock in ticket mode that checks certificates when it is synchronized, and finds that
# the KE server's is not valid: it drops the keys of the pair with its grandmaster and, as grantor on
# its other port, its ticket keys. With the right time its requesters are served as before.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

YEARS=-630720000	# 20 years ago, in seconds

becomes_slave() {
	settle bc
	grep -qE 'port 1( \(eth0\))?: UNCALIBRATED to SLAVE on' "$T/bc.log"
}

says() {
	grep -q "$1" "$T/bc.log"
}

serves() {
	[ "$(port bc 2 key_id) $(port bc 2 unicast.requesters)" = "$1" ]
}

net_up ke gm bc r1
cable bc b1 r1 l0 1
net_pki gm bc r1
unicast_ked grantors='*.test'
ok "the KE server listens" ked_start
unicast_grantor gm UDPv4 priority1 10
nts_conf bc nts_mode ticket nts_cert_time_check until_sync nts_cert_time_exchanges 1000
unicast_table bc UDPv4 gm
printf '[b1]\nunicast_listen 1\n' >>"$T/bc.conf"
nts_conf r1 nts_mode ticket slaveOnly 1 unicast_req_duration 10
unicast_master r1 l0 UDPv4 198.51.1.1
set_time bc $YEARS
start bc bc env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=nts-agent \
	CLOCKSHIFT_REAL_FILE="$T/bc.time" "$PTP4L_NTS" -f "$T/bc.conf" -i eth0 -i b1
start r1 r1 "$PTP4L_NTS" -f "$T/r1.conf" -i l0
ok "20 years late the boundary clock follows the grandmaster" wait_for 40 synced bc 2
ok "and its requester follows it" wait_for 40 synced r1 2
key=$(port bc 2 key_id)
ok "it is synchronized" wait_for 20 becomes_slave
ok "the registration is dropped, and nobody is served" wait_for 20 serves "null 0"
ok "the log says so" says 'ticket keys of .* dropped: no requester is served'
ok "the status says why" grep -q '^ST_CERT_' <<<"$(port bc 2 last_exchange.status)"
ok "the keys of the pair are dropped, too" [ "$(port bc 1 key_id)" = null ]
n=$(offsets r1)
set_time bc 0
ok "with the right time it registers anew, and knows its requester" \
	wait_for 40 serves "$key 1"
ok "which follows it again" wait_for 60 synced r1 $((n + 2))
done_testing
