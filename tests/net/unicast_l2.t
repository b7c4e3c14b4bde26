#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ticket mode over Ethernet: one grantor with three ports, a cable to each requester. (Through a
# bridge, software timestamps of unicast frames come twice here, which stock ptp4l faults on, too.)
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

net_up ke gm r1 r2 r3
net_pki gm r1 r2 r3
unicast_ked
ok "the KE server listens" ked_start
nts_conf gm nts_mode ticket network_transport L2 unicast_listen 1
n=0
for name in $REQUESTERS; do
	n=$((n + 1))
	ip -n "$NET_TAG-gm" link add "l$n" type veth peer name l0 netns "$NET_TAG-$name"
	no_ipv6 gm "l$n"
	no_ipv6 "$name" l0
	ip -n "$NET_TAG-gm" link set "l$n" up
	ip -n "$NET_TAG-$name" link set l0 up
	nts_conf "$name" nts_mode ticket network_transport L2 slaveOnly 1 \
		unicast_req_duration 60
	unicast_master "$name" l0 L2 "$(in_ns gm cat "/sys/class/net/l$n/address")"
done
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i l1 -i l2 -i l3
for name in $REQUESTERS; do
	start "$name" "$name" "$PTP4L_NTS" -f "$T/$name.conf" -i l0
done
ok "three requesters follow the grantor" wait_for 40 all_synced 4
ok "and go on" wait_for 20 all_synced 6
for name in $REQUESTERS; do
	num "$name verified messages" "$(counter "$name" verified)" -gt 50
	diag "$name: verified $(counter "$name" verified), signed $(counter "$name" signed)"
	is "$name refused nothing" "$(counter "$name" refused_total)" 0
	is "$name suppressed nothing" "$(counter "$name" suppressed.no_key)" 0
done
for n in 0 1 2; do
	is "port $n serves one" "$(status_get gm ".ports[$n].unicast.requesters")" 1
	is "port $n refused nothing" "$(status_get gm ".ports[$n].refused_total")" 0
done
is "each port has a ticket key of its own" \
	"$(status_get gm '.ports[].key_id' | sort -u | wc -l)" 3
done_testing
